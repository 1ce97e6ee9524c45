"""A partner's guide as one HTML page: what to send, segment by segment, with the standard beside it. No script, nothing loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from edi.cli.guide_diagram import diagram
from edi.formats.edifact.directory import Directory
from edi.formats.edifact.directory_types import CompositeType, ElementType, GroupUse, MessageType, SegmentUse
from edi.formats.edifact.guide import ElementRule, Guide, SegmentRule
from edi.formats.edifact.guide_fit import use_of
from edi.formats.edifact.guide_samples import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One segment or group of the branching diagram."""

    depth: int
    tag: str
    name: str
    standard: str
    """`M 1`, `C 9`."""
    rules: tuple[SegmentRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementRow:
    """One element or component of a segment's table."""

    place: str
    id: str
    name: str
    format: str
    mandatory: bool
    rule: ElementRule | None
    codes: tuple[tuple[str, str], ...]
    """The values taken, each with its meaning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One rule with its elements."""

    rule: SegmentRule
    anchor: str
    title: str
    standard: str
    rows: tuple[ElementRow, ...]


USES = {"must": "must be sent", "may": "may be sent", "must_not": "must not be sent"}


def render(guide: Guide, directory: Directory, samples: tuple[Sample, ...]) -> str:
    """The page."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(files("edi.cli").joinpath("guide.html").read_text(encoding="utf-8"))
    message = directory.message(guide.message.split(":")[0])
    assert message is not None
    branches = tuple(_branches(guide, message, directory))
    return template.render(
        guide=guide,
        message=message,
        branches=branches,
        diagram=diagram(branches),
        sections=tuple(_section(rule, index, message, directory) for index, rule in enumerate(guide.rules, 1)),
        anchors={rule.name: f"r{index}" for index, rule in enumerate(guide.rules, 1)},
        uses=USES,
        samples=[(sample, sample.content.decode("latin-1")) for sample in samples],
    )


def _branches(guide: Guide, message: MessageType, directory: Directory) -> Iterator[Branch]:
    yield from _below(message.items, (), guide, directory)


def _below(items: tuple[SegmentUse | GroupUse, ...], way: tuple[str, ...], guide: Guide, directory: Directory) -> Iterator[Branch]:
    """The segments that are mandatory or that a rule names or passes."""
    for item in items:
        tag = item.trigger if isinstance(item, GroupUse) else item.tag
        here = (*way, tag)
        rules = tuple(rule for rule in guide.rules if tuple(step.tag for step in rule.way) == here)
        passed = any(tuple(step.tag for step in rule.way)[: len(here)] == here for rule in guide.rules)
        if not (passed or (item.mandatory and (not way or passed))):
            continue
        segment = directory.segment(tag)
        name = segment.name.capitalize() if segment else ""
        yield Branch(depth=len(way), tag=tag, name=name, standard=_standard(item), rules=rules)
        if isinstance(item, GroupUse):
            yield from _below(item.items[1:], here, guide, directory)


def _standard(item: SegmentUse | GroupUse) -> str:
    status = f"{'M' if item.mandatory else 'C'} {item.repeats_max}"
    return f"{item.name} {status}" if isinstance(item, GroupUse) else status


def _section(rule: SegmentRule, index: int, message: MessageType, directory: Directory) -> Section:
    segment = directory.segment(rule.way[-1].tag)
    use = use_of(message, rule)
    return Section(
        rule=rule,
        anchor=f"r{index}",
        title=segment.name.capitalize() if segment else "",
        standard=_standard(use) if use else "",
        rows=tuple(_rows(rule, directory)) if rule.use != "must_not" else (),
    )


def _rows(rule: SegmentRule, directory: Directory) -> Iterator[ElementRow]:
    """Elements the standard demands, the way names or the guide speaks of."""
    segment = directory.segment(rule.way[-1].tag)
    rules = {element.place: element for element in rule.elements}
    fixed = _fixed(rule)
    for use in segment.elements if segment else ():
        place = str(use.position)
        inner = use.type.components if isinstance(use.type, CompositeType) else ()
        wanted = {f"{place}.{one.position}" for one in inner} & (rules.keys() | fixed.keys())
        if not (use.mandatory or place in rules or place in fixed or wanted):
            continue
        own = fixed.get(f"{place}.1") if not inner else None
        yield _row(place, use.type, use.mandatory, rules.get(place), own, directory)
        for one in inner:
            name = f"{place}.{one.position}"
            if one.mandatory or name in wanted:
                yield _row(name, one.type, one.mandatory, rules.get(name), fixed.get(name), directory)


def _fixed(rule: SegmentRule) -> dict[str, tuple[str, ...]]:
    """Values that the way itself asks for, by place; a simple element counts as its first component."""
    return {
        f"{element}.{component}": alternatives
        for element, components in enumerate(rule.way[-1].values, 1)
        for component, alternatives in enumerate(components, 1)
        if alternatives
    } | {str(element): components[0] for element, components in enumerate(rule.way[-1].values, 1) if components and components[0]}


def _row(
    place: str,
    element: ElementType | CompositeType,
    mandatory: bool,
    rule: ElementRule | None,
    fixed: tuple[str, ...] | None,
    directory: Directory,
) -> ElementRow:
    meanings = directory.codes(element.id) or {}
    taken = dict.fromkeys(fixed or (), "") | dict(rule.codes if rule else {})
    return ElementRow(
        place=place,
        id=element.id,
        name=element.name.capitalize(),
        format=_format(element, rule),
        mandatory=mandatory,
        rule=rule,
        codes=tuple((code, note or meanings.get(code, "")) for code, note in taken.items()),
    )


def _format(element: ElementType | CompositeType, rule: ElementRule | None) -> str:
    if isinstance(element, CompositeType):
        return ""
    if rule is None or (rule.length_max is None and not rule.length_min):
        return element.format
    longest = rule.length_max or element.length_max
    return f"{element.kind}{longest}" if rule.length_min == longest else f"{element.kind}{rule.length_min or ''}..{longest}"
