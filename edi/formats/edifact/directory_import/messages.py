"""EDMD: one file per message type; its segment table becomes the tree of groups.

The table draws groups with lines at the right edge: a header opens a level, and each corner behind a segment closes one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Final, TypeAlias

from edi.findings import Finding, Location, Severity
from edi.formats.edifact.directory_import.text import Line, lines_of, not_read
from edi.formats.edifact.directory_types import GroupUse, MessageType, SegmentUse

TABLE_HEAD: Final = re.compile(r"\s*(Pos\.?\s+)?Tag\s+Name\s+S\s+R(EPT)?(\s+S\s+R(EPT)?)?\s*", re.IGNORECASE)
SEGMENT: Final = re.compile(r"\s*(\d{4,5})?(?: *[*+#|X]+(?= )| ) *([A-Z]{3})\s+(\S.*)")
GROUP: Final = re.compile(r"\s*(\d{4,5})?[ *+#|X]*-+\s*Segment group\s+(\d+)\s*-*\s*([MC])\s+(\d{1,7})(.*)", re.IGNORECASE)
TAIL: Final = re.compile(r"(.*?)\s([MC])\s+(\d{1,7})([-+|\s]*)")
FIELD: Final = re.compile(r"\s*(Message Type|Version|Release|Contr\. Agency)\s*:\s*(\S+)\s*", re.IGNORECASE)
Items: TypeAlias = tuple[SegmentUse | GroupUse, ...]
FIRST_TAGS: Final = frozenset({"UNH", "UIH"})
CHAPTER: Final = re.compile(r"\s*\d+\.\s")
SPARE_CORNER: Final = "directory.spare_corner"
LAST_TAGS: Final = frozenset({"UNT", "UIT"})


@dataclass(slots=True, kw_only=True)
class _Open:
    """A group whose end has not been seen."""

    number: int = 0
    position: str = ""
    mandatory: bool = True
    repeats_max: int = 1
    column: int = -1
    """Of the corner that opened it."""
    items: list[SegmentUse | GroupUse] = field(default_factory=list)

    def close(self) -> GroupUse:
        return GroupUse(
            number=self.number,
            position=self.position,
            mandatory=self.mandatory,
            repeats_max=self.repeats_max,
            items=tuple(self.items),
        )


def read_message(source: str, content: bytes) -> tuple[MessageType | None, list[Finding]]:
    """The structure that the file of one message type prints; None, with the reason, if it prints none."""
    lines = lines_of(content)
    start = _start(lines)
    fields = _fields(lines[: start or 0])
    if start is None or "message type" not in fields:
        return None, [_no_table(source)]
    items, findings = _items(source, lines[start:])
    if not items:
        return None, [*findings, _no_table(source)]
    items, renumbered = _numbered(items)
    if renumbered:
        findings.append(_renumbered(source))
    release = f"{fields.get('version', 'D')}.{fields.get('release', '')}"
    return MessageType(type=fields["message type"], release=release, name=_name(lines[:start]), items=items), findings


def _start(lines: Sequence[Line]) -> int | None:
    """Index of the first line of the table: behind its head, or else the line that uses UNH."""
    for index, line in enumerate(lines):
        if TABLE_HEAD.fullmatch(line.text):
            return index + 1
        segment = SEGMENT.fullmatch(line.text)
        if segment is not None and segment[2] in FIRST_TAGS and TAIL.fullmatch(segment[3]):
            return index
    return None


def _no_table(source: str) -> Finding:
    return Finding(
        code="directory.no_segment_table",
        text="the file has no segment table that could be read",
        where=Location(source=source),
        hint="a message file names its message type and has a line 'Pos  Tag Name  S  R' before the table",
    )


def _renumbered(source: str) -> Finding:
    return Finding(
        code="directory.groups_renumbered",
        text="the segment table does not number its groups from 1 in order; they were numbered anew",
        severity=Severity.WARNING,
        where=Location(source=source),
    )


def _numbered(items: Items) -> tuple[Items, bool]:
    """The items with groups numbered in order, as every directory does but for a misprint, and whether that changed any."""
    counter = count(1)
    numbered = _with_numbers(items, counter)
    return numbered, numbered != items


def _with_numbers(items: Items, counter: count[int]) -> Items:
    return tuple(
        item if isinstance(item, SegmentUse) else replace(item, number=next(counter), items=_with_numbers(item.items, counter))
        for item in items
    )


def _fields(lines: Sequence[Line]) -> dict[str, str]:
    """The identification at the head of the file; the first of each name counts."""
    found: dict[str, str] = {}
    for line in lines:
        match = FIELD.fullmatch(line.text)
        if match:
            found.setdefault(match[1].lower(), match[2].upper())
    return found


def _name(lines: Sequence[Line]) -> str:
    """The title as the table of contents begins with it; D.93A prints its last word twice."""
    contents = next((index for index, line in enumerate(lines) if line.text.strip() == "CONTENTS"), None)
    words: list[str] = []
    for line in lines[contents + 1 :] if contents is not None else ():
        if (not line.text and words) or CHAPTER.match(line.text):
            break
        words += line.text.split()
    return " ".join(words[:-1] if words[-2:] == ["MESSAGE", "MESSAGE"] else words)


def _items(source: str, table: Sequence[Line]) -> tuple[Items, list[Finding]]:
    """The items of the message, corners counted; where the count does not come out, corners matched by their column.

    Two published tables carry a corner too many, and only its column tells.
    """
    counted, findings = _Table(source, table, by_column=False).read()
    if counted and all(finding.code != SPARE_CORNER for finding in findings):
        return counted, findings
    matched, otherwise = _Table(source, table, by_column=True).read()
    return (matched, otherwise) if matched else (counted, findings)


class _Table:
    """Reads a segment table from its first line to UNT."""

    def __init__(self, source: str, lines: Sequence[Line], *, by_column: bool) -> None:
        self._source = source
        self._lines = lines
        self._by_column = by_column
        self._findings: list[Finding] = []
        self._levels: list[_Open] = [_Open()]

    def read(self) -> tuple[Items, list[Finding]]:
        """The items of the message; empty if the table breaks off or leaves a group open."""
        for line, text in self._logical_lines():
            group, segment = GROUP.fullmatch(text), SEGMENT.fullmatch(text)
            if group is not None:
                self._open(group)
            elif segment is not None:
                self._segment(line, text, segment)
                if segment[2] in LAST_TAGS:
                    return self._whole(line), self._findings
        return (), self._findings

    def _logical_lines(self) -> Iterator[tuple[Line, str]]:
        """Lines of the table, a wrapped name joined to the line it belongs to."""
        index = 0
        while index < len(self._lines):
            line, text = self._lines[index], self._lines[index].text
            following = self._lines[index + 1].text if index + 1 < len(self._lines) else ""
            if _breaks_off(text) and TAIL.fullmatch(following) and SEGMENT.fullmatch(following) is None:
                words = text.rstrip("| ")
                text = words + following[len(words) :] if following[: len(words)].isspace() else f"{words} {following.strip()}"
                index += 1
            index += 1
            yield line, text

    def _open(self, group: re.Match[str]) -> None:
        position, number, status, repeats, drawing = group.groups()
        self._levels.append(
            _Open(
                number=int(number),
                position=position or "",
                mandatory=status == "M",
                repeats_max=int(repeats),
                column=group.start(5) + drawing.find("+"),
            )
        )

    def _segment(self, line: Line, text: str, segment: re.Match[str]) -> None:
        tail = TAIL.fullmatch(segment[3])
        if tail is None:
            if segment[1] is not None:
                self._findings.append(not_read(self._source, line, "a segment of the table"))
            return
        if segment[2] in FIRST_TAGS and self._levels[0].items:
            self._begin_again(line)
        use = SegmentUse(position=segment[1] or "", tag=segment[2], mandatory=tail[2] == "M", repeats_max=int(tail[3]))
        self._levels[-1].items.append(use)
        start = len(text) - len(tail[4])
        corners = [start + index for index, mark in enumerate(tail[4]) if mark == "+"]
        spare = [column for column in corners if not self._close(column)]
        if spare:
            self._warn(line, SPARE_CORNER, f"{use.tag} ends a group where none is open; the corner was passed over")

    def _begin_again(self, line: Line) -> None:
        """One published file prints the head of its table twice; the second time it goes on."""
        self._levels = [_Open()]
        self._warn(line, "directory.table_begins_twice", "the segment table begins a second time; what stood before was left out")

    def _warn(self, line: Line, code: str, text: str) -> None:
        where = Location(source=self._source, line=line.number)
        self._findings.append(Finding(code=code, text=text, severity=Severity.WARNING, where=where))

    def _close(self, column: int) -> bool:
        """Close the innermost group; False if there is none, or if it was drawn at another column."""
        innermost = self._levels[-1]
        if len(self._levels) == 1 or (self._by_column and innermost.column != column):
            return False
        self._levels.pop()
        self._levels[-1].items.append(innermost.close())
        return True

    def _whole(self, line: Line) -> Items:
        if len(self._levels) > 1:
            self._findings.append(not_read(self._source, line, f"the end of segment group {self._levels[-1].number}"))
            return ()
        return tuple(self._levels[0].items)


def _breaks_off(text: str) -> bool:
    """True if the line opens a segment and its status stands on the next line."""
    return GROUP.fullmatch(text) is None and SEGMENT.fullmatch(text) is not None and TAIL.fullmatch(text) is None
