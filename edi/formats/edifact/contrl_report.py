"""A CONTRL received: what the partner says about an interchange of ours, as plain values, and what of ours it means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from edi.findings import Finding, Location, Severity
from edi.formats.edifact.codes import ANSWERS
from edi.formats.edifact.envelope import Interchange, InterchangeParty, Message, MessageIdentifier
from edi.formats.edifact.syntax import Segment


class Action(StrEnum):
    """0083."""

    REJECTED = "4"
    ACCEPTED = "7"
    RECEIVED = "8"


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementReport:
    """UCD: one wrong element or component."""

    error: str
    """0085."""
    element: int
    """From 1, the tag not counted, as in `Location`; 0: the tag itself."""
    component: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentReport:
    """UCS: one wrong segment, by its number in the message (UNH is 1)."""

    number: int
    error: str = ""
    elements: tuple[ElementReport, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReport:
    """UCM."""

    reference: str
    identifier: MessageIdentifier
    action: str
    error: str = ""
    tag: str = ""
    """0013: the envelope segment in error."""
    place: ElementReport | None = None
    segments: tuple[SegmentReport, ...] = ()
    group: str = ""
    """0048 of the group it came in."""

    @property
    def rejected(self) -> bool:
        return self.action == Action.REJECTED


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupReport:
    """UCF."""

    reference: str
    action: str
    error: str = ""
    tag: str = ""
    place: ElementReport | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlReport:
    """One CONTRL: UCI and all below it."""

    reference: str
    """0020 of the interchange it answers."""
    sender: InterchangeParty
    """Of the interchange it answers: us, as a rule."""
    recipient: InterchangeParty
    action: str
    error: str = ""
    tag: str = ""
    place: ElementReport | None = None
    groups: tuple[GroupReport, ...] = ()
    messages: tuple[MessageReport, ...] = ()

    @property
    def is_receipt(self) -> bool:
        """True if it only says that the interchange arrived."""
        return self.action == Action.RECEIVED

    @property
    def rejected(self) -> bool:
        """True if the whole interchange was rejected."""
        return self.action == Action.REJECTED

    def accepts(self, reference: str) -> bool | None:
        """Whether the message with that reference (0062) was accepted; None if this report does not say."""
        if self.is_receipt:
            return None
        if self.rejected:
            return False
        report = next((each for each in self.messages if each.reference == reference), None)
        if report is None or not report.rejected:
            return report is not None or not any(group.action == Action.REJECTED for group in self.groups)
        return False


def read(message: Message) -> ControlReport | None:
    """What a CONTRL message says; None if it has no UCI, so that nobody can say what it answers."""
    walk = _Walk()
    for segment in message.segments:
        walk.take(segment)
    return walk.report()


def explain(report: ControlReport, sent: Interchange) -> tuple[Finding, ...]:
    """The report's errors as findings about what we sent: our segment, our value, the partner's reason."""
    findings = []
    if report.error:
        findings.append(_said(report.error, f"interchange {report.reference}", Location(tag=report.tag or None)))
    for each in report.messages:
        ours = next((message for message in sent.messages if message.reference == each.reference), None)
        if each.error or (each.rejected and not each.segments):
            where = Location(message=each.reference, tag=each.tag or None)
            findings.append(_said(each.error, f"message {each.reference} ({each.identifier})", where))
        for segment in each.segments:
            findings += _explain_segment(segment, each.reference, ours)
    findings += [_said(group.error, f"group {group.reference}", Location(tag=group.tag or None)) for group in report.groups if group.error]
    return tuple(findings)


def _explain_segment(report: SegmentReport, reference: str, ours: Message | None) -> Iterator[Finding]:
    segment = ours.segments[report.number - 1] if ours and 0 < report.number <= len(ours.segments) else None
    where = Location(
        message=reference,
        segment=report.number,
        tag=segment.tag if segment else None,
        offset=segment.offset if segment else None,
    )
    shown = f"{segment}" if segment else f"segment {report.number}"
    if report.error:
        yield _said(report.error, shown, where, value=str(segment) if segment else None)
    for element in report.elements:
        value = segment.get(element.element, element.component or 1) if segment and element.element else None
        place = replace(where, element=element.element or None, component=element.component)
        yield _said(element.error, f"{value!r} in {shown}" if value is not None else shown, place, value=value)


def _said(error: str, about: str, where: Location, value: str | None = None) -> Finding:
    reason = ANSWERS.get(error, "no reason that we know") if error else "no reason given"
    return Finding(
        code="edifact.partner_rejected",
        text=f"the partner refused {about}: {reason}" + (f" (0085 = {error})" if error else ""),
        severity=Severity.ERROR,
        where=where,
        value=value,
        hint="correct what we sent, or ask the partner what was expected",
    )


class _Walk:
    """Collects one CONTRL's segments; each report is finished when the next one begins."""

    def __init__(self) -> None:
        self._head: Segment | None = None
        self._group = ""
        self._groups: list[GroupReport] = []
        self._messages: list[MessageReport] = []

    def take(self, segment: Segment) -> None:
        match segment.tag:
            case "UCI":
                self._head = self._head or segment
            case "UCF":
                self._group = segment.get(1)
                error, tag, place = _errors(segment, 5)
                self._groups.append(GroupReport(reference=self._group, action=segment.get(4), error=error, tag=tag, place=place))
            case "UCM":
                self._messages.append(self._message(segment))
            case "UCS" if self._messages:
                report = SegmentReport(number=_number(segment.get(1)), error=segment.get(2))
                self._messages[-1] = replace(self._messages[-1], segments=(*self._messages[-1].segments, report))
            case "UCD" if self._messages and self._messages[-1].segments:
                self._add_element(segment)
            case _:
                pass

    def report(self) -> ControlReport | None:
        head = self._head
        if head is None:
            return None
        error, tag, place = _errors(head, 5)
        return ControlReport(
            reference=head.get(1),
            sender=InterchangeParty(head.get(2, 1), head.get(2, 2), head.get(2, 3)),
            recipient=InterchangeParty(head.get(3, 1), head.get(3, 2), head.get(3, 3)),
            action=head.get(4),
            error=error,
            tag=tag,
            place=place,
            groups=tuple(self._groups),
            messages=tuple(self._messages),
        )

    def _message(self, segment: Segment) -> MessageReport:
        error, tag, place = _errors(segment, 4)
        return MessageReport(
            reference=segment.get(1),
            identifier=MessageIdentifier.from_components(segment.elements[1] if len(segment.elements) > 1 else []),
            action=segment.get(3),
            error=error,
            tag=tag,
            place=place,
            group=self._group,
        )

    def _add_element(self, segment: Segment) -> None:
        message = self._messages[-1]
        *earlier, last = message.segments
        element = ElementReport(
            error=segment.get(1), element=max(_number(segment.get(2)) - 1, 0), component=_number(segment.get(2, 2)) or None
        )
        self._messages[-1] = replace(message, segments=(*earlier, replace(last, elements=(*last.elements, element))))


def _errors(segment: Segment, first: int) -> tuple[str, str, ElementReport | None]:
    """0085, 0013 and S011, which follow 0083 in UCI, UCF and UCM."""
    error, tag = segment.get(first), segment.get(first + 1)
    position = _number(segment.get(first + 2))
    component = _number(segment.get(first + 2, 2)) or None
    return error, tag, ElementReport(error=error, element=position - 1, component=component) if position else None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
