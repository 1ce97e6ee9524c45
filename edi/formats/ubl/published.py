"""Published UBL schemas (XSD files) -> our tables: only facts, names, order, cardinality, types, attributes, value constraints.

Derivations are flattened: what a type inherits stands in it. Types that only rename another one disappear.
Data types derived from UBL's core component types are called `udt:` whatever namespace a version keeps them in.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lxml import etree

from edi.errors import ConfigError
from edi.formats.ubl import notation, safe_xml
from edi.formats.ubl.names import CANONICAL, DATA_TYPES_BY_VERSION, XSD

_LIBRARY: Final = ("cac", "cbc", "udt")
_IGNORED: Final = {f"{{{XSD}}}annotation", f"{{{XSD}}}import", f"{{{XSD}}}include"}
_SAYABLE: Final = frozenset({"sequence", "choice", "attribute", "anyAttribute"})
Node = Any
"""An lxml element; lxml-stubs name it `etree._Element`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """The three files of a version, as Python values ready for JSON."""

    documents: dict[str, notation.Document]
    library: dict[str, notation.Module]
    extensions: dict[str, notation.Module]


@dataclass(slots=True)
class _Schema:
    """What all files together declare."""

    prefixes: dict[str, str] = field(default_factory=dict)
    elements: dict[str, dict[str, Node]] = field(default_factory=dict)
    types: dict[str, dict[str, Node]] = field(default_factory=dict)
    imported: set[str] = field(default_factory=set)


