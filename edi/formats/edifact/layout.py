"""An interchange laid out anew, values untouched: one segment a line, all in one line, or indented by group for reading."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edi.formats.edifact.directory_types import MessageType
from edi.formats.edifact.envelope import Interchange, Message
from edi.formats.edifact.structure import Group, build
from edi.formats.edifact.syntax import BETWEEN_SEGMENTS, Segment


def lines(interchange: Interchange, line_end: str = "\n") -> bytes:
    """One segment a line; empty `line_end`: as ISO 9735 has it, without line ends. Values and releases stay as they were.

    What stood around the interchange, junk and byte order marks, is left out; UNA stays.
    """
    syntax = interchange.syntax
    end = b"" if syntax.delimiters.terminator in "\r\n" else line_end.encode(syntax.encoding)
    parts = [_una(interchange) + end] if _una(interchange) else []
    for segment in interchange.segments:
        raw = segment.raw
        bare = syntax.write(segment.tag, segment.elements, segment.repeats) if raw is None else raw.lstrip(BETWEEN_SEGMENTS)
        # An object of octets goes on right after its terminator.
        parts.append(bare + syntax.terminator + (segment.attached or end))
    return b"".join(parts)


@dataclass(frozen=True, slots=True)
class IndentedLine:
    """One segment with the depth of its group, 0 at the message's own level."""

    depth: int
    group: str
    """`SG26[3]` on the segment that opens a group, empty otherwise."""
    segment: Segment


def indented(message: Message, spec: MessageType) -> Iterator[IndentedLine]:
    """The message's segments by group depth; segments without a place come last."""
    tree = build(message, spec).value
    assert tree is not None
    yield from _walk(tree, 0)
    yield from (IndentedLine(0, "", each) for each in tree.unplaced)


def _walk(group: Group, depth: int) -> Iterator[IndentedLine]:
    for index, item in enumerate(group.items):
        if isinstance(item, Segment):
            opens = index == 0 and depth > 0
            yield IndentedLine(depth, f"{group.name}[{group.repetition}]" if opens else "", item)
        else:
            yield from _walk(item, depth + 1)


def _una(interchange: Interchange) -> bytes:
    start = interchange.before.find(b"UNA")
    return interchange.before[start : start + 9] if start >= 0 else b""
