"""Sample messages of a guide: one that keeps to it and shows everything it lists, and one for each rule that breaks it.

Every sample is made by the same builder from the guide or from a copy of it with one rule turned round, and only those are
handed out that our own validation judges as they are meant: a partner's programmer can trust them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from edi.findings import Finding
from edi.formats.edifact import reader, structure, validation
from edi.formats.edifact.directory import Directory
from edi.formats.edifact.directory_types import CompositeType, ElementType, ElementUse, GroupUse, SegmentUse
from edi.formats.edifact.envelope import InterchangeParty, MessageIdentifier
from edi.formats.edifact.guide import ElementRule, Guide, SegmentRule, Step, validate
from edi.formats.edifact.guide_fit import simple_type
from edi.formats.edifact.syntax import Segment
from edi.formats.edifact.writer import EnvelopeValues, OutMessage, trimmed, write_interchange

PREPARED: Final = datetime(2026, 1, 31, 12, 0)  # noqa: DTZ001 -- S004 carries no zone
DATES: Final = {
    "101": "260131",
    "102": "20260131",
    "203": "202601311200",
    "204": "20260131120000",
    "610": "202601",
    "602": "2026",
    "718": "2026013120260228",
}
"""A sample value for each format code 2379."""
VALUES: Final = {
    "1004": "4711", "1082": "1", "1154": "4712", "3036": "Sample AG", "3039": "4000000000006", "3042": "Main Street 1", "3124": "Sample AG",
    "3164": "Berlin", "3207": "DE", "3251": "10115", "3412": "Anna Sample", "4440": "Sample text", "5004": "100", "5118": "9.99",
    "6060": "10", "7008": "Sample article", "7140": "4000000000006",
}  # fmt: skip
"""Values that look like what the element is for, where they fit its length."""
_ENVELOPE: Final = {"UNH", "UNT"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One message in an interchange of its own."""

    name: str
    """Becomes the file's name: `valid`, `guide.code-BGM-1.1`."""
    text: str
    """What it shows."""
    content: bytes
    code: str | None = None
    """The finding it brings; None for the valid one."""


def samples(guide: Guide, directory: Directory) -> Iterator[Sample]:
    """The valid sample, then one per rule that can be broken alone. Nothing if no valid one can be made."""
    valid = _content(guide, directory)
    shown = "keeps to the guide"
    if judge(valid, guide, directory):
        # Sample figures are not worked out: what only rules across fields have against them is said beside the sample.
        guide, rules = replace(guide, cross=()), guide.cross
        if judge(valid, guide, directory):
            return
        shown = f"keeps to the guide but for its figures and the rules across fields ({', '.join(rule.name for rule in rules)})"
    yield Sample(name="valid", text=shown, content=valid)
    for broken, repeats, name, text, code in _broken(guide, directory):
        content = _content(broken, directory, repeats)
        if code in {finding.code for finding in judge(content, guide, directory)}:
            yield Sample(name=name, text=text, content=content, code=code)


def judge(content: bytes, guide: Guide, directory: Directory) -> tuple[Finding, ...]:
    """Every error in a sample, by the standard and by the guide."""
    read = reader.read(content)
    spec = directory.message(guide.message.split(":")[0])
    if read.value is None or spec is None:
        return read.findings
    message = read.value[0].messages[0]
    built = structure.build(message, spec)
    assert built.value is not None
    by_standard = validation.validate(message, directory, tree=built.value)
    found = (*read.findings, *built.findings, *by_standard, *validate(guide, built.value))
    return tuple(finding for finding in found if finding.is_error)


Broken = tuple[Guide, dict[int, int], str, str, str]
"""A guide turned round, how often a rule's segment shall stand, name, text and code of the sample."""


def _broken(guide: Guide, directory: Directory) -> Iterator[Broken]:
    for index, rule in enumerate(guide.rules):
        label = rule.name.replace("/", "_").replace("|", "_").replace(":", ".")
        if rule.use == "must":
            yield (
                _with(guide, index, replace(rule, use="must_not")),
                {},
                f"missing-{label}",
                f"{rule.name} is missing",
                "guide.segment_missing",
            )
        if rule.use == "must_not":
            yield (
                _with(guide, index, replace(rule, use="must")),
                {},
                f"refused-{label}",
                f"{rule.name} is not taken",
                "guide.segment_refused",
            )
        if rule.repeats_max is not None:
            more = rule.repeats_max + 1
            turned = _with(guide, index, replace(rule, use="must", repeats_max=None))
            yield turned, {index: more}, f"repeats-{label}", f"{rule.name} stands {more} times", "guide.segment_repeats"
        for position, element in enumerate(rule.elements):
            for turned_element, name, text, code in _broken_element(rule, element, directory):
                elements = (*rule.elements[:position], turned_element, *rule.elements[position + 1 :])
                turned = _with(guide, index, replace(rule, use="must", elements=elements))
                yield turned, {}, f"{name}-{label}-{element.place}", f"{rule.name}, {element.place}: {text}", code


