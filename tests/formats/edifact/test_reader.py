from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO

import pytest

from edi.formats import edifact
from edi.formats.edifact import Closed, Message, Opened, reader
from tests.formats.edifact.building import ORDER, errors, group, interchange, message, only


class Drip:
    """A stream that gives few bytes at a time, as pipes and sockets do."""

    def __init__(self, data: bytes, size: int) -> None:
        self._inner = BytesIO(data)
        self._size = size

    def read(self, size: int, /) -> bytes:
        return self._inner.read(min(size, self._size))


def test_an_interchange_shows_what_unb_says() -> None:
    found = only(interchange(unb="UNB+UNOC:3+A:14:X+B:ZZ+240131:1200+REF1++ORDERS+A+1+AGREED+1'"))

    assert (found.sender, found.recipient) == (edifact.InterchangeParty("A", "14", "X"), edifact.InterchangeParty("B", "ZZ"))
    assert (found.control_reference, found.application_reference, found.agreement_id, found.test) == ("REF1", "ORDERS", "AGREED", True)
    assert (found.syntax_identifier, found.syntax_version, found.prepared) == ("UNOC", "3", "2401311200")


def test_a_message_knows_its_identifier() -> None:
    found = only(interchange(message(identifier="ORDERS:D:96A:UN:EAN008"))).messages[0]

    assert str(found.identifier) == "ORDERS:D:96A:UN:EAN008"
    assert found.identifier.directory == "D.96A"
    assert [segment.tag for segment in found.body] == [each[:3] for each in ORDER]


def test_segments_are_numbered_in_the_message_and_placed_in_the_file() -> None:
    data = interchange(message(), message(reference="2"))
    second = only(data).messages[1]

    assert [segment.number for segment in second.segments] == list(range(1, len(ORDER) + 3))
    assert all(data[segment.offset :].startswith(segment.tag.encode()) for segment in second.segments)


@pytest.mark.parametrize("size", [1, 7, 64, 4096, 1 << 20])
def test_a_stream_gives_the_same_however_it_drips(size: int) -> None:
    data = interchange(*(message(reference=str(number)) for number in range(300)), una="UNA:+.? '")
    events = list(reader.stream(Drip(data, size)))

    assert isinstance(events[0], Opened)
    assert isinstance(events[-1], Closed)
    assert events[-1].message_count == 300
    assert [each.segments for each in events if isinstance(each, Message)] == [each.segments for each in only(data).messages]


def test_memory_of_a_stream_does_not_grow_with_the_file() -> None:
    class Endless:
        def __init__(self, count: int) -> None:
            self._parts = self._written(count)

        def _written(self, count: int) -> Iterator[bytes]:
            yield b"UNB+UNOC:3+A:14+B:14+240131:1200+REF1'"
            for number in range(count):
                yield message(reference=str(number)).encode()
            yield f"UNZ+{count}+REF1'".encode()

        def read(self, size: int, /) -> bytes:
            return next(self._parts, b"")

    def peak(count: int) -> int:
        tracemalloc.start()
        for _ in reader.stream(Endless(count)):
            pass
        held = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return held

    assert peak(4000) < 2 * peak(1000)


def test_several_interchanges_in_one_file_may_have_different_delimiters() -> None:
    other = interchange(una="UNA:+.? '").replace(b"'", b"~").replace(b":", b"|").replace(b"UNA|+.? ~", b"UNA|+.? ~")
    data = interchange() + b"\r\n" + other + interchange(unz="") + interchange()
    outcome = reader.read(data)

    assert outcome.value is not None
    assert [each.control_reference for each in outcome.value] == ["REF1"] * 4
    assert [each.delimiters.terminator for each in outcome.value] == ["'", "~", "'", "'"]
    assert errors(list(outcome.findings)) == [("unz_missing", "13@UCI")]
    assert b"".join(edifact.rewrite(each) for each in outcome.value) == data


def test_groups_are_kept_with_their_messages() -> None:
    found = only(interchange(group(message(), message(reference="2"))))

    assert [each.reference for each in found.groups] == ["G1"]
    assert found.groups[0].message_count == 2
    assert {each.group for each in found.messages} == {found.groups[0]}
    assert found.all_findings() == ()


def test_bytes_before_and_after_are_kept_and_said() -> None:
    data = b"MIME-Version: 1.0\r\n\r\n" + interchange() + b"\r\n-- \r\nbye"
    outcome = reader.read(data)

    assert outcome.value is not None
    assert [each.code for each in outcome.findings] == ["edifact.text_before", "edifact.text_after"]
    assert edifact.rewrite(outcome.value[0]) == data


def test_however_much_stands_after_an_interchange_nothing_is_lost() -> None:
    data = interchange() + b"x" * 3_000_000
    outcome = reader.read(data)

    assert outcome.value is not None
    assert edifact.rewrite(outcome.value[0]) == data


def test_a_message_without_interchange_is_read() -> None:
    outcome = reader.read(message().encode())

    assert outcome.value is not None
    assert not outcome.value[0].has_header
    assert len(outcome.value[0].messages) == 1
    assert errors(list(outcome.findings)) == [("unb_missing", "None@None")]


def test_a_trailer_without_terminator_is_read() -> None:
    outcome = reader.read(interchange()[:-1])

    assert [each.code for each in outcome.findings] == ["edifact.terminator_missing"]


def test_lines_instead_of_terminators_are_understood_and_said() -> None:
    outcome = reader.read(interchange().replace(b"'", b"\n"))

    assert outcome.value is not None
    assert len(outcome.value[0].messages[0].segments) == len(ORDER) + 2
    assert errors(list(outcome.findings)) == [("terminator_guessed", "20@UCI")]


def test_a_replaced_segment_is_written_anew_and_the_rest_as_it_was() -> None:
    found = only(interchange(message(), una="UNA:+.? '").replace(b"'", b"'\r\n"))
    segments = tuple(edifact.Segment("BGM", [["220"], ["NEW"]]) if each.tag == "BGM" else each for each in found.segments)
    written = edifact.rewrite(replace(found, segments=segments))

    assert b"UNH+1+ORDERS:D:96A:UN'BGM+220+NEW'\r\nDTM" in written


def test_many_tiny_interchanges_cost_no_more_than_their_bytes() -> None:
    tiny = b"UNA:+.? 'UNB+UNOC:3+A+B+1:1+1'UNZ+0+1'UNA:+.? ~UNB+UNOC:3+A+B+1:1+1~UNZ+0+1~"
    outcome = reader.read(tiny * 500)

    assert outcome.value is not None
    assert len(outcome.value) == 1000
