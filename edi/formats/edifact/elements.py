"""The elements of one segment against its directory entry: presence, repetition, values, codes (validation levels 4 and 5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Protocol

from edi.findings import Finding, Location
from edi.formats.edifact.codes import finding
from edi.formats.edifact.directory_types import Component, CompositeType, ElementType, ElementUse, SegmentType
from edi.formats.edifact.syntax import Components, Segment
from edi.formats.edifact.values import at, check_date, check_value

EXPANDED_MAX = 99
"""How many places a repeating element takes at most where there is no repetition separator (before syntax version 4)."""

CODE_LIST_QUALIFIERS = frozenset({"1131", "3055"})
"""Components that say whose list the code before them is from; then the UN list does not rule."""

UN_AGENCY = "6"


class Codes(Protocol):
    """What we need of a directory here."""

    def codes(self, element_id: str, /) -> Mapping[str, str] | None:
        """The values of an element's list; None if it has none."""

    def may_be_added(self, element_id: str, value: str, /) -> bool:
        """True if a value that the list here does not hold may be right all the same."""


@dataclass(frozen=True, slots=True)
class Place:
    """One element position of a segment."""

    use: ElementUse
    components: tuple[Component, ...]
    """Of a composite; of a simple element just itself."""
    is_composite: bool
    moment: tuple[int, int] | None = None
    """Component indexes of a date and its format code (2380, 2379), where the composite has both."""


@dataclass(frozen=True, slots=True)
class SegmentCheck:
    """A segment type made ready for checking under one syntax version."""

    type: SegmentType
    places: tuple[Place, ...]
    repeating: bool
    """True under version 4, where repetitions stand in one place."""
    codes: Codes
    decimal_marks: str = ".,"

    def check(self, segment: Segment, where: Location) -> Iterator[Finding]:
        """All that is wrong with the elements of one segment."""
        elements = segment.elements
        if elements and elements[-1] == [""]:
            yield finding("edifact.trailing_separator", f"{segment.tag} ends with an element separator", where, value=str(segment))
        if len(elements) > len(self.places) and any(any(components) for components in elements[len(self.places) :]):
            text = f"{segment.tag} has {len(elements)} elements, {len(self.places)} are possible"
            yield finding("edifact.elements_too_many", text, where, value=str(segment), expected=str(len(self.places)))
        for index, place in enumerate(self.places):
            occurrences = segment.occurrences(index + 1)
            if not any(any(components) for components in occurrences):
                if place.use.mandatory:
                    yield _missing("edifact.element_missing", place.use.type, at(where, element=index + 1))
                continue
            if self.repeating and len(occurrences) > place.use.repeats_max:
                yield self._too_often(place, len(occurrences), at(where, element=index + 1))
            for repetition, components in enumerate(occurrences, 1):
                for complaint in self._check_element(components, place, where):
                    yield replace(complaint, where=at(complaint.where, element=index + 1, repetition=repetition))

    def _too_often(self, place: Place, count: int, where: Location) -> Finding:
        text = f"{place.use.type.id} {place.use.type.name} stands {count} times; {place.use.repeats_max} is the most allowed"
        return finding("edifact.element_repeats", text, where, value=str(count), expected=str(place.use.repeats_max))

    def _check_element(self, components: Components, place: Place, where: Location) -> Iterator[Finding]:
        """What is wrong in one element; the caller adds its position."""
        if len(components) > 1 and not components[-1]:
            text = f"{place.use.type.id} ends with a component separator"
            yield finding("edifact.trailing_separator", text, where, value=":".join(components))
        if len(components) > len(place.components) and any(components[len(place.components) :]):
            text = f"{place.use.type.id} has {len(components)} components, {len(place.components)} are possible"
            yield finding("edifact.components_too_many", text, where, value=":".join(components), expected=str(len(place.components)))
        for index, component in enumerate(place.components):
            value = components[index] if index < len(components) else ""
            if value:
                complaints = chain(
                    check_value(value, component.type, self.decimal_marks, where),
                    self._check_code(value, component.type, components, place, where),
                )
            elif component.mandatory:
                complaints = chain((_missing("edifact.component_missing", component.type, where),))
            else:
                continue
            for complaint in complaints:
                yield replace(complaint, where=at(complaint.where, component=index + 1)) if place.is_composite else complaint
        yield from _check_moment(components, place, where)

    def _check_code(self, value: str, element: ElementType, components: Components, place: Place, where: Location) -> Iterator[Finding]:
        codes = self.codes.codes(element.id)
        if codes is None or value in codes or (element.id not in CODE_LIST_QUALIFIERS and _is_from_other_list(components, place)):
            return
        if self.codes.may_be_added(element.id, value):
            text = f"{element.id} {element.name} is {value!r}, which is not in the UN list; EANCOM may have added it"
            yield finding("edifact.code_unconfirmed", text, where, value=value)
            return
        text = f"{element.id} {element.name} is {value!r}, which is not in its code list"
        shown = ", ".join(list(codes)[:8]) + (", ..." if len(codes) > 8 else "")
        yield finding("edifact.code_unknown", text, where, value=value, expected=shown)


def segment_check(segment_type: SegmentType, codes: Codes, *, syntax_version: str, decimal_marks: str = ".,") -> SegmentCheck:
    """The check of a segment type; before version 4 a repeating element takes as many places as it may repeat."""
    repeating = syntax_version >= "4"
    places: list[Place] = []
    for use in segment_type.elements:
        place = _place(use)
        places += [place] if repeating else [place] + [_place(_optional(use))] * (min(use.repeats_max, EXPANDED_MAX) - 1)
    return SegmentCheck(segment_type, tuple(places), repeating, codes, decimal_marks)


def _place(use: ElementUse) -> Place:
    if isinstance(use.type, CompositeType):
        ids = [component.type.id for component in use.type.components]
        moment = (ids.index("2380"), ids.index("2379")) if {"2380", "2379"} <= set(ids) else None
        return Place(use, use.type.components, is_composite=True, moment=moment)
    return Place(use, (Component(position=1, type=use.type, mandatory=use.mandatory),), is_composite=False)


def _optional(use: ElementUse) -> ElementUse:
    return ElementUse(position=use.position, type=use.type, mandatory=False, repeats_max=1)


def _is_from_other_list(components: Components, place: Place) -> bool:
    """True if 1131 or 3055 in the composite name another list than the UN's."""
    for component, value in zip(place.components, components, strict=False):
        if (component.type.id == "1131" and value) or (component.type.id == "3055" and value not in ("", UN_AGENCY)):
            return True
    return False


def _check_moment(components: Components, place: Place, where: Location) -> Iterator[Finding]:
    if place.moment is None:
        return
    value, form = place.moment
    if form < len(components) and components[value] and components[form]:
        yield from check_date(components[value], components[form], at(where, component=value + 1))


def _missing(code: str, kind: ElementType | CompositeType, where: Location) -> Finding:
    return finding(code, f"the mandatory {kind.id} {kind.name} was missing", where, expected=kind.id)
