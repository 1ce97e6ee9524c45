"""CONTRL (ISO 9735-4): what we tell the sender of an interchange about its syntax, down to the component.

Rule 1: a CONTRL is never answered with a CONTRL, and what cannot be identified is not answered at all.
Rule 2: the answer is in the sender's own syntax version (or the CONTRL agreed), and says nothing that version has no code for.
Rule 3: clock and numbers are arguments: the same interchange gives the same answer.
Rule 4: one bad message is rejected alone; only what is wrong with the interchange itself rejects all of it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from edi.errors import FormatError
from edi.findings import Finding
from edi.formats.edifact.charset import CHARSETS
from edi.formats.edifact.codes import OLD_ANSWERS
from edi.formats.edifact.contrl_report import Action, ControlReport, ElementReport, GroupReport, MessageReport, SegmentReport, explain, read
from edi.formats.edifact.envelope import FunctionalGroup, Interchange, InterchangeParty, Message, MessageIdentifier
from edi.formats.edifact.syntax import Segment
from edi.formats.edifact.writer import EnvelopeValues, OutMessage, write_unchecked

__all__ = [
    "MESSAGE_VERSION", "Action", "Answer", "ControlReport", "ElementReport", "GroupReport", "MessageReport", "SegmentReport",
    "agreed_identifier", "answer", "answer_segments", "can_answer", "explain", "is_accepted", "read",
]  # fmt: skip

SEGMENT_REPORTS_MAX = 999
"""UCS in one message, and UCD in one segment (99): as often as the CONTRL's own structure allows."""
ELEMENT_REPORTS_MAX = 99


MESSAGE_VERSION = re.compile(r"(2:2|D:3|4:1)(:[A-Z]{1,2}(:[A-Za-z0-9]{1,6})?)?")
"""The versions of CONTRL there are, 0052 and 0054 of its UNH, with 0051 and 0057."""


class Answer(StrEnum):
    """Which CONTRL."""

    RECEIPT = "receipt"
    """The interchange arrived (0083 = 8); nothing is said about its messages."""
    FUNCTIONAL = "functional"
    """Accepted (7) or rejected (4), with each error."""


@dataclass(slots=True)
class _Verdict:
    """What is wrong with one level: its own error, and those of segments below it."""

    own: Finding | None = None
    below: list[Finding] = field(default_factory=list)

    @property
    def rejected(self) -> bool:
        return self.own is not None or bool(self.below)


def can_answer(interchange: Interchange) -> bool:
    """True if a CONTRL about it may be sent: UNB names both parties and a reference, and not all it holds is CONTRL."""
    if not (interchange.has_header and interchange.control_reference and interchange.sender.id and interchange.recipient.id):
        return False
    types = {message.identifier.type for message in interchange.messages}
    return types != {"CONTRL"}


def is_accepted(findings: Iterable[Finding]) -> bool:
    """True if a functional CONTRL that follows from these findings accepts everything."""
    return not any(each.is_error and each.answer and each.level for each in findings)


def answer(
    interchange: Interchange,
    findings: Sequence[Finding],
    *,
    control_reference: str,
    prepared: datetime,
    kind: Answer = Answer.FUNCTIONAL,
    list_accepted: bool = False,
    message_version: str = "",
) -> bytes | None:
    """The CONTRL interchange that answers this one; None if none may be sent.

    `findings` are all findings about it: `interchange.all_findings()` and what `validation.validate` gave.
    `list_accepted` adds a UCM for each accepted message too, for partners who want that. `message_version` is the CONTRL that
    was agreed, `2:2`, `D:3` or `4:1`, with agency and association if wanted (`D:3:UN:EAN002`); empty: that of the sender's syntax.
    Raises ValueError for another one.
    """
    identifier = agreed_identifier(message_version) if message_version else identifier_for(interchange.syntax_version)
    if not can_answer(interchange):
        return None
    version, character_set = interchange.syntax_version, interchange.syntax_identifier
    envelope = EnvelopeValues(
        sender=interchange.recipient,
        recipient=interchange.sender,
        control_reference=control_reference,
        prepared=prepared,
        syntax_identifier=character_set if character_set in CHARSETS else "UNOC",
        syntax_version=version,
        test=interchange.test,
    )
    body = answer_segments(interchange, findings, kind=kind, list_accepted=list_accepted, code_version=_code_version(identifier))
    message = OutMessage(reference="1", identifier=identifier, segments=body)
    try:
        return write_unchecked(envelope, [message], interchange.syntax.encoding)
    except FormatError:
        # Its references are broken text that nobody can write again, so the sender could not match the answer.
        return None


