"""EDSD / TRSD: segments, and EDCD / TRCD: composites. Both list uses of elements below a head.

Every line of a use ends with M or C, from D.99A on the repeats, and the format, unless it is a composite:

    010   C517  LOCATION IDENTIFICATION                        C    5
          3225  Place/location identification                  C      an..25
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from edi.findings import Finding
from edi.formats.edifact.directory_import.release import Entry, Use
from edi.formats.edifact.directory_import.text import MARKS, Line, lines_of, not_read, one_line, sections_of

COMPOSITE_HEAD: Final = re.compile(rf"{MARKS}([A-Z]\d{{3}})\s+(\S.*)")
SEGMENT_HEAD: Final = re.compile(rf"{MARKS}([A-Z]{{3}})\s+(\S.*)")
USE: Final = re.compile(rf"(?:\s*(\d{{3}})(?=[^\dA-Z]))?{MARKS}([A-Z]\d{{3}}|\d{{4}})\s+(\S.*)")
TAIL: Final = re.compile(r"(.*?)\s+([MC])(?:\s+(\d{1,5}))?(?:\s*(an|a|n)\s*(\.\.)?\s*(\d+))?")
"""Name, status, repeats, format."""


def read_composites(source: str, content: bytes) -> tuple[dict[str, Entry], list[Finding]]:
    """Every composite of the file with its components."""
    findings: list[Finding] = []
    composites = {}
    for lines, head in _entries(content, COMPOSITE_HEAD):
        uses = tuple(use for _, use in _uses(source, lines, findings))
        composites[head[1]] = Entry(name=_name(head, lines), uses=uses)
    return composites, findings


def read_segments(source: str, content: bytes) -> tuple[dict[str, Entry], dict[str, Entry], list[Finding]]:
    """Every segment of the file with its elements, and the composites as they are spelled out in it."""
    findings: list[Finding] = []
    segments, composites = {}, {}
    for lines, head in _entries(content, SEGMENT_HEAD):
        stand_alone: list[Use] = []
        components: list[list[Use]] = []
        for opens, use in _uses(source, lines, findings):
            if opens:
                stand_alone.append(use)
                components.append([])
            elif stand_alone:
                components[-1].append(use)
        segments[head[1]] = Entry(name=_name(head, lines), uses=tuple(stand_alone))
        spelled_out = zip(stand_alone, components, strict=True)
        composites.update({use.id: Entry(name="", uses=tuple(parts)) for use, parts in spelled_out if parts})
    return segments, composites, findings


def _entries(content: bytes, head: re.Pattern[str]) -> Iterator[tuple[list[Line], re.Match[str]]]:
    for lines in sections_of(lines_of(content)):
        written = [line for line in lines if line.text]
        match = head.fullmatch(written[0].text) if written else None
        if match is not None:
            yield lines[lines.index(written[0]) :], match


def _name(head: re.Match[str], lines: Sequence[Line]) -> str:
    words = [head[2]]
    for line in lines[1:]:
        if not line.text:
            break
        words.append(line.text)
    return one_line(re.sub(r"\[[BIC]\]", " ", " ".join(words)))


def _uses(source: str, lines: Sequence[Line], findings: list[Finding]) -> Iterator[tuple[bool, Use]]:
    """Each use, and whether it stands alone (True) or is a component of the composite before it.

    Stand-alone uses have a position or follow a blank line; only a composite has components, and they follow at once.
    """
    index = 1
    in_composite = False
    while index < len(lines):
        opening = USE.fullmatch(lines[index].text)
        if opening is None:
            index += 1
            continue
        tail, taken = _tail(opening[3], lines[index + 1 :])
        if tail is not None:
            identifier = opening[2]
            opens = not in_composite or not lines[index - 1].text or opening[1] is not None or identifier[0].isalpha()
            in_composite = identifier[0].isalpha() if opens else in_composite
            yield opens, _use(identifier, tail)
        elif opening[1] is not None:
            findings.append(not_read(source, lines[index], "the use of an element"))
        index += 1 + taken


def _tail(first: str, following: Sequence[Line]) -> tuple[re.Match[str] | None, int]:
    """Status, repeats and format, and how many further lines the name wrapped onto."""
    words = first
    for taken, line in enumerate([None, *following[:3]]):
        if line is not None:
            if not line.text or USE.fullmatch(line.text):
                return None, 0
            words = f"{words} {line.text.strip()}"
        match = TAIL.fullmatch(words)
        if match is not None:
            return match, taken
    return None, 0


def _use(identifier: str, tail: re.Match[str]) -> Use:
    _, status, repeats, kind, variable, length = tail.groups()
    printed = f"{kind}{variable or ''}{length}" if kind else None
    return Use(id=identifier, mandatory=status == "M", repeats=int(repeats or 1), format=printed)
