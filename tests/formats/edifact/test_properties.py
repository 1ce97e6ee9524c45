"""What holds for any input: trees survive writing and reading, and any bytes at all give findings or FormatError."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edi.errors import FormatError
from edi.findings import has_errors
from edi.formats import edifact
from edi.formats.edifact import contrl, directory, reader, validation
from edi.formats.edifact.charset import Policy
from tests.formats.edifact.building import ORDER, group, interchange, message

D96A = directory.load("D.96A")
NOON = datetime(2024, 1, 31, 12, 0, tzinfo=UTC)

text = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_categories=("Cc",)), min_size=0, max_size=6)
tags = st.sampled_from(["BGM", "DTM", "NAD", "LIN", "QTY", "FTX", "XYZ", "A1B"])
bodies = st.lists(st.builds(edifact.Segment, tags, st.lists(st.lists(text, min_size=1, max_size=3), max_size=4)), max_size=6)
delimiters = st.sampled_from(
    [
        edifact.Delimiters(),
        edifact.Delimiters(component="|", element="^", release="!", terminator="~"),
        edifact.Delimiters(terminator="\n"),
        edifact.Delimiters(component="\x1f", element="\x1d", release="\\", terminator="\x1c"),
    ]
)


@given(st.lists(bodies, max_size=4), delimiters, st.sampled_from(["", "\r\n", "\n"]), st.sampled_from(["3", "4"]))
def test_any_tree_written_and_read_is_the_same(
    written: list[list[edifact.Segment]], marks: edifact.Delimiters, line_end: str, version: str
) -> None:
    envelope = edifact.EnvelopeValues(
        sender=edifact.InterchangeParty("A+", "14"),
        recipient=edifact.InterchangeParty("B'", "14"),
        control_reference="R?1",
        prepared=NOON,
        syntax_version=version,
        delimiters=marks,
        line_end=line_end,
    )
    identifier = edifact.MessageIdentifier.from_text("ORDERS:D:96A:UN")
    messages = [edifact.OutMessage(reference=str(n), identifier=identifier, segments=body) for n, body in enumerate(written)]
    data = edifact.write_interchange(envelope, messages)
    (found,) = reader.read(data).value or ()

    assert [[edifact.writer.trimmed(each) for each in body] for body in written] == [each.body for each in found.messages]
    assert [each.code for each in found.all_findings() if each.is_error] == ([] if written else ["edifact.no_message"])
    assert (found.sender.id, found.recipient.id, found.control_reference) == ("A+", "B'", "R?1")
    assert edifact.rewrite(found) == data


def harmless(data: bytes) -> None:
    """Read, validate and answer; nothing but FormatError may come out."""
    try:
        outcome = reader.read(data)
    except FormatError:
        return
    assert outcome.value
    for found in outcome.value:
        findings = list(found.all_findings())
        for each in found.messages:
            findings += validation.validate(each, D96A)
        findings += validation.validate_envelope(found)
        contrl.answer(found, findings, control_reference="1", prepared=NOON)
        for each in found.messages:
            contrl.read(each)
    assert b"".join(edifact.rewrite(each) for each in outcome.value) == data


GOOD = interchange(message(), message(reference="2"), group(message(reference="3")), una="UNA:+.? '")
PIECES = [b"UNA:+.? '", b"UNB+UNOC:3+A:14+B:14+240131:1200+R'", b"UNZ+1+R'", b"UNH+1+ORDERS:D:96A:UN'", b"UNT+3+1'", b"UNG+", b"UNE+1+'", b"UNO+1+2+3+4'", b"UNP+4+1'", b"'", b"?", b"+", b":", b"\r\n", b"*", b"BGM+220'", b"LIN+1'", b"\xfc", b"\xc3\xbc", b"\x00", b"UNB+UNOW:4+A+B+1:2+3'", b"UNB+UNOX:4+A+B+1:2+3'", b"\x1b$B'", b"\x1b(B", b"UIB+", b"USH+1'", b"UNA", b"UNB"]  # fmt: skip


@given(st.binary(max_size=200))
def test_any_bytes_give_findings_or_format_error(data: bytes) -> None:
    harmless(data)


@given(st.binary(max_size=60))
def test_any_bytes_after_a_header_give_findings_or_format_error(data: bytes) -> None:
    harmless(b"UNB+UNOC:3+A:14+B:14+240131:1200+R'" + data)


@given(st.lists(st.sampled_from(PIECES), max_size=25))
def test_any_mixture_of_envelope_pieces_gives_findings_or_format_error(pieces: list[bytes]) -> None:
    harmless(b"".join(pieces))


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 30), st.binary(max_size=4))
def test_any_change_of_a_good_interchange_gives_findings_or_format_error(at: int, length: int, put: bytes) -> None:
    harmless(GOOD[:at] + put + GOOD[at + length :])


@given(st.integers(1, len(GOOD) - 2))
def test_an_interchange_cut_anywhere_is_never_taken_for_whole(length: int) -> None:
    try:
        outcome = reader.read(GOOD[:length])
    except FormatError:
        return

    assert has_errors(outcome.findings)


@given(st.lists(st.sampled_from(PIECES), max_size=25), st.integers(1, 50))
def test_a_stream_and_bytes_in_hand_give_the_same(pieces: list[bytes], size: int) -> None:
    data = b"UNB+UNOC:3+A:14+B:14+240131:1200+R'" + b"".join(pieces)

    class Drip(BytesIO):
        def read(self, asked: int | None = -1, /) -> bytes:
            return super().read(size)

    whole = reader.read(data)
    parts = list(reader.stream(Drip(data)))

    assert [each.reference for each in parts if isinstance(each, edifact.Message)] == [
        each.reference for found in whole.value or () for each in found.messages
    ]
    assert [len(each.interchange.findings) for each in parts if isinstance(each, edifact.Closed)] == [
        len(found.findings) for found in whole.value or ()
    ]


@pytest.mark.proof
@settings(max_examples=20_000, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40), st.binary(max_size=40), st.integers(0, 200))
def test_any_mixture_gives_findings_or_format_error_for_long(pieces: list[bytes], put: bytes, at: int) -> None:
    data = b"".join(pieces)
    harmless(data[:at] + put + data[at:])


UNITS = {
    "released terminators": b"?'",
    "question marks": b"?",
    "terminators": b"'",
    "interchanges": b"UNB+'UNZ+'",
    "interchanges with UNA": b"UNA:+.? 'UNB+'UNA:+.? ~UNB+~",
    "headers": b"UNH+'",
    "trailers": b"UNT+'",
    "groups": b"UNG+'",
    "objects": b"UNO+1+2+3+5'",
    "line ends": b"\r\n",
    "elements": b"+",
    "bad characters": b"A+\x01'",
    "broken UTF-8": b"A+\xff'",
    "una": b"UNA",
    "strays": b"LIN+1'",
    "blanks": b" \n",
}


@pytest.mark.parametrize("unit", UNITS)
def test_time_grows_with_length_and_no_faster(unit: str) -> None:
    def seconds(size: int) -> float:
        data = b"UNB+UNOC:3+A:14+B:14+240131:1200+R'UNH+1+ORDERS:D:96A:UN'" + UNITS[unit] * (size // len(UNITS[unit]))
        start = time.process_time()
        with suppress(FormatError):
            reader.read(data, policy=Policy.REPAIR)
        return time.process_time() - start

    small = min(seconds(10_000) for _ in range(3))
    large = min(seconds(80_000) for _ in range(2))

    # Eight times the bytes; quadratic cost would be sixty-four times the time.
    assert large < 30 * max(small, 0.001)


def test_a_message_of_many_wrong_segments_is_validated_in_linear_time() -> None:
    body = [*ORDER[:2], *(["XYZ+1", "DTM+137:20240131:102", "BGM+220"] * 5000), *ORDER[2:]]
    found = (reader.read(interchange(message(*body))).value or ())[0].messages[0]
    start = time.process_time()

    assert len(validation.validate(found, D96A)) >= 1000
    assert time.process_time() - start < 10
