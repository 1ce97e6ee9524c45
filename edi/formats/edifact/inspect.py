"""An interchange as a person reads it: every group, segment, element and code with its name, as plain data.

Nothing is judged here; what is wrong is `validation`. How it looks, colour and all, is the caller's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from edi.errors import ConfigError
from edi.formats.edifact import directory as directories
from edi.formats.edifact.directory import Directory
from edi.formats.edifact.elements import SegmentCheck, segment_check
from edi.formats.edifact.envelope import Interchange, Message
from edi.formats.edifact.structure import Group, build
from edi.formats.edifact.syntax import Segment
from edi.ports import TableSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One line of the tree."""

    kind: str
    """interchange, message, group, segment, element or component."""
    id: str
    """What the standard calls it: a tag, `SG26`, `2380`, a message identifier."""
    name: str = ""
    """Its name in the directory; empty if it has none there."""
    value: str | None = None
    meaning: str | None = None
    """What the code list says of the value."""
    offset: int | None = None
    """Of segments: bytes from 0."""
    position: int | None = None
    """Segment number, element or component position, group repetition; from 1."""
    children: tuple[Node, ...] = field(default=())

    def as_dict(self) -> dict[str, object]:
        """As JSON has it; what is absent is left out."""
        shown: dict[str, object] = {"kind": self.kind, "id": self.id}
        for key in ("name", "value", "meaning", "offset", "position"):
            value = getattr(self, key)
            if value not in (None, ""):
                shown[key] = value
        if self.children:
            shown["children"] = [child.as_dict() for child in self.children]
        return shown

    def lines(self, depth: int = 0) -> Iterator[tuple[int, Node]]:
        """The tree line by line with its depth, for printing."""
        yield depth, self
        for child in self.children:
            yield from child.lines(depth + 1)


def directory_of(message: Message, tables: TableSource | None = None) -> Directory | None:
    """The directory that a message names, or the nearest there is; None where it names none that we know."""
    identifier = message.identifier
    release = identifier.directory
    try:
        return directories.load(release, association=identifier.association, tables=tables)
    except ConfigError:
        nearest = directories.nearest_release(release, tables)
        return directories.load(nearest, association=identifier.association, tables=tables) if nearest else None


def inspect(interchange: Interchange, tables: TableSource | None = None) -> Node:
    """The whole interchange as a tree."""
    service = directories.service(interchange.syntax_version)
    names = _Names(None, service, interchange.syntax_version)
    children = [names.segment(interchange.header)] if interchange.has_header else []
    group = None
    for message in interchange.messages:
        if message.group is not group and message.group is not None:
            children.append(names.segment(message.group.header))
        group = message.group
        children.append(inspect_message(message, directory_of(message, tables)))
    children += [names.segment(each.trailer) for each in interchange.groups if each.trailer]
    if interchange.trailer:
        children.append(names.segment(interchange.trailer))
    reference = interchange.control_reference
    return Node(kind="interchange", id=reference, name=interchange.syntax_identifier, children=tuple(children))


def inspect_message(message: Message, directory: Directory | None) -> Node:
    """One message; in groups if the directory knows it, flat otherwise."""
    names = _Names(directory, directories.service(message.syntax_version), message.syntax_version)
    spec = directory.message(message.identifier.type) if directory else None
    tree = build(message, spec).value if spec else None
    children = names.items(tree) if tree else [names.segment(each) for each in message.segments]
    return Node(
        kind="message",
        id=str(message.identifier),
        name=spec.name if spec else "",
        value=message.reference,
        offset=message.header.offset,
        children=tuple(children),
    )


class _Names:
    """Looks names and meanings up; what the directory does not know is shown without."""

    def __init__(self, directory: Directory | None, service: Directory, syntax_version: str) -> None:
        self._directory = directory
        self._service = service
        self._version = syntax_version
        self._checks: dict[str, SegmentCheck | None] = {}

    def items(self, group: Group) -> list[Node]:
        """The content of a group; segments without a place come last."""
        nodes = [self.segment(item) if isinstance(item, Segment) else self.group(item) for item in group.items]
        return nodes + [self.segment(each) for each in group.unplaced]

    def group(self, group: Group) -> Node:
        return Node(kind="group", id=group.name, name=group.trigger.tag, position=group.repetition, children=tuple(self.items(group)))

    def segment(self, segment: Segment) -> Node:
        check = self._check(segment.tag)
        return Node(
            kind="segment",
            id=segment.tag,
            name=check.type.name if check else "",
            value=str(segment),
            offset=segment.offset,
            position=segment.number,
            children=tuple(self._elements(segment, check)),
        )

    def _check(self, tag: str) -> SegmentCheck | None:
        if tag not in self._checks:
            shelves = [shelf for shelf in (self._service if tag.startswith("U") else None, self._directory) if shelf]
            found = next(((shelf, kind) for shelf in shelves if (kind := shelf.segment(tag))), None)
            self._checks[tag] = segment_check(found[1], found[0], syntax_version=self._version) if found else None
        return self._checks[tag]

    def _elements(self, segment: Segment, check: SegmentCheck | None) -> Iterator[Node]:
        for index in range(len(segment.elements)):
            place = check.places[index] if check and index < len(check.places) else None
            for components in segment.occurrences(index + 1):
                if not any(components):
                    continue
                types = [component.type for component in place.components] if place else []
                parts = tuple(
                    self._value("component", types[position] if position < len(types) else None, value, position + 1, check)
                    for position, value in enumerate(components)
                    if value
                )
                if place and not place.is_composite and len(components) == 1:
                    yield self._value("element", place.components[0].type, components[0], index + 1, check)
                else:
                    yield Node(
                        kind="element",
                        id=place.use.type.id if place else "",
                        name=place.use.type.name if place else "",
                        position=index + 1,
                        children=parts,
                    )

    def _value(self, kind: str, element: directories.ElementType | None, value: str, position: int, check: SegmentCheck | None) -> Node:
        codes = check.codes.codes(element.id) if check and element else None
        return Node(
            kind=kind,
            id=element.id if element else "",
            name=element.name if element else "",
            value=value,
            meaning=codes.get(value) if codes else None,
            position=position,
        )
