"""Patterns with their fields resolved and their positions counted, for one release or schema: what code is generated from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from edi.documents.fields import Field as ModelField
from edi.mapping.conversion import Conversion
from edi.mapping.expressions import Expression
from edi.mapping.nodes import Entry
from edi.mapping.paths import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundField:
    """A hole with its place on the wire. `position` counts components from 0."""

    target: Target
    conversion: Conversion
    required: bool
    passive: bool
    position: int = 0
    column: int = 0
    width: int = 0
    """EDIFACT: characters the directory allows here; 0 where nothing is to be checked."""
    read_only: bool = False
    """Stands in an alternative that is never written."""
    choice: tuple[int, int] | None = None
    """Of an alternative: the index of its element, and its own number among the forms."""

    @property
    def repeated(self) -> bool:
        """A list of plain values: every match adds one."""
        return self.target.field.is_list and not self.target.field.is_object and self.conversion.joined is None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundConstant:
    """A fixed value with its place; `written` is the alternative this release knows."""

    alternatives: tuple[str, ...]
    written: str
    passive: bool
    position: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundCalculation:
    expression: Expression
    position: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundAnything:
    position: int = 0
    column: int = 0


BoundPart: TypeAlias = BoundField | BoundConstant | BoundCalculation | BoundAnything
BoundParts: TypeAlias = tuple[BoundPart, ...]
"""The parts of one element (or slot); empty places are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundAlternative:
    """One form of an element that has several."""

    parts: BoundParts
    read_only: bool = False

    @property
    def guards(self) -> tuple[BoundConstant, ...]:
        """The constants by which reading knows it."""
        return tuple(part for part in self.parts if isinstance(part, BoundConstant) and not part.passive)

    @property
    def holes(self) -> tuple[BoundField, ...]:
        """The fields whose values make it be written."""
        return tuple(part for part in self.parts if isinstance(part, BoundField) and not part.passive)


@dataclass(slots=True, kw_only=True, eq=False)
class BoundSegment:
    """A segment pattern at its place in the structure."""

    entry: Entry
    tag: str
    elements: tuple[BoundParts, ...]
    """By element index from 0."""
    choices: Mapping[int, tuple[BoundAlternative, ...]] = field(default_factory=dict)
    """By element index: the forms of an element that has several; `elements` is empty there."""
    slots: tuple[BoundParts, ...] = ()
    slots_max: int = 1
    """How many elements a segment has for slots."""
    order: int = 0
    """Index among the items of the structure around it."""
    is_group: bool = False
    always: bool = False
    sections: tuple[str, ...] = ()
    children: list[BoundSegment] = field(default_factory=list)

    def parts(self) -> Iterator[tuple[int, BoundPart]]:
        """All parts with their element index from 0; slots behind the elements."""
        for index, element in enumerate(self.elements):
            for part in element:
                yield index, part
            for alternative in self.choices.get(index, ()):
                for part in alternative.parts:
                    yield index, part
        for slot in self.slots:
            for part in slot:
                yield len(self.elements), part

    def fields(self) -> Iterator[BoundField]:
        """All holes, those of alternatives that are only read too."""
        for _, part in self.parts():
            if isinstance(part, BoundField):
                yield part

    @property
    def driven(self) -> bool:
        """True if a value of its own can make it be written."""
        return any(
            isinstance(part, BoundCalculation) or (isinstance(part, BoundField) and not part.passive and not part.read_only)
            for _, part in self.parts()
        )

    def tests(self) -> Iterator[tuple[int, BoundConstant]]:
        """The constants that decide whether a segment matches: those of the first element, and those of elements without fields.

        A codec that is for certain formats only (`dtm(718)`) decides by the format code behind its value.
        """
        for index, element in enumerate(self.elements):
            holds_field = any(isinstance(part, BoundField | BoundCalculation) for part in element)
            for part in element:
                if isinstance(part, BoundConstant) and not part.passive and (index == 0 or not holds_field):
                    yield index, part
                if isinstance(part, BoundField) and part.conversion.wire is not None and part.conversion.wire.only_for:
                    formats, place = part.conversion.wire.only_for, part.position + 1
                    yield index, BoundConstant(alternatives=formats, written=formats[0], passive=False, position=place, column=part.column)

    def guards(self, index: int) -> tuple[BoundConstant, ...]:
        """The constants beside a field in a later element: they guard that element's fields only."""
        element = self.elements[index]
        if index == 0 or not any(isinstance(part, BoundField | BoundCalculation) for part in element):
            return ()
        return tuple(part for part in element if isinstance(part, BoundConstant) and not part.passive)


def walk_bound(bound: Sequence[BoundSegment]) -> Iterator[BoundSegment]:
    """These and all nested in them."""
    for one in bound:
        yield one
        yield from walk_bound(one.children)


def selecting_paths(target: Target) -> Iterator[str]:
    """The canonical paths that selectors fix: `ids.scheme` of `{ids[scheme=91].value}`."""
    names = target.canonical.split(".")
    for behind, step in enumerate(reversed(target.steps)):
        if step.select is not None:
            yield ".".join([*names[: len(names) - behind], step.select[0]])


def bound_leaves(target: Target) -> Iterator[ModelField]:
    """The scalar fields of the model that a hole carries: one, or those of a period."""
    if target.field.is_object:
        yield from (child for name, child in target.field.children.items() if name in ("start", "end"))
    else:
        yield target.field


def carried_both_ways(fields: Iterable[tuple[BoundField, Entry]]) -> set[str]:
    """The canonical paths that some hole reads and some hole writes: the same, or one for each direction."""
    read: set[str] = set()
    written: set[str] = set()
    for part, entry in fields:
        if part.passive:
            continue
        paths = {leaf.path for leaf in bound_leaves(part.target)} | set(selecting_paths(part.target))
        read |= paths if entry.direction != "write" else set()
        written |= paths if entry.direction != "read" and not part.read_only else set()
    return read & written
