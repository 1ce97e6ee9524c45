"""Reading a document by path, safely: what the checks share. Absent values are None, amounts are exact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from edi.findings import Finding, Location, Severity

Document = Mapping[str, object]
NOTHING: Document = {}
OBJECT: Final = (dict, Mapping)
"""Asked in this order: nearly all are dicts, and asking for a Mapping costs twenty times as much."""


def part(owner: Document, *names: str) -> Document:
    """The object below; empty where there is none."""
    found: object = owner
    for name in names:
        found = found.get(name) if isinstance(found, OBJECT) else None
    return found if isinstance(found, OBJECT) else NOTHING


def items(owner: Document, name: str) -> list[Document]:
    """The objects of a list; empty where there is none."""
    found = owner.get(name)
    return [one for one in found if isinstance(one, OBJECT)] if isinstance(found, list) else []


def number(owner: Document, name: str) -> Decimal | None:
    """The exact number; None where there is none or it is not one."""
    found = owner.get(name)
    if isinstance(found, bool) or not isinstance(found, (Decimal, int, str)):
        return None
    try:
        return Decimal(found)
    except ArithmeticError:
        return None


def text(owner: Document, name: str) -> str | None:
    """The text; None where there is none."""
    found = owner.get(name)
    return found if isinstance(found, str) else None


def lines(document: Document) -> Iterator[tuple[str, Document]]:
    """Path and line, in order."""
    for index, line in enumerate(items(document, "lines")):
        yield f"lines[{index}]", line


def error(code: str, sentence: str, path: str, *, value: object = None, expected: object = None, hint: str | None = None) -> Finding:
    """A finding that makes the document unusable."""
    return Finding(
        code=f"document.{code}", text=sentence, where=Location(path=path), value=_shown(value), expected=_shown(expected), hint=hint
    )


def warning(code: str, sentence: str, path: str, *, value: object = None, expected: object = None, hint: str | None = None) -> Finding:
    """A finding that a person should see, no more."""
    return Finding(
        code=f"document.{code}",
        text=sentence,
        severity=Severity.WARNING,
        where=Location(path=path),
        value=_shown(value),
        expected=_shown(expected),
        hint=hint,
    )


def _shown(value: object) -> str | None:
    return None if value is None else str(value)
