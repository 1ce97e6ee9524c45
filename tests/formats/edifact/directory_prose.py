"""What else published files say about their tables: oracles that read the same file by other marks.

The headings `Segment group 8: PAT-DTM-PCD-SG9` name what a group holds; each segment and group is explained in order,
from 94B on with its position.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from edi.formats.edifact.directory_types import GroupUse, MessageType, SegmentUse

HEADING = re.compile(r"(\d{4,5})?[ *+#|X]*Segment group (\d+) *: *([A-Z]{3}\b.*)", re.IGNORECASE)
SEGMENT = re.compile(r"(\d{4,5})?[ *+#|X]*([A-Z]{3}), ?\S.*")
MORE = re.compile(r"-?[A-Z]{3}(-(SG\d+|[A-Z]{3}))*-?|-?SG\d+(-(SG\d+|[A-Z]{3}))*-?")
TABLE = re.compile(r"Pos +Tag +Name|TAG +NAME +S +REPT", re.IGNORECASE)


def explained(content: bytes) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Position, tag or `SG8`, and what a group holds, in the order of the prose."""
    lines = [line.strip() for line in content.decode("cp437").replace("\r", "").split("\n")]
    end = next((index for index, line in enumerate(lines) if TABLE.match(line)), len(lines))
    for index, line in enumerate(lines[:end]):
        heading, segment = HEADING.fullmatch(line), SEGMENT.fullmatch(line)
        if heading:
            yield heading[1] or "", f"SG{heading[2]}", _content(heading[3], lines[index + 1 :])
        elif segment:
            yield segment[1] or "", segment[2], ()


def _content(first: str, following: list[str]) -> tuple[str, ...]:
    words = first.replace(" ", "")
    for line in following:
        more = line.replace(" ", "")
        if not MORE.fullmatch(more) or not (words.endswith("-") or "-" in more):
            break
        words = f"{words.rstrip('-')}-{more.lstrip('-')}"
    return tuple(words.strip("-.").upper().split("-"))


def tabled(message: MessageType) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """The same, as our tables have it."""
    yield from _tabled(message.items)


def _tabled(items: tuple[SegmentUse | GroupUse, ...]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for item in items:
        if isinstance(item, SegmentUse):
            yield item.position, item.tag, ()
        else:
            yield item.position, item.name, tuple(child.tag if isinstance(child, SegmentUse) else child.name for child in item.items)
            yield from _tabled(item.items)


ENTRY = re.compile(r"(?:[ *+#|X-]{2}|[ *+#|X-]{5})(\d{4})  \S.*")


def described_values(content: bytes) -> Iterator[tuple[str, str]]:
    """Element and value wherever a line of a code list is followed by a description, which is indented by 13 or 14."""
    lines = [line.rstrip().expandtabs() for line in content.decode("cp437").replace("\r", "").split("\n")]
    element = ""
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        entry = ENTRY.fullmatch(line)
        if entry:
            element = entry[1]
            begins = 5 if entry.start(1) == 5 else 3
        indent = len(following) - len(following.lstrip())
        words = line[begins:].split() if element else []
        if words and indent in {13, 14} and len(line) - len(line.lstrip()) < 10 and ":" not in words[0] and "-" not in line[:begins]:
            yield element, words[0]
