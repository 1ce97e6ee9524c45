"""EDED / TRED: data elements, and UNCL / UNSL: code lists. Both open an entry with number, name and `Repr:`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from edi.findings import Finding
from edi.formats.edifact.directory_import.text import MARKS, Line, lines_of, not_read, one_line, sections_of

HEAD: Final = re.compile(rf"({MARKS})(\d{{4}})\s+(\S.*)")
USAGE: Final = re.compile(r"\s*\[[BIC]\]\s*$")
REPRESENTATION: Final = re.compile(r"\s*Repr\s*:\s*(an|a|n)\s*(\.\.)?\s*(\d+)\s*", re.IGNORECASE)
CODE_COLUMN: Final = {2: 3, 5: 5}
"""Where values begin at the earliest, by the column of the element's number: the layouts up to 99A and from 99B."""
NAME_COLUMN_MAX: Final = 12
"""Names are indented by 10 or 11 (12 in a line with a tab), descriptions by 13 or 14."""
NOTE: Final = re.compile(r"(?=.{1,12}Note:)[-+*#|X\s]*Note:")
"""Opens a note up to the next blank line; further right, the word stands in a description."""


@dataclass(slots=True)
class ElementSection:
    """An entry opened: what its head says, and the lines after `Repr:`."""

    id: str
    name: str
    format: str
    column: int
    """Where the number stands in its line."""
    rest: Sequence[Line]


def read_elements(source: str, content: bytes) -> tuple[dict[str, tuple[str, str]], list[Finding]]:
    """Format and name of every data element of the file."""
    findings: list[Finding] = []
    elements = {section.id: (section.format, section.name) for section in _sections(source, content, findings)}
    return elements, findings


def read_codes(source: str, content: bytes) -> tuple[dict[str, dict[str, str]], list[Finding]]:
    """Values and short names of every coded element of the file, in its order."""
    findings: list[Finding] = []
    lists = {
        section.id: _codes(section.rest, CODE_COLUMN.get(section.column, section.column))
        for section in _sections(source, content, findings)
    }
    return {element: codes for element, codes in lists.items() if codes}, findings


def _sections(source: str, content: bytes, findings: list[Finding]) -> Iterator[ElementSection]:
    for lines in sections_of(lines_of(content)):
        written = [line for line in lines if line.text]
        head = HEAD.fullmatch(written[0].text) if written else None
        if head is None:
            continue
        section = _section(head, lines)
        if section is None:
            findings.append(not_read(source, written[0], "the format of a data element"))
        else:
            yield section


def _section(head: re.Match[str], lines: Sequence[Line]) -> ElementSection | None:
    for index, line in enumerate(lines):
        representation = REPRESENTATION.match(line.text)
        if representation:
            kind, variable, length = representation.groups()
            name = _name(head[3], lines)
            printed = f"{kind.lower()}{variable or ''}{length}"
            return ElementSection(id=head[2], name=name, format=printed, column=head.start(2), rest=lines[index + 1 :])
    return None


def _name(first: str, lines: Sequence[Line]) -> str:
    """The name with the lines it wraps onto, up to the blank line before `Desc:`; the usage indicator is not part of it."""
    texts = [line.text for line in lines]
    start = next(index for index, text in enumerate(texts) if text)
    words = [USAGE.sub("", first)]
    for text in texts[start + 1 :]:
        if not text or text.lstrip().startswith("Desc:"):
            break
        words.append(USAGE.sub("", text))
    return one_line(" ".join(words))


def _codes(lines: Sequence[Line], first: int) -> dict[str, str]:
    """Code lines begin left of the name column, wrapped names at it, descriptions right of it."""
    codes: dict[str, str] = {}
    value, column, in_note = "", 0, False
    for line in lines:
        text, indent = line.text, len(line.text) - len(line.text.lstrip())
        in_note = bool(text) and (in_note or NOTE.match(text) is not None)
        if value and indent == column:
            codes[value] = one_line(f"{codes[value]} {text}")
            continue
        value, name, column = _code_line(text, first)
        if in_note or not value or "-" in text[:first]:
            value = ""
        else:
            codes[value] = name
    return codes


def _code_line(text: str, first: int) -> tuple[str, str, int]:
    """Value, name and the name's column; an empty value if the line opens no code."""
    match = re.fullmatch(r"( {0,7})(\S+)( +)(\S.*)", text[first:])
    if match is None or first + match.start(4) > NAME_COLUMN_MAX:
        return "", "", 0
    return match[2], one_line(match[4]), first + match.start(4)
