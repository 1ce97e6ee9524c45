"""Documents made from the type tables: valid ones, for tests, for trying things out, for guides.

Chance is an argument: `choose(n)` gives a number from 0 to n-1. The same choices make the same document.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from lxml import etree

from edi.formats.ubl.model import AggregateType, DataType, Element, ElementUse, Group, UblTables, Wildcard
from edi.formats.ubl.names import CAC, CBC, EXT, clark

Node = Any
"""An lxml element."""
Choose = Callable[[int], int]

VALUES: Final = {
    "xsd:string": ("Muster", "Acme Handels AG", "grün & <blau>"),
    "xsd:normalizedString": ("4711", "EUR", "urn:example:1"),
    "xsd:decimal": ("12.50", "0", "-3.333", "100000"),
    "xsd:date": ("2026-11-22", "2026-02-28"),
    "xsd:time": ("09:14:00", "23:59:59Z"),
    "xsd:dateTime": ("2026-11-22T09:14:00Z",),
    "xsd:boolean": ("true", "false"),
    "xsd:base64Binary": ("SGFsbG8=", "QUJD"),
    "xsd:anyURI": ("https://example.org/a", "urn:a:b"),
    "xsd:language": ("de", "en-GB"),
    "xsd:integer": ("7", "-1"),
    "xsd:positiveInteger": ("7",),
}
"""Valid values of the built-in types the tables use."""

SENSIBLE: Final = {"currencyID": "EUR", "unitCode": "C62", "mimeCode": "application/pdf", "languageID": "de"}
"""Attributes whose values people would stumble over if they were only formally right."""

_LEAVES_AFTER: Final = 3
"""Below this depth only what must be there is written: UBL's aggregates refer to each other without end."""


def sample(tables: UblTables, kind: str, choose: Choose, *, optional: int = 4) -> Node:
    """A valid document: everything mandatory, and of the optional children about one in `optional`.

    Raises KeyError for a kind these tables do not have.
    """
    document = tables.document(kind)
    if document is None:
        raise KeyError(kind)
    prefixes: Any = {None: document.namespace, "cac": CAC, "cbc": CBC, "ext": EXT}
    root: Node = etree.Element(document.tag, nsmap=prefixes)
    _fill(root, document.type, tables, choose, optional, 0)
    return root


def minimal(tables: UblTables, kind: str) -> Node:
    """The smallest valid document of a kind."""
    return sample(tables, kind, lambda _: 0, optional=0)


def _fill(node: Node, content: AggregateType | DataType | None, tables: UblTables, choose: Choose, optional: int, depth: int) -> None:
    if isinstance(content, DataType):
        _fill_text(node, content, choose, optional)
    elif isinstance(content, AggregateType):
        _fill_group(node, content.content, tables, choose, optional, depth)


def _fill_text(node: Node, content: DataType, choose: Choose, optional: int) -> None:
    node.text = _value(content.value, content.facets, choose)
    for attribute in content.attributes:
        if attribute.required or (optional and choose(optional * 2) == 1):
            node.set(attribute.name, SENSIBLE.get(attribute.name) or _value(attribute.type, (), choose))


def _value(type_name: str, facets: tuple[tuple[str, str], ...], choose: Choose) -> str:
    allowed = [value for facet, value in facets if facet == "enumeration"] or VALUES[type_name]
    return allowed[choose(len(allowed))]


def _fill_group(node: Node, group: Group, tables: UblTables, choose: Choose, optional: int, depth: int) -> None:
    items = group.items if group.kind == "sequence" else (group.items[choose(len(group.items))],)
    for item in items:
        for _ in range(_times(item, choose, optional, depth)):
            if isinstance(item, Group):
                _fill_group(node, item, tables, choose, optional, depth)
            elif isinstance(item, Wildcard):
                etree.SubElement(node, "{urn:example:extension}Note").text = "kept as it is"
            else:
                _add(node, item, tables, choose, optional, depth)


def _times(item: ElementUse | Wildcard | Group, choose: Choose, optional: int, depth: int) -> int:
    wanted = item.minimum
    if optional and depth < _LEAVES_AFTER and choose(optional * (depth + 1)) == 1:
        wanted += 1 + (choose(3) == 1)
    return wanted if item.maximum is None else min(wanted, item.maximum)


def _add(node: Node, use: ElementUse, tables: UblTables, choose: Choose, optional: int, depth: int) -> None:
    child = etree.SubElement(node, _tag(use, tables))
    _fill(child, tables.type_of_use(use), tables, choose, optional, depth + 1)


def _tag(use: ElementUse, tables: UblTables) -> str:
    declared: Element | None = tables.element(use.name)
    return declared.tag if declared is not None and use.type is None else clark(use.name)
