"""What UBL documents are made of, as tables: order, cardinality, data types, attributes; loaded per version when first asked for.

    tables = load("2.1")
    tables.document("Invoice").children          # ElementUse(name="ext:UBLExtensions", minimum=0, maximum=1), ...
    tables.element("cbc:PayableAmount").data     # DataType: value "xsd:decimal", attributes (currencyID required, ...)

Names are written with canonical prefixes (`edi.formats.ubl.names`); document roots have no prefix.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal

from edi import shipped
from edi.errors import ConfigError
from edi.formats.ubl import notation
from edi.ports import TableSource

VERSIONS: Final = ("2.1", "2.2", "2.3", "2.4")
"""The shipped ones; an operator's own stand beside them under their folder's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """An attribute of an element; `type` is a simple type, e.g. `xsd:normalizedString`."""

    name: str
    type: str
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementUse:
    """A child at its place. `maximum` None means any number; `type` is set where the child is declared only here."""

    name: str
    minimum: int
    maximum: int | None
    type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wildcard:
    """Any element of the `namespace` class (`##any`, `##other`); `process`: strict, lax, skip."""

    namespace: str
    process: str
    minimum: int
    maximum: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Children one after the other, or one of them."""

    kind: Literal["sequence", "choice"]
    items: tuple[ElementUse | Wildcard | Group, ...]
    minimum: int
    maximum: int | None

    def uses(self) -> Iterator[ElementUse]:
        """All children in it, in order, whatever the nesting."""
        for item in self.items:
            if isinstance(item, ElementUse):
                yield item
            elif isinstance(item, Group):
                yield from item.uses()


Facet = tuple[str, str]
"""A value constraint, e.g. `("enumeration", "OIDAsURI")`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataType:
    """Text content: `value` is an XSD built-in such as `xsd:decimal`, or a simple type of the tables."""

    name: str
    value: str
    attributes: tuple[Attribute, ...]
    facets: tuple[Facet, ...] = ()
    plain: bool = False
    """True for a simple type: it can be the type of an attribute, and has none itself."""

    def attribute(self, name: str) -> Attribute | None:
        """The attribute of that name, None if the type has none such."""
        return next((entry for entry in self.attributes if entry.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregateType:
    """Element content; UBL's own are one sequence, signatures have choices and wildcards."""

    name: str
    content: Group
    attributes: tuple[Attribute, ...] = ()
    mixed: bool = False
    any_attribute: str | None = None
    children: tuple[ElementUse, ...] = field(init=False, default=(), repr=False)
    """All children in schema order."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "children", tuple(self.content.uses()))

    def child(self, name: str) -> ElementUse | None:
        """The use of `cbc:ID` or the like here; None if it has no place here."""
        return next((use for use in self.children if use.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """A declared element and its type."""

    name: str
    """`cac:Party`; a document's root has no prefix: `Invoice`."""
    namespace: str
    type: AggregateType | DataType | None
    """None where anything may stand in it (`xsd:anyType`)."""

    @property
    def tag(self) -> str:
        """`{namespace}local`, as lxml writes it."""
        return f"{{{self.namespace}}}{self.name.rpartition(':')[2]}"

    @property
    def children(self) -> tuple[ElementUse, ...]:
        """In schema order; empty for text content."""
        return self.type.children if isinstance(self.type, AggregateType) else ()

    @property
    def data(self) -> DataType | None:
        """The data type; None where it has element content."""
        return self.type if isinstance(self.type, DataType) else None


class UblTables:
    """One version. Types are made into objects when first asked for, and kept."""

    def __init__(self, version: str, raw: Mapping[str, notation.Module], documents: Mapping[str, notation.Document]) -> None:
        self.version = version
        self.namespaces: Mapping[str, str] = {prefix: module["namespace"] for prefix, module in raw.items()}
        """Prefix -> namespace of everything declared here, documents excluded."""
        self._raw = raw
        self._documents = documents
        self._types: dict[str, AggregateType | DataType] = {}
        self._elements: dict[str, Element] = {}
        self._orders: dict[str, dict[str, int]] = {}

    @property
    def documents(self) -> tuple[str, ...]:
        """Names of all document types, sorted."""
        return tuple(sorted(self._documents))

    def document(self, kind: str) -> Element | None:
        """The root element of a document type, e.g. of `Invoice`; None if this version has none."""
        if kind not in self._elements and kind in self._documents:
            raw = self._documents[kind]
            content = aggregate(f"{kind}Type", raw["type"])
            self._elements[kind] = Element(name=kind, namespace=raw["namespace"], type=content)
        return self._elements.get(kind)

    def element(self, name: str) -> Element | None:
        """The globally declared element `cac:Party`; of documents too. None if there is none."""
        if ":" not in name:
            return self.document(name)
        if name not in self._elements:
            prefix, _, local = name.partition(":")
            module = self._raw.get(prefix)
            if module is None or local not in module["elements"]:
                return None
            found = self.type(module["elements"][local])
            self._elements[name] = Element(name=name, namespace=module["namespace"], type=found)
        return self._elements[name]

    def type_name_of(self, name: str) -> str:
        """Name of the type of a global element, e.g. `udt:AmountType`. Raises KeyError if there is no such element."""
        prefix, _, local = name.partition(":")
        return self._raw[prefix]["elements"][local]

    def elements(self, prefix: str) -> tuple[str, ...]:
        """Names of all global elements with that prefix, without it."""
        module = self._raw.get(prefix)
        return tuple(module["elements"]) if module else ()

    def type_names(self, prefix: str) -> tuple[str, ...]:
        """Names of all types with that prefix, without it."""
        module = self._raw.get(prefix)
        return tuple(module["types"]) if module else ()

    def type(self, name: str) -> AggregateType | DataType | None:
        """The type `cac:PartyType`, or a built-in `xsd:decimal` as a data type; None for `xsd:anyType`.

        Raises KeyError for a name the tables do not have.
        """
        if name == "xsd:anyType":
            return None
        if name not in self._types:
            prefix, _, local = name.partition(":")
            if prefix == "xsd":
                self._types[name] = DataType(name=name, value=name, attributes=(), plain=True)
            else:
                self._types[name] = type_of(name, self._raw[prefix]["types"][local])
        return self._types[name]

    def type_of_use(self, use: ElementUse) -> AggregateType | DataType | None:
        """The type of a child, whether it is declared globally or only there."""
        if use.type is not None:
            return self.type(use.type)
        declared = self.element(use.name)
        assert declared is not None, use.name
        return declared.type

    def order(self, element: Element) -> Mapping[str, int]:
        """Position from 0 of each child name in the element's sequence."""
        if element.name not in self._orders:
            self._orders[element.name] = {use.name: index for index, use in enumerate(element.children)}
        return self._orders[element.name]


def type_of(name: str, raw: notation.Type) -> AggregateType | DataType:
    """A type as the tables write it."""
    if isinstance(raw, dict) and "value" in raw:
        return DataType(
            name=name,
            value=raw["value"],
            attributes=tuple(_attribute(text) for text in raw.get("attributes", ())),
            facets=tuple((facet, value) for facet, value in raw.get("facets", ())),
            plain=bool(raw.get("plain", False)),
        )
    return aggregate(name, raw)


def aggregate(name: str, raw: notation.Type) -> AggregateType:
    """An aggregate as the tables write it: a list is a plain sequence."""
    if isinstance(raw, list):
        return AggregateType(name=name, content=_group("sequence", raw, ""))
    content = raw.get("content", [])
    return AggregateType(
        name=name,
        content=_group("sequence", content, "") if isinstance(content, list) else _as_group(_particle(content)),
        attributes=tuple(_attribute(text) for text in raw.get("attributes", ())),
        mixed=bool(raw.get("mixed", False)),
        any_attribute=raw.get("any_attribute"),
    )


def _attribute(text: str) -> Attribute:
    name, type_name, required = notation.read_attribute(text)
    return Attribute(name=name, type=type_name, required=required)


def _group(kind: Literal["sequence", "choice"], items: list[notation.Particle], occurs: str) -> Group:
    minimum, maximum = notation.read_occurs(occurs)
    return Group(kind=kind, items=tuple(_particle(item) for item in items), minimum=minimum, maximum=maximum)


def _particle(raw: notation.Particle) -> ElementUse | Wildcard | Group:
    if isinstance(raw, str):
        name, type_name, minimum, maximum = notation.read_use(raw)
        return ElementUse(name=name, type=type_name, minimum=minimum, maximum=maximum)
    occurs = raw.get("occurs", "")
    if "any" in raw:
        minimum, maximum = notation.read_occurs(occurs)
        return Wildcard(namespace=raw["any"], process=raw.get("process", "strict"), minimum=minimum, maximum=maximum)
    if "choice" in raw:
        return _group("choice", raw["choice"], occurs)
    return _group("sequence", raw["sequence"], occurs)


def _as_group(particle: ElementUse | Wildcard | Group) -> Group:
    if isinstance(particle, Group):
        return particle
    return Group(kind="sequence", items=(particle,), minimum=1, maximum=1)


FILES: Final = ("documents.json", "library.json", "extensions.json")


def load(version: str = "2.1", *, tables: TableSource | None = None) -> UblTables:
    """The tables of a version, the operator's own before the shipped ones; kept after the first time.

    Raises ConfigError for a version nobody has tables of.
    """
    return _shipped(version) if tables is None else _of(version, tables)  # type: ignore[arg-type]  # any object is hashable by identity


@lru_cache(maxsize=16)
def _shipped(version: str) -> UblTables:
    return _load(version, None)


@lru_cache(maxsize=32)
def _of(version: str, tables: TableSource) -> UblTables:
    """Every document asks, so a source is read once: a changed workspace comes with another source."""
    return _load(version, tables)


def _load(version: str, tables: TableSource | None) -> UblTables:
    own = [tables.read("schemas", "ubl", version, name) for name in FILES] if tables else [None] * len(FILES)
    if own[0] is None and not _is_shipped(version):
        raise ConfigError(
            f"there are no UBL tables for version {version!r}", hint=f"shipped are {', '.join(VERSIONS)}; edi ubl import adds others"
        )
    if own[0] is None and tables is not None:
        return _shipped(version)
    texts = [
        text if text is not None else shipped.read_bytes("schemas", "ubl", version, name) for name, text in zip(FILES, own, strict=True)
    ]
    return _made(version, *texts)


@lru_cache(maxsize=8)
def _made(version: str, documents: bytes, library: bytes, extensions: bytes) -> UblTables:
    return from_json(version, documents, library, extensions)


def _is_shipped(version: str) -> bool:
    return "/" not in version and ".." not in version and shipped.exists("schemas", "ubl", version, FILES[0])


def from_json(version: str, documents: bytes, library: bytes, extensions: bytes) -> UblTables:
    """Tables from the texts of the three files of a version."""
    modules: dict[str, notation.Module] = {**json.loads(library), **json.loads(extensions)}
    return UblTables(version, modules, json.loads(documents))
