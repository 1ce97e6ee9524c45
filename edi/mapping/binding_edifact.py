"""Binds the segment patterns of a mapping to one release of the directories: places, positions, codes; says what does not fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from edi.formats.edifact.directory import (
    Component,
    CompositeType,
    Directory,
    ElementType,
    ElementUse,
    GroupUse,
    MessageType,
    SegmentType,
    SegmentUse,
)
from edi.formats.yaml.problem import suggest
from edi.mapping.bound import (
    BoundAlternative,
    BoundAnything,
    BoundCalculation,
    BoundConstant,
    BoundField,
    BoundPart,
    BoundParts,
    BoundSegment,
)
from edi.mapping.codecs import Setting
from edi.mapping.conversion import check_lists, conversion_of, setting_kind
from edi.mapping.expressions import compile_expression
from edi.mapping.longform import LongPattern
from edi.mapping.nodes import Definition, Entry
from edi.mapping.paths import resolve
from edi.mapping.pattern import Alternative, Anything, Calculation, Constant, Field, Part, Parts, SegmentPattern
from edi.mapping.problems import Problems, Refused

Items = tuple[SegmentUse | GroupUse, ...]


class EdifactBinder:
    """Binds one mapping to one release."""

    def __init__(self, definition: Definition, directory: Directory, message: MessageType, problems: Problems) -> None:
        self.definition = definition
        self.directory = directory
        self.problems = problems
        self.message = message
        self.detail_tags = frozenset(
            entry.pattern.tag for entry in definition.sections.get("detail", ()) if isinstance(entry.pattern, SegmentPattern)
        )

    def bind(self) -> dict[str, list[BoundSegment]]:
        """Bound entries by section, each in the order of the directory."""
        items = self.message.items
        return {name: self._scope(entries, self._part_of(items, name), f"the {name}") for name, entries in self.definition.sections.items()}

    def _part_of(self, items: Items, section: str) -> dict[int, SegmentUse | GroupUse]:
        """The items of the message that belong to a section, by their index."""
        detail = [index for index, item in enumerate(items) if isinstance(item, GroupUse) and item.trigger in self.detail_tags]
        uns = next((index for index, item in enumerate(items) if isinstance(item, SegmentUse) and item.tag == "UNS"), None)
        if uns is not None and any(index < uns for index in detail):
            detail = [index for index in detail if index < uns]
        first = min(detail, default=uns if uns is not None else len(items))
        last = max(detail, default=first - 1)
        wanted = {"header": range(first), "detail": range(first, last + 1), "summary": range(last + 1, len(items))}[section]
        return {index: items[index] for index in wanted}

    def _scope(self, entries: Sequence[Entry], items: Mapping[int, SegmentUse | GroupUse], name: str) -> list[BoundSegment]:
        here = [entry for entry in entries if not entry.only or self.message.release in entry.only]
        bound = [found for entry in here if (found := self._entry(entry, items, name)) is not None]
        return sorted(bound, key=lambda one: one.order)

    def _entry(self, entry: Entry, items: Mapping[int, SegmentUse | GroupUse], name: str) -> BoundSegment | None:
        assert isinstance(entry.pattern, SegmentPattern)
        tag = entry.pattern.tag
        candidates = [index for index, item in items.items() if _tag(item) == tag]
        segment = self.directory.segment(tag) or SERVICE.get(tag)
        if not candidates or segment is None:
            allowed = " ".join(dict.fromkeys(_tag(item) for item in items.values()))
            self.problems.error(
                entry.place,
                f"segment {tag} cannot stand in {name} of {self.message.type} {self.message.release}",
                hint=f"allowed here: {allowed}",
            )
            return None
        order = self._best(entry, candidates, items)
        use = items[order]
        bound = self._segment(entry, segment)
        bound.order, bound.is_group = order, isinstance(use, GroupUse)
        if isinstance(use, GroupUse):
            inner = {index: item for index, item in enumerate(use.items) if index}
            self._check_holds(entry, {_tag(item) for item in inner.values()})
            bound.children = self._scope(entry.children, inner, f"the {tag} group")
        elif entry.children or entry.holds:
            self.problems.error(
                entry.place, f"{tag} opens no group here, so nothing can be nested in it", hint="put the nested entries beside it"
            )
        return bound

    def _check_holds(self, entry: Entry, tags: set[str]) -> None:
        if entry.holds and (tag := entry.holds.partition("+")[0]) not in tags:
            self.problems.error(entry.place, f"no {tag} can stand in this group", hint=f"allowed here: {' '.join(sorted(tags))}")

    def _best(self, entry: Entry, candidates: list[int], items: Mapping[int, SegmentUse | GroupUse]) -> int:
        """Among several places for a tag, the first where the nested entries have a place too; without any, a plain segment."""
        if len(candidates) == 1:
            return candidates[0]
        wanted = {child.pattern.tag for child in entry.children if isinstance(child.pattern, SegmentPattern)}
        for index in candidates:
            item = items[index]
            if wanted and isinstance(item, GroupUse) and wanted <= {_tag(inner) for inner in item.items[1:]}:
                return index
        if not wanted:
            return next((index for index in candidates if isinstance(items[index], SegmentUse)), candidates[0])
        return candidates[0]

    def _segment(self, entry: Entry, segment: SegmentType) -> BoundSegment:
        pattern = entry.pattern
        assert isinstance(pattern, SegmentPattern)
        try:
            placed = pattern.placed(segment) if isinstance(pattern, LongPattern) else pattern
        except Refused as refused:
            self.problems.refused(entry.place, refused)
            placed = SegmentPattern(text=pattern.text, tag=pattern.tag, elements=())
        elements = tuple(self._element(entry, segment, index, parts) for index, parts in enumerate(placed.elements))
        choices = {
            index: tuple(self._alternative(entry, segment, (index, number), one) for number, one in enumerate(forms))
            for index, forms in placed.choices.items()
        }
        slots = tuple(self._element(entry, segment, len(placed.elements), parts) for parts in placed.slots)
        return BoundSegment(
            entry=entry,
            tag=pattern.tag,
            elements=elements,
            choices=choices,
            slots=slots,
            slots_max=_slot_places(segment, len(placed.elements)),
            always=placed.always,
        )

    def _element(self, entry: Entry, segment: SegmentType, index: int, parts: Parts) -> BoundParts:
        if not any(part is not None for part in parts):
            return ()
        components = _components(segment, index)
        if not components:
            column = next((part.column for part in parts if part is not None), 0)
            self.problems.error(
                entry.place,
                f"segment {segment.tag} of {self.directory.release} has no element {index + 1}",
                column,
                hint=f"it has {len(segment.elements)}",
            )
            return ()
        bound: list[BoundPart] = []
        position = 0
        for part in parts:
            try:
                found = self._part(entry, segment, components, part, position)
            except Refused as refused:
                self.problems.refused(entry.place, refused)
                found = None
            if found is not None:
                bound.append(found)
            position += found.conversion.span if isinstance(found, BoundField) else 1
        return (*bound, *self._own_currency(entry, components, bound))

    def _own_currency(self, entry: Entry, components: Sequence[Component], bound: Sequence[BoundPart]) -> Iterator[BoundField]:
        """An amount may name its currency (6345): compared with the document's, and never written, as CUX says it."""
        taken = {part.position: part for part in bound}
        amount = any(components[place].type.id == "5004" and isinstance(part, BoundField) for place, part in taken.items())
        place = next((index for index, one in enumerate(components) if one.type.id == "6345"), None)
        if amount and place is not None and place not in taken and self.definition.root.child("currency") is not None:
            yield replace(self._field(entry, components, Field(path="/currency", passive=True), place), read_only=True)

    def _alternative(self, entry: Entry, segment: SegmentType, choice: tuple[int, int], one: Alternative) -> BoundAlternative:
        parts = tuple(
            replace(part, read_only=one.read_only, choice=choice) if isinstance(part, BoundField) else part
            for part in self._element(entry, segment, choice[0], one.parts)
        )
        return BoundAlternative(parts=parts, read_only=one.read_only)

    def _part(self, entry: Entry, segment: SegmentType, components: Sequence[Component], part: Part, position: int) -> BoundPart | None:
        if part is None:
            return None
        if position >= len(components):
            text = f"this element of {segment.tag} has {len(components)} components in {self.directory.release}"
            raise Refused(text, part.column, hint="they are " + " ".join(one.type.id for one in components))
        match part:
            case Constant():
                return self._constant(entry, components[position].type, part, position)
            case Calculation():
                root = self.definition.root
                try:
                    expression = compile_expression(part.expression, entry.here, root)
                except Refused as refused:
                    raise Refused(refused.text, part.column + refused.offset, hint=refused.hint) from refused
                return BoundCalculation(expression=expression, position=position, column=part.column)
            case Anything():
                return BoundAnything(position=position, column=part.column)
            case Field():
                return self._field(entry, components, part, position)

    def _field(self, entry: Entry, components: Sequence[Component], part: Field, position: int) -> BoundField:
        try:
            target = resolve(part.path, entry.here, self.definition.root)
        except Refused as refused:
            raise Refused(refused.text, part.column + refused.offset, hint=refused.hint) from refused
        here = components[position].type
        alike = sum(1 for component in components[position:] if component.type.id == here.id)
        setting = Setting(
            tables=self.definition.tables,
            repeats=alike,
            width=here.length_max,
            kind=setting_kind(target.field),
            timezone=self.definition.timezone,
        )
        formatted = here.id == "2380" and position + 1 < len(components) and components[position + 1].type.id == "2379"
        conversion = conversion_of(part, target.field, setting, formatted_moment=formatted)
        check_lists(part, target, conversion, entry)
        if position + conversion.span > len(components):
            raise Refused(
                f"{conversion.span} components do not fit: the element has {len(components)}",
                part.column,
                hint="wrap without numbers takes them from the directory",
            )
        width = here.length_max if conversion.wire is None and conversion.joined is None else 0
        return BoundField(
            target=target,
            conversion=conversion,
            required=part.required,
            passive=part.passive,
            position=position,
            column=part.column,
            width=width,
        )

    def _constant(self, entry: Entry, element: ElementType, part: Constant, position: int) -> BoundConstant:
        codes = self.directory.codes(element.id)
        known = [text for text in part.alternatives if codes is None or text in codes]
        if not known:
            written = "|".join(part.alternatives)
            complain = self.problems.warning if part.passive else self.problems.error
            complain(
                entry.place,
                f"{written!r} is not in the code list of {element.id} {element.name} in {self.directory.release}",
                part.column,
                hint=suggest(part.alternatives[0], codes or ())
                if codes and len(codes) < 60
                else "name an alternative this release knows: A|B",
                code="mapping.code",
            )
        return BoundConstant(
            alternatives=part.alternatives,
            written=(known or list(part.alternatives))[0],
            passive=part.passive,
            position=position,
            column=part.column,
        )


def _tag(item: SegmentUse | GroupUse) -> str:
    return item.tag if isinstance(item, SegmentUse) else item.trigger


def _components(segment: SegmentType, index: int) -> Sequence[Component]:
    """The components of an element; a plain element is its own single component."""
    places = [use for use in segment.elements for _ in range(max(1, use.repeats_max))]
    if index >= len(places):
        return ()
    kind = places[index].type
    if isinstance(kind, CompositeType):
        return kind.components
    return (Component(position=1, type=kind, mandatory=places[index].mandatory),)


def _slot_places(segment: SegmentType, start: int) -> int:
    first = _components(segment, start)
    count = 0
    while (here := _components(segment, start + count)) and [c.type.id for c in here] == [c.type.id for c in first]:
        count += 1
    return max(count, 1)


def _service_uns() -> SegmentType:
    section = ElementType(id="0081", name="Section identification", kind="a", length_min=1, length_max=1)
    return SegmentType(tag="UNS", name="Section control", elements=(ElementUse(position=1, type=section, mandatory=True, repeats_max=1),))


SERVICE: Mapping[str, SegmentType] = {"UNS": _service_uns()}
"""Service segments that stand in the body of a message."""
