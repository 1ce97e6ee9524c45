"""What a directory says, as values: elements, composites, segments, messages with their groups. Nothing here reads a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["a", "n", "an"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementType:
    """A simple data element, ISO 9735 term "data element"."""

    id: str
    name: str
    kind: Kind
    """a letters only, n numeric, an any character of the syntax level."""
    length_min: int
    """Characters; equal to `length_max` for a fixed length (`an3`), otherwise 0."""
    length_max: int

    @property
    def format(self) -> str:
        """As printed: `an..35`, `n3`."""
        return f"{self.kind}{self.length_max}" if self.length_min else f"{self.kind}..{self.length_max}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A component data element at its place in a composite."""

    position: int
    """From 1."""
    type: ElementType
    mandatory: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositeType:
    """A composite data element."""

    id: str
    name: str
    components: tuple[Component, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementUse:
    """A stand-alone or composite data element at its place in a segment."""

    position: int
    """From 1, the tag not counted."""
    type: ElementType | CompositeType
    mandatory: bool
    repeats_max: int
    """1 except where syntax version 4 lets an element repeat with the repetition separator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentType:
    tag: str
    name: str
    elements: tuple[ElementUse, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentUse:
    """A segment at its place in a message."""

    position: str
    """As printed in the directory, `0010`; empty in the oldest layout, which printed none."""
    tag: str
    mandatory: bool
    repeats_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupUse:
    """A segment group at its place in a message."""

    number: int
    position: str
    mandatory: bool
    repeats_max: int
    items: tuple[SegmentUse | GroupUse, ...]
    """In order; the first is the trigger segment, mandatory and once (in print, eight groups of all releases differ)."""

    @property
    def name(self) -> str:
        """`SG26`."""
        return f"SG{self.number}"

    @property
    def trigger(self) -> str:
        """Tag of the segment that opens each repetition of the group."""
        first = self.items[0]
        return first.tag if isinstance(first, SegmentUse) else first.trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageType:
    type: str
    """0065, e.g. `ORDERS`."""
    release: str
    """Version and release of the directory, e.g. `D.96A`."""
    name: str
    items: tuple[SegmentUse | GroupUse, ...]
    """UNH to UNT, both included."""
