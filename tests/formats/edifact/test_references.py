"""References of messages: told apart exactly, and in the room of a few for those who number on."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edi.formats.edifact.references import References

written = st.one_of(st.integers(0, 12).map(str), st.integers(0, 12).map(lambda number: f"M{number:03}"), st.text("0A9", max_size=4))


@given(st.lists(st.tuples(written, st.sampled_from([None, "", "G1"])), max_size=40))
def test_a_reference_is_known_if_and_only_if_it_came_before(seen: list[tuple[str, str | None]]) -> None:
    references, before = References(), set()

    for reference, group in seen:
        assert ((reference, group) in before) == references.holds(reference, group)
        references.add(reference, group)
        before.add((reference, group))


def test_numbers_one_after_the_other_take_the_room_of_one() -> None:
    references = References()

    for number in range(1, 10_001):
        references.add(f"M{number}")

    assert (1, 0) == (len(references._runs), len(references._others))
    assert references.holds("M777")
    assert not references.holds("M0777")


def test_a_reference_of_a_hundred_thousand_digits_is_as_good_as_any() -> None:
    references = References()
    references.add("1" * 100_000)

    assert references.holds("1" * 100_000)
    assert not references.holds("1" * 99_999)
