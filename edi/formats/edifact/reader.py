"""Bytes to interchanges: reads what can be read and reports the rest (validation levels 1 and 2).

Two ways in, one machine: `read` for bytes in hand, `stream` for files of any size, one message in memory at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from edi.findings import Finding, Outcome
from edi.formats.edifact.assembly import Assembly
from edi.formats.edifact.charset import Policy
from edi.formats.edifact.envelope import Interchange, Message
from edi.formats.edifact.opening import find_start, is_blank, open_interchange, text_after
from edi.formats.edifact.scanner import ByteStream, Scanner
from edi.limits import KIB, RECEIVED_BYTES_MAX

NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Opened:
    """An interchange begins: its UNB (ISO 9735, 6.1 and annex B) is known, its messages follow."""

    interchange: Interchange


@dataclass(frozen=True, slots=True)
class Closed:
    """An interchange ended: its UNZ, counts and references are compared, and its findings known; `messages` stays empty."""

    interchange: Interchange
    message_count: int


Event = Opened | Message | Closed


def looks_like(data: bytes) -> bool:
    """True if the first 4 KiB hold a UNA, UNB or UIB, or begin with a bare message (ISO 9735, 6.1); never raises."""
    return find_start(data[: 4 * KIB]) is not None


def read(
    data: bytes,
    *,
    source: str | None = None,
    policy: Policy = Policy.STRICT,
    tolerate: frozenset[str] = NOTHING,
) -> Outcome[tuple[Interchange, ...]]:
    """All interchanges in the bytes, whole, and all findings of levels 1 and 2, the messages' own included.

    `tolerate` holds reasons of finding codes, e.g. `unt_count`: these become warnings that no answer mentions.
    Offsets are bytes from 0, segment numbers count from 1 (ISO 9735, sections 5 and 6; syntax versions 1 to 4).
    Raises FormatError if the bytes are not EDIFACT at all, LimitError if a bound of `edi.limits` is passed.
    """
    interchanges: list[Interchange] = []
    messages: list[Message] = []
    for event in _events(Scanner(data), source=source, policy=policy, tolerate=tolerate, keep=True):
        match event:
            case Opened():
                messages = []
            case Message():
                messages.append(event)
            case Closed(interchange=interchange):
                interchanges.append(replace(interchange, messages=tuple(messages)))
    findings = tuple(finding for interchange in interchanges for finding in interchange.all_findings())
    return Outcome(tuple(interchanges), findings)


def stream(
    source_stream: ByteStream,
    *,
    source: str | None = None,
    policy: Policy = Policy.STRICT,
    tolerate: frozenset[str] = NOTHING,
) -> Iterator[Event]:
    """What `read` gives, one thing at a time: memory holds one message, however long the file is. Raises as `read` does, while iterating."""
    return _events(Scanner(source_stream), source=source, policy=policy, tolerate=tolerate, keep=False)


def _events(scanner: Scanner, *, source: str | None, policy: Policy, tolerate: frozenset[str], keep: bool) -> Iterator[Event]:
    pending: Closed | None = None
    while True:
        opening = open_interchange(scanner, source=source, first=pending is None)
        if opening is None:
            break
        if pending:
            yield pending
        assembly = Assembly(opening, scanner, source=source, policy=policy, tolerate=tolerate, keep=keep)
        yield Opened(assembly.opened())
        yield from assembly.messages()
        pending = Closed(assembly.closed(), assembly.message_count)
    assert pending is not None
    yield close_with_rest(pending, scanner, scanner.peek(RECEIVED_BYTES_MAX) if keep else scanner.rest())


def close_with_rest(last: Closed, scanner: Scanner, rest: bytes) -> Closed:
    """The last interchange with what stands after it; foreign bytes are reported, blanks are not."""
    offset = scanner.offset
    after = last.interchange.after + rest
    findings: tuple[Finding, ...] = last.interchange.findings
    if not is_blank(rest):
        findings = (*findings, text_after(rest, offset, last.interchange.source))
    return Closed(replace(last.interchange, after=after, findings=findings), last.message_count)
