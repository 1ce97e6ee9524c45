"""Cross-reference tables: a partner's value for something beside ours, looked up in both directions, valid from day to day.

Rule 1: on one day a partner's value means one of ours; two rows that overlap are a problem of the table, not a guess later.
Rule 2: several of the partner's values may mean the same of ours; writing takes the first of them that is valid.
Rule 3: a database is asked once, when the first mapping that needs its table is loaded; a replay as of then asks nobody.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

from edi.errors import ConfigError
from edi.formats.yaml.problem import Problem
from edi.workspace.xref_query import Query

KEPT: Final = "xref/"
"""Before the name of a table among the kept texts of a mapping."""
COLUMNS: Final = ("wire", "canonical", "from", "to")
"""`wire` is the partner's value, `canonical` ours; `from` and `to` are the first and last day, may be empty or left out."""
PROBLEMS_MAX: Final = 20
"""Of one answer of a database that are told; who selects wrongly does it in every row."""

Cells: TypeAlias = Mapping[str, str | date | None]
"""A row by the names of its columns."""
Key: TypeAlias = tuple[str | None, str]
"""For whom a table is (None: for everybody), and its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One pair of values."""

    wire: str
    canonical: str
    first: date | None = None
    last: date | None = None
    line: int = 0
    """In its file, or row of the answer of a database, from 1."""

    def valid(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)

    def overlaps(self, other: Row) -> bool:
        """True if both are valid on some day."""
        starts = [row.first for row in (self, other) if row.first is not None]
        ends = [row.last for row in (self, other) if row.last is not None]
        return not starts or not ends or max(starts) <= min(ends)


def row_of(line: int, cells: Cells, complain: Callable[[str, str], None]) -> list[Row]:
    """The row, as a list of one; empty, with a sentence and a hint to complain of, where it is none."""
    wire, canonical = cells.get("wire"), cells.get("canonical")
    if not wire or not canonical:
        complain("a row needs both values, wire and canonical", "fill it in or remove the row")
        return []
    days: list[date | None] = []
    for name in ("from", "to"):
        day = cells.get(name) or None
        try:
            days.append(date.fromisoformat(day) if isinstance(day, str) else day)
        except ValueError:
            complain(f"{name} is {day!r}, not a day", "write 2026-01-31")
            return []
    return [Row(wire=str(wire), canonical=str(canonical), first=days[0], last=days[1], line=line)]


def conflicts(rows: Iterable[Row]) -> Iterator[tuple[Row, Row]]:
    """Rule 1: pairs of rows, the earlier one first, that give one value two meanings on one day."""
    seen: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        yield from ((other, row) for other in seen[row.wire] if row.overlaps(other))
        seen[row.wire].append(row)


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one table by both their values, in the order of the file."""

    by_wire: Mapping[str, tuple[Row, ...]]
    by_canonical: Mapping[str, tuple[Row, ...]]

    @classmethod
    def of(cls, rows: list[Row]) -> Table:
        by_wire: dict[str, list[Row]] = defaultdict(list)
        by_canonical: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            by_wire[row.wire].append(row)
            by_canonical[row.canonical].append(row)
        return cls({key: tuple(found) for key, found in by_wire.items()}, {key: tuple(found) for key, found in by_canonical.items()})

    def rows(self) -> list[Row]:
        """All rows, as they stand in the file."""
        return sorted((row for found in self.by_wire.values() for row in found), key=lambda row: row.line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A table that a database answers."""

    path: str
    line: int
    """Where the query stands."""
    owner: str | None
    name: str
    query: Query
    folder: Path

    @property
    def can_be_asked(self) -> bool:
        """False where the secret is an environment variable that is set elsewhere, where the daemon starts."""
        return self.query.database.kind == "file" or self.query.database.name in os.environ

    def answer(self) -> tuple[dict[Key, Table], list[Problem]]:
        """The tables: one, or with a column `partner` one for each partner; and what is wrong with the answer."""
        from edi.workspace.xref_database import ask  # noqa: PLC0415 -- slow to import, and most workspaces ask no database

        problems: list[Problem] = []
        rows: dict[str | None, list[Row]] = {self.owner: []}
        try:
            for number, cells in enumerate(ask(self.query, self.folder), 1):
                owner = self.owner or str(cells.get("partner") or "") or None
                rows.setdefault(owner, []).extend(row_of(number, cells, partial(self._complain, problems, number)))
        except ConfigError as error:
            problems.append(self._problem(error.message, error.hint))
        for one, other in (pair for found in rows.values() for pair in conflicts(found)):
            text = f"{other.wire!r} means {one.canonical!r} by row {one.line} of the answer and {other.canonical!r} by row {other.line}, on the same day"
            problems.append(self._problem(text, "select one of them, or give both days that do not overlap"))
        return {(owner, self.name): Table.of(found) for owner, found in rows.items()}, problems[:PROBLEMS_MAX]

    def _complain(self, problems: list[Problem], number: int, text: str, hint: str) -> None:
        problems.append(self._problem(f"row {number} of the answer: {text}", hint))

    def twice(self, owner: str | None) -> Problem:
        """For a table that a file gives too."""
        return self._problem(f"the table {self.name!r} stands in a file too, for {owner or 'everybody'}", "keep one of them")

    def _problem(self, text: str, hint: str | None) -> Problem:
        return Problem(file=self.path, line=self.line, text=text, hint=hint, code="config.xref")


