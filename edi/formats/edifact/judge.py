"""The quick answer to "is this message without fault?"; whoever gets a no asks `validation` what is wrong.

Three tricks let the interpreter do little per segment, each as strict as the exact check:

* structure: one character per tag, the message as one text, the message type as one possessive pattern;
* elements: digits and letters replaced by one digit and one letter give a segment's *shape*. What type, length and
  presence say depends on the shape alone, so a shape found clean once is clean for ever;
* codes and dates: a shape also fixes where coded values stand, so they are cut out by index and looked up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Protocol

from edi.findings import NOWHERE
from edi.formats.edifact.directory_types import GroupUse, MessageType, SegmentUse
from edi.formats.edifact.elements import SegmentCheck
from edi.formats.edifact.syntax import Segment, Syntax, split

SHAPES_MAX = 4_000
"""Per message type; a partner sends a few hundred. More than this are forgotten, and found again: memory stays flat."""

REPEATS_UNBOUNDED = 65_000
"""Patterns cannot count further; longer messages are left to the exact check."""

JOINER = b"\n"
"""Stands in no segment that is judged: those with line ends are left to the exact check."""

Lookup = tuple[slice, set[bytes]]
"""Where in a segment of some shape a coded value stands, and which values are right there."""


class Checks(Protocol):
    """What a judge needs of a directory."""

    def of(self, tag: str, /) -> SegmentCheck | None:
        """The check for a tag; None where there is no such segment."""


class Judge:
    """Judges messages of one type, directory and syntax; remembers the shapes it has seen."""

    def __init__(self, spec: MessageType, checks: Checks, syntax: Syntax) -> None:
        self._checks = checks
        self._syntax = syntax
        self._shape_of = _shape_table(syntax)
        self._shapes: dict[bytes, dict[bytes, tuple[Lookup, ...]]] = {}
        self._count = 0
        self._lookups: dict[tuple[tuple[int, int, int], ...], tuple[Lookup, ...]] = {}
        """Each set of lookups once: thousands of shapes share a few hundred."""
        self._right_values: dict[str, set[bytes]] = {}
        self._right_dates: set[bytes] = set()
        letters = _letters(spec)
        self._structure = re.compile(_pattern(spec.items, letters))
        self._letters = {tag.encode("latin-1") + syntax.element_separator: letter for tag, letter in letters.items()}

    def is_clean(self, raws: Sequence[bytes], heads: Sequence[bytes]) -> bool:
        """True if nothing is wrong with structure, elements and codes; False if something may be.

        `raws` are the segments UNH to UNT without line ends, `heads` their first four bytes, tag and separator.
        """
        if len(heads) >= REPEATS_UNBOUNDED:
            return False
        try:
            line = "".join([self._letters[head] for head in heads])
        except KeyError:
            return False
        if not self._structure.fullmatch(line):
            return False
        joined = JOINER.join(raws)
        shapes = joined.translate(self._shape_of).split(JOINER)
        if len(shapes) != len(raws):
            return False
        known = self._shapes
        for raw, head, shape in zip(raws, heads, shapes, strict=True):
            try:
                lookups = known[head][shape]
            except KeyError:
                if not self._learn(raw, head, shape):
                    return False
                continue
            for place, right in lookups:
                if raw[place] not in right and not self._is_clean_exactly(raw, place, right):
                    return False
        return True

    def passes(self, raw: bytes) -> bool:
        """True if the elements of one segment are clean; structure is not looked at."""
        head, shape = raw[:4], raw.translate(self._shape_of)
        lookups = self._shapes.get(head, {}).get(shape)
        if lookups is None:
            return head in self._letters and self._learn(raw, head, shape)
        return all(raw[place] in right or self._is_clean_exactly(raw, place, right) for place, right in lookups)

    def _learn(self, raw: bytes, head: bytes, shape: bytes) -> bool:
        """Check a segment of a new shape exactly, and remember the shape if it was clean."""
        check = self._checks.of(head[:3].decode("latin-1"))
        if check is None or not self._is_clean_segment(raw, check):
            return False
        lookups = _lookups(raw, check, self._syntax, self._values_of, self._right_dates)
        if lookups is not None:
            if self._count >= SHAPES_MAX:
                self._shapes.clear()
                self._lookups.clear()
                self._count = 0
            self._count += 1
            key = tuple((place.start, place.stop, id(right)) for place, right in lookups)
            self._shapes.setdefault(head, {})[shape] = self._lookups.setdefault(key, lookups)
        return True

    def _is_clean_exactly(self, raw: bytes, place: slice, right: set[bytes]) -> bool:
        """A value that is not among the right ones: another agency's code, or a date not seen yet."""
        check = self._checks.of(raw[:3].decode("latin-1"))
        clean = check is not None and self._is_clean_segment(raw, check)
        if clean and right is self._right_dates and len(right) < SHAPES_MAX:
            right.add(raw[place])
        return clean

    def _is_clean_segment(self, raw: bytes, check: SegmentCheck) -> bool:
        segment = Segment.found(raw, self._syntax, number=0, offset=0)
        return next(check.check(segment, NOWHERE), None) is None

    def _values_of(self, element_id: str, check: SegmentCheck) -> set[bytes]:
        """The codes of an element as bytes; empty if it has no list."""
        values = self._right_values.get(element_id)
        if values is None:
            codes = check.codes.codes(element_id)
            values = self._right_values[element_id] = {code.encode("latin-1", "replace") for code in codes or ()}
        return values


