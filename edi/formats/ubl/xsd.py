"""Validation by schema: XSDs made from the type tables, compiled when first needed, kept in the process.

The verdict is libxml2's. What is wrong is then said by `edi.formats.ubl.explain`, all of it, in words for people.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from typing import Any

from lxml import etree

from edi.formats.ubl import xsd_text
from edi.formats.ubl.model import UblTables, load

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
    """The schema of one document type, compiled anew; `schema` keeps those of the shipped tables."""
    parser = etree.XMLParser(no_network=True, load_dtd=False, resolve_entities=False)
    resolver: Any = _Modules(tables)
    parser.resolvers.add(resolver)
    root = etree.fromstring(xsd_text.document_schema(tables, kind).encode(), parser)
    return Schema(etree.XMLSchema(root), tables, kind)


@lru_cache(maxsize=64)
def schema(version: str, kind: str) -> Schema:
    """The compiled schema of a document type of the shipped tables. Raises ConfigError for an unknown version."""
    return compile_schema(load(version), kind)