def tables_of(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The three files of a version, by name, from the texts of all its schema files by file name."""
    converted = convert(files)
    parts = {"documents.json": converted.documents, "library.json": converted.library, "extensions.json": converted.extensions}
    return {name: json.dumps(part, indent=1, ensure_ascii=False).encode() + b"\n" for name, part in parts.items()}


def convert(files: Mapping[str, bytes]) -> Converted:
    """Our tables from the texts of all schema files of one version, by file name.

    Raises ConfigError where a file is no XSD or uses a construct the tables cannot say.
    """
    schema = _Schema()
    for name, content in sorted(files.items()):
        _collect(schema, name, content)
    return _Converter(schema).run()


def _collect(schema: _Schema, name: str, content: bytes) -> None:
    root = safe_xml.parse_schema(content, source=name)
    if root.tag != f"{{{XSD}}}schema":
        raise ConfigError(f"{name}: the root element is {root.tag!r}, not an XML Schema")
    target = root.get("targetNamespace", "")
    _name_prefix(schema, target, root)
    for child in root:
        if not isinstance(child.tag, str):
            continue
        kind = etree.QName(child).localname
        if kind == "element":
            schema.elements.setdefault(target, {}).setdefault(child.get("name"), child)
        elif kind in {"complexType", "simpleType"}:
            schema.types.setdefault(target, {}).setdefault(child.get("name"), child)
        elif kind == "import":
            schema.imported.add(child.get("namespace", ""))
        elif child.tag not in _IGNORED:
            raise ConfigError(f"{name} line {child.sourceline}: the tables cannot say xsd:{kind}")


def _name_prefix(schema: _Schema, target: str, root: Node) -> None:
    known = {namespace: prefix for prefix, namespace in CANONICAL.items()} | {DATA_TYPES_BY_VERSION: "udt"}
    prefix = known.get(target) or next((p for p, uri in root.nsmap.items() if p and uri == target), None)
    while prefix is None or (prefix in schema.prefixes.values() and schema.prefixes.get(target) != prefix):
        prefix = f"n{len(schema.prefixes)}"
    schema.prefixes.setdefault(target, prefix)


class _Converter:
    def __init__(self, schema: _Schema) -> None:
        self.schema = schema
        self.done: dict[tuple[str, str], notation.Type] = {}
        self.wanted: list[tuple[str, str]] = []

    def run(self) -> Converted:
        documents = {
            name: notation.Document(namespace=namespace, type=self.type_of_element(namespace, node))
            for namespace in self.document_namespaces()
            for name, node in self.schema.elements[namespace].items()
        }
        modules = {self.schema.prefixes[namespace]: self.module(namespace) for namespace in self.library_namespaces()}
        self.finish(modules)
        modules = {prefix: module for prefix, module in sorted(modules.items()) if module["elements"] or module["types"]}
        library = {prefix: module for prefix, module in modules.items() if prefix in _LIBRARY}
        extensions = {prefix: module for prefix, module in modules.items() if prefix not in _LIBRARY}
        return Converted(documents=dict(sorted(documents.items())), library=library, extensions=extensions)

    def document_namespaces(self) -> list[str]:
        return sorted(namespace for namespace in self.schema.elements if namespace not in self.schema.imported)

    def library_namespaces(self) -> list[str]:
        documents = set(self.document_namespaces())
        return sorted(namespace for namespace in self.schema.prefixes if namespace not in documents)

    def module(self, namespace: str) -> notation.Module:
        elements = {
            name: self.reference(*self.declared_type(namespace, node))
            for name, node in sorted(self.schema.elements.get(namespace, {}).items())
        }
        return notation.Module(namespace=namespace, elements=elements, types={})

    def finish(self, modules: dict[str, notation.Module]) -> None:
        """Every type somebody refers to, and what those refer to, until nothing is new."""
        written: set[tuple[str, str]] = set()
        while self.wanted:
            key = self.wanted.pop()
            if key in written:
                continue
            written.add(key)
            namespace, name = key
            if self.schema.prefixes[namespace] not in modules:
                raise ConfigError(
                    f"the document schema of {namespace!r} declares the type {name!r} of its own",
                    hint="types that documents use must stand in a schema they import",
                )
            modules[self.schema.prefixes[namespace]]["types"][name] = self.type_facts(namespace, name)
        for module in modules.values():
            module["types"] = dict(sorted(module["types"].items()))

    def reference(self, namespace: str, name: str) -> str:
        """`cac:PartyType`, and remember that it is wanted; types that only rename another are skipped."""
        if namespace == XSD:
            return f"xsd:{name}"
        facts = self.type_facts(namespace, name)
        if isinstance(facts, _Same):
            return self.reference(facts.namespace, facts.name)
        self.wanted.append((namespace, name))
        return f"{self.schema.prefixes[namespace]}:{name}"

    def declared_type(self, namespace: str, node: Node) -> tuple[str, str]:
        """Namespace and name of an element's or attribute's type; an anonymous one gets a name."""
        if node.get("type") is not None:
            return self.resolve(node, node.get("type"))
        inner = [child for child in node if child.tag in {f"{{{XSD}}}complexType", f"{{{XSD}}}simpleType"}]
        if not inner:
            return XSD, "anyType"
        holder = next((parent.get("name") for parent in node.iterancestors() if parent.get("name")), "schema")
        name = f"{node.get('name')}-in-{holder}"
        self.schema.types.setdefault(namespace, {})[name] = inner[0]
        return namespace, name

    def resolve(self, node: Node, name: str) -> tuple[str, str]:
        prefix, _, local = name.rpartition(":")
        return node.nsmap.get(prefix or None, ""), local

    def type_of_element(self, namespace: str, node: Node) -> notation.Type:
        return self.type_facts(*self.declared_type(namespace, node))

    def type_facts(self, namespace: str, name: str) -> Any:
        key = (namespace, name)
        if key not in self.done:
            node = self.schema.types.get(namespace, {}).get(name)
            if node is None:
                raise ConfigError(
                    f"the schemas refer to type {name!r} of {namespace!r}, but none declares it",
                    hint="name the folder that holds all files",
                )
            self.done[key] = self.simple(node) if node.tag == f"{{{XSD}}}simpleType" else self.complex(namespace, node)
        return self.done[key]

    def simple(self, node: Node) -> notation.Type:
        base, facets = self.simple_base(_only(node, "restriction"))
        return {"value": base, "facets": facets, "plain": True} if facets else {"value": base, "plain": True}

    def simple_base(self, restriction: Node) -> tuple[str, list[list[str]]]:
        namespace, name = self.resolve(restriction, restriction.get("base"))
        facets = [[etree.QName(child).localname, child.get("value")] for child in _constraints(restriction)]
        if namespace == XSD:
            return f"xsd:{name}", facets
        inherited = self.type_facts(namespace, name)
        return inherited["value"], [*inherited.get("facets", []), *facets]

    def complex(self, namespace: str, node: Node) -> Any:
        for child in _elements(node):
            kind = etree.QName(child).localname
            if kind == "simpleContent":
                return self.simple_content(_derivation(child))
            if kind == "complexContent":
                return self.complex_content(namespace, _derivation(child))
        return self.shape(namespace, node, mixed=node.get("mixed") == "true")

    def simple_content(self, derivation: Node) -> Any:
        base_namespace, base_name = self.resolve(derivation, derivation.get("base"))
        attributes = self.attributes(derivation)
        facets = [[etree.QName(child).localname, child.get("value")] for child in _constraints(derivation)]
        if base_namespace == XSD:
            return _data_type(f"xsd:{base_name}", attributes, facets)
        inherited = self.type_facts(base_namespace, base_name)
        while isinstance(inherited, _Same):
            inherited = self.type_facts(inherited.namespace, inherited.name)
        if not attributes and not facets and not _is_core(base_namespace):
            return _Same(base_namespace, base_name)
        merged = dict(_split_attribute(text) for text in inherited.get("attributes", ()))
        for text in attributes:
            name, rest = _split_attribute(text)
            merged[name] = rest
        kept = [f"{name}{rest}" for name, rest in merged.items() if rest]
        return _data_type(inherited["value"], kept, [*inherited.get("facets", []), *facets])

    def complex_content(self, namespace: str, derivation: Node) -> notation.Type:
        own = self.shape(namespace, derivation, mixed=False)
        if etree.QName(derivation).localname == "restriction":
            return own
        base_namespace, base_name = self.resolve(derivation, derivation.get("base"))
        base = self.type_facts(base_namespace, base_name)
        if not (isinstance(base, list) and isinstance(own, list)):
            raise ConfigError(f"line {derivation.sourceline}: the tables cannot say this extension of {base_name!r}")
        return [*base, *own]

    def shape(self, namespace: str, node: Node, *, mixed: bool) -> notation.Type:
        """Content model and attributes of a complexType or of a derivation in it; a plain sequence is a list."""
        unknown = [child for child in _elements(node) if etree.QName(child).localname not in _SAYABLE]
        if unknown:
            raise ConfigError(f"line {unknown[0].sourceline}: the tables cannot say xsd:{etree.QName(unknown[0]).localname}")
        models = [child for child in _elements(node) if etree.QName(child).localname in {"sequence", "choice"}]
        content = self.particle(namespace, models[0]) if models else []
        attributes = self.attributes(node)
        wildcard = next((child for child in _elements(node) if etree.QName(child).localname == "anyAttribute"), None)
        if isinstance(content, dict) and set(content) == {"sequence"}:
            content = content["sequence"]
        if isinstance(content, list) and not attributes and not mixed and wildcard is None:
            return content
        facts: dict[str, Any] = {"content": content}
        if attributes:
            facts["attributes"] = attributes
        if mixed:
            facts["mixed"] = True
        if wildcard is not None:
            facts["any_attribute"] = wildcard.get("namespace", "##any")
        return facts

    def particle(self, namespace: str, node: Node) -> notation.Particle:
        occurs = _occurs(node)
        kind = etree.QName(node).localname
        if kind == "element":
            return self.use(namespace, node) + occurs
        if kind == "any":
            facts = {"any": node.get("namespace", "##any"), "process": node.get("processContents", "strict")}
            return {**facts, "occurs": occurs} if occurs else facts
        if kind not in {"sequence", "choice"}:
            raise ConfigError(f"line {node.sourceline}: the tables cannot say xsd:{kind}")
        items = [self.particle(namespace, child) for child in _elements(node)]
        return {kind: items, "occurs": occurs} if occurs else {kind: items}

    def use(self, namespace: str, node: Node) -> str:
        if node.get("ref") is not None:
            target, local = self.resolve(node, node.get("ref"))
            return f"{self.schema.prefixes[target]}:{local}"
        type_name = self.reference(*self.declared_type(namespace, node))
        return f"{self.schema.prefixes[namespace]}:{node.get('name')} = {type_name}"

    def attributes(self, node: Node) -> list[str]:
        return [self.attribute(child) for child in _elements(node) if etree.QName(child).localname == "attribute"]

    def attribute(self, node: Node) -> str:
        if node.get("name") is None or {"fixed", "default"} & set(node.keys()):
            raise ConfigError(f"line {node.sourceline}: the tables cannot say this attribute")
        if node.get("use") == "prohibited":
            return str(node.get("name"))
        mark = "!" if node.get("use") == "required" else ""
        type_name = self.reference(*self.resolve(node, node.get("type")))
        return f"{node.get('name')}{mark} {type_name}"


@dataclass(frozen=True, slots=True)
class _Same:
    """A type that adds nothing to another."""

    namespace: str
    name: str


def _data_type(value: str, attributes: list[str], facets: list[list[str]]) -> notation.Type:
    facts: dict[str, Any] = {"value": value}
    if attributes:
        facts["attributes"] = attributes
    if facets:
        facts["facets"] = facets
    return facts


def _split_attribute(text: str) -> tuple[str, str]:
    """Name, and `! type` or ` type`; nothing after the name says prohibited."""
    name = text.split(" ", 1)[0].removesuffix("!")
    return name, text[len(name) :]


def _is_core(namespace: str) -> bool:
    """True for the core component types: UBL's unqualified data types stand for them, also where they add nothing."""
    return "CoreComponentType" in namespace


def _elements(node: Node) -> Iterator[Node]:
    return (child for child in node if isinstance(child.tag, str) and child.tag not in _IGNORED)


def _constraints(node: Node) -> Iterable[Node]:
    return (child for child in _elements(node) if child.get("value") is not None)


def _derivation(node: Node) -> Node:
    return next(child for child in _elements(node) if etree.QName(child).localname in {"restriction", "extension"})


def _only(node: Node, kind: str) -> Node:
    found = [child for child in _elements(node) if etree.QName(child).localname == kind]
    if len(found) != 1:
        raise ConfigError(f"line {node.sourceline}: the tables can say a simple type only as a restriction")
    return found[0]


def _occurs(node: Node) -> str:
    maximum = node.get("maxOccurs", "1")
    return notation.write_occurs(int(node.get("minOccurs", "1")), None if maximum == "unbounded" else int(maximum))
