"""What differs between two interchanges, segment by segment and value by value; delimiters and line ends do not count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Literal

from edi.formats.edifact.syntax import Segment


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One value that differs."""

    element: int
    """From 1."""
    component: int
    left: str
    """Empty where there is none."""
    right: str


@dataclass(frozen=True, slots=True)
class Change:
    """One segment that stands only on one side, or differs; or one that is the same, for context."""

    kind: Literal["same", "removed", "added", "changed"]
    left: Segment | None
    right: Segment | None
    values: tuple[ValueChange, ...] = ()


def diff(left: Sequence[Segment], right: Sequence[Segment]) -> Iterator[Change]:
    """The changes that lead from the left segments to the right ones, the same ones included, in order."""
    matcher = SequenceMatcher(None, [str(each) for each in left], [str(each) for each in right], autojunk=False)
    for kind, left_start, left_end, right_start, right_end in matcher.get_opcodes():
        pair = left[left_start:left_end], right[right_start:right_end]
        if kind == "equal":
            yield from (Change("same", *both) for both in zip(*pair, strict=True))
        else:
            yield from _replaced(*pair)


def _replaced(left: Sequence[Segment], right: Sequence[Segment]) -> Iterator[Change]:
    """Segments put in place of others: those of the same tag at the same place changed, the rest came and went."""
    for old, new in zip_longest(left, right):
        if old is not None and new is not None and old.tag == new.tag:
            yield Change("changed", old, new, tuple(_values(old, new)))
            continue
        if old is not None:
            yield Change("removed", old, None)
        if new is not None:
            yield Change("added", None, new)


def _values(old: Segment, new: Segment) -> Iterator[ValueChange]:
    for element in range(1, max(len(old.elements), len(new.elements)) + 1):
        widths = [len(each.elements[element - 1]) for each in (old, new) if element <= len(each.elements)]
        for component in range(1, max(widths) + 1):
            pair = old.get(element, component), new.get(element, component)
            if pair[0] != pair[1]:
                yield ValueChange(element, component, *pair)
