"""Ways to segments, as guides write them (`NAD+BY/CTA+OC`), and the segments of a message they lead to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edi.formats.edifact.structure import Group
from edi.formats.edifact.syntax import Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the way: a tag and the values that tell which of its segments are meant."""

    tag: str
    values: tuple[tuple[tuple[str, ...], ...], ...] = ()
    """Per element and component the alternatives; none given: any value."""

    def fits(self, segment: Segment) -> bool:
        """True if the segment is one of those meant."""
        return segment.tag == self.tag and all(
            not alternatives or segment.get(element, component) in alternatives
            for element, components in enumerate(self.values, 1)
            for component, alternatives in enumerate(components, 1)
        )

    def __str__(self) -> str:
        return "+".join([self.tag, *(":".join("|".join(alternatives) for alternatives in components) for components in self.values)])


def read_way(text: str) -> tuple[Step, ...]:
    """`LIN/QTY+21|12` as steps. Raises ValueError if a tag is not three capital letters or digits."""
    return tuple(_read_step(part) for part in text.split("/"))


def _read_step(text: str) -> Step:
    tag, *elements = text.split("+")
    if len(tag) != 3 or not tag.isalnum() or tag != tag.upper() or not tag.isascii():
        raise ValueError(f"{tag!r} is no segment tag; write the way as NAD+BY/CTA+OC")
    values = tuple(tuple(tuple(value.split("|")) if value else () for value in element.split(":")) for element in elements)
    return Step(tag=tag, values=values)


@dataclass(frozen=True, slots=True)
class Found:
    """A segment with the group it stands in."""

    segment: Segment
    group: Group | None
    """The group it opens; None for other segments."""
    path: str
    """Of the group around it, `LIN[2]/NAD[1]` by group names; empty at the top."""


def parents_of(tree: Group, way: tuple[Step, ...]) -> Iterator[Found]:
    """The groups a way leads into before its last step, the message itself for a way of one step."""
    top = Found(tree.trigger, tree, "")
    yield from _parents(top, way[:-1])


def _parents(parent: Found, way: tuple[Step, ...]) -> Iterator[Found]:
    if not way:
        yield parent
        return
    for found in inside(parent, way[0]):
        if found.group is not None:
            yield from _parents(found, way[1:])


def inside(parent: Found, step: Step) -> Iterator[Found]:
    """A group's own segments and the triggers of its inner groups that a step means, in order."""
    group = parent.group
    for index, item in enumerate(group.items if group else ()):
        if isinstance(item, Group):
            if item.items and step.fits(item.trigger):
                yield Found(item.trigger, item, _path(parent, item))
        elif step.fits(item) and not (index == 0 and parent.path):
            # A group's own trigger belongs to the step that named the group.
            yield Found(item, None, parent.path)


def _path(parent: Found, group: Group) -> str:
    inner = f"{group.name}[{group.repetition}]"
    return f"{parent.path}/{inner}" if parent.path else inner


def walk(group: Group, way: tuple[Segment, ...], path: str) -> Iterator[tuple[tuple[Segment, ...], Found]]:
    for index, item in enumerate(group.items):
        if isinstance(item, Group):
            if item.items:
                inner = (*way, item.trigger)
                inner_path = _path(Found(item.trigger, None, path), item)
                yield inner, Found(item.trigger, item, inner_path)
                yield from walk(item, inner, inner_path)
        elif index or not way:
            yield (*way, item), Found(item, None, path)


def leads(rule: tuple[Step, ...], way: tuple[Segment, ...]) -> bool:
    """True if the way is the rule's, or lies on it."""
    return len(way) <= len(rule) and all(step.fits(segment) for step, segment in zip(rule, way, strict=False))
