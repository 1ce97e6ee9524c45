"""Says what is wrong with a JSON text, where, and what to do: the slow way, taken only when the fast one noticed something."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from edi import limits
from edi.findings import Finding, Location

TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*+"|-?\d[\d.eE+-]*|-?Infinity|NaN|[\[\]{}:,]', re.DOTALL)
SURROGATE: Final = re.compile("[\ud800-\udfff]")
HINTS: Final = {
    "Expecting property name enclosed in double quotes": "no comma after the last value, no comments, names in double quotes",
    "Illegal trailing comma before end of object": "no comma after the last value",
    "Illegal trailing comma before end of array": "no comma after the last value",
    "Invalid control character at": "write line ends inside texts as \\n",
    "Extra data": "one file holds one value",
}


def syntax_fault(error: json.JSONDecodeError, source: str | None) -> Finding:
    """The finding for a text that is not JSON; the words are the parser's."""
    where = Location(source=source, line=error.lineno, column=error.colno)
    found = error.doc[error.pos : error.pos + 20]
    sentence = f"this is not JSON: {error.msg[0].lower()}{error.msg[1:]}" + (f", found {found!r}" if found else ", the text ends")
    whole = (
        "the file was cut off, or its writer stopped; ask for it again"
        if not found
        else "correct the writer; a JSON checker shows the place"
    )
    return Finding(code="json.syntax", text=sentence, where=where, value=found, hint=HINTS.get(error.msg, whole))


@dataclass(slots=True)
class _Level:
    """One open object or array."""

    is_object: bool
    path: str
    keys: set[str] = field(default_factory=set)
    index: int = 0
    key: str | None = None


def find_faults(text: str, source: str | None) -> tuple[Finding, ...]:
    """Every breach of strictness, in the order of the text, up to the bound on findings."""
    found = []
    for offset, code, sentence, path, hint in _walk(text):
        line = text.count("\n", 0, offset) + 1
        where = Location(source=source, line=line, column=offset - text.rfind("\n", 0, offset), path=path or None)
        found.append(Finding(code=code, text=sentence, where=where, hint=hint))
        if len(found) >= limits.FINDINGS_MAX or code == "json.limit":
            break
    return tuple(found)


Fault = tuple[int, str, str, str, str | None]


def _walk(text: str) -> Iterator[Fault]:
    levels: list[_Level] = []
    for match in TOKEN.finditer(text):
        mark, offset = match.group(), match.start()
        if mark in {"{", "["}:
            levels.append(_Level(is_object=mark == "{", path=_here(levels)))
            if len(levels) > limits.JSON_DEPTH_MAX:
                yield offset, "json.limit", f"it nests deeper than {limits.JSON_DEPTH_MAX} levels", "", "documents nest to about ten"
        elif mark in {"}", "]"}:
            if levels:
                levels.pop()
        elif mark == ",":
            _next(levels)
        elif mark != ":":
            yield from _scalar(mark, offset, levels)


def _next(levels: list[_Level]) -> None:
    if levels:
        levels[-1].index += 1
        levels[-1].key = None


def _scalar(token: str, offset: int, levels: list[_Level]) -> Iterator[Fault]:
    if not token.startswith('"'):
        yield from _number(token, offset, _here(levels))
        return
    content = json.loads(token, strict=False)
    if levels and levels[-1].is_object and levels[-1].key is None:
        level = levels[-1]
        level.key = content
        if content in level.keys:
            yield (
                offset,
                "json.duplicate_key",
                f"{content!r} stands twice in the same object",
                _here(levels),
                "say it once; programs differ in which of the two they take",
            )
        level.keys.add(content)
    if SURROGATE.search(content):
        yield (
            offset,
            "json.surrogate",
            f"the text {content!a} holds half a character",
            _here(levels),
            "write characters beyond U+FFFF as a pair \\ud83d\\ude00 or as themselves",
        )


def _number(token: str, offset: int, path: str) -> Iterator[Fault]:
    if not token[-1].isdigit():
        yield offset, "json.not_a_number", f"{token} is not a number in JSON", path, "leave the field out"
    elif len(token) > limits.JSON_DIGITS_MAX:
        yield (
            offset,
            "json.limit",
            f"the number {token[:20]}… has {len(token)} characters, at most {limits.JSON_DIGITS_MAX} are read",
            path,
            None,
        )
    elif "e" in token.lower() and abs(Decimal(token).adjusted()) > limits.JSON_DIGITS_MAX:
        yield offset, "json.limit", f"the number {token} is beyond all amounts", path, None


def _here(levels: list[_Level]) -> str:
    """The path of the value that comes next."""
    if not levels:
        return ""
    level = levels[-1]
    if not level.is_object:
        return f"{level.path}[{level.index}]"
    return f"{level.path}.{level.key}" if level.path else level.key or ""
