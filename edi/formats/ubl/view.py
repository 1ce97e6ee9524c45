"""A document as rows for people: depth, name, plain words, value, attributes; what `edi inspect` shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from edi.formats.ubl import structure
from edi.formats.ubl.model import AggregateType, DataType, UblTables, load
from edi.formats.ubl.names import prefixed, split_clark
from edi.formats.ubl.reader import UblDocument

Node = Any
"""An lxml element."""

VALUE_CHARACTERS_MAX = 200
"""Longer values are shortened in the view: attachments, long notes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One element."""

    depth: int
    """0 for the root."""
    name: str
    """`cbc:IssueDate`."""
    words: str
    """`Issue date`."""
    value: str
    """Trimmed text, shortened; "" for elements that hold elements."""
    attributes: tuple[tuple[str, str], ...]
    type: str
    """Data type in plain words: `amount`, `code`, `date`; "" where the tables have none for this place."""
    line: int | None
    path: str


def rows(document: UblDocument) -> Iterator[Row]:
    """Every element of the document, in document order."""
    known = load(document.version)
    declared = known.document(document.kind)
    yield from _rows(document.root, declared.type if declared else None, known, 0, structure.path_of(document.root))


def _rows(node: Node, content: AggregateType | DataType | None, tables: UblTables, depth: int, path: str) -> Iterator[Row]:
    children = [child for child in node if isinstance(child.tag, str)]
    name = prefixed(node.tag)
    yield Row(
        depth=depth,
        name=name,
        words=words_of(split_clark(node.tag)[1]),
        value=_value(node) if not children else "",
        attributes=tuple((prefixed(key), value) for key, value in node.attrib.items()),
        type=_type(content),
        line=node.sourceline,
        path=path,
    )
    counts: dict[str, int] = {}
    names = [prefixed(child.tag) for child in children]
    for child, child_name in zip(children, names, strict=True):
        counts[child_name] = counts.get(child_name, 0) + 1
        step = f"{child_name}[{counts[child_name]}]" if names.count(child_name) > 1 else child_name
        yield from _rows(child, _content_of(content, child_name, tables), tables, depth + 1, f"{path}/{step}")


def _content_of(parent: AggregateType | DataType | None, name: str, tables: UblTables) -> AggregateType | DataType | None:
    use = parent.child(name) if isinstance(parent, AggregateType) else None
    return tables.type_of_use(use) if use is not None else None


def _value(node: Node) -> str:
    text = (node.text or "").strip()
    if len(text) <= VALUE_CHARACTERS_MAX:
        return text
    return f"{text[:60]}... ({len(text)} characters)"


def _type(content: AggregateType | DataType | None) -> str:
    if not isinstance(content, DataType):
        return ""
    return words_of(content.name.rpartition(":")[2].removesuffix("Type")).lower()


_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@lru_cache(maxsize=4096)
def words_of(name: str) -> str:
    """`Invoice line` for `InvoiceLine`, `Scheme ID` for `schemeID`."""
    words = _WORD.findall(name) or [name]
    rest = [word if word.isupper() and len(word) > 1 else word.lower() for word in words[1:]]
    return " ".join([words[0][:1].upper() + words[0][1:], *rest])
