"""The long form of a segment pattern: values by element ids instead of counted plus signs and colons.

    - TAX: {5283: 7, C241.5153: VAT, C243.5278: '{tax.rate}', 5305: '{tax.category}'}

An element that occurs several times is told apart by its occurrence from 1 on: `C212#2.7140`. What stands under `group` is nested.
The positions are looked up per release, so one line serves directories whose positions differ.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from edi.formats.edifact.directory import CompositeType, SegmentType
from edi.formats.yaml.problem import suggest
from edi.mapping.pattern import Part, Parts, SegmentPattern, part
from edi.mapping.problems import Refused
from edi.mapping.source import Piece

_ID = re.compile(r"([A-Z]?\d{3,4})(?:#(\d))?(?:\.(\d{4})(?:#(\d))?)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class LongPattern(SegmentPattern):
    """A segment pattern whose parts stand by ids until a directory says where they are."""

    by_id: tuple[tuple[str, Part], ...] = ()

    def placed(self, segment: SegmentType) -> SegmentPattern:
        """The pattern with counted positions for this directory. Raises Refused for an id the segment does not have."""
        elements: dict[int, dict[int, Part]] = {}
        for written, value in self.by_id:
            element, component = position_of(written, segment)
            elements.setdefault(element, {})[component] = value
        rows = tuple(_row(elements.get(position, {})) for position in range(1, max(elements, default=0) + 1))
        return SegmentPattern(text=self.text, tag=self.tag, elements=rows, always=self.always)


def _row(components: dict[int, Part]) -> Parts:
    return tuple(components.get(position) for position in range(1, max(components, default=0) + 1))


def long_form(tag: str, piece: Piece) -> tuple[SegmentPattern, Piece | None]:
    """The pattern and what is nested in it. Raises Refused."""
    by_id: list[tuple[str, Part]] = []
    nested = None
    for key, value in piece.entries:
        if key.text == "group":
            nested = value
        elif not _ID.fullmatch(key.text):
            raise Refused(f"{key.text!r} is not the id of an element", hint="5283, C241.5153, or C212#2.7140 for the second C212")
        else:
            by_id.append((key.text, part(value.text)))
    text = f"{tag}: {{{', '.join(f'{key.text}: {value.text}' for key, value in piece.entries)}}}"
    return LongPattern(text=text, tag=tag, elements=(), by_id=tuple(by_id)), nested


def position_of(written: str, segment: SegmentType) -> tuple[int, int]:
    """Element and component position, both from 1. Raises Refused."""
    matched = _ID.fullmatch(written)
    assert matched is not None, written
    occurrence, component_id, component_occurrence = int(matched[2] or 1), matched[3], int(matched[4] or 1)
    uses = [position for position, one in _positions(segment) if one == matched[1]]
    if len(uses) < occurrence:
        known = [one for _, one in _positions(segment)]
        raise Refused(
            f"segment {segment.tag} has no {matched[1]}" + (f" number {occurrence}" if occurrence > 1 else ""),
            hint=suggest(matched[1], known),
        )
    element = uses[occurrence - 1]
    if component_id is None:
        return element, 1
    kind = next(use.type for use in segment.elements if use.position == element)
    if not isinstance(kind, CompositeType):
        raise Refused(f"{matched[1]} of segment {segment.tag} has no components", hint=f"write {matched[1]} alone")
    places = [component.position for component in kind.components if component.type.id == component_id]
    if len(places) < component_occurrence:
        raise Refused(
            f"{kind.id} has no component {component_id}",
            hint="components: " + ", ".join(component.type.id for component in kind.components),
        )
    return element, places[component_occurrence - 1]


def _positions(segment: SegmentType) -> list[tuple[int, str]]:
    """Wire positions from 1 with ids; before syntax version 4 a repeated element simply stands several times."""
    return [(use.position, use.type.id) for use in segment.elements]
