"""Our notation for message structures: `messages/<type>.txt`, a variant for each set of releases that agree.

= D.96A-D.97A 4 Purchase order message      releases, digits of a printed position (0: none printed), name
UNH M1                                      status and repeats
1 C10                                       a group by its number; its content is indented by one
 RFF M1
 DTM C5 @0105                               the position, where it is not ten more than the one before
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from edi.formats.edifact.directory_tables import Spans
from edi.formats.edifact.directory_types import GroupUse, MessageType, SegmentUse

STRUCTURE: Final = "= "
"""Opens each variant; no other line begins so."""
STEP: Final = 10
"""Directories number segments and groups in tens."""


def parse_message(text: str, message_type: str, spans: Spans, release: str) -> MessageType | None:
    """The structure of one message type in one release; None if that release does not have it."""
    for variant in text.removeprefix(STRUCTURE).split(f"\n{STRUCTURE}"):
        head, _, body = variant.partition("\n")
        names, _, rest = head.partition(" ")
        if names and spans.contains(names, release):
            digits, _, name = rest.partition(" ")
            items = _Body(body, int(digits)).items(0)
            return MessageType(type=message_type, release=release, name=name, items=items)
    return None


class _Body:
    """Reads the indented lines once, keeping the running position."""

    def __init__(self, body: str, digits: int) -> None:
        self._lines = [line for line in body.split("\n") if line]
        self._digits = digits
        self._next = 0
        self._position = 0

    def items(self, depth: int) -> tuple[SegmentUse | GroupUse, ...]:
        """The items that stand at this depth from here on."""
        items: list[SegmentUse | GroupUse] = []
        indent = " " * depth
        while self._next < len(self._lines) and self._lines[self._next].startswith(indent):
            items.append(self._item(self._lines[self._next], depth))
        return tuple(items)

    def _item(self, line: str, depth: int) -> SegmentUse | GroupUse:
        name, use, *rest = line.split()
        self._next += 1
        self._position = int(rest[0][1:]) if rest else self._position + STEP
        position = f"{self._position:0{self._digits}d}" if self._digits else ""
        mandatory, repeats = use[0] == "M", int(use[1:])
        if name.isdigit():
            items = self.items(depth + 1)
            return GroupUse(number=int(name), position=position, mandatory=mandatory, repeats_max=repeats, items=items)
        return SegmentUse(position=position, tag=name, mandatory=mandatory, repeats_max=repeats)


def write_message(message: MessageType) -> str:
    """Digits, name and body of a structure, as they follow the releases after `= `."""
    digits = len(message.items[0].position)
    lines = [f"{digits} {message.name}"]
    last = 0
    for depth, item in walk(message.items):
        last += STEP
        position = int(item.position) if digits else last
        name = str(item.number) if isinstance(item, GroupUse) else item.tag
        status = "M" if item.mandatory else "C"
        deviation = "" if position == last else f" @{position}"
        lines.append(f"{' ' * depth}{name} {status}{item.repeats_max}{deviation}")
        last = position
    return "\n".join(lines) + "\n"


def walk(items: Iterable[SegmentUse | GroupUse], depth: int = 0) -> Iterator[tuple[int, SegmentUse | GroupUse]]:
    """Every segment and group in the order of the directory, with its depth from 0."""
    for item in items:
        yield depth, item
        if isinstance(item, GroupUse):
            yield from walk(item.items, depth + 1)
