"""Segments to a tree of segment groups, as the message's directory entry has them (validation level 3).

Rule 1: a segment is put where it may stand; where that is not so, it is put where it was meant, with a finding.
Rule 2: a segment that has no place is kept aside in `unplaced`, never dropped.
Rule 3: when something mandatory is missing, the next segment decides whether it was left out or the one at hand is a stray.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest

from edi.findings import Finding, Location, Outcome
from edi.formats.edifact.codes import finding
from edi.formats.edifact.directory_types import GroupUse, MessageType
from edi.formats.edifact.envelope import Message
from edi.formats.edifact.grammar import Grammar, Place, grammar_of
from edi.formats.edifact.syntax import Segment, cut_elements
from edi.limits import FINDINGS_MAX

SECURITY = frozenset({"USA", "USB", "USC", "USD", "USE", "USF", "USH", "USL", "USR", "UST", "USU", "USX", "USY"})
"""Stand around the body under syntax version 4; no directory lists them."""


@dataclass(slots=True, eq=False)
class Group:
    """One occurrence of a segment group; the message itself is the root."""

    spec: MessageType | GroupUse
    items: list[Segment | Group] = field(default_factory=list)
    repetition: int = 1
    """From 1, among its like within the group around it."""
    unplaced: list[Segment] = field(default_factory=list)
    """At the root: segments that the structure has no place for."""

    @property
    def trigger(self) -> Segment:
        """The segment that opens it: UNH of the root."""
        first = self.items[0]
        return first if isinstance(first, Segment) else first.trigger

    @property
    def name(self) -> str:
        """`SG26`; of the root the message type."""
        return self.spec.name if isinstance(self.spec, GroupUse) else self.spec.type

    def segments(self) -> Iterator[Segment]:
        """All segments in it, in order, inner groups included."""
        for item in self.items:
            if isinstance(item, Segment):
                yield item
            else:
                yield from item.segments()

    def find(self, tag: str) -> Iterator[Segment]:
        """Its own segments of that tag, those of inner groups left out."""
        return (item for item in self.items if isinstance(item, Segment) and item.tag == tag)

    def groups(self, name: str) -> Iterator[Group]:
        """Its own inner groups by name (`SG26`) or by trigger tag (`LIN`)."""
        return (item for item in self.items if isinstance(item, Group) and name in (item.name, item.trigger.tag))


def build(message: Message, spec: MessageType, *, source: str | None = None) -> Outcome[Group]:
    """The message as a tree of segment groups, and what is wrong with order, presence and repetition (ISO 9735, 6.2, 8.1 and 9.2)."""
    cut_elements(message.segments)
    builder = Builder(grammar_of(spec), message.reference, source)
    tags = [segment.tag for segment in message.segments]
    for segment, next_tag in zip_longest(message.segments, tags[1:]):
        builder.take(segment, next_tag)
    builder.finish(has_trailer=message.trailer is not None)
    return Outcome(builder.root, tuple(builder.findings))


@dataclass(slots=True)
class _Level:
    """An open group while the tree is built."""

    group: Group
    current: Place | None = None
    count: int = 0
    """How often `current` came, one after the other."""


class Builder:
    """Puts segments into a tree one after the other; with `keep` false it only says what is wrong and where we stand."""

    def __init__(self, grammar: Grammar, reference: str, source: str | None, *, keep: bool = True) -> None:
        self.root = Group(grammar.spec)
        self._keep = keep
        self.findings: list[Finding] = []
        self._grammar = grammar
        self._reference = reference
        self._source = source
        self._levels = [_Level(self.root)]
        self._at = grammar.root
        self._last: Segment | None = None

    def take(self, segment: Segment, next_tag: str | None) -> None:
        """Put one segment into the tree."""
        for place in self._at.following.get(segment.tag, ()):
            level = self._levels[place.depth]
            if level.current is not place or level.count < place.repeats_max:
                self._put(segment, place)
                return
        if segment.tag not in SECURITY:
            self._take_odd(segment, next_tag)
        else:
            self._put_aside(segment)

    def finish(self, *, has_trailer: bool) -> None:
        """Say what is still missing at the end."""
        for place in self._at.missed(None):
            if has_trailer or place.tag != "UNT":
                self._say_missing(place)

    def path(self) -> str | None:
        """Where we stand: `SG26[3]/SG32[1]`; None outside groups."""
        return "/".join(f"{level.group.name}[{level.group.repetition}]" for level in self._levels[1:]) or None

    def _put(self, segment: Segment, place: Place) -> None:
        del self._levels[place.depth + 1 :]
        level = self._levels[place.depth]
        level.count = level.count + 1 if level.current is place else 1
        level.current = place
        if place.use.__class__ is GroupUse:
            group = Group(place.use, [segment] if self._keep else [], level.count)
            if self._keep:
                level.group.items.append(group)
            self._levels.append(_Level(group))
        elif self._keep:
            level.group.items.append(segment)
        self._at = place
        self._last = segment

    def _put_aside(self, segment: Segment) -> None:
        if self._keep:
            self.root.unplaced.append(segment)

    def _take_odd(self, segment: Segment, next_tag: str | None) -> None:
        """A segment that may not stand here: too often, too early, or not at all."""
        places = self._at.following.get(segment.tag, ())
        if places:
            self._put(segment, places[0])
            self._say_too_often(segment, places[0])
            return
        later = self._at.later(segment.tag)
        if later and not self._is_stray(later, next_tag):
            for place in self._at.missed(later):
                self._say_missing(place)
            self._put(segment, later)
            return
        self._put_aside(segment)
        known = segment.tag in self._grammar.tags
        text = (
            f"{segment.tag} stood where {self._grammar.spec.type} does not have it"
            if known
            else f"{self._grammar.spec.type} has no {segment.tag}"
        )
        code = "edifact.segment_unexpected" if known else "edifact.segment_unknown"
        expected = ", ".join(sorted(self._at.following)) or None
        self._add(finding(code, text, self.where(segment), value=segment.tag, expected=expected))

    def _is_stray(self, later: Place, next_tag: str | None) -> bool:
        """True if going on to `later` would leave the next segment without a place that it has now."""
        return next_tag is not None and next_tag in self._at.following and next_tag not in later.following

    def _say_too_often(self, segment: Segment, place: Place) -> None:
        is_group = isinstance(place.use, GroupUse)
        text = f"{place.name} stood {self._levels[-2 if is_group else -1].count} times; {place.repeats_max} is the most allowed"
        code = "edifact.group_repeats" if is_group else "edifact.segment_repeats"
        self._add(finding(code, text, self.where(segment), value=segment.tag, expected=str(place.repeats_max)))

    def _say_missing(self, place: Place) -> None:
        what = f"group {place.name} ({place.tag})" if isinstance(place.use, GroupUse) else place.tag
        after = f" after segment {self._last.number} {self._last.tag}" if self._last else ""
        where = self.where(self._last) if self._last else Location(source=self._source, message=self._reference)
        self._add(finding("edifact.segment_missing", f"the mandatory {what} was missing{after}", where, expected=place.tag))

    def where(self, segment: Segment) -> Location:
        """Its place, in the group that is open."""
        return Location(
            source=self._source,
            offset=segment.offset,
            segment=segment.number,
            tag=segment.tag,
            group=self.path(),
            message=self._reference,
        )

    def _add(self, complaint: Finding) -> None:
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(complaint)
