"""A message against its directory: structure, elements, codes, all findings in one pass (validation levels 3 to 5).

Levels 1 and 2, characters and envelope, are found while reading; they stand in `Message.findings` and
`Interchange.findings`. Partner guides (level 6) and cross-field rules (level 7) come on top of these.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from weakref import WeakKeyDictionary

from edi.findings import Finding, Location
from edi.formats.edifact.charset import CHARSETS
from edi.formats.edifact.codes import finding, tolerated
from edi.formats.edifact.directory import Directory, service
from edi.formats.edifact.directory_types import MessageType
from edi.formats.edifact.elements import SegmentCheck, segment_check
from edi.formats.edifact.envelope import Interchange, Message
from edi.formats.edifact.grammar import grammar_of
from edi.formats.edifact.judge import Judge
from edi.formats.edifact.structure import Builder, Group, build
from edi.formats.edifact.syntax import BETWEEN_SEGMENTS, Delimiters, Segment, Syntax
from edi.limits import FINDINGS_MAX

NOTHING: frozenset[str] = frozenset()


def validate(
    message: Message,
    directory: Directory,
    *,
    tree: Group | None = None,
    source: str | None = None,
    tolerate: frozenset[str] = NOTHING,
) -> tuple[Finding, ...]:
    """What structure, elements and codes of a message are wrong, at most `FINDINGS_MAX` findings.

    `tree` is the message's tree if the caller has built it already (then its structure is not reported again).
    """
    findings: list[Finding] = []
    spec = directory.message(message.identifier.type)
    if spec is not None and _is_clean(message, directory, spec):
        return ()
    if spec is None:
        # Its segments may be another agency's too, so nothing more is said of them.
        return (tolerated(_unknown_message(message, directory, source), tolerate),)
    if tree is None:
        outcome = build(message, spec, source=source)
        tree = outcome.value
        findings += _other_type(message, directory, source) if outcome.findings else ()
        findings = findings or list(outcome.findings)
    for complaint in _element_findings(message, directory, tree, source):
        if len(findings) >= FINDINGS_MAX:
            findings.append(_too_many(message, source))
            break
        findings.append(complaint)
    return tuple(tolerated(each, tolerate) for each in findings)


class LongCheck:
    """Validates a message too long to be held: segments are handed in as they come, and may be forgotten after."""

    def __init__(self, message: Message, directory: Directory, spec: MessageType, source: str | None) -> None:
        self._builder = Builder(grammar_of(spec), message.reference, source, keep=False)
        self._judge = judge_of(directory, spec, message.syntax, message.syntax_version)
        self._checks = _checks_of(directory, message.syntax_version, message.syntax.decimal_marks)
        self._findings: list[Finding] = []

    def feed(self, segments: Sequence[Segment], next_tag: str | None) -> None:
        """Check some segments; `next_tag` is the one after them, None at the end of the message."""
        tags = [*(segment.tag for segment in segments[1:]), next_tag]
        for segment, following in zip(segments, tags, strict=True):
            self._builder.take(segment, following)
            if len(self._findings) < FINDINGS_MAX and not self._judge.passes((segment.raw or b"").lstrip(BETWEEN_SEGMENTS)):
                self._findings += self._checks.check(segment, self._builder.where(segment))

    def finish(self, *, has_trailer: bool) -> tuple[Finding, ...]:
        """What was wrong with structure, elements and codes of the whole message."""
        self._builder.finish(has_trailer=has_trailer)
        return (*self._builder.findings, *self._findings)[: FINDINGS_MAX + 1]


def validate_envelope(interchange: Interchange, *, tolerate: frozenset[str] = NOTHING) -> tuple[Finding, ...]:
    """What elements of UNB, UNG, UNE and UNZ are wrong; a CONTRL says so in UCI or UCF."""
    checks = _checks_of(service(interchange.syntax_version), interchange.syntax_version, interchange.syntax.decimal_marks)
    findings = []
    for segment in interchange.segments:
        if segment.tag in ("UNB", "UNZ", "UNG", "UNE"):
            level = "UCI" if segment.tag in ("UNB", "UNZ") else "UCF"
            where = Location(source=interchange.source, offset=segment.offset, segment=segment.number, tag=segment.tag)
            findings += [
                tolerated(replace(each, level=level), tolerate)
                for each in checks.check(segment, where)
                if not (segment.tag == "UNB" and _is_known_charset(each))
            ]
    return tuple(findings)


def _is_known_charset(complaint: Finding) -> bool:
    """True if only a syntax version too early for the character set is complained of: UNOC:2 is common, and plain in meaning."""
    where = complaint.where
    return complaint.code == "edifact.code_unknown" and (where.element, where.component) == (1, 1) and complaint.value in CHARSETS


class _Checks:
    """The segment checks of one directory under one syntax, made when first needed; service segments come first."""

    def __init__(self, directory: Directory, syntax_version: str, decimal_marks: str, service_directory: Directory | None = None) -> None:
        self._directory = directory
        self._service = service_directory
        self._syntax_version = syntax_version
        self._decimal_marks = decimal_marks
        self._made: dict[str, SegmentCheck | None] = {}

    def of(self, tag: str) -> SegmentCheck | None:
        """The check for a tag; None if there is no such segment."""
        if tag not in self._made:
            self._made[tag] = self._make(tag)
        return self._made[tag]

    def _make(self, tag: str) -> SegmentCheck | None:
        for directory in (self._service if tag.startswith("U") else None, self._directory):
            found = directory.segment(tag) if directory else None
            if directory and found:
                return segment_check(found, directory, syntax_version=self._syntax_version, decimal_marks=self._decimal_marks)
        return None

    def check(self, segment: Segment, where: Location) -> Iterator[Finding]:
        check = self.of(segment.tag)
        return check.check(segment, where) if check else iter(())


JUDGE_AFTER = 5
"""Messages of a type that are checked exactly before a judge is made for it: making one costs as much as a few messages."""


class _Memory:
    """What was made for one directory: it lives as long as the directory does."""

    def __init__(self) -> None:
        self.checks: dict[tuple[str, str], _Checks] = {}
        self.judges: dict[tuple[str, Delimiters, str, str], Judge] = {}
        self.seen: Counter[str] = Counter()


_MEMORY: WeakKeyDictionary[Directory, _Memory] = WeakKeyDictionary()


def _checks_of(directory: Directory, syntax_version: str, decimal_marks: str) -> _Checks:
    made = _MEMORY.setdefault(directory, _Memory()).checks
    key = (syntax_version, decimal_marks)
    if key not in made:
        made[key] = _Checks(directory, syntax_version, decimal_marks, service(syntax_version))
    return made[key]


def judge_of(directory: Directory, spec: MessageType, syntax: Syntax, syntax_version: str) -> Judge:
    """The quick judge for messages of a type under a syntax; it remembers, so the same one is given again."""
    judges = _MEMORY.setdefault(directory, _Memory()).judges
    key = (f"{spec.type}/{syntax_version}", syntax.delimiters, syntax.encoding, syntax.decimal_marks)
    if key not in judges:
        judges[key] = Judge(spec, _checks_of(directory, syntax_version, syntax.decimal_marks), syntax)
    return judges[key]


def _is_clean(message: Message, directory: Directory, spec: MessageType) -> bool:
    """True if the quick judge finds nothing; False if it does, or if it is not worth asking yet."""
    seen = _MEMORY.setdefault(directory, _Memory()).seen
    seen[spec.type] += 1
    if seen[spec.type] <= JUDGE_AFTER:
        return False
    raws = [segment.raw.lstrip(BETWEEN_SEGMENTS) for segment in message.segments if segment.raw is not None]
    if len(raws) != len(message.segments):
        return False
    return judge_of(directory, spec, message.syntax, message.syntax_version).is_clean(raws, [raw[:4] for raw in raws])


def _element_findings(message: Message, directory: Directory, tree: Group | None, source: str | None) -> Iterator[Finding]:
    checks = _checks_of(directory, message.syntax_version, message.syntax.decimal_marks)
    for segment, path in _with_paths(message, tree):
        check = checks.of(segment.tag)
        if check is not None:
            where = Location(
                source=source, offset=segment.offset, segment=segment.number, tag=segment.tag, group=path, message=message.reference
            )
            yield from check.check(segment, where)


def _with_paths(message: Message, tree: Group | None) -> Iterator[tuple[Segment, str | None]]:
    """Each segment with the path of its group; where there is no tree, without."""
    if tree is None:
        yield from ((segment, None) for segment in message.segments)
        return
    yield from _walk(tree, None)
    yield from ((segment, None) for segment in tree.unplaced)


def _walk(group: Group, path: str | None) -> Iterator[tuple[Segment, str | None]]:
    for item in group.items:
        if isinstance(item, Segment):
            yield item, path
        else:
            inner = f"{item.name}[{item.repetition}]"
            yield from _walk(item, f"{path}/{inner}" if path else inner)


USUAL_TYPES = {
    "220": "ORDERS", "221": "ORDERS", "224": "ORDERS", "230": "ORDCHG", "231": "ORDRSP", "351": "DESADV", "632": "RECADV",
    "380": "INVOIC", "381": "INVOIC", "383": "INVOIC", "384": "INVOIC", "389": "INVOIC", "481": "REMADV", "9": "PRICAT", "35": "INVRPT",
}  # fmt: skip
"""The message that a document name code 1001 usually comes in."""


def _other_type(message: Message, directory: Directory, source: str | None) -> Iterator[Finding]:
    """One finding if the body is, without fault, the message that its own BGM names, and not the one in UNH."""
    begin = next((segment for segment in message.segments if segment.tag == "BGM"), None)
    usual = USUAL_TYPES.get(begin.get(1), "") if begin else ""
    spec = directory.message(usual) if usual and usual != message.identifier.type else None
    if spec and begin and not build(message, spec).findings:
        where = Location(
            source=source, offset=message.header.offset, segment=1, tag="UNH", message=message.reference, element=2, component=1
        )
        text = f"UNH says {message.identifier.type!r}, the body is {usual!r} with document name code {begin.get(1)!r}"
        yield finding("edifact.body_differs", text, where, value=message.identifier.type, expected=usual)


def _unknown_message(message: Message, directory: Directory, source: str | None) -> Finding:
    header = message.header
    where = Location(source=source, offset=header.offset, segment=1, tag="UNH", message=message.reference, element=2, component=1)
    text = f"directory {directory.release} has no message {message.identifier.type!r}"
    return finding("edifact.message_unknown", text, where, value=str(message.identifier))


def _too_many(message: Message, source: str | None) -> Finding:
    text = f"more than {FINDINGS_MAX} findings; the rest of the message was not looked at"
    return finding("edifact.too_many_findings", text, Location(source=source, message=message.reference))
