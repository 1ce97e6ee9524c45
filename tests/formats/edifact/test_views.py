"""What people look at: the tree with names, the differences, the layout, and pydifact's segments."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi.errors import FormatError
from edi.formats import edifact
from edi.formats.edifact import compare, directory, inspect, layout, pydifact, reader
from edi.formats.edifact.syntax import Syntax
from edi.formats.edifact.writer import trimmed
from tests.formats.edifact.building import ORDER, group, interchange, message, only


def test_the_tree_has_names_values_and_meanings() -> None:
    shown = [
        (depth, node.kind, node.id, node.value, node.meaning)
        for depth, node in inspect.inspect(only(interchange())).lines()
        if node.kind != "segment"
    ]

    assert (2, "group", "SG2", None, None) in shown
    assert (4, "component", "2005", "137", "Document/message date/time") in shown
    assert any(node.name == "NAME AND ADDRESS" for _, node in inspect.inspect(only(interchange())).lines())


def test_the_tree_shows_what_no_directory_knows() -> None:
    tree = inspect.inspect(only(interchange(message("XYZ+1:2", identifier="FANCY:9:9:ZZ"))))
    (found,) = [node for _, node in tree.lines() if node.id == "XYZ"]

    assert (found.name, [child.value for _, child in found.lines()][2:]) == ("", ["1", "2"])


def test_the_tree_is_plain_data() -> None:
    import json

    assert json.loads(json.dumps(inspect.inspect(only(interchange(group(message())))).as_dict()))["id"] == "REF1"


def test_the_same_segments_do_not_differ_whatever_the_delimiters() -> None:
    other = b"UNA|^.! ~" + interchange().translate(bytes.maketrans(b":+'", b"|^~"))
    changes = compare.diff(only(interchange()).messages[0].segments, only(other).messages[0].segments)

    assert {change.kind for change in changes} == {"same"}


def test_a_difference_names_the_value() -> None:
    left = only(interchange()).messages[0].body
    right = only(interchange(message(*ORDER[:5], "QTY+21:6", "FTX+AAI", "UNS+S"))).messages[0].body
    changed = [change for change in compare.diff(left, right) if change.kind != "same"]

    assert [(change.kind, change.values) for change in changed] == [("changed", (compare.ValueChange(1, 2, "5", "6"),)), ("added", ())]


@pytest.mark.parametrize("una", ["", "UNA:+.? '"])
def test_laying_out_changes_no_value_and_can_be_undone(una: str) -> None:
    data = interchange(una=una)
    spread = layout.lines(only(data), "\r\n")

    assert spread.count(b"\r\n") == len(only(data).segments) + bool(una)
    assert layout.lines(only(spread), "") == data


def test_segments_are_indented_by_group() -> None:
    spec = directory.load("D.96A").message("ORDERS")
    assert spec is not None
    lines = [(line.depth, line.group, line.segment.tag) for line in layout.indented(only(interchange()).messages[0], spec)]

    assert lines[3:7] == [(1, "SG2[1]", "NAD"), (1, "SG2[2]", "NAD"), (1, "SG25[1]", "LIN"), (1, "", "QTY")]


def theirs(text: str) -> list[edifact.Segment]:
    from pydifact.parser import Parser

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydifact.from_pydifact([each for each in Parser().parse(text) if each.tag != "UNA"])


def bare(segments: list[edifact.Segment]) -> list[edifact.Segment]:
    """Without empty tails, which pydifact drops and we keep."""
    return [trimmed(each) for each in segments]


def test_segments_become_pydifacts_and_come_back() -> None:
    segments = only(interchange()).messages[0].segments
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        there = pydifact.to_pydifact(segments)

    assert there[2].elements == [["137", "20240131", "102"]]
    assert pydifact.from_pydifact(there) == segments


def test_a_repetition_is_refused_and_not_lost() -> None:
    with pytest.raises(FormatError, match="pydifact has no place for"):
        pydifact.to_pydifact([edifact.Segment("ABC", [["1"]], repeats={0: [["2"]]})])


values = st.text("aB1 .,?+:'", max_size=6)


@given(
    st.lists(
        st.tuples(st.sampled_from(["BGM", "FTX", "NAD"]), st.lists(st.lists(values, min_size=1, max_size=3), min_size=1, max_size=3)),
        max_size=5,
    )
)
def test_our_reader_and_pydifacts_tokeniser_agree(body: list[tuple[str, list[list[str]]]]) -> None:
    segments = [edifact.Segment(tag, elements) for tag, elements in body]
    data = edifact.write_segments(segments)
    found = [edifact.Segment.found(raw, Syntax(), number=0, offset=0) for raw in Syntax().cut(data)[:-1]]

    assert found == segments
    assert bare(theirs(data.decode("latin-1"))) == bare(segments)


@given(st.text("aB1?+:'", max_size=30))
def test_our_reader_and_pydifacts_agree_on_whatever_it_accepts(text: str) -> None:
    text = f"BGM+{text}'"
    try:
        accepted = theirs(text)
    except Exception:
        return
    syntax = Syntax()
    *raws, rest = syntax.cut(text.encode())
    found = [edifact.Segment.found(raw, syntax, number=0, offset=0) for raw in raws]
    if (
        rest
        or any(not each.tag.isalpha() or len(each.tag) != 3 for each in found)
        or any(each.tag != other.tag for each, other in zip(found, accepted, strict=False))
    ):
        return

    assert bare(found) == bare(accepted)


def test_reading_a_stream_of_any_kind_leaves_the_views_alone() -> None:
    assert reader.looks_like(layout.lines(only(interchange())))