def _with(guide: Guide, index: int, rule: SegmentRule) -> Guide:
    return replace(guide, rules=(*guide.rules[:index], rule, *guide.rules[index + 1 :]))


def _broken_element(rule: SegmentRule, element: ElementRule, directory: Directory) -> Iterator[tuple[ElementRule, str, str, str]]:
    segment = directory.segment(rule.way[-1].tag)
    found = simple_type(segment, element) if segment else None
    if element.use == "must":
        yield replace(element, use="must_not"), "missing", "is missing", "guide.element_missing"
    if element.use == "must_not":
        yield replace(element, use="must"), "refused", "is not taken", "guide.element_refused"
    if found is None:
        return
    other = _other_code(element, found[0], directory)
    if element.codes and other is not None:
        yield replace(element, use="must", codes={other: ""}), "code", f"{other!r} was not agreed", "guide.code"
    if element.length_max is not None and element.length_max < found[0].length_max:
        longer = replace(element, use="must", codes={}, length_min=element.length_max + 1, length_max=None)
        yield longer, "long", f"more than {element.length_max} characters", "guide.too_long"
    if element.length_min > 1:
        shorter = replace(element, use="must", codes={}, length_min=1, length_max=1)
        yield shorter, "short", f"fewer than {element.length_min} characters", "guide.too_short"


def _other_code(rule: ElementRule, element: ElementType, directory: Directory) -> str | None:
    codes = directory.codes(element.id) or {"Z" * min(3, element.length_max): ""}
    return next((code for code in codes if code not in rule.codes), None)


def _content(guide: Guide, directory: Directory, repeats: dict[int, int] | None = None) -> bytes:
    """One interchange with the sample message."""
    message_type, version, release, agency, *association = guide.message.split(":")
    builder = _Builder(guide, directory, repeats or {})
    spec = directory.message(message_type)
    items = spec.items if spec else ()
    identifier = MessageIdentifier(type=message_type, version=version, release=release, agency=agency, association="".join(association))
    envelope = EnvelopeValues(
        sender=InterchangeParty(id="SENDER"),
        recipient=InterchangeParty(id="RECIPIENT"),
        control_reference="1",
        prepared=PREPARED,
        line_end="\n",
        test=True,
    )
    body = tuple(builder.segments(items, tuple((index, rule, rule.way) for index, rule in enumerate(guide.rules))))
    return write_interchange(envelope, [OutMessage(reference="1", identifier=identifier, segments=body)])


Below = tuple[tuple[int, SegmentRule, tuple[Step, ...]], ...]
"""Rules with their index and the steps still to go from where the builder stands."""


