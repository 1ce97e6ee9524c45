"""A partner's guide to a message: what they narrow of the standard, and a message checked against it (validation levels 6 and 7).

Rule 1: a guide only narrows. What the standard forbids, no guide allows; `misfits` says where one tries.
Rule 2: segments are named by the way to them, `NAD+BY/CTA+OC`: groups by their trigger, as EDI people speak, never by number.
Rule 3: every deviation is told, each with segment, element, component and group path.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from edi.findings import Finding, Location
from edi.formats.edifact import guide_cross
from edi.formats.edifact.guide_cross import CrossRule
from edi.formats.edifact.guide_ways import Found, Step, inside, leads, parents_of, read_way, walk
from edi.formats.edifact.structure import Group
from edi.formats.edifact.syntax import Segment
from edi.limits import FINDINGS_MAX

Use: TypeAlias = Literal["must", "may", "must_not"]

__all__ = ["KINDS", "ElementRule", "Found", "Guide", "SegmentRule", "Step", "Use", "parents_of", "read_way", "validate"]

KINDS: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "guide.segment_missing": ("The partner's guide asks for a segment that was not sent.", "UCS", "13", "add it"),
    "guide.segment_refused": ("The partner's guide does not take the segment.", "UCS", "15", "leave it out, or agree on it"),
    "guide.segment_repeats": ("A segment stood more often than the partner's guide takes.", "UCS", "35", "send fewer, or agree on more"),
    "guide.element_missing": ("The partner's guide asks for an element that was not sent.", "UCD", "13", "fill it in"),
    "guide.element_refused": ("The partner's guide does not take the element.", "UCD", "15", "leave it out, or agree on it"),
    "guide.code": ("The value is none of those the partner's guide takes.", "UCD", "14", "use one of those agreed, or agree on this one"),
    "guide.too_long": ("The value was longer than the partner's guide takes.", "UCD", "39", "shorten it, or agree on a longer one"),
    "guide.rule": (
        "A rule across fields of the partner's guide is broken.",
        "UCS",
        "48",
        "correct one of the fields, or agree on another rule",
    ),
    "guide.too_short": ("The value was shorter than the partner's guide takes.", "UCD", "40", "fill it up as agreed"),
}
"""Code -> what it means, the level and code of the CONTRL that says it, and the hint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementRule:
    """What a guide says of an element or one component of it."""

    element: int
    """Position from 1."""
    component: int | None = None
    """Position from 1; None: the element as a whole."""
    use: Use = "may"
    codes: Mapping[str, str] = field(default_factory=dict)
    """The values taken, each with a note; empty: any."""
    length_min: int = 0
    length_max: int | None = None
    note: str = ""

    @property
    def place(self) -> str:
        """`2` or `1.3`."""
        return str(self.element) if self.component is None else f"{self.element}.{self.component}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentRule:
    """What a guide says of the segments at the end of a way; a group is named by its trigger segment."""

    way: tuple[Step, ...]
    use: Use = "may"
    repeats_max: int | None = None
    """Within one occurrence of the group around it; None: as the standard."""
    elements: tuple[ElementRule, ...] = ()
    note: str = ""

    @property
    def name(self) -> str:
        """The way as written: `NAD+BY/CTA+OC`."""
        return "/".join(map(str, self.way))


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """A partner's guide to one message."""

    name: str
    """`acme/ORDERS`."""
    message: str
    """`ORDERS:D:96A:UN:EAN008`."""
    title: str = ""
    notes: tuple[str, ...] = ()
    rules: tuple[SegmentRule, ...] = ()
    unlisted: Literal["may", "must_not"] = "may"
    """What becomes of segments that no rule names."""
    cross: tuple[CrossRule, ...] = ()
    """Rules across fields (validation level 7)."""


def validate(guide: Guide, tree: Group, *, reference: str | None = None, source: str | None = None) -> tuple[Finding, ...]:
    """Everything in which a message does not keep to the guide, in the order of the segments; at most `FINDINGS_MAX`."""
    check = _Check(guide, reference, source)
    findings = [finding for rule in guide.rules for finding in check.rule(tree, rule)]
    if guide.unlisted == "must_not":
        findings += check.unlisted(tree)
    findings += guide_cross.validate(guide.cross, tree, guide=guide.name, reference=reference, source=source)
    findings.sort(key=lambda finding: (finding.where.segment or 0, finding.where.element or 0, finding.where.component or 0))
    return tuple(findings[:FINDINGS_MAX])


