"""What headers and trailers claim against what was there: presence, counts and references of UNB, UNT, UNE, UNZ and UNO."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from edi.findings import Finding, Location
from edi.formats.edifact.codes import finding
from edi.formats.edifact.envelope import FunctionalGroup, Message
from edi.formats.edifact.syntax import Segment


def of_header(header: Segment, source: str | None) -> Iterator[Finding]:
    """UNB against what an answer needs."""
    wanted = (("S002 sender", 2), ("S003 recipient", 3), ("S004 date", 4), ("0020 control reference", 5))
    missing = ", ".join(name for name, element in wanted if not header.get(element))
    if missing:
        where = Location(source=source, offset=header.offset, segment=header.number, tag=header.tag)
        yield finding("edifact.unb_incomplete", f"UNB gave no {missing}", where, expected=missing)


def object_length(header: Segment) -> int:
    """UNO 0810, the bytes of the object that follows (ISO 9735-8); -1 if it is no number."""
    claimed = header.get(4)
    return int(claimed) if claimed.isascii() and claimed.isdigit() and len(claimed) < 12 else -1


def of_object(header: Segment, found: int, source: str | None) -> Finding:
    """UNO 0810 against where UNP came; `found` is -1 if it did not."""
    claimed = header.get(4)
    where = Location(source=source, offset=header.offset, segment=header.number, tag=header.tag)
    text = f"UNO says the object has {claimed!r} bytes, " + (f"UNP came after {found}" if found >= 0 else "and no UNP followed")
    return finding("edifact.object_length", text, where, value=claimed, expected=str(found) if found >= 0 else None)


def of_beginning(message: Message, source: str | None, *, known: bool) -> Iterator[Finding]:
    """UNH against the messages before it (`known`: one of them had the reference) and against the group around it."""
    header, group, kind = message.header, message.group, message.identifier.type
    where = Location(source=source, offset=header.offset, segment=1, tag="UNH", message=message.reference)
    if not message.reference or not kind:
        yield finding("edifact.unh_incomplete", f"UNH gave reference {message.reference!r} and type {kind!r}", where)
    elif known:
        text = f"an earlier message of the interchange has the reference {message.reference!r} too"
        yield finding("edifact.message_reference_twice", text, replace(where, element=1), value=message.reference)
    if group and kind and kind != group.message_type:
        text = f"the group holds {group.message_type!r} and this is {kind!r}"
        yield finding("edifact.group_mixed", text, where, value=kind, expected=group.message_type)


def of_message(message: Message, source: str | None) -> Iterator[Finding]:
    """UNT against UNH and the segments between, UNH and UNT included (0074, 0062)."""
    trailer = message.trailer
    if trailer is None:
        last = message.segments[-1]
        where = Location(source=source, offset=last.offset, tag="UNT", message=message.reference)
        yield finding("edifact.unt_missing", f"message {message.reference!r} has no UNT, it was read up to segment {last.number}", where)
        return
    where = Location(source=source, offset=trailer.offset, segment=trailer.number, tag="UNT", message=message.reference)
    yield from _count("edifact.unt_count", trailer.get(1), message.segment_count, "segments", where)
    yield from _reference("edifact.unt_reference", ("UNT 0062", trailer.get(2)), ("UNH 0062", message.reference), where)


def of_group(group: FunctionalGroup, source: str | None) -> Iterator[Finding]:
    """UNE against UNG and the messages between (0060, 0048)."""
    closing = group.trailer or group.header
    where = Location(source=source, offset=closing.offset, segment=closing.number, tag=closing.tag)
    if group.message_count == 0:
        yield finding("edifact.group_empty", f"group {group.reference!r} holds no message", where)
    if group.trailer is None:
        yield finding("edifact.une_missing", f"group {group.reference!r} has no UNE", replace(where, segment=None, tag="UNE"))
        return
    yield from _count("edifact.une_count", group.trailer.get(1), group.message_count, "messages", where)
    yield from _reference("edifact.une_reference", ("UNE 0048", group.trailer.get(2)), ("UNG 0048", group.reference), where)


def of_interchange(header: Segment, trailer: Segment | None, count: int, source: str | None) -> Iterator[Finding]:
    """UNZ against UNB and the groups between, or the messages if there are no groups (0036, 0020)."""
    if trailer is None:
        where = Location(source=source, offset=header.offset, tag="UNZ")
        yield finding("edifact.unz_missing", f"interchange {header.get(5)!r} has no UNZ", where)
        return
    where = Location(source=source, offset=trailer.offset, segment=trailer.number, tag="UNZ")
    yield from _count("edifact.unz_count", trailer.get(1), count, "messages or groups", where)
    yield from _reference("edifact.unz_reference", ("UNZ 0020", trailer.get(2)), ("UNB 0020", header.get(5)), where)


def _count(code: str, claimed: str, counted: int, what: str, where: Location) -> Iterator[Finding]:
    if claimed.isascii() and claimed.isdigit() and claimed.lstrip("0") == (str(counted) if counted else ""):
        return
    text = f"{where.tag} says {claimed or 'nothing'} {what}, there are {counted}"
    yield finding(code, text, replace(where, element=1), value=claimed, expected=str(counted))


def _reference(code: str, closing: tuple[str, str], opening: tuple[str, str], where: Location) -> Iterator[Finding]:
    if closing[1] != opening[1]:
        text = f"{closing[0]} says {closing[1]!r}, {opening[0]} {opening[1]!r}"
        yield finding(code, text, replace(where, element=2), value=closing[1], expected=opening[1])
