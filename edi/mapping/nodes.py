"""A mapping as values: its entries with everything resolved that needs no directory and no schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from edi.documents.fields import Field
from edi.mapping.expressions import Expression
from edi.mapping.paths import Target
from edi.mapping.pattern_tree import Pattern
from edi.mapping.problems import Place
from edi.mapping.tables import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class EdifactSyntax:
    """`{edifact: INVOIC, versions: [D.01B, D.96A], association: [EAN011, EAN008]}`"""

    message: str
    versions: tuple[str, ...]
    association: tuple[str, ...] = ()

    def association_of(self, release: str) -> str:
        """The association code (0057) that goes with a release; empty if none was named."""
        index = self.versions.index(release) if release in self.versions else 0
        return self.association[min(index, len(self.association) - 1)] if self.association else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UblSyntax:
    """`{ubl: Invoice, version: '2.1'}`"""

    root: str
    version: str = "2.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonSyntax:
    """`{json: acme-invoice, schema: schemas/acme-invoice.json, decimals: number}`"""

    name: str
    schema: str | None = None
    decimals: Literal["text", "number"] = "text"
    """How written documents hold them: as `"12.50"`, which nobody can round, or as `12.50`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvSyntax:
    """`{csv: acme-orders, delimiter: ';', by: order}`: rows with a heading line; rows with the same `by` columns are one document."""

    name: str
    delimiter: str = ";"
    by: tuple[str, ...] = ()


Syntax: TypeAlias = EdifactSyntax | UblSyntax | JsonSyntax | CsvSyntax
Direction: TypeAlias = Literal["both", "read", "write"]
More: TypeAlias = Literal["report", "note", "error", "drop", "repeat"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """`ref: {field, into, by}`: the pattern describes an object elsewhere, found by its natural key."""

    field: Target
    into: Target
    by: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """`key: {child: parent}`; no parent selects the items without the child field."""

    child: Target
    parent: Target | None


@dataclass(slots=True, kw_only=True, eq=False)
class Entry:
    """One pattern with its options and what is nested in it."""

    number: int
    pattern: Pattern
    place: Place
    here: Field
    """The object its fields belong to: the item of `each`, the object of `at`, else the one the entry stands in."""
    each: Target | None = None
    at: Target | None = None
    joins: tuple[Join, ...] = ()
    reference: Reference | None = None
    when: Expression | None = None
    direction: Direction = "both"
    only: tuple[str, ...] = ()
    """EDIFACT: the releases that have a place for it; empty for all."""
    holds: str = ""
    """EDIFACT: reading takes only groups in which such a segment (or group) stands: `PAC`, `QTY+145`."""
    start: int = 1
    """Of a list: the first item it is for, from 1; those before have patterns of their own (`contact`, the first of `contacts`)."""
    maximum: int | None = None
    more: More = "report"
    children: list[Entry] = field(default_factory=list)
    section: str = "body"
    bt: str = ""
    doc: str = ""
    again: list[Entry] | None = None
    """While loading: stands for the entries of a block that contains itself here."""

    @property
    def owns_object(self) -> bool:
        """True if its fields belong to another object than those around it."""
        return self.each is not None or self.at is not None or self.reference is not None


def nests_its_own_list(entry: Entry) -> bool:
    """True if items of its list are nested in its items: the outer one must come first."""
    each = entry.each
    return each is not None and any(one.each is not None and one.each.canonical == each.canonical for one in walk(entry.children))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """`path = expression`: after reading, only where the field is empty."""

    target: Target
    expression: Expression
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """`path: condition`: after reading, the field goes where the condition holds."""

    target: Target
    expression: Expression
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """`expression: text`: false becomes a finding."""

    expression: Expression
    text: str
    place: Place


@dataclass(slots=True, kw_only=True)
class Definition:
    """A mapping file, loaded."""

    name: str
    kind: str
    syntax: Syntax
    root: Field
    place: Place
    tables: Mapping[str, Table]
    sections: dict[str, list[Entry]]
    fills: tuple[Fill, ...] = ()
    drops: tuple[Drop, ...] = ()
    checks: tuple[Check, ...] = ()
    ignores: tuple[tuple[str, Place], ...] = ()
    not_carried: Mapping[str, str] = field(default_factory=dict)
    residue: bool = False
    timezone: str | None = None
    document_itself: bool = False
    """`body: document`: the syntax is the canonical document."""
    files: tuple[str, ...] = ()
    doc: str = ""

    def entries(self) -> Iterator[Entry]:
        """All entries, outer before inner, each once."""
        seen: set[int] = set()
        for section in self.sections.values():
            yield from walk(section, seen)


def walk(entries: list[Entry], seen: set[int] | None = None) -> Iterator[Entry]:
    """These entries and all inside them, each once: a block may contain itself."""
    met = set() if seen is None else seen
    for entry in entries:
        if id(entry) not in met:
            met.add(id(entry))
            yield entry
            yield from walk(entry.children, met)