@dataclass(frozen=True, slots=True)
class _Check:
    guide: Guide
    reference: str | None
    source: str | None

    def rule(self, tree: Group, rule: SegmentRule) -> Iterator[Finding]:
        for parent in parents_of(tree, rule.way):
            found = list(inside(parent, rule.way[-1]))
            yield from self._presence(rule, parent, found)
            if rule.use != "must_not":
                for one in found:
                    yield from self._elements(rule, one)

    def _presence(self, rule: SegmentRule, parent: Found, found: list[Found]) -> Iterator[Finding]:
        if rule.use == "must" and not found:
            where = self._where(parent)
            yield self._finding("guide.segment_missing", f"{rule.name} was not sent", where, expected=rule.name)
        if rule.use == "must_not":
            for one in found:
                yield self._finding("guide.segment_refused", f"{rule.name} was sent", self._where(one), value=str(one.segment))
        if rule.repeats_max is not None:
            for one in found[rule.repeats_max :]:
                text = f"{rule.name} stood {len(found)} times; the guide takes {rule.repeats_max}"
                yield self._finding("guide.segment_repeats", text, self._where(one), expected=str(rule.repeats_max))

    def _elements(self, rule: SegmentRule, found: Found) -> Iterator[Finding]:
        for element in rule.elements:
            values = _values(found.segment, element)
            where = self._where(found, element)
            name = f"{found.segment.tag} {element.place}"
            filled = [value for value in values if value]
            if element.use == "must" and not filled:
                yield self._finding("guide.element_missing", f"{name} was not sent", where, expected=_expected(element))
            if element.use == "must_not" and filled:
                yield self._finding("guide.element_refused", f"{name} was sent as {filled[0]!r}", where, value=filled[0])
            else:
                for value in filled:
                    yield from self._value(name, element, value, where)

    def _value(self, name: str, rule: ElementRule, value: str, where: Location) -> Iterator[Finding]:
        if rule.codes and value not in rule.codes:
            expected = ", ".join(rule.codes)
            yield self._finding("guide.code", f"{name} is {value!r}; the guide takes {expected}", where, value=value, expected=expected)
        if rule.length_max is not None and len(value) > rule.length_max:
            text = f"{name} has {len(value)} characters; the guide takes {rule.length_max}"
            yield self._finding("guide.too_long", text, where, value=value, expected=str(rule.length_max))
        if len(value) < rule.length_min:
            text = f"{name} has {len(value)} characters; the guide asks for {rule.length_min}"
            yield self._finding("guide.too_short", text, where, value=value, expected=str(rule.length_min))

    def unlisted(self, tree: Group) -> Iterator[Finding]:
        """Segments that no rule names, and that open no group a rule leads into."""
        for way, found in walk(tree, (), ""):
            if found.segment.tag not in SERVICE and not any(leads(rule.way, way) for rule in self.guide.rules):
                name = "/".join(segment.tag for segment in way)
                yield self._finding(
                    "guide.segment_refused", f"{name} is not part of the guide", self._where(found), value=str(found.segment)
                )

    def _where(self, found: Found, element: ElementRule | None = None) -> Location:
        segment = found.segment
        return Location(
            source=self.source,
            offset=segment.offset,
            segment=segment.number,
            tag=segment.tag,
            group=found.path or None,
            message=self.reference,
            element=element.element if element else None,
            component=element.component if element else None,
        )

    def _finding(self, code: str, text: str, where: Location, *, value: str | None = None, expected: str | None = None) -> Finding:
        _, level, answer, hint = KINDS[code]
        note = f"{hint} (guide {self.guide.name})"
        return Finding(code=code, text=text, where=where, value=value, expected=expected, hint=note, answer=answer, level=level)


SERVICE: Final = frozenset({"UNH", "UNS", "UNT", "UGH", "UGS"})
"""Always part of a message, whatever a guide lists."""


def _values(segment: Segment, rule: ElementRule) -> list[str]:
    """The values a rule speaks of: one component, or all of the element; nothing sent is one empty value."""
    if rule.component is not None:
        return [segment.get(rule.element, rule.component)]
    components = segment.elements[rule.element - 1] if rule.element <= len(segment.elements) else []
    return list(components) or [""]


def _expected(rule: ElementRule) -> str | None:
    return ", ".join(rule.codes) or None