def identifier_for(syntax_version: str) -> MessageIdentifier:
    """The CONTRL of a syntax version: `CONTRL:4:1:UN` for version 4, `CONTRL:D:3:UN` before."""
    return MessageIdentifier.from_text("CONTRL:4:1:UN" if syntax_version >= "4" else "CONTRL:D:3:UN")


def agreed_identifier(message_version: str) -> MessageIdentifier:
    """The CONTRL that a partner wants. Raises ValueError if there is none of that version."""
    if not MESSAGE_VERSION.fullmatch(message_version):
        raise ValueError(f"{message_version!r} is no version of CONTRL; write 2:2, D:3 or 4:1, or D:3:UN:EAN002")
    version, release, agency, association, *_ = [*message_version.split(":"), "", ""]
    return MessageIdentifier(type="CONTRL", version=version, release=release, agency=agency or "UN", association=association)


def _code_version(identifier: MessageIdentifier) -> str:
    """The syntax version whose codes 0085 a CONTRL of this kind may hold."""
    return "4" if identifier.version == "4" else "3"


def answer_segments(
    interchange: Interchange,
    findings: Sequence[Finding],
    *,
    kind: Answer = Answer.FUNCTIONAL,
    list_accepted: bool = False,
    code_version: str = "",
) -> list[Segment]:
    """The CONTRL's segments between UNH and UNT; codes are those of `code_version`, empty: of the sender's syntax version."""
    version = code_version or interchange.syntax_version
    if kind is Answer.RECEIPT:
        return [_uci(interchange, Action.RECEIVED, None, version)]
    levels = _Levels(interchange, findings)
    segments = [_uci(interchange, Action.REJECTED if levels.own else Action.ACCEPTED, levels.own, version)]
    if levels.own:
        return segments
    for message in interchange.messages:
        if message.group is None and message.identifier.type != "CONTRL":
            segments += _message_report(message, levels.of_message(message), version, list_accepted)
    for group in interchange.groups:
        segments += _group_report(interchange, group, levels, version, list_accepted=list_accepted)
    return segments


class _Levels:
    """Sorts findings to the interchange, group or message they are about."""

    def __init__(self, interchange: Interchange, findings: Sequence[Finding]) -> None:
        self.own: Finding | None = None
        self._messages: dict[int, _Verdict] = {}
        self._groups: dict[int, Finding] = {}
        self._at = [(message.segments[0].offset, message) for message in interchange.messages]
        self._group_at = [(group.header.offset, group) for group in interchange.groups]
        for each in findings:
            if each.is_error and each.answer and each.level:
                self._sort(each)

    def of_message(self, message: Message) -> _Verdict:
        return self._messages.get(id(message), _Verdict())

    def of_group(self, group: FunctionalGroup) -> Finding | None:
        return self._groups.get(id(group))

    def _sort(self, each: Finding) -> None:
        if each.level == "UCI":
            self._take_own(each)
        elif each.level == "UCF":
            index = bisect_right([offset for offset, _ in self._group_at], each.where.offset or 0) - 1
            if index >= 0:
                self._groups.setdefault(id(self._group_at[index][1]), each)
        else:
            message = self._message_of(each)
            if message is None:
                self._take_own(each)
                return
            verdict = self._messages.setdefault(id(message), _Verdict())
            if each.level == "UCM" or each.where.segment is None:
                verdict.own = verdict.own or each
            else:
                verdict.below.append(each)

    def _take_own(self, each: Finding) -> None:
        """UCI holds one error: the first, or a later one of the same code that names the envelope segment."""
        if self.own is None or (self.own.answer == each.answer and not _is_service(self.own) and _is_service(each)):
            self.own = each

    def _message_of(self, each: Finding) -> Message | None:
        if each.where.message is None:
            return None
        if each.where.offset is None:
            return next((message for _, message in self._at if message.reference == each.where.message), None)
        index = bisect_right(self._at, each.where.offset, key=lambda pair: pair[0]) - 1
        return self._at[index][1] if index >= 0 else None