@dataclass(slots=True)
class _Builder:
    guide: Guide
    directory: Directory
    repeats: dict[int, int]
    sections: int = 0

    def segments(self, items: tuple[SegmentUse | GroupUse, ...], rules: Below) -> Iterator[Segment]:
        """What must stand there, by the standard or the guide, in order."""
        for item in items:
            tag = item.trigger if isinstance(item, GroupUse) else item.tag
            if tag in _ENVELOPE:
                continue
            for segment in self._occurrences(item, tag, rules):
                yield segment
                if isinstance(item, GroupUse):
                    inner = tuple((index, rule, way[1:]) for index, rule, way in rules if len(way) > 1 and way[0].fits(segment))
                    yield from self.segments(item.items[1:], inner)

    def _occurrences(self, item: SegmentUse | GroupUse, tag: str, rules: Below) -> list[Segment]:
        """One of each that the guide lists here, or that a listed one stands in; at least what the standard asks for."""
        here = [(index, rule, way[0]) for index, rule, way in rules if len(way) == 1 and way[0].tag == tag]
        inner = [(-1, rule, way[0]) for _, rule, way in rules if len(way) > 1 and way[0].tag == tag]
        made: list[Segment] = []
        for index, rule, step in (*here, *inner):
            wanted = 0 if rule.use == "must_not" else self.repeats.get(index, 1)
            missing = wanted - sum(step.fits(segment) for segment in made)
            made += [self._segment(tag, step, here) for _ in range(missing)]
        if not made and item.mandatory:
            made.append(self._segment(tag, Step(tag=tag), here))
        refused = [step for _, rule, step in here if rule.use == "must_not"]
        return [segment for segment in made if not any(step.fits(segment) for step in refused)][: item.repeats_max]

    def _segment(self, tag: str, step: Step, here: list[tuple[int, SegmentRule, Step]]) -> Segment:
        if tag == "UNS":
            self.sections += 1
            return Segment("UNS", [["S"]])
        spec = self.directory.segment(tag)
        segment = Segment(tag, [[""] for _ in spec.elements] if spec else [])
        for use in spec.elements if spec else ():
            self._fill(segment, use, step, [])
        fitting = [rule for _, rule, other in here if rule.use != "must_not" and (other == step or other.fits(segment))]
        for use in spec.elements if spec else ():
            self._fill(segment, use, step, [element for rule in fitting for element in rule.elements if element.element == use.position])
        if spec and spec.elements and not any(any(components) for components in segment.elements):
            self._fill(segment, replace(spec.elements[0], mandatory=True), step, [])
        return trimmed(segment)

    def _fill(self, segment: Segment, use: ElementUse, step: Step, rules: list[ElementRule]) -> None:
        asked = step.values[use.position - 1] if use.position <= len(step.values) else ()
        whole = [rule for rule in rules if rule.component is None]
        needed = use.mandatory or any(asked) or any(rule.use != "must_not" for rule in rules)
        if any(rule.use == "must_not" for rule in whole):
            segment.elements[use.position - 1] = [""]
        elif isinstance(use.type, CompositeType):
            segment.elements[use.position - 1] = self._composite(segment, use, asked, rules) if needed else [""]
        elif needed:
            segment.elements[use.position - 1] = [self._value(use.type, asked[0] if asked else (), whole, segment)]

    def _composite(self, segment: Segment, use: ElementUse, asked: tuple[tuple[str, ...], ...], rules: list[ElementRule]) -> list[str]:
        assert isinstance(use.type, CompositeType)
        values: list[str] = []
        for component in use.type.components:
            own = [rule for rule in rules if rule.component == component.position]
            choice = asked[component.position - 1] if component.position <= len(asked) else ()
            needed = component.mandatory or bool(choice) or bool(own)
            refused = any(rule.use == "must_not" for rule in own)
            values.append(self._value(component.type, choice, own, segment) if needed and not refused else "")
        if use.type.id == "C507" and not rules and values[0]:
            values = [values[0], DATES["102"], "102"]
        if not any(values) and not any(rule.use == "must_not" for rule in rules):
            values[0] = self._value(use.type.components[0].type, (), [rule for rule in rules if rule.component == 1], segment)
        return _dated(use.type, values, rules)

    def _value(self, element: ElementType, choice: tuple[str, ...], rules: list[ElementRule], segment: Segment) -> str:
        if choice:
            return choice[0]
        taken = next((code for rule in rules for code in rule.codes), None)
        if taken is not None:
            return taken
        shortest = max([element.length_min, 1, *(rule.length_min for rule in rules)])
        longest = min([element.length_max, *(rule.length_max for rule in rules if rule.length_max is not None)])
        codes = self.directory.codes(element.id)
        sample = VALUES.get(element.id, "")
        if shortest <= len(sample) <= longest and (not codes or sample in codes):
            return sample
        if codes:
            return next((code for code in codes if shortest <= len(code) <= longest), next(iter(codes)))
        filler = "1" if element.kind == "n" else "A"
        return filler * min(shortest, longest)


def _dated(composite: CompositeType, values: list[str], rules: list[ElementRule]) -> list[str]:
    """A date that fits its format code 2379, unless a rule says how the value looks."""
    ruled = {rule.component for rule in rules if rule.codes or rule.use == "must_not"}
    lengths = {rule.length_min for rule in rules if rule.component == 2 and rule.length_min > 1}
    if composite.id != "C507" or len(values) < 3 or not values[1] or 2 in ruled:
        return values
    code = values[2] if 3 in ruled or values[2] in DATES else "102"
    sample = DATES.get(code, DATES["102"])
    return [values[0], values[1] if lengths and len(sample) not in lengths else sample, code if 3 not in ruled or values[2] else values[2]]
