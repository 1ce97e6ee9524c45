"""Whether a guide fits the message it narrows: names exist, and nothing is allowed that the directory forbids."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edi.formats.edifact.directory import Directory
from edi.formats.edifact.directory_types import CompositeType, ElementType, ElementUse, GroupUse, MessageType, SegmentType, SegmentUse
from edi.formats.edifact.guide import ElementRule, Guide, SegmentRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """Something in a guide that cannot be meant."""

    rule: int
    """Index into the guide's rules."""
    text: str
    element: int | None = None
    """Index into the rule's elements; None: the rule itself is meant."""
    hint: str | None = None


def misfits(guide: Guide, directory: Directory) -> Iterator[Misfit]:
    """Everything in which the guide does not fit its directory."""
    message = directory.message(guide.message.split(":")[0])
    if message is None:
        return
    for index, rule in enumerate(guide.rules):
        use = use_of(message, rule)
        if use is None:
            yield Misfit(rule=index, text=f"{message.type} has no {rule.name}", hint=_hint(message, rule))
            continue
        yield from _rule_misfits(index, rule, use)
        segment = directory.segment(rule.way[-1].tag)
        for position, element in enumerate(rule.elements):
            if segment is not None:
                yield from (
                    Misfit(rule=index, element=position, text=text, hint=hint)
                    for text, hint in _element_misfits(segment, element, directory)
                )


def use_of(message: MessageType, rule: SegmentRule) -> SegmentUse | GroupUse | None:
    """Where the message has what the rule names: the group for a trigger, else the segment; None if nowhere."""
    items: tuple[SegmentUse | GroupUse, ...] = message.items
    found: SegmentUse | GroupUse | None = None
    for depth, step in enumerate(rule.way):
        last = depth == len(rule.way) - 1
        found = next((item for item in items if _tag(item) == step.tag and (last or isinstance(item, GroupUse))), None)
        if found is None:
            return None
        items = found.items[1:] if isinstance(found, GroupUse) else ()
    return found


def _tag(item: SegmentUse | GroupUse) -> str:
    return item.trigger if isinstance(item, GroupUse) else item.tag


def _hint(message: MessageType, rule: SegmentRule) -> str | None:
    """Where else the last tag stands, as ways."""
    ways = [way for way in _ways(message.items, "") if way.endswith(rule.way[-1].tag)]
    return "it stands at " + ", ".join(ways[:5]) if ways else None


def _ways(items: tuple[SegmentUse | GroupUse, ...], above: str) -> Iterator[str]:
    for item in items:
        way = f"{above}{_tag(item)}"
        yield way
        if isinstance(item, GroupUse):
            yield from _ways(item.items[1:], f"{way}/")


def _rule_misfits(index: int, rule: SegmentRule, use: SegmentUse | GroupUse) -> Iterator[Misfit]:
    if rule.use == "must_not" and use.mandatory and not rule.way[-1].values:
        yield Misfit(rule=index, text=f"{rule.name} is mandatory in the standard and cannot be forbidden")
    if rule.repeats_max is not None and rule.repeats_max > use.repeats_max:
        yield Misfit(
            rule=index, text=f"{rule.name} repeats {use.repeats_max} times in the standard; a guide cannot take {rule.repeats_max}"
        )


def find_element(segment: SegmentType, key: str) -> tuple[int, int | None]:
    """Position of an element and component by `2`, `1.3`, or an id that occurs once: `1225`, `C002`, `3039`.

    Raises ValueError if there is none, or several.
    """
    if (key[:1] in "0123456789" and len(key) < 4) or "." in key:
        return _by_position(segment, key)
    found = [place for place, element_id in _ids(segment) if element_id == key]
    if not found:
        raise ValueError(f"{segment.tag} has no element {key!r}")
    if len(found) > 1:
        places = ", ".join(str(element) if component is None else f"{element}.{component}" for element, component in found)
        raise ValueError(f"{segment.tag} has element {key} several times; write its position: {places}")
    return found[0]


def _by_position(segment: SegmentType, key: str) -> tuple[int, int | None]:
    element, _, component = key.partition(".")
    if not element.isdecimal() or (component and not component.isdecimal()):
        raise ValueError(f"{key!r} is no position; write 2 or 1.3, or the element's id")
    place = (int(element), int(component) if component else None)
    if place not in {found for found, _ in _ids(segment)}:
        raise ValueError(f"{segment.tag} has no element {key}")
    return place


def _ids(segment: SegmentType) -> Iterator[tuple[tuple[int, int | None], str]]:
    for use in segment.elements:
        yield (use.position, None), use.type.id
        if isinstance(use.type, CompositeType):
            for component in use.type.components:
                yield (use.position, component.position), component.type.id


def simple_type(segment: SegmentType, rule: ElementRule) -> tuple[ElementType, bool] | None:
    """The simple element a rule speaks of and whether it is mandatory; None for a composite as a whole."""
    use: ElementUse | None = next((use for use in segment.elements if use.position == rule.element), None)
    if use is None:
        return None
    if isinstance(use.type, ElementType):
        return use.type, use.mandatory
    component = next((one for one in use.type.components if one.position == rule.component), None)
    return (component.type, use.mandatory and component.mandatory) if component else None


def _element_misfits(segment: SegmentType, rule: ElementRule, directory: Directory) -> Iterator[tuple[str, str | None]]:
    found = simple_type(segment, rule)
    if found is None:
        if rule.codes or rule.length_max is not None or rule.length_min:
            yield f"{segment.tag} {rule.place} is a composite; values and lengths belong to a component", f"write {rule.element}.1"
        return
    element, mandatory = found
    name = f"{segment.tag} {rule.place} ({element.id})"
    if rule.use == "must_not" and mandatory:
        yield f"{name} is mandatory in the standard and cannot be forbidden", None
    if rule.length_max is not None and rule.length_max > element.length_max:
        yield f"{name} is {element.format} in the standard; a guide cannot take {rule.length_max} characters", None
    codes = directory.codes(element.id)
    for code in rule.codes:
        if len(code) > element.length_max:
            yield f"the value {code!r} does not fit {name}, which is {element.format}", None
        elif codes is not None and code not in codes:
            yield (
                f"{code!r} is no code of {element.id} in {directory.release}",
                "add it to your own code list under schemas/edifact, or correct it",
            )
