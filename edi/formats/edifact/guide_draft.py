"""A guide to begin with, drafted from messages a partner really sends: what always came must come, codes that came are taken.

It narrows to what was seen, so a person reads it before anybody is refused by it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from edi.formats.edifact.directory import Directory
from edi.formats.edifact.directory_types import CompositeType, GroupUse, SegmentUse
from edi.formats.edifact.guide import SERVICE, ElementRule, Guide, SegmentRule, Step
from edi.formats.edifact.structure import Group
from edi.formats.edifact.syntax import Segment

CODES_MAX: Final = 12
"""More different values than that are no list anybody agreed on."""

Way = tuple[Step, ...]


@dataclass(slots=True)
class _Seen:
    """What was seen of the segments at the end of one way."""

    parents: int = 0
    """Groups that were looked into."""
    filled: int = 0
    """Of these, how many had at least one."""
    most: int = 0
    segments: list[Segment] = field(default_factory=list)


def draft(name: str, message: str, trees: Sequence[Group], directory: Directory, *, title: str = "") -> Guide:
    """The guide that all the messages keep to, `must` where all of them agree."""
    seen: dict[Way, _Seen] = {}
    for tree in trees:
        _look(tree, (), directory, seen)
    for way, counted in seen.items():
        counted.parents = sum(_groups(tree, way[:-1]) for tree in trees)
    came = {way: rank for rank, way in enumerate(seen)}
    rules = tuple(_rule(way, seen[way], directory) for way in sorted(seen, key=lambda way: _order(way, trees, came)))
    return Guide(name=name, message=message, title=title, rules=rules)


def _look(group: Group, way: Way, directory: Directory, seen: dict[Way, _Seen]) -> None:
    counts: Counter[Way] = Counter()
    for index, item in enumerate(group.items):
        segment = item.trigger if isinstance(item, Group) else item
        if segment.tag in SERVICE or (index == 0 and way):
            continue
        here = (*way, _step(segment, group, directory))
        counts[here] += 1
        seen.setdefault(here, _Seen()).segments.append(segment)
        if isinstance(item, Group):
            _look(item, here, directory, seen)
    for here, count in counts.items():
        seen[here].filled += 1
        seen[here].most = max(seen[here].most, count)


def _step(segment: Segment, group: Group, directory: Directory) -> Step:
    """The tag, with its qualifier where the place may hold several: a coded first value."""
    use = next((item for item in group.spec.items if _tag(item) == segment.tag), None)
    spec = directory.segment(segment.tag)
    value = segment.get(1)
    if use is None or use.repeats_max == 1 or spec is None or not spec.elements or not value:
        return Step(tag=segment.tag)
    first = spec.elements[0].type
    element_id = first.components[0].type.id if isinstance(first, CompositeType) else first.id
    coded = directory.codes(element_id) is not None
    return Step(tag=segment.tag, values=(((value,),),)) if coded else Step(tag=segment.tag)


def _tag(item: SegmentUse | GroupUse) -> str:
    return item.trigger if isinstance(item, GroupUse) else item.tag


def _groups(group: Group, way: Way) -> int:
    """How many groups a way leads into."""
    if not way:
        return 1
    inner = (item for item in group.items if isinstance(item, Group) and item.items and way[0].fits(item.trigger))
    return sum(_groups(item, way[1:]) for item in inner)


def _order(way: Way, trees: Iterable[Group], came: Mapping[Way, int]) -> tuple[tuple[int, int], ...]:
    """Where the way stands in the message's structure, like ones as they came: a guide reads as the message does."""
    items: tuple[SegmentUse | GroupUse, ...] = next(iter(trees)).spec.items
    places: list[tuple[int, int]] = []
    for depth, step in enumerate(way, 1):
        index = next((index for index, item in enumerate(items) if _tag(item) == step.tag), len(items))
        places.append((index, came[way[:depth]]))
        found = items[index] if index < len(items) else None
        items = found.items[1:] if isinstance(found, GroupUse) else ()
    return tuple(places)


def _rule(way: Way, seen: _Seen, directory: Directory) -> SegmentRule:
    return SegmentRule(
        way=way,
        use="must" if seen.filled == seen.parents else "may",
        repeats_max=1 if seen.most == 1 and way[-1].values else None,
        elements=tuple(_elements(way[-1], seen.segments, directory)),
    )


def _elements(step: Step, segments: list[Segment], directory: Directory) -> Iterator[ElementRule]:
    """Elements that always came, and coded ones with what came."""
    spec = directory.segment(step.tag)
    for use in spec.elements if spec else ():
        places: list[tuple[int | None, str]] = [(None, use.type.id)]
        if isinstance(use.type, CompositeType):
            places = [(one.position, one.type.id) for one in use.type.components]
        for component, element_id in places:
            values = [segment.get(use.position, component or 1) for segment in segments]
            is_qualifier = bool(step.values) and use.position == 1 and component in {1, None}
            if is_qualifier or not any(values):
                continue
            distinct = sorted({value for value in values if value})
            codes = distinct if directory.codes(element_id) is not None and len(distinct) <= CODES_MAX else []
            always = all(values)
            if always or codes:
                yield ElementRule(
                    element=use.position, component=component, use="must" if always else "may", codes=dict.fromkeys(codes, "")
                )
