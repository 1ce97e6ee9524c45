"""The quick ways give what the exact ways give."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.generate import mixed, one_despatch_advice
from edi.errors import LimitError
from edi.formats.edifact import Closed, directory, envelope, fast, reader, scanner, validation
from edi.formats.edifact.writer import rewrite
from tests.formats.edifact.building import ORDER, group, interchange, message

D96A = directory.load("D.96A", association="EAN008")
DATA = mixed(120_000)


def quick(data: bytes) -> list[tuple[str, str, int, tuple[str, ...]]]:
    return [
        (each.reference, str(each.identifier), each.segment_count, tuple(found.code for found in each.findings))
        for each in fast.validate_stream(BytesIO(data), lambda _: D96A)
        if isinstance(each, fast.Verdict)
    ]


def exact(data: bytes) -> list[tuple[str, str, int, tuple[str, ...]]]:
    return [
        (
            each.reference,
            str(each.identifier),
            len(each.segments),
            tuple(found.code for found in (*each.findings, *validation.validate(each, D96A))),
        )
        for interchange in reader.read(data).value or ()
        for each in interchange.messages
    ]


def test_segments_are_those_of_the_reader() -> None:
    (found,) = reader.read(DATA).value or ()

    assert list(fast.segments(BytesIO(DATA))) == [each.raw for each in found.segments]
    assert [each[0] for each in fast.elements(DATA)] == [each.tag for each in found.segments]
    assert [each[1:] for each in fast.components(DATA)] == [each.elements for each in found.segments]


@given(st.text("ab?'+", max_size=300), st.integers(5, 40))
def test_text_is_cut_where_bytes_are(text: str, size: int) -> None:
    data = b"UNB+UNOC:3+A+B'" + text.encode()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scanner, "BATCH_BYTES", size)
        assert [each for batch, _ in fast.texts(data) for each in batch] == [each.decode() for each in fast.segments(data)]


def test_a_clean_file_is_clean_both_ways() -> None:
    assert quick(DATA) == exact(DATA)
    assert not any(codes for *_, codes in quick(DATA))


BAD = [
    message(*ORDER, reference="a"),
    message(*ORDER, reference="a"),
    message(*ORDER, reference="b", count=3),
    message(*ORDER, reference="c", closing="d"),
    message(*ORDER[:5], "QTY+21:5A", "UNS+S", reference="e"),
    message(*ORDER[1:], reference="f"),
    message(*ORDER[:5], "QTYX+21:5", "UNS+S", reference="g"),
    message("BGM+220+\x01+9", *ORDER[1:], reference="h"),
    message(*ORDER, reference="i").rpartition("UNT")[0],
    message(*ORDER, reference="j", identifier="FANCY:D:96A:UN"),
    message("BGM+220+" + "?'" * 17 + "+9", *ORDER[1:], reference="k"),
    "LIN+1'",
    group(message(*ORDER, reference="l")),
    group(message(*ORDER, reference="m"), kind="INVOIC", count=2),
]


@settings(deadline=None)  # a judge is made on the way
@given(st.lists(st.sampled_from(BAD), max_size=20), st.sampled_from(["", "UNA:+.? '"]))
def test_any_mixture_gives_the_same_verdicts(messages: list[str], una: str) -> None:
    data = interchange(*(messages or BAD), una=una)
    last = list(fast.validate_stream(data, lambda _: D96A))[-1]
    assert isinstance(last, Closed)

    assert quick(data) == exact(data)
    assert [each.code for each in last.interchange.findings] == [each.code for each in (reader.read(data).value or ())[0].findings]


def test_segments_astray_before_and_after_a_clean_message_are_two_findings() -> None:
    stray = b"LIN+1'"
    data = interchange(message()).replace(b"UNH+", stray + b"UNH+").replace(b"UNZ+", stray + b"UNZ+")
    *_, last = fast.validate_stream(data, lambda _: D96A)

    assert isinstance(last, Closed)
    assert ["edifact.between_messages"] * 2 == [each.code for each in last.interchange.findings]


@pytest.mark.parametrize("lines", [1_000, 40_000])
def test_a_long_message_is_judged_whole(lines: int) -> None:
    data = one_despatch_advice(lines)

    assert [(count, codes) for _, _, count, codes in quick(data)] == [(lines * 3 + 2 + (lines + 49) // 50 * 4 + 9, ())]


def test_a_long_message_is_let_go_and_its_faults_still_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast, "MESSAGE_BATCH_BYTES_MAX", 1)
    monkeypatch.setattr(fast, "HELD_SEGMENTS_MAX", 10)
    body = [*ORDER[:4], *(["LIN+1++4000862141404:EN", "QTY+21:5"] * 3000), "QTY+21:5A", "BGM+220", "XYZ+1", "LIN+2", "UNS+T", "CNT+2"]
    data = interchange(message(*body, count=5), message(reference="2"))
    ((first, *_),) = [reader.read(data).value or ()]
    expected = [*first.messages[0].findings, *validation.validate(first.messages[0], D96A)]
    found = [each for each in fast.validate_stream(data, lambda _: D96A) if isinstance(each, fast.Verdict)]

    assert sorted(found[0].findings, key=str) == sorted(expected, key=str)
    assert [each.segment_count for each in found] == [len(body) + 2, len(ORDER) + 2]


def test_line_ends_change_no_verdict() -> None:
    data = interchange(*BAD[:4]).replace(b"'", b"'\r\n")

    assert quick(data) == exact(data)


LINES = DATA.replace(b"?'", b"?\x01").replace(b"'", b"'\r\n").replace(b"?\x01", b"?'")
UTF_8, UTF_8_LINES = (each.replace(b"UNOC:3", b"UNOW:4", 1).decode("latin-1").encode() for each in (DATA, LINES))


@pytest.mark.parametrize("data", [LINES, LINES.replace(b"\r\n", b" \n  "), UTF_8, UTF_8_LINES], ids=range(4))
def test_line_ends_and_utf_8_are_no_reason_to_look_at_a_message_exactly(data: bytes) -> None:
    found = quick(data)

    assert len([each for each in quick(DATA) if not each[3]]) == len([each for each in found if not each[3]])
    assert exact(data) == found


def test_a_line_end_inside_a_segment_is_found_in_the_midst_of_those_between_segments() -> None:
    at = LINES.index(b"NAD+BY", 20_000) + 8
    wrapped = LINES[:at] + b"\r\n" + LINES[at:]
    (found,) = reader.read(wrapped).value or ()

    assert ["edifact.line_ends", "edifact.line_end_inside"] == [each.code for each in found.all_findings()]
    assert wrapped[found.all_findings()[1].where.offset or 0 :].startswith(b"NAD+BY")
    assert wrapped == rewrite(found)


def test_a_message_with_more_segments_than_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(envelope, "SEGMENTS_IN_MESSAGE_MAX", 50)

    with pytest.raises(LimitError, match="more than 50 segments"):
        reader.read(interchange(message(*ORDER[:-1], *["LIN+1'"] * 60)))
