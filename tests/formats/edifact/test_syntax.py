from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi.errors import FormatError
from edi.formats.edifact.syntax import LEVEL_A, LEVEL_B_SEPARATORS, Delimiters, Segment, Syntax, cut_elements, split

VERSION_4 = Syntax(LEVEL_A.for_version("4"), "utf-8")


def found(raw: bytes, syntax: Syntax | None = None) -> Segment:
    return Segment.found(raw, syntax or Syntax(), number=1, offset=0)


def test_a_segment_has_its_elements_and_components() -> None:
    segment = found(b"LIN+1++4000862141404:EN")

    assert segment.tag == "LIN"
    assert segment.elements == [["1"], [""], ["4000862141404", "EN"]]
    assert segment.get(3, 2) == "EN"


def test_what_is_absent_is_empty_text() -> None:
    assert found(b"LIN+1").get(3, 2) == ""


def test_positions_count_the_first_element_after_the_tag_as_one() -> None:
    assert found(b"BGM+220+PO1").get(2) == "PO1"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"FTX+a?+b", "a+b"),
        (b"FTX+a?:b", "a:b"),
        (b"FTX+a?'b", "a'b"),
        (b"FTX+a??", "a?"),
        (b"FTX+???+", "?+"),
        (b"FTX+?a", "a"),
        (b"FTX+a?", "a?"),
    ],
)
def test_the_release_character_makes_the_next_one_text(raw: bytes, value: str) -> None:
    assert found(raw).elements == [[value]]


def test_the_release_character_may_release_the_last_character_of_an_element() -> None:
    assert found(b"FTX+a??+b").elements == [["a?"], ["b"]]


def test_line_ends_around_and_inside_a_segment_are_no_data() -> None:
    segment = Segment.found(b"\r\n FTX+long\r\ner", Syntax(), number=1, offset=10)

    assert (segment.tag, segment.get(1), segment.offset) == ("FTX", "longer", 13)


def test_a_released_line_end_is_data() -> None:
    assert found(b"FTX+a?\nb").get(1) == "a\nb"


def test_a_repetition_separator_repeats_under_version_4() -> None:
    segment = found(b"XXX+A:1*B?*C*D+E", VERSION_4)

    assert segment.occurrences(1) == [["A", "1"], ["B*C"], ["D"]]
    assert segment.repeats == {0: [["B*C"], ["D"]]}


def test_a_star_is_text_before_version_4() -> None:
    assert found(b"XXX+A*B").elements == [["A*B"]]


def test_una_gives_all_six_characters() -> None:
    assert Delimiters.from_una("UNA|^,\\*~") == Delimiters(
        component="|", element="^", decimal=",", release="\\", repetition="*", terminator="~"
    )


def test_a_blank_in_una_means_not_in_use() -> None:
    delimiters = Delimiters.from_una("UNA:+.  '")

    assert (delimiters.release, delimiters.repetition) == ("", "")


def test_una_is_written_as_it_was_read() -> None:
    assert Delimiters.from_una("UNA:+.? '").to_una() == "UNA:+.? '"


def test_level_b_has_information_separators_and_no_release_character() -> None:
    segment = found(b"FTX\x1da?+\x1fb", Syntax(LEVEL_B_SEPARATORS))

    assert segment.elements == [["a?+", "b"]]


def test_a_value_that_cannot_be_released_is_refused() -> None:
    with pytest.raises(FormatError, match="no release character"):
        Syntax(Delimiters(release="")).write("FTX", [["a+b"]])


def test_a_character_the_encoding_lacks_is_refused_by_name() -> None:
    with pytest.raises(FormatError, match="'€'"):
        Syntax().write("FTX", [["5 €"]])


def test_bytes_that_cannot_be_decoded_come_back_as_they_were() -> None:
    segment = found(b"FTX+\xff", VERSION_4)

    assert VERSION_4.write(segment.tag, segment.elements) == b"FTX+\xff"


def test_explicit_nesting_is_no_part_of_the_tag() -> None:
    assert found(b"DDD:1:2+data").tag == "DDD"


def test_double_byte_text_may_hold_bytes_that_look_like_separators() -> None:
    syntax = Syntax(encoding="iso2022_jp_2")
    text = "株式会社ー「」"
    raw = syntax.write("FTX", [[text]])
    parts = syntax.cut(raw + b"'UNT+1'")

    assert found(parts[0], syntax).get(1) == text
    assert parts[1:] == [b"UNT+1", b""]


@given(
    st.lists(st.text("AB+:?*'\r\n \xe9", max_size=12).map(lambda text: b"ABC" + text.encode("latin-1")), max_size=6),
    st.sampled_from(["latin-1", "utf-8", "euc_kr", "iso2022_jp_2", "iso8859-2"]),
    st.sampled_from([LEVEL_A, LEVEL_A.for_version("4")]),
    st.sampled_from([b"", b"\n", b"\r\n"]),
)
def test_the_elements_of_a_whole_message_are_those_of_each_segment(
    raws: list[bytes], encoding: str, delimiters: Delimiters, before: bytes
) -> None:
    syntax = Syntax(delimiters, encoding)
    at_once, each = ([found(before + raw, syntax) for raw in raws] for _ in range(2))

    cut_elements(at_once)

    assert [(one.elements, one.repeats) for one in each] == [(one.elements, one.repeats) for one in at_once]


values = st.text(st.characters(codec="latin-1", exclude_characters="\x00"), max_size=8)
elements = st.lists(st.lists(values, min_size=1, max_size=3), max_size=4)
separators = st.sampled_from(
    [LEVEL_A, LEVEL_A.for_version("4"), Delimiters(component="|", element="^", release="\\", terminator="~"), Delimiters(terminator="\n")]
)


@given(elements, separators)
def test_any_segment_written_and_read_is_the_same(written: list[list[str]], delimiters: Delimiters) -> None:
    syntax = Syntax(delimiters)
    parts = syntax.cut(syntax.write("ABC", written) + syntax.terminator)

    assert len(parts) == 2
    assert found(parts[0], syntax) == Segment("ABC", written)


@given(st.dictionaries(st.just(0), st.lists(st.lists(values, min_size=1), min_size=1, max_size=3)))
def test_any_repetition_written_and_read_is_the_same(repeats: dict[int, list[list[str]]]) -> None:
    raw = VERSION_4.write("ABC", [["x"]], repeats)

    assert found(raw, VERSION_4).repeats == (repeats or None)


@given(st.text("a?'", max_size=30))
def test_splitting_loses_nothing(text: str) -> None:
    assert "'".join(split(text, "'", "?")) == text


@given(st.text("ab?'", max_size=60))
def test_cutting_a_chunk_is_splitting_it(text: str) -> None:
    assert Syntax().cut(text.encode()) == split(text.encode(), b"'", b"?")


@given(st.text("ab?'+", max_size=40))
def test_splitting_agrees_with_a_walk_character_by_character(text: str) -> None:
    parts, current, released = [], "", False
    for character in text:
        if character == "'" and not released:
            parts.append(current)
            current = ""
        else:
            current += character
        released = character == "?" and not released

    assert split(text, "'", "?") == [*parts, current]
