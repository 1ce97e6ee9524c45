"""Validation by schema: XSDs made from the type tables, compiled when first needed, kept in the process.

The verdict is libxml2's. What is wrong is then said by `edi.formats.ubl.explain`, all of it, in words for people.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final
from weakref import WeakKeyDictionary

from lxml import etree

from edi.findings import Finding, Location, Severity
from edi.formats.ubl import explain, structure, xsd_text
from edi.formats.ubl.model import UblTables, load
from edi.formats.ubl.names import prefixed
from edi.formats.ubl.reader import AMOUNT_DIGITS_MAX, UblDocument
from edi.ports import TableSource

Node = Any
"""An lxml element."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One complaint of libxml2 as it made it."""

    type: int
    line: int
    path: str
    message: str


@dataclass(slots=True)
class Schema:
    """One compiled document type. Safe to share between threads: one document at a time goes through it."""

    compiled: etree.XMLSchema
    tables: UblTables
    kind: str
    _lock: Lock = field(default_factory=Lock)

    def complaints(self, node: Node) -> tuple[Entry, ...]:
        """What libxml2 says about an element as if it were a root; nothing if it is valid."""
        with self._lock:
            if self.compiled(node):
                return ()
            log: Any = self.compiled.error_log
            return tuple(Entry(entry.type, entry.line, entry.path or "", entry.message) for entry in log)


class _Modules(etree.Resolver):
    """Hands the texts of the tables to libxml2; refuses every other address."""

    def __init__(self, tables: UblTables) -> None:
        super().__init__()
        self.tables = tables

    def resolve(self, system_url: str | None, public_id: str | None, context: Any) -> Any:  # type: ignore[override]  # the stubs lack `context`
        prefix = xsd_text.prefix_of(system_url or "")
        text = xsd_text.module_schema(self.tables, prefix) if prefix in self.tables.namespaces and prefix else ""
        return self.resolve_string(text, context)  # type: ignore[call-arg]  # the stubs make base_url mandatory


def compile_schema(tables: UblTables, kind: str) -> Schema:
    """The schema of one document type, compiled anew; `schema_of` keeps them."""
    parser = etree.XMLParser(no_network=True, load_dtd=False, resolve_entities=False)
    resolver: Any = _Modules(tables)
    parser.resolvers.add(resolver)
    root = etree.fromstring(xsd_text.document_schema(tables, kind).encode(), parser)
    return Schema(etree.XMLSchema(root), tables, kind)


_COMPILED: Final[WeakKeyDictionary[UblTables, dict[str, Schema]]] = WeakKeyDictionary()


def schema_of(tables: UblTables, kind: str) -> Schema:
    """The compiled schema of a document type; compiled when first asked for, kept as long as its tables are."""
    known = _COMPILED.setdefault(tables, {})
    if kind not in known:
        known[kind] = compile_schema(tables, kind)
    return known[kind]


def schema(version: str, kind: str) -> Schema:
    """As `schema_of`, of the shipped tables. Raises ConfigError for an unknown version."""
    return schema_of(load(version), kind)


def validate(document: UblDocument, *, tables: TableSource | None = None) -> tuple[Finding, ...]:
    """Everything the schema of the document's kind and version has against it, in one pass; nothing if it is valid.

    Amounts are looked at more closely than XML Schema does: see `amounts`.
    """
    rules = schema_of(load(document.version, tables=tables), document.kind)
    entries = rules.complaints(document.root)
    odd = () if document.plain_numbers else amounts(document.root, source=document.source)
    if not entries:
        return odd
    return explain.findings(document.root, entries, rules.complaints, rules.tables, source=document.source) + odd


_DECIMAL: Final = re.compile(r"[ \t\r\n]*[+-]?(?:(\d+)(?:\.(\d*))?|\.(\d+))[ \t\r\n]*", re.ASCII)
_WITH_CURRENCY: Final[Any] = etree.XPath("//*[@currencyID]")
_ANY_ODD: Final[Any] = etree.XPath(f"boolean(/descendant::*/@currencyID[string-length(..) > {AMOUNT_DIGITS_MAX} or contains(.., '-0')])")


def amounts(root: Node, *, source: str | None = None) -> tuple[Finding, ...]:
    """Amounts that are decimals for XML Schema and still suspect: too many digits, or minus zero."""
    if not _ANY_ODD(root):
        return ()
    return tuple(finding for node in _WITH_CURRENCY(root) if (finding := _odd_amount(node, source)) is not None)


def _odd_amount(node: Node, source: str | None) -> Finding | None:
    text = node.text or ""
    if len(text) <= AMOUNT_DIGITS_MAX and "-0" not in text:
        return None
    match = _DECIMAL.fullmatch(text)
    if match is None:
        return None  # the schema says so already
    digits = "".join(part for part in match.groups() if part)
    where = Location(source=source, line=node.sourceline, path=structure.path_of(node))
    name = prefixed(node.tag)
    if len(digits.strip("0")) > AMOUNT_DIGITS_MAX:
        return Finding(
            code="ubl.amount",
            text=f"{name} has {len(digits)} digits",
            where=where,
            value=text,
            hint=f"amounts have up to {AMOUNT_DIGITS_MAX}",
        )
    if "-" in text and not digits.strip("0"):
        return Finding(
            code="ubl.amount", text=f"{name} is minus zero: {text!r}", where=where, value=text, severity=Severity.WARNING, hint="write 0"
        )
    return None
