"""What may follow what in a message, worked out once from its directory entry.

A place is one segment or group of the structure. Standing at a place, the next segment may repeat it, enter
what lies inside it, or go on to what comes later, but never past something mandatory that is still missing.
That depends on the place alone, so it is a table; how often something came is counted while walking.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from edi.formats.edifact.directory_types import GroupUse, MessageType, SegmentUse


@dataclass(eq=False)
class Place:
    """One line of a message's segment table. A group's own line stands for its trigger segment too."""

    tag: str
    use: SegmentUse | GroupUse | None
    """None at the root, which is the message."""
    parent: Place | None
    mandatory: bool
    repeats_max: int
    number: int
    """From 0, in the order of the table."""
    index: int = 0
    """In the parent."""
    depth: int = 0
    """How many groups it lies in."""
    inside: list[Place] = field(default_factory=list)
    """A group's content after its trigger segment."""

    @property
    def name(self) -> str:
        """`SG26` for a group, the tag for a segment."""
        return self.use.name if isinstance(self.use, GroupUse) else self.tag

    @cached_property
    def following(self) -> Mapping[str, tuple[Place, ...]]:
        """By tag, the places at which the next segment may stand, nearest first. The groups they lie in are open then."""
        following: dict[str, list[Place]] = {}
        for place in self._reachable():
            following.setdefault(place.tag, []).append(place)
        return {tag: tuple(places) for tag, places in following.items()}

    def later(self, tag: str) -> Place | None:
        """The nearest place of that tag further on, whatever is missed on the way; None if there is none."""
        return next((place for place in self._onward() if place.tag == tag), None)

    def missed(self, target: Place | None) -> list[Place]:
        """The mandatory places skipped on the way to `target`; None: to the end of the message."""
        missed = []
        for place in self._onward():
            if place is target:
                break
            # What repeats this place, or lies further in a group never entered, is not missed.
            if place.mandatory and place is not self and place not in self.ancestors():
                missed.append(place)
        return missed

    def ancestors(self) -> list[Place]:
        """The groups this place lies in, innermost first, the root not counted."""
        found = []
        place = self.parent
        while place is not None and place.parent is not None:
            found.append(place)
            place = place.parent
        return found

    def _reachable(self) -> Iterator[Place]:
        for place in self._onward():
            yield place
            if place.mandatory and place is not self and place not in self.ancestors():
                return

    def _onward(self) -> Iterator[Place]:
        """What lies inside this place, then, level by level outwards, the repetition of what it lies in and what comes after."""
        yield from self.inside
        place = self
        while place.parent is not None:
            yield place
            yield from place.parent.inside[place.index + 1 :]
            place = place.parent


@dataclass(frozen=True, slots=True)
class Grammar:
    """The places of one message type."""

    spec: MessageType
    root: Place
    places: tuple[Place, ...]
    tags: frozenset[str]


_MADE: dict[int, Grammar] = {}
"""By identity of the message type: directories hand out the same one, and hashing a whole tree would cost more than the walk."""

MADE_MAX = 500


def grammar_of(spec: MessageType) -> Grammar:
    """The grammar of a message type, made once per type and process."""
    grammar = _MADE.get(id(spec))
    if grammar is None or grammar.spec is not spec:
        if len(_MADE) >= MADE_MAX:
            _MADE.clear()
        grammar = _MADE[id(spec)] = _make(spec)
    return grammar


def _make(spec: MessageType) -> Grammar:
    root = Place(tag="", use=None, parent=None, mandatory=True, repeats_max=1, number=-1)
    places: list[Place] = []
    _add_places(spec.items, root, places)
    return Grammar(spec, root, tuple(places), frozenset(place.tag for place in places))


def _add_places(items: tuple[SegmentUse | GroupUse, ...], parent: Place, places: list[Place]) -> None:
    for item in items:
        place = Place(
            tag=item.trigger if isinstance(item, GroupUse) else item.tag,
            use=item,
            parent=parent,
            mandatory=item.mandatory,
            repeats_max=item.repeats_max,
            number=len(places),
            index=len(parent.inside),
            depth=0 if parent.use is None else parent.depth + 1,
        )
        parent.inside.append(place)
        places.append(place)
        if isinstance(item, GroupUse):
            _add_places(item.items[1:], place, places)