def _lookups(
    raw: bytes, check: SegmentCheck, syntax: Syntax, values_of: Callable[[str, SegmentCheck], set[bytes]], right_dates: set[bytes]
) -> tuple[Lookup, ...] | None:
    """Where coded values and dates stand in a clean segment; None if that cannot be told by index."""
    lookups: list[Lookup] = []
    repetition = syntax.delimiters.repetition.encode(syntax.encoding)
    component_separator = syntax.delimiters.component.encode(syntax.encoding)
    head, *elements = split(raw, syntax.element_separator, syntax.release)
    position = len(head) + 1
    for place, element in zip(check.places, elements, strict=False):
        if repetition and repetition in element:
            return None
        components = split(element, component_separator, syntax.release)
        starts = list(accumulate((len(each) + 1 for each in components), initial=position))
        for component, value, start in zip(place.components, components, starts, strict=False):
            right = values_of(component.type.id, check) if value else None
            if right:
                lookups.append((slice(start, start + len(value)), right))
        if place.moment is not None:
            first, second = place.moment
            if second != first + 1:
                return None
            if second < len(components) and components[first] and components[second]:
                both = slice(starts[first], starts[second] + len(components[second]))
                right_dates.add(raw[both])
                lookups.append((both, right_dates))
        position += len(element) + 1
    return tuple(lookups)


def _shape_table(syntax: Syntax) -> bytes:
    """A translation that keeps everything but the digit and the letter: one of each stands for all."""
    table = bytearray(range(256))
    letters = [*range(ord("A"), ord("Z") + 1), *range(ord("a"), ord("z") + 1)]
    if syntax.encoding == "latin-1":
        letters += [byte for byte in range(0xC0, 0x100) if byte not in (0xD7, 0xF7)]
    for byte in letters:
        table[byte] = ord("a")
    for byte in range(ord("0"), ord("9") + 1):
        table[byte] = ord("9")
    return bytes(table)


def _letters(spec: MessageType) -> dict[str, str]:
    """A character of its own for each tag of the message."""
    tags = sorted(set(_tags(spec.items)))
    return {tag: chr(0x4E00 + index) for index, tag in enumerate(tags)}


def _tags(items: Sequence[SegmentUse | GroupUse]) -> Iterator[str]:
    for item in items:
        if isinstance(item, GroupUse):
            yield from _tags(item.items)
        else:
            yield item.tag


def _pattern(items: Sequence[SegmentUse | GroupUse], letters: dict[str, str]) -> str:
    """The items as a pattern over tag characters; possessive throughout, as EDIFACT leaves no choice."""
    pattern = ""
    for item in items:
        least = 1 if item.mandatory else 0
        most = "" if item.repeats_max >= REPEATS_UNBOUNDED else item.repeats_max
        times = "" if (least, most) == (1, 1) else f"{{{least},{most}}}+"
        if isinstance(item, GroupUse):
            pattern += f"(?>{_pattern(item.items, letters)}){times}"
        else:
            pattern += letters[item.tag] + times
    return pattern
