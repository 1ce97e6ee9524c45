"""Messages to bytes: UNA, UNB..UNZ, UNG..UNE, UNH..UNT with counts and references that are right by construction.

Rule 1: clock and control references are arguments; the same input gives the same bytes.
Rule 2: what was read can be written back byte for byte (`rewrite`); what is made here carries no empty tails.
Rule 3: a character the declared set lacks is never written as something else unless the caller asked for that, and then it is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from typing import Literal

from edi.errors import FormatError
from edi.findings import Finding, Location, Outcome
from edi.formats.edifact.charset import LARGER, Charset, Policy, charset_of, foreign_characters, transliterate
from edi.formats.edifact.codes import finding
from edi.formats.edifact.envelope import Interchange, InterchangeParty, MessageIdentifier
from edi.formats.edifact.syntax import LEVEL_A, Components, Delimiters, Segment, syntax_of

Una = Literal["always", "when_needed", "never"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeValues:
    """What UNA, UNB and UNZ of a new interchange say (ISO 9735, annex B): S001 to S005, 0020, 0026, 0029, 0031, 0032, 0035."""

    sender: InterchangeParty
    recipient: InterchangeParty
    control_reference: str
    """0020, used once."""
    prepared: datetime
    """S004, in the time zone the sender wants to show."""
    syntax_identifier: str = "UNOC"
    syntax_version: str = "3"
    application_reference: str = ""
    password: str = ""
    priority: str = ""
    acknowledgement_request: str = ""
    agreement_id: str = ""
    test: bool = False
    delimiters: Delimiters = LEVEL_A
    una: Una = "when_needed"
    line_end: str = ""
    """After every terminator; ISO 9735 has none, people like them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupValues:
    """What UNG and UNE of a functional group say (0038, S006, S007, S004, 0048, 0051, S008); messages with the same values form one group."""

    reference: str
    message_type: str
    sender: InterchangeParty
    recipient: InterchangeParty
    prepared: datetime
    agency: str = "UN"
    version: str = "D"
    release: str = ""
    association: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutMessage:
    """A message to be written: its body without UNH and UNT, which get 0062, S009, 0068 and the count 0074."""

    reference: str
    """0062, unique in the interchange."""
    identifier: MessageIdentifier
    segments: Sequence[Segment]
    group: GroupValues | None = None
    access_reference: str = field(default="")
    """0068."""


def write_segments(
    segments: Sequence[Segment], delimiters: Delimiters = LEVEL_A, encoding: str = "latin-1", *, line_end: str = ""
) -> bytes:
    """The segments as bytes, exactly as their elements are, each with its terminator (ISO 9735, 6.3 and 6.4).

    Raises FormatError for a character that the Python codec `encoding` lacks, or that cannot be released.
    """
    syntax = syntax_of(delimiters, encoding)
    end = syntax.terminator + line_end.encode(encoding)
    return b"".join(syntax.write(segment.tag, segment.elements, segment.repeats) + end + segment.attached for segment in segments)


def write_interchange(envelope: EnvelopeValues, messages: Sequence[OutMessage], *, policy: Policy = Policy.STRICT) -> bytes:
    """One interchange. Raises FormatError for a character the declared set lacks, unless the policy has a way; `write` says which it went."""
    written = write(envelope, messages, policy=policy)
    if written.value is None:
        first = written.findings[0]
        raise FormatError(f"{first.where}: {first.text}", hint=first.hint)
    return written.value


def write_unchecked(envelope: EnvelopeValues, messages: Sequence[OutMessage], encoding: str) -> bytes:
    """One interchange whose characters are not looked at: for answers, which repeat what the sender sent, right or wrong."""
    return _written(envelope, messages, encoding)


def write(envelope: EnvelopeValues, messages: Sequence[OutMessage], *, policy: Policy = Policy.STRICT) -> Outcome[bytes]:
    """One interchange with right counts and references, and what was done about characters the set of 0001 lacks (ISO 9735, sections 5 and 6).

    `strict` writes nothing then; `repair` declares the next larger set, and writes nothing where none has them (control characters);
    `transliterate` puts the nearest characters.
    """
    declared = charset_of(envelope.syntax_identifier)
    foreign = list(_foreign(envelope, messages, declared))
    larger = _larger(messages, envelope, declared) if foreign and policy is Policy.REPAIR else None
    if foreign and (policy is Policy.STRICT or (policy is Policy.REPAIR and larger is None)):
        return Outcome(None, tuple(foreign))
    if larger is not None:
        envelope = replace(envelope, syntax_identifier=larger)
        foreign = [
            finding("edifact.charset_raised", f"{declared.identifier} lacks characters of the data; {larger} was declared", value=larger)
        ]
    elif foreign:
        messages = [replace(message, segments=[_transliterated(each, declared) for each in message.segments]) for message in messages]
        foreign = [_replaced(each, declared) for each in foreign]
    return Outcome(_written(envelope, messages, charset_of(envelope.syntax_identifier).encoding), tuple(foreign))


def rewrite(interchange: Interchange) -> bytes:
    """The interchange as it was read, byte for byte, what stood before and after it included.

    Segments that were put in their place since are written anew; these raise FormatError as `write_segments` does.
    """
    syntax = interchange.syntax
    parts = [interchange.before]
    for segment in interchange.segments:
        raw = segment.raw
        parts.append(syntax.write(segment.tag, segment.elements, segment.repeats) if raw is None else raw)
        parts += (syntax.terminator, segment.attached)
    return b"".join([*parts, interchange.after])


