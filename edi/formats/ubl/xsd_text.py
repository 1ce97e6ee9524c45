"""The type tables as XML Schema, one text per namespace; what `edi.formats.ubl.xsd` compiles."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import Final

from edi.formats.ubl.model import AggregateType, Attribute, DataType, ElementUse, Group, UblTables, Wildcard
from edi.formats.ubl.names import XSD

_IMPORT: Final = "edi-ubl:"
"""Made-up addresses by which one text imports another; resolved in memory, never fetched."""


def quoted(text: str) -> str:
    """The text as an attribute value, with its quotes."""
    return f'"{escape(text)}"'


def address(prefix: str) -> str:
    """The `schemaLocation` of the text of a prefix."""
    return f"{_IMPORT}{prefix}"


def prefix_of(location: str) -> str | None:
    """The prefix whose text stands at that location; None if it is none of ours."""
    return location.removeprefix(_IMPORT) if location.startswith(_IMPORT) else None


def with_file_names(text: str) -> str:
    """The same text with file names for addresses: `cac.xsd`."""
    return re.sub(f'schemaLocation="{_IMPORT}([^"]*)"', r'schemaLocation="\1.xsd"', text)


def document_schema(tables: UblTables, kind: str) -> str:
    """The schema of one document type; it imports all others of the version.

    All, since extensions are checked laxly: whatever is declared somewhere counts.
    """
    document = tables.document(kind)
    assert document is not None, kind
    assert isinstance(document.type, AggregateType)
    body = [f'<xsd:element name="{kind}" type="doc:{kind}Type"/>', _aggregate(f"{kind}Type", document.type, tables, "doc")]
    return _schema(tables, document.namespace, "doc", tables.namespaces, body)


def module_schema(tables: UblTables, prefix: str) -> str:
    """The schema of one namespace."""
    body = [_element(tables, prefix, name) for name in tables.elements(prefix)]
    body += [_type(tables, prefix, name) for name in tables.type_names(prefix)]
    others = [other for other in tables.namespaces if other != prefix]
    return _schema(tables, tables.namespaces[prefix], prefix, others, body)


def _schema(tables: UblTables, target: str, own: str, imports: Iterable[str], body: list[str]) -> str:
    declared = {**tables.namespaces, own: target}
    names = "".join(f" xmlns:{prefix}={quoted(uri)}" for prefix, uri in declared.items())
    imported = "".join(f'<xsd:import namespace={quoted(tables.namespaces[other])} schemaLocation="{address(other)}"/>' for other in imports)
    head = f'<xsd:schema xmlns:xsd="{XSD}"{names} targetNamespace={quoted(target)} elementFormDefault="qualified">'
    return "\n".join([head, imported, *body, "</xsd:schema>"])


def _element(tables: UblTables, prefix: str, name: str) -> str:
    """An element that holds data has a type of its own name, as UBL publishes it: `xsi:type` may name that one and no other."""
    type_name = tables.type_name_of(f"{prefix}:{name}")
    borrowed = type_name.partition(":")[0] not in {prefix, "xsd"} and isinstance(tables.type(type_name), DataType)
    if not borrowed or f"{name}Type" in tables.type_names(prefix):
        return f'<xsd:element name="{name}" type="{type_name}"/>'
    renamed = f'<xsd:simpleContent><xsd:extension base="{type_name}"/></xsd:simpleContent>'
    return f'<xsd:element name="{name}" type="{prefix}:{name}Type"/><xsd:complexType name="{name}Type">{renamed}</xsd:complexType>'


def _type(tables: UblTables, prefix: str, name: str) -> str:
    found = tables.type(f"{prefix}:{name}")
    assert found is not None, name
    return _data_type(name, found) if isinstance(found, DataType) else _aggregate(name, found, tables, prefix)


def _data_type(name: str, found: DataType) -> str:
    facets = "".join(f"<xsd:{facet} value={quoted(value)}/>" for facet, value in found.facets)
    if found.plain:
        return f'<xsd:simpleType name="{name}"><xsd:restriction base="{found.value}">{facets}</xsd:restriction></xsd:simpleType>'
    attributes = "".join(_attribute(attribute) for attribute in found.attributes)
    if not facets:
        return f'<xsd:complexType name="{name}"><xsd:simpleContent><xsd:extension base="{found.value}">{attributes}</xsd:extension></xsd:simpleContent></xsd:complexType>'
    narrowed = f'<xsd:simpleType name="{name}.value"><xsd:restriction base="{found.value}">{facets}</xsd:restriction></xsd:simpleType>'
    base = f"{found.name.partition(':')[0]}:{name}.value"
    return f'{narrowed}<xsd:complexType name="{name}"><xsd:simpleContent><xsd:extension base="{base}">{attributes}</xsd:extension></xsd:simpleContent></xsd:complexType>'


def _attribute(attribute: Attribute) -> str:
    use = ' use="required"' if attribute.required else ""
    return f'<xsd:attribute name="{attribute.name}" type="{attribute.type}"{use}/>'


def _aggregate(name: str, found: AggregateType, tables: UblTables, own: str) -> str:
    mixed = ' mixed="true"' if found.mixed else ""
    content = _particle(found.content, tables, own)
    attributes = "".join(_attribute(attribute) for attribute in found.attributes)
    if found.any_attribute:
        attributes += f"<xsd:anyAttribute namespace={quoted(found.any_attribute)}/>"
    return f'<xsd:complexType name="{name}"{mixed}>{content}{attributes}</xsd:complexType>'


def _particle(item: ElementUse | Wildcard | Group, tables: UblTables, own: str) -> str:
    occurs = _occurs(item.minimum, item.maximum)
    if isinstance(item, Wildcard):
        return f'<xsd:any namespace={quoted(item.namespace)} processContents="{item.process}"{occurs}/>'
    if isinstance(item, Group):
        inner = "".join(_particle(child, tables, own) for child in item.items)
        return f"<xsd:{item.kind}{occurs}>{inner}</xsd:{item.kind}>"
    if item.type is None:
        return f'<xsd:element ref="{item.name}"{occurs}/>'
    return f'<xsd:element name="{escape(item.name.rpartition(":")[2])}" type="{item.type}"{occurs}/>'


def _occurs(minimum: int, maximum: int | None) -> str:
    least = f' minOccurs="{minimum}"' if minimum != 1 else ""
    most = f' maxOccurs="{"unbounded" if maximum is None else maximum}"' if maximum != 1 else ""
    return least + most
