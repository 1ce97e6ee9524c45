"""One interchange being read: puts segments into messages and groups, and compares what trailers claim.

Rule 1: every segment ends up somewhere: in a message, in the envelope, or between messages with a finding.
Rule 2: one bad message condemns neither its neighbours nor the interchange.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from edi.errors import LimitError
from edi.findings import Finding, Location
from edi.formats.edifact import trailers
from edi.formats.edifact.characters import CharacterCheck
from edi.formats.edifact.charset import Policy
from edi.formats.edifact.codes import finding, tolerated
from edi.formats.edifact.envelope import FunctionalGroup, Interchange, Message, MessageIdentifier
from edi.formats.edifact.opening import Opening, is_blank
from edi.formats.edifact.references import References
from edi.formats.edifact.scanner import Scanner
from edi.formats.edifact.syntax import BETWEEN_SEGMENTS, Segment
from edi.limits import FINDINGS_MAX, MESSAGES_IN_INTERCHANGE_MAX, RECEIVED_BYTES_MAX, SEGMENT_BYTES_MAX

SECURITY_TAGS = frozenset({"USA", "USB", "USC", "USD", "USE", "USF", "USH", "USL", "USR", "UST", "USU", "USX", "USY"})
ENVELOPE_TAGS = frozenset({"UNA", "UNB", "UNG", "UNH", "UNT", "UNE", "UNZ", "UNO", "UNP", "UIB", "UIH", "UIT", "UIZ"})
TAG = re.compile(r"[A-Z][A-Z0-9]{2}")


class Assembly:
    """Walks over the segments of one interchange and hands out its messages as they end."""

    def __init__(
        self, opening: Opening, scanner: Scanner, *, source: str | None, policy: Policy, tolerate: frozenset[str], keep: bool
    ) -> None:
        self.message_count = 0
        self._opening = opening
        self._scanner = scanner
        self._source = source
        self._tolerate = tolerate
        self._keep = keep
        self._characters = CharacterCheck(opening, source=source, policy=policy)
        self._syntax = opening.syntax
        self._header = Segment("UNB")
        self._trailer: Segment | None = None
        self._segments: list[Segment] = []
        self._findings: list[Finding] = []
        self._groups: list[FunctionalGroup] = []
        self._group: FunctionalGroup | None = None
        self._message: Message | None = None
        self._message_findings: list[Finding] = []
        self._references = References()
        self._loose = 0
        """Messages and packages outside groups, which UNZ counts if there are no groups."""
        self._number = 0
        self._strayed = False
        """True from a segment outside messages until the next one of the envelope: one finding is enough for a run."""
        self._plain: dict[bytes, str] = {}
        """Tags of data segments met before, by the bytes they begin with, element separator included."""
        self._after = b""
        self._over = False
        self._jumped = False
        """True once the rest of a batch is to be read again, or otherwise."""
        self._findings += [tolerated(each, tolerate) for each in opening.findings]
        if not opening.has_header:
            self._say("edifact.unb_missing", "no UNB stood before the first message", Location(source=source, offset=scanner.offset))

    def opened(self) -> Interchange:
        """The interchange as its header shows it, before anything else of it is read."""
        return self._interchange(self._opening.header)

    def messages(self) -> Iterator[Message]:
        """Each message as soon as it has ended."""
        for batch, offset in self._batches():
            yield from self._take_batch(batch, offset)
        yield from self._last_message()

    def closed(self) -> Interchange:
        """The interchange with trailer and findings, once all messages were handed out."""
        return self._interchange(self._header)

    def _batches(self) -> Iterator[tuple[list[bytes], int]]:
        """Raw segments with the first one's offset; while they last, and the interchange does."""
        while not self._over:
            offset = self._scanner.offset
            batch = self._scanner.batch(self._syntax)
            if not batch:
                break
            self._syntax = self._characters.look_at(self._scanner.handed_out, self._add)
            self._jumped = False
            yield batch, offset

    def _last_message(self) -> Iterator[Message]:
        """The message that the end of the data ended, if one was open."""
        ended = self._take_rest() if not self._over else None
        if ended:
            yield ended

    def _take_batch(self, batch: list[bytes], offset: int) -> Iterator[Message]:
        """Take raw segments until the batch ends, or what follows must be cut anew."""
        gap = len(self._syntax.terminator)
        careful, spaced = self._characters.careful, self._characters.spaced
        for raw in batch:
            bare = raw.lstrip(BETWEEN_SEGMENTS) if spaced else raw
            tag = self._plain.get(bare[:4])
            if tag is not None and self._message is not None and not careful:
                # A data segment of which nothing is left to be said: nearly all of them are.
                segment = Segment.known(tag, raw, self._syntax, offset + len(raw) - len(bare))
                self._message.add(segment)
                self._number += 1
                if self._keep:
                    self._segments.append(segment)
            else:
                ended = self._take(raw, offset)
                if ended:
                    yield ended
                if self._jumped:
                    break
            offset += len(raw) + gap

    # -- one segment -------------------------------------------------------------------------------------------

    def _take(self, raw: bytes, offset: int) -> Message | None:
        """Put one segment where it belongs; the message that it ends, if it ends one."""
        self._number += 1
        segment = Segment.found(raw, self._syntax, number=self._number, offset=offset)
        tag = segment.tag
        if tag in ENVELOPE_TAGS or (tag.startswith("UNA") and not tag[3:4].isalnum()):
            return self._take_envelope(segment, offset)
        self._take_other(segment, offset)
        return None

    def _take_other(self, segment: Segment, offset: int) -> None:
        """A data segment: one seen for the first time, or one that is odd."""
        if self._keep:
            self._segments.append(segment)
        if self._message is None:
            self._check_characters(segment, offset)
            self._stray(segment)
            return
        self._message.add(segment)
        self._check_characters(segment, offset)
        if segment.tag in SECURITY_TAGS:
            self._say_of_message("edifact.security", f"the message holds the security segment {segment.tag}", self._where(segment))
        elif TAG.fullmatch(segment.tag):
            self._plain[segment.tag.encode() + self._syntax.element_separator] = segment.tag
        else:
            self._say_of_message("edifact.tag_malformed", f"{segment.tag!r} is no segment tag", self._where(segment), value=segment.tag)

    def _take_envelope(self, segment: Segment, offset: int) -> Message | None:
        tag = segment.tag
        if tag[:3] == "UNA" or (tag == "UNB" and self._number > 1) or (tag == "UIB" and self._number > 1):
            return self._end_before(offset)
        if self._keep:
            self._segments.append(segment)
        self._strayed = False
        match tag:
            case "UNH":
                ended = self._end_message()
                self._begin_message(segment)
            case "UNT":
                ended = self._end_message(segment)
            case "UNG":
                ended = self._end_message()
                self._begin_group(segment)
            case "UNE":
                ended = self._end_message()
                self._end_group(segment)
            case "UNZ" | "UIZ":
                ended = self._end_message()
                self._jump(self._offset_after(segment, offset))
                self._end(segment)
            case "UNO":
                ended = self._end_message()
                self._jump(self._offset_after(segment, offset))
                self._take_object(segment)
            case "UNB":
                ended, self._header = None, segment
                self._check_header()
            case _:
                ended = None
                self._odd_envelope(segment)
        self._check_characters(segment, offset)
        return ended

    def _stray(self, segment: Segment) -> None:
        if self._strayed or (not segment.tag and is_blank(segment.raw or b"")):
            return
        self._strayed = True
        self._say("edifact.between_messages", f"{segment.tag!r} stood outside any message", self._where(segment), value=segment.tag)

    def _odd_envelope(self, segment: Segment) -> None:
        if segment.tag == "UIB":
            self._header = segment
            self._say("edifact.interactive", "UIB began an interactive interchange", self._where(segment))
        elif segment.tag != "UNP" and segment.tag[:3] != "UIH":
            self._say("edifact.envelope", f"{segment.tag} stood where none can stand", self._where(segment), value=segment.tag)

    def _check_header(self) -> None:
        for complaint in trailers.of_header(self._header, self._source):
            self._add(complaint)

    # -- messages, groups and packages ---------------------------------------------------------------------------

    def _begin_message(self, segment: Segment) -> None:
        identifier = MessageIdentifier.from_components(segment.elements[1] if len(segment.elements) > 1 else [])
        segment.number = 1
        self._message_findings = []
        self._message = Message(
            reference=segment.get(1),
            identifier=identifier,
            segments=[segment],
            group=self._group,
            syntax=self._syntax,
            syntax_version=self._opening.version,
        )
        self._count_message()
        for complaint in trailers.of_beginning(self._message, self._source, known=self._references.holds(segment.get(1), self._in_group)):
            if complaint.level == "UCM":
                self._add_to_message(complaint)
            else:
                self._add(complaint)
        self._references.add(segment.get(1), self._in_group)

    def _count_message(self) -> None:
        self.message_count += 1
        if self.message_count > MESSAGES_IN_INTERCHANGE_MAX:
            raise LimitError(
                f"edifact.limit: the interchange has more than {MESSAGES_IN_INTERCHANGE_MAX} messages", hint="send several interchanges"
            )
        if self._group is None:
            self._loose += 1
        else:
            self._group.message_count += 1

    @property
    def _in_group(self) -> str | None:
        return self._group.reference if self._group else None

    def _end_message(self, trailer: Segment | None = None) -> Message | None:
        """The open message, ended by its UNT or by what came instead; None if none is open."""
        message = self._message
        if message is None:
            if trailer:
                self._say("edifact.envelope", "UNT stood where no message was open", self._where(trailer), value="UNT")
            return None
        if trailer:
            message.add(trailer)
        for complaint in trailers.of_message(message, self._source):
            self._add_to_message(complaint)
        message.findings = tuple(self._message_findings)
        self._message = None
        return message

    def _begin_group(self, segment: Segment) -> None:
        if self._group:
            self._end_group(None)
        self._group = FunctionalGroup(header=segment)
        self._groups.append(self._group)

    def _end_group(self, trailer: Segment | None) -> None:
        group = self._group
        if group is None:
            if trailer:
                self._say("edifact.envelope", "UNE stood where no group was open", self._where(trailer), value="UNE")
            return
        group.trailer = trailer
        group.findings = tuple(tolerated(each, self._tolerate) for each in trailers.of_group(group, self._source))
        self._group = None

    def _offset_after(self, segment: Segment, stood_at: int) -> int:
        return stood_at + len(segment.raw or b"") + len(self._syntax.terminator)

    def _jump(self, offset: int) -> None:
        self._scanner.go_back(offset)
        self._jumped = True

    def _take_object(self, header: Segment) -> None:
        """The object of octets between UNO and UNP (ISO 9735-8): exactly as many as UNO 0810 says."""
        scanner = self._scanner
        self._loose += self._group is None
        length = trailers.object_length(header)
        if length > RECEIVED_BYTES_MAX:
            raise LimitError(f"edifact.limit: UNO announces an object of {length} bytes", hint="send it by another way")
        if length < 0 or not scanner.peek(length + 16)[length:].lstrip(BETWEEN_SEGMENTS).startswith(b"UNP"):
            found = scanner.peek(SEGMENT_BYTES_MAX).find(b"UNP" + self._syntax.element_separator)
            self._add(trailers.of_object(header, found, self._source))
            length = max(found, 0)
        header.attached = scanner.take(length)

    # -- the end -----------------------------------------------------------------------------------------------

    def _end(self, trailer: Segment | None) -> None:
        if self._group:
            self._end_group(None)
        self._trailer = trailer
        self._over = True
        if self._opening.has_header and self._header.tag == "UNB":
            count = len(self._groups) or self._loose
            for complaint in trailers.of_interchange(self._header, trailer, count, self._source):
                self._add(complaint)
        if self._groups and self._loose:
            text = f"{len(self._groups)} groups and {self._loose} messages stood side by side"
            self._say("edifact.mixed_levels", text, self._where(trailer or self._header))
        if not self.message_count and not self._loose and not self._groups:
            self._say("edifact.no_message", "the interchange holds no message", self._where(trailer or self._header))

    def _end_before(self, offset: int) -> Message | None:
        """Another interchange begins although this one had no trailer."""
        ended = self._end_message()
        self._jump(offset)
        self._end(None)
        return ended

    def _take_rest(self) -> Message | None:
        """What remains when no terminator is left: nothing, an unterminated trailer, or a segment that was cut."""
        offset = self._scanner.offset
        rest = self._scanner.rest()
        ended = trailer = None
        if not is_blank(rest):
            segment = Segment.found(rest.rstrip(b" \t\r\n\x00\x1a"), self._syntax, number=self._number + 1, offset=offset)
            if segment.tag in ("UNT", "UNZ") and len(segment.elements) > 1 and not self._is_released(rest):
                self._say("edifact.terminator_missing", f"{segment.tag} at the end of the data had no terminator", self._where(segment))
                ended = self._end_message(segment if segment.tag == "UNT" else None)
                trailer = segment if segment.tag == "UNZ" else None
            else:
                self._report_cut(segment, rest)
        ended = ended or self._end_message()
        self._after = self._scanner.take(len(rest))
        self._end(trailer)
        return ended

    def _is_released(self, rest: bytes) -> bool:
        """True if the data end in a terminator that is none, because a release character stands before it."""
        return bool(self._syntax.release) and rest.rstrip(b"\r\n").endswith(self._syntax.release + self._syntax.terminator)

    def _report_cut(self, segment: Segment, rest: bytes) -> None:
        where = self._where(segment)
        shown = rest.decode("latin-1")[:60]
        if self._is_released(rest):
            self._say("edifact.terminator_released", f"the last terminator was released: {shown!r}", where, value=shown)
        else:
            self._say("edifact.truncated", f"the data ended inside a segment: {shown!r}", where, value=shown)
        if segment.tag == "UNB" and not self._header.number:
            self._header = segment
            self._check_header()

    # -- findings ----------------------------------------------------------------------------------------------

    def _check_characters(self, segment: Segment, stood_at: int) -> None:
        if not self._characters.careful:
            return
        reference = self._message.reference if self._message else None
        for complaint in self._characters.check(segment, stood_at, reference):
            if self._message and complaint.where.message is not None:
                self._add_to_message(complaint)
            else:
                self._add(complaint)

    def _where(self, segment: Segment) -> Location:
        reference = self._message.reference if self._message else None
        return Location(source=self._source, offset=segment.offset, segment=segment.number, tag=segment.tag, message=reference)

    def _say(self, code: str, text: str, where: Location, *, value: str | None = None) -> None:
        self._add(finding(code, text, where, value=value))

    def _say_of_message(self, code: str, text: str, where: Location, *, value: str | None = None) -> None:
        self._add_to_message(finding(code, text, where, value=value))

    def _add(self, complaint: Finding) -> None:
        if len(self._findings) < FINDINGS_MAX:
            self._findings.append(tolerated(complaint, self._tolerate))

    def _add_to_message(self, complaint: Finding) -> None:
        if len(self._message_findings) < FINDINGS_MAX:
            self._message_findings.append(tolerated(complaint, self._tolerate))

    def _interchange(self, header: Segment) -> Interchange:
        group_findings = tuple(each for group in self._groups for each in group.findings)
        return Interchange(
            header=header,
            messages=(),
            trailer=self._trailer,
            groups=tuple(self._groups),
            findings=(*self._findings, *group_findings),
            syntax=self._syntax,
            syntax_version=self._opening.version,
            segments=tuple(self._segments),
            before=self._opening.before,
            after=self._after,
            source=self._source,
        )