@dataclass(frozen=True, slots=True)
class CrossReferences:
    """All tables of the workspace, by partner (None: for everybody) and name."""

    tables: dict[Key, Table] = field(default_factory=dict)
    declared: dict[Key, Declared] = field(default_factory=dict)
    """Those that a database answers and that were not asked yet; then they stand among the tables."""

    def on(self, day: date, partner: str | None) -> CrossReferencesOfDay:
        """As they are for one partner on one day: what mappings are handed as `edi.ports.CrossReference`."""
        return CrossReferencesOfDay(self, day, partner)

    def ask(self, names: Collection[str]) -> list[Problem]:
        """Ask databases for these tables, each once; what is wrong with the answers. Where there is a problem the table stays unasked."""
        problems: list[Problem] = []
        for key in [key for key in self.declared if key[1] in names]:
            tables, found = self.declared[key].answer()
            found += [self.declared[key].twice(owner) for owner, name in tables if (owner, name) in self.tables]
            if not found:
                self.tables.update(tables)
                del self.declared[key]
            problems += found
        return problems

    def called(self, name: str) -> Mapping[str | None, Table]:
        """The tables of this name by their owners. Raises ConfigError where a database that is asked for it gives no good answer."""
        problems = self.ask((name,))
        if problems:
            raise ConfigError("\n".join(map(str, problems)))
        return {owner: table for (owner, one), table in self.tables.items() if one == name}

    def texts(self, names: Iterable[str]) -> dict[str, str]:
        """These tables as they are kept with the mappings that ask them: `xref/<table>` and all its rows."""
        return {f"{KEPT}{name}": self._text(name) for name in names}

    def _text(self, name: str) -> str:
        """All rows of a table, for everybody and for each partner; the same text for the same rows."""
        found = {owner: table.rows() for owner, table in self.called(name).items()}
        return json.dumps(
            [[owner, row.wire, row.canonical, _day(row.first), _day(row.last)] for owner in sorted(found, key=str) for row in found[owner]],
            ensure_ascii=False,
            separators=(",", ":"),
        )

    @classmethod
    def of_kept(cls, text: str) -> CrossReferences:
        """The tables among the kept texts of a mapping."""
        rows: dict[tuple[str | None, str], list[Row]] = defaultdict(list)
        for name, (_, table) in json.loads(text).items():
            for line, (owner, wire, canonical, first, last) in enumerate(json.loads(table) if name.startswith(KEPT) else (), 1):
                days = [date.fromisoformat(day) if day else None for day in (first, last)]
                rows[owner, name.removeprefix(KEPT)].append(Row(wire=wire, canonical=canonical, first=days[0], last=days[1], line=line))
        return cls({key: Table.of(found) for key, found in rows.items()})

    def names(self) -> frozenset[str]:
        """The tables somebody may ask for."""
        return frozenset(name for _, name in (*self.tables, *self.declared))


@dataclass(frozen=True, slots=True)
class CrossReferencesOfDay:
    """Implements `edi.ports.CrossReference`."""

    all: CrossReferences
    day: date
    partner: str | None

    def to_canonical(self, table: str, value: str) -> str | None:
        """Our value for the partner's; None if no valid row has it."""
        rows = (row for found in self._tables(table) for row in found.by_wire.get(value, ()))
        return next((row.canonical for row in rows if row.valid(self.day)), None)

    def to_wire(self, table: str, value: str) -> str | None:
        """The partner's value for ours; None if no valid row has it."""
        rows = (row for found in self._tables(table) for row in found.by_canonical.get(value, ()))
        return next((row.wire for row in rows if row.valid(self.day)), None)

    def _tables(self, name: str) -> Iterator[Table]:
        found = self.all.called(name)
        return (found[owner] for owner in dict.fromkeys((self.partner, None)) if owner in found)


def _day(day: date | None) -> str:
    return day.isoformat() if day is not None else ""
