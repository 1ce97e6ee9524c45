"""How long the texts are that a mapping can read and write, as far as its patterns tell: what is read must fit where it is written."""

from __future__ import annotations

from typing import TypeAlias

from edi.mapping.bindings import EdifactBinding
from edi.mapping.bound import BoundField, BoundSegment, bound_leaves, walk_bound
from edi.mapping.codecs.text import Cut
from edi.mapping.codecs.wrapping import Wrapping
from edi.mapping.nodes import Entry
from edi.mapping.problems import Problems

Room: TypeAlias = "tuple[int, Entry, int]"
"""Characters, and the entry and column that allow them."""

Sections: TypeAlias = "dict[str, list[BoundSegment]]"

HINT = "lay it over components with |wrap, let it go on with `more: repeat`, or shorten it with |cut(…) and accept the loss"


def too_narrow(read: EdifactBinding, write: EdifactBinding, problems: Problems) -> None:
    """A warning for each text that the one side can read longer than the other can write it, in any of their releases.

    UBL and JSON bound no text, so nothing can be foreseen of what they bring: writing measures it (`mapping.length`).
    """
    longest: dict[str, int] = {}
    for sections in read.bound.values():
        for path, (length, _, _) in _rooms(sections, "write").items():
            longest[path] = max(length, longest.get(path, 0))
    for release, sections in write.bound.items():
        _compare(longest, sections, release, problems)


def too_narrow_for_itself(binding: EdifactBinding, problems: Problems) -> None:
    """The same within each release: what one pattern reads and another writes."""
    for release, sections in binding.bound.items():
        _compare({path: length for path, (length, _, _) in _rooms(sections, "write").items()}, sections, release, problems)


def _compare(longest: dict[str, int], sections: Sections, release: str, problems: Problems) -> None:
    for path, (room, entry, column) in _rooms(sections, "read").items():
        if longest.get(path, 0) > room:
            text = f"{path} can be read with {longest[path]} characters, {release} has room for {room}"
            problems.warning(entry.place, text, column, hint=HINT, code="mapping.width")


def _rooms(sections: Sections, other: str) -> dict[str, Room]:
    """By canonical path: the pattern with the most room; `other` is the direction that does not count."""
    found: dict[str, Room] = {}
    without_end: set[str] = set()
    for one in walk_bound([segment for bound in sections.values() for segment in bound]):
        for part in one.fields() if one.entry.direction != other else ():
            if part.passive or (part.read_only and other == "read"):
                continue
            room = _room(part, one.entry)
            for leaf in bound_leaves(part.target):
                if not room:
                    without_end.add(leaf.path)
                elif leaf.path not in found or room > found[leaf.path][0]:
                    found[leaf.path] = (room, one.entry, part.column)
    return {path: room for path, room in found.items() if path not in without_end}


def _room(part: BoundField, entry: Entry) -> int:
    """Characters of text a hole takes; 0 where it takes any number, or says what becomes of more."""
    if part.target.field.type not in ("text", "code") or part.conversion.joined is not None or entry.more == "repeat":
        return 0
    if any(isinstance(codec, Cut) for codec in part.conversion.texts):
        return 0
    wire = part.conversion.wire
    return wire.count * wire.width if isinstance(wire, Wrapping) else 0 if wire is not None else part.width
