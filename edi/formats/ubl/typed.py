"""Typed UBL documents for programmers (PyXB-X bindings): the schema files they are generated from, and what comes out of them.

Never on the engine's path: they are slow, and their parser is not for partners' bytes. `edi.library_ubl` generates and imports them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from edi.findings import Finding, Location, Outcome
from edi.formats.ubl import safe_xml, writer, xsd, xsd_text
from edi.formats.ubl.model import UblTables, load
from edi.formats.ubl.reader import of_element

Typed = Any
"""An object of a generated class."""


def schema_files(tables: UblTables) -> dict[str, str]:
    """All schemas of a version by file name, importing each other by these names."""
    files = {f"{prefix}.xsd": xsd_text.module_schema(tables, prefix) for prefix in tables.namespaces}
    files |= {f"{kind}.xsd": xsd_text.document_schema(tables, kind) for kind in tables.documents}
    return {name: xsd_text.with_file_names(text) for name, text in files.items()}


def keep_digits(datatypes: Any) -> None:
    """Make PyXB write decimals as they were given; by itself it writes 292.2 for 292.20 and rounds long ones."""
    datatypes.decimal.XsdLiteral = classmethod(lambda _, value: format(Decimal(value), "f"))


def write(document: Typed, *, version: str = "2.1") -> Outcome[bytes]:
    """The document as UBL bytes with canonical prefixes, or what is wrong with it, as exactly as PyXB can say it."""
    misspelt = tuple(unknown_names(document))
    if misspelt:
        return Outcome(None, misspelt)
    try:
        text: bytes = document.toxml("utf-8")
    except Exception as error:  # PyXB's own classes need its import; all of them carry `details`, and nothing else is taken
        if not hasattr(error, "details"):
            raise
        return Outcome(None, (_finding(error, load(version)),))
    parsed = safe_xml.parse(text)
    if parsed.value is None:
        return Outcome(None, parsed.findings)
    read = of_element(parsed.value)
    if read.value is None:
        return Outcome(None, read.findings)
    return Outcome(writer.write(read.value.root, version=version), xsd.validate(read.value))


def _finding(error: Any, tables: UblTables) -> Finding:
    lines = [_without_namespaces(line.strip()) for line in str(error.details()).splitlines() if line.strip()]
    names = [line.removeprefix("An element ").split(" per ")[0] for line in lines if line.startswith("An element ")]
    containers = [line.split()[3] for line in lines if line.startswith("The containing element ") and line.split()[3] != "type"]
    missing = [name for name in names if containers and name in _mandatory(containers[-1], tables)]
    said = [line for line in lines if not line.startswith(("An element ", "The containing element ", "The following element"))]
    hint = f"{containers[-1]} must have {', '.join(missing)}" if missing else f"here may stand: {', '.join(names[:12])}" if names else None
    path = "/" + "/".join(containers) if containers else None
    return Finding(
        code="ubl.typed", text=" ".join(said) or str(error), where=Location(path=path), expected=", ".join(names) or None, hint=hint
    )


def _mandatory(name: str, tables: UblTables) -> set[str]:
    element = tables.document(name) or tables.element(f"cac:{name}")
    return {use.name.rpartition(":")[2] for use in element.children if use.minimum} if element else set()


def _without_namespaces(text: str) -> str:
    parts = text.split("{")
    return parts[0] + "".join(part.partition("}")[2] or part for part in parts[1:])


def unknown_names(document: Typed) -> Iterator[Finding]:
    """Findings for attributes that were set but exist in no schema: PyXB takes `invoice.Lines = []` without a word."""
    waiting = [(document, type(document).__name__)]
    while waiting:
        node, path = waiting.pop()
        known = _known(node)
        for name in vars(node):
            if not name.startswith("_") and name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                hint = f"did you mean {close[0]}?" if close else None
                yield Finding(code="ubl.typed_name", text=f"{path} has no {name!r}", where=Location(path=path), value=name, hint=hint)
        waiting.extend((child, f"{path}/{name}") for name, child in _children(node))


def _known(node: Typed) -> set[str]:
    maps: list[Mapping[Any, Any]] = [getattr(node, "_ElementMap", {}), getattr(node, "_AttributeMap", {})]
    return {use.id() for entries in maps for use in entries.values()}


def _children(node: Typed) -> Iterator[tuple[str, Typed]]:
    """Child objects with element content and their names."""
    for use in getattr(node, "_ElementMap", {}).values():
        value = use.value(node)
        for child in value if use.isPlural() else [value]:
            if hasattr(child, "_ElementMap"):
                yield use.id(), child
