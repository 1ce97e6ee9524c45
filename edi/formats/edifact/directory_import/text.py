"""The published directory files as text: two code pages and UTF-8, ruler lines between entries, marks of what changed.

What the layouts have in common stands here; what an entry means stands in the module of its file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from edi.findings import Finding, Location

RULER: Final = re.compile(r"\s*[-─]{50,}\s*")
MARKS: Final = r"[-+*#|X\s]*"
"""Change indicators, alone or several: + added, * structure, # name, | text, - or X marked for deletion."""

LINE_CHARACTERS_MAX: Final = 500
"""Published lines have up to 80; what is behind this is no table, and patterns take time in the square of it."""

_ASCII = str.maketrans(
    {"─": "-", "│": "|", "┐": "+", "┘": "+", "┴": "+", "┬": "+", "┤": "+", "\x1a": None, "\x0c": None, "\xa0": " ", "\t": " "}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a published file."""

    number: int
    """From 1."""
    text: str
    """Without line end and trailing blanks, box-drawing characters as `-`, `|` and `+`."""


def lines_of(content: bytes) -> list[Line]:
    """The lines of a published file."""
    text = _LINE_END.sub("\n", _text(content)).translate(_ASCII)
    return [Line(number=number, text=_without_tabs(line[:LINE_CHARACTERS_MAX].rstrip())) for number, line in enumerate(text.split("\n"), 1)]


def _text(content: bytes) -> str:
    """Words as published are of code page 1252, drawn lines of 437; copies may be UTF-8, even with drawn lines taken for letters (`Ä³`)."""
    try:
        text = content.decode("utf-8-sig")
        if text.isascii() or _DRAWN.search(text):
            return text
        content = text.encode("cp1252" if "’" in text or "“" in text else "latin-1")
    except UnicodeEncodeError:
        return text
    except UnicodeDecodeError:
        pass
    return "\n".join(line.decode("cp437" if _IS_DRAWN.search(line) else "cp1252", "replace") for line in _LINE_ENDS.split(content))


_LINE_END: Final = re.compile(r"\r*\n|\r")
_LINE_ENDS: Final = re.compile(rb"\r*\n|\r")
"""A copy in text mode doubles carriage returns."""

_DRAWN: Final = re.compile("[─│┐┘┴┬┤]")
_IS_DRAWN: Final = re.compile(rb"[ 0-9][\xb3\xb4\xbf-\xc4\xd9]+\s*$|\xc4{3}")
"""Lines at the right edge of a table, and rulers."""


def _without_tabs(line: str) -> str:
    """A tab that indents is wide, one between a value and its name stands for a blank."""
    words = line.lstrip()
    return line[: len(line) - len(words)].expandtabs() + words.replace("\t", " ")


def sections_of(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """What stands between ruler lines, and before the first: the second file of a code list begins with an entry."""
    section: list[Line] = []
    for line in lines:
        if RULER.fullmatch(line.text):
            yield section
            section = []
        else:
            section.append(line)
    yield section


def not_read(source: str, line: Line, what: str) -> Finding:
    """A line of a directory file that should say something and could not be read."""
    return Finding(
        code="directory.line_not_read",
        text=f"{what} could not be read from {line.text.strip()!r}",
        where=Location(source=source, line=line.number),
        value=line.text,
        hint="the table lacks this entry; compare the published file and report the layout",
    )


def one_line(words: str) -> str:
    """A name with single blanks; directories wrap and pad them."""
    return " ".join(words.split())