def trimmed(segment: Segment) -> Segment:
    """The segment without empty tails: `BGM+220:+X++` becomes `BGM+220+X` (ISO 9735, 7.3 and 7.5)."""
    if not segment.repeats and not segment.attached and all(components and components[-1] for components in segment.elements):
        return segment
    elements = [_without_tail(components) for components in segment.elements]
    while elements and elements[-1] == [""] and len(elements) - 1 not in (segment.repeats or ()):
        elements.pop()
    repeats = {index: [_without_tail(each) for each in further] for index, further in (segment.repeats or {}).items()}
    return Segment(segment.tag, elements, repeats=repeats or None)


def _without_tail(components: Components) -> Components:
    kept = list(components) or [""]
    while len(kept) > 1 and not kept[-1]:
        kept.pop()
    return kept


def _written(envelope: EnvelopeValues, messages: Sequence[OutMessage], encoding: str) -> bytes:
    delimiters = envelope.delimiters.for_version(envelope.syntax_version)
    line_end = "" if delimiters.terminator in "\r\n" else envelope.line_end
    body = write_segments(list(_segments(envelope, messages)), delimiters, encoding, line_end=line_end)
    wanted = envelope.una == "always" or (envelope.una == "when_needed" and delimiters != LEVEL_A.for_version(envelope.syntax_version))
    return ((delimiters.to_una() + line_end).encode(encoding) if wanted else b"") + body


def _segments(envelope: EnvelopeValues, messages: Sequence[OutMessage]) -> Iterator[Segment]:
    yield trimmed(_header(envelope))
    counted = 0
    for group, members in groupby(messages, key=lambda message: message.group):
        held = list(members)
        counted += 1 if group else len(held)
        if group:
            yield trimmed(_group_header(group, envelope.syntax_version))
        for message in held:
            yield from _message(message)
        if group:
            yield Segment("UNE", [[str(len(held))], [group.reference]])
    yield Segment("UNZ", [[str(counted)], [envelope.control_reference]])


def _message(message: OutMessage) -> Iterator[Segment]:
    yield trimmed(Segment("UNH", [[message.reference], message.identifier.components(), [message.access_reference]]))
    for segment in message.segments:
        yield trimmed(segment)
    yield Segment("UNT", [[str(len(message.segments) + 2)], [message.reference]])


def _header(envelope: EnvelopeValues) -> Segment:
    return Segment(
        "UNB",
        [
            [envelope.syntax_identifier, envelope.syntax_version],
            envelope.sender.components(),
            envelope.recipient.components(),
            _moment(envelope.prepared, envelope.syntax_version),
            [envelope.control_reference],
            [envelope.password],
            [envelope.application_reference],
            [envelope.priority],
            [envelope.acknowledgement_request],
            [envelope.agreement_id],
            ["1" if envelope.test else ""],
        ],
    )


def _group_header(group: GroupValues, syntax_version: str) -> Segment:
    return Segment(
        "UNG",
        [
            [group.message_type],
            group.sender.components(),
            group.recipient.components(),
            _moment(group.prepared, syntax_version),
            [group.reference],
            [group.agency],
            [group.version, group.release, group.association],
        ],
    )


def _moment(moment: datetime, syntax_version: str) -> Components:
    """S004: two-digit years up to version 3, four-digit ones from version 4 on."""
    return [moment.strftime("%Y%m%d" if syntax_version >= "4" else "%y%m%d"), moment.strftime("%H%M")]


def _foreign(envelope: EnvelopeValues, messages: Sequence[OutMessage], charset: Charset) -> Iterator[Finding]:
    service = envelope.delimiters.separators
    for message in messages:
        for number, segment in enumerate(message.segments, 2):
            for element, component, value in _values(segment):
                foreign = foreign_characters(value, charset, service)
                # Line ends can be released and read back, but no set has them.
                foreign += "".join(each for each in "\r\n" if each in value)
                if foreign:
                    where = Location(segment=number, tag=segment.tag, message=message.reference, element=element, component=component)
                    text = f"{value!r} holds {foreign!r}, not in {charset.identifier} ({charset.name})"
                    yield finding("edifact.character", text, where, value=value, expected=charset.name)


def _replaced(complaint: Finding, charset: Charset) -> Finding:
    """The complaint about a value, as what was done about it: which of its characters were replaced, and what was written."""
    value = complaint.value or ""
    written, replaced = transliterate(value, charset)
    text = f"{', '.join(map(repr, replaced))} of {value!r} {'were' if len(replaced) > 1 else 'was'} replaced: {written!r} was written"
    return finding("edifact.transliterated", text, complaint.where, value=value, expected=charset.name)


def _values(segment: Segment) -> Iterator[tuple[int, int, str]]:
    for element in range(1, len(segment.elements) + 1):
        for components in segment.occurrences(element):
            for component, value in enumerate(components, 1):
                if not (value.isascii() and value.isalnum() and value.isupper()):
                    yield element, component, value


def _larger(messages: Sequence[OutMessage], envelope: EnvelopeValues, declared: Charset) -> str | None:
    """The next larger set that holds all of the data; None if none does."""
    start = LARGER.index(declared.identifier) + 1 if declared.identifier in LARGER else len(LARGER) - 1
    for identifier in LARGER[start:]:
        if not any(_foreign(envelope, messages, charset_of(identifier))):
            return identifier
    return None


def _transliterated(segment: Segment, charset: Charset) -> Segment:
    def fit(components: Components) -> Components:
        return [transliterate(each, charset)[0] for each in components]

    repeats = {index: [fit(each) for each in further] for index, further in (segment.repeats or {}).items()}
    return Segment(segment.tag, [fit(each) for each in segment.elements], repeats=repeats or None)
