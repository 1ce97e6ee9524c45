"""The branching diagram of a message as a guide narrows it: where its boxes and lines stand, in the units of an SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

WIDTH, HEIGHT = 74, 40
GAP, FALL = 8, 26
"""Between neighbours, and from a box down to those below it."""


class Use(Protocol):
    """A segment or a group, named by its trigger, at its depth in the message."""

    @property
    def depth(self) -> int: ...
    @property
    def tag(self) -> str: ...
    @property
    def standard(self) -> str: ...


@dataclass(slots=True, kw_only=True)
class Box:
    """One use with what hangs below it."""

    use: Use
    x: float = 0
    """Of its left edge."""
    below: list[Box] = field(default_factory=list)

    @property
    def y(self) -> int:
        """Of its upper edge."""
        return self.use.depth * (HEIGHT + FALL) + FALL

    @property
    def middle(self) -> float:
        return self.x + WIDTH / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagram:
    """All boxes in the order of the message, and the lines between them as SVG paths."""

    boxes: tuple[Box, ...]
    lines: tuple[str, ...]
    width: int
    height: int
    box_width: int = WIDTH
    box_height: int = HEIGHT


def diagram(uses: Sequence[Use]) -> Diagram:
    """The boxes side by side on the level of their depth; a group stands over the middle of what it holds."""
    boxes, heads = _trees(uses)
    room = 0.0
    for head in heads:
        room = _place(head, room)
    lines = [*_comb(0, heads), *(line for box in boxes for line in _comb(box.y + HEIGHT, box.below))]
    return Diagram(boxes=tuple(boxes), lines=tuple(lines), width=int(room), height=max((box.y for box in boxes), default=0) + HEIGHT + 2)


def _trees(uses: Sequence[Use]) -> tuple[list[Box], list[Box]]:
    """Every box, and those of the uppermost level."""
    boxes: list[Box] = []
    heads: list[Box] = []
    way: list[Box] = []
    for use in uses:
        box = Box(use=use)
        del way[use.depth :]
        (way[-1].below if way else heads).append(box)
        way.append(box)
        boxes.append(box)
    return boxes, heads


def _place(box: Box, left: float) -> float:
    """Give the box and those below it their places from `left` on; where the next one may begin."""
    right = left
    for each in box.below:
        right = _place(each, right)
    right = max(right, left + WIDTH + GAP)
    box.x = (left + right - GAP - WIDTH) / 2
    return right


def _comb(top: int, below: Sequence[Box]) -> Iterator[str]:
    """A line across, and one down to each box; the line from above meets it in the middle."""
    if below:
        bar = below[0].y - FALL / 2
        first, last = below[0].middle, below[-1].middle
        yield f"M{first:g} {bar:g}H{last:g}M{(first + last) / 2:g} {top}V{bar:g}"
        yield "".join(f"M{box.middle:g} {bar:g}V{box.y}" for box in below)
