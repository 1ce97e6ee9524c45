"""Our notation for tables: whatever is written reads back the same."""

from __future__ import annotations

from itertools import accumulate, cycle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edi.formats.edifact.directory_import import Entry, ReleaseTables, Use
from edi.formats.edifact.directory_import.pool import Pool
from edi.formats.edifact.directory_messages import STRUCTURE, parse_message, write_message
from edi.formats.edifact.directory_tables import Spans, parse_format, parse_use, release_order, write_use
from edi.formats.edifact.directory_types import GroupUse, MessageType, SegmentUse

RELEASES = ("D.93A", "D.96A", "D.99B", "D.00A", "D.01B", "D.24A")
TAGS = st.sampled_from(["BGM", "DTM", "NAD", "LIN", "XYZ"])
REPEATS = st.integers(1, 9_999_999)
NAMES = st.sampled_from(["Order", "ORDER (=*5) : NUMBER", "Party, id. 3-4", "D.96A- a..3 M1"])


@st.composite
def messages(draw: st.DrawFn, release: str = "D.96A") -> MessageType:
    digits = draw(st.sampled_from([0, 4, 5]))
    steps = draw(st.lists(st.sampled_from([10, 10, 10, 5]), min_size=1, max_size=5))
    places = accumulate(cycle(steps))
    numbers = iter(range(1, 100))

    def place() -> str:
        return f"{next(places):0{digits}d}" if digits else ""

    def segment(tag: str) -> SegmentUse:
        return SegmentUse(position=place(), tag=tag, mandatory=draw(st.booleans()), repeats_max=draw(REPEATS))

    def items(depth: int) -> tuple[SegmentUse | GroupUse, ...]:
        made: list[SegmentUse | GroupUse] = [segment(draw(TAGS))]
        for _ in range(draw(st.integers(0, 2))):
            if depth < 3 and draw(st.booleans()):
                number, position = next(numbers), place()
                held = items(depth + 1)
                made.append(GroupUse(number=number, position=position, mandatory=False, repeats_max=draw(REPEATS), items=held))
            else:
                made.append(segment(draw(TAGS)))
        return tuple(made)

    return MessageType(type="ORDERS", release=release, name=draw(NAMES), items=items(0))


@settings(deadline=None)
@given(messages())
def test_a_message_written_and_read_is_the_same_message(message: MessageType) -> None:
    text = f"{STRUCTURE}D.96A- {write_message(message)}"

    assert message == parse_message(text, "ORDERS", Spans(RELEASES), "D.96A")


@settings(deadline=None)
@given(st.sets(st.sampled_from(RELEASES), min_size=1))
def test_spans_name_exactly_their_releases(members: set[str]) -> None:
    spans = Spans(RELEASES)
    written = spans.write(members)

    assert members == set(spans.members(written))
    assert [release in members for release in RELEASES] == [spans.contains(written, release) for release in RELEASES]


def test_a_span_up_to_the_newest_stays_open_so_that_the_next_release_changes_no_line() -> None:
    assert "D.96A,D.00A-" == Spans(RELEASES).write(["D.96A", "D.00A", "D.01B", "D.24A"])
    assert Spans((*RELEASES, "D.25A")).contains("D.96A,D.00A-", "D.25A")


@settings(deadline=None)
@given(st.from_regex(r"C\d{3}|\d{4}", fullmatch=True), st.booleans(), st.integers(1, 99), st.sampled_from([None, "an..35", "n3"]))
def test_a_use_written_and_read_is_the_same(identifier: str, mandatory: bool, repeats: int, printed: str | None) -> None:
    assert (identifier, mandatory, repeats, printed) == parse_use(write_use(identifier, mandatory, repeats, printed))


@pytest.mark.parametrize("text", ["", "x3", "an", "an...3", "an..", "3"])
def test_a_format_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a data element format"):
        parse_format(text)


@st.composite
def releases(draw: st.DrawFn, release: str) -> ReleaseTables:
    elements = draw(
        st.dictionaries(st.from_regex(r"\d{4}", fullmatch=True), st.tuples(st.sampled_from(["an..35", "n3"]), NAMES), min_size=1)
    )
    used = st.builds(Use, id=st.sampled_from(sorted(elements)), mandatory=st.booleans(), repeats=st.integers(1, 9), format=st.just("a..3"))
    entry = st.builds(Entry, name=NAMES, uses=st.lists(used, max_size=4).map(tuple))
    value = st.sampled_from(["1", "2", "10", "9", "A", "AB1", "-", "="])
    return ReleaseTables(
        release=release,
        elements=elements,
        segments=draw(st.dictionaries(TAGS, entry)),
        codes=draw(st.dictionaries(st.sampled_from(sorted(elements)), st.dictionaries(value, NAMES, min_size=1))),
        messages={"ORDERS": draw(messages(release))},
    )


@settings(max_examples=25, deadline=None)
@given(st.permutations([0, 1, 2]), st.tuples(releases("D.96A"), releases("D.99B"), releases("D.24A")))
def test_releases_merged_in_any_order_make_the_same_tables(order: list[int], made: tuple[ReleaseTables, ...]) -> None:
    straight, shuffled = Pool(), Pool()
    for tables in made:
        straight.add(tables)
    for index in order:
        shuffled = Pool.read(shuffled.write())
        shuffled.add(made[index])
    files = straight.write()

    assert files == shuffled.write()
    for tables in made:
        spans = Spans([tables_.release for tables_ in made])
        assert tables.messages["ORDERS"] == parse_message(files["messages/ORDERS.txt"], "ORDERS", spans, tables.release)


def test_releases_sort_by_time_over_the_turn_of_the_century() -> None:
    assert ["D.93A", "S.93A", "D.93B", "D.99B", "D.00A", "D.24A"] == sorted(
        ["D.00A", "D.24A", "D.93B", "S.93A", "D.99B", "D.93A"], key=release_order
    )