def _uci(interchange: Interchange, action: Action, complaint: Finding | None, version: str) -> Segment:
    error = _error(complaint, version)
    parties = [_party(interchange.sender), _party(interchange.recipient)]
    return Segment("UCI", [[interchange.control_reference], *parties, [action], *error])


def _group_report(interchange: Interchange, group: FunctionalGroup, levels: _Levels, version: str, *, list_accepted: bool) -> list[Segment]:
    complaint = levels.of_group(group)
    reports: list[Segment] = []
    if complaint is None:
        for message in interchange.messages:
            if message.group is group and message.identifier.type != "CONTRL":
                reports += _message_report(message, levels.of_message(message), version, list_accepted)
    if complaint is None and not reports and not list_accepted:
        return []
    action = Action.REJECTED if complaint else Action.ACCEPTED
    sender = group.sender if group.sender.id else interchange.sender
    recipient = group.recipient if group.recipient.id else interchange.recipient
    error = _error(complaint, version)
    return [Segment("UCF", [[group.reference], _party(sender)[:2], _party(recipient)[:2], [action], *error]), *reports]


def _message_report(message: Message, verdict: _Verdict, version: str, list_accepted: bool) -> list[Segment]:
    if not verdict.rejected and not list_accepted:
        return []
    action = Action.REJECTED if verdict.rejected else Action.ACCEPTED
    head = Segment("UCM", [[message.reference], message.identifier.components(), [action], *_error(verdict.own, version)])
    return [head, *_segment_reports(verdict.below, version)]


def _segment_reports(findings: list[Finding], version: str) -> Iterator[Segment]:
    """UCS and UCD in the order of the message; one UCS carries one error of its own."""
    by_segment: dict[int, list[Finding]] = {}
    for each in findings:
        by_segment.setdefault(each.where.segment or 0, []).append(each)
    reports = 0
    for number in sorted(by_segment):
        own = [each for each in by_segment[number] if each.level == "UCS" or each.where.element is None]
        below = [each for each in by_segment[number] if each not in own]
        for index, complaint in enumerate(own or [None]):
            if reports == SEGMENT_REPORTS_MAX:
                return
            reports += 1
            yield Segment("UCS", [[str(number)], *([[_code(complaint, version)]] if complaint else [])])
            if index == 0:
                yield from (_ucd(each, version) for each in below[:ELEMENT_REPORTS_MAX])


def _ucd(complaint: Finding, version: str) -> Segment:
    return Segment("UCD", [[_code(complaint, version)], _place(complaint)])


def _error(complaint: Finding | None, version: str) -> list[list[str]]:
    """0085, 0013 and S011 of UCI, UCF and UCM; empty if nothing is wrong."""
    if complaint is None:
        return []
    tag = complaint.where.tag or ""
    if not _is_service(complaint):
        return [[_code(complaint, version)]]
    return [[_code(complaint, version)], [tag], _place(complaint)] if complaint.where.element else [[_code(complaint, version)], [tag]]


def _is_service(complaint: Finding) -> bool:
    return complaint.where.tag in ("UNA", "UNB", "UNG", "UNH", "UNT", "UNE", "UNZ", "UNO", "UNP")


def _place(complaint: Finding) -> list[str]:
    """S011. The tag is position 1 of its segment (0098), so the first element is 2; components count from 1 (0104)."""
    where = complaint.where
    place = [str((where.element or 0) + 1)]
    return [*place, str(where.component)] if where.component else place


def _code(complaint: Finding, version: str) -> str:
    code = complaint.answer or "18"
    return code if version >= "4" else OLD_ANSWERS.get(code, code)


def _party(party: InterchangeParty) -> list[str]:
    return party.components()
