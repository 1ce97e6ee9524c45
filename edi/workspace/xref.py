"""Cross-reference tables: a partner's value for something beside ours, looked up in both directions, valid from day to day.

`xref/<table>.csv` or `.yaml` holds for everybody, `xref/<partner>/<table>.csv` for one partner, who is asked first.

Rule 1: on one day a partner's value means one of ours; two rows that overlap are a problem of the file, not a guess later.
Rule 2: several of the partner's values may mean the same of ours; writing takes the first of them that is valid.
"""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from edi.formats.yaml.problem import suggest
from edi.formats.yaml.reader import Node
from edi.workspace.files import Files

KEPT: Final = "xref/"
"""Before the name of a table among the kept texts of a mapping."""
COLUMNS: Final = ("wire", "canonical", "from", "to")
"""`wire` is the partner's value, `canonical` ours; `from` and `to` are the first and last day, may be empty or left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One pair of values."""

    wire: str
    canonical: str
    first: date | None = None
    last: date | None = None
    line: int = 0
    """In its file, from 1."""

    def valid(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)

    def overlaps(self, other: Row) -> bool:
        """True if both are valid on some day."""
        starts = [row.first for row in (self, other) if row.first is not None]
        ends = [row.last for row in (self, other) if row.last is not None]
        return not starts or not ends or max(starts) <= min(ends)


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


@dataclass(frozen=True, slots=True)
class CrossReferences:
    """All tables of the workspace, by partner (None: for everybody) and name."""

    tables: Mapping[tuple[str | None, str], Table] = field(default_factory=dict)

    def on(self, day: date, partner: str | None) -> CrossReferencesOfDay:
        """As they are for one partner on one day: what mappings are handed as `edi.ports.CrossReference`."""
        return CrossReferencesOfDay(self.tables, day, partner)

    def texts(self, names: Iterable[str]) -> dict[str, str]:
        """These tables as they are kept with the mappings that ask them: `xref/<table>` and all its rows."""
        return {f"{KEPT}{name}": self._text(name) for name in names}

    def _text(self, name: str) -> str:
        """All rows of a table, for everybody and for each partner; the same text for the same rows."""
        found = {owner: table.rows() for (owner, one), table in self.tables.items() if one == name}
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
        return frozenset(name for _, name in self.tables)


@dataclass(frozen=True, slots=True)
class CrossReferencesOfDay:
    """Implements `edi.ports.CrossReference`."""

    tables: Mapping[tuple[str | None, str], Table]
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
        for owner in dict.fromkeys((self.partner, None)):
            found = self.tables.get((owner, name))
            if found is not None:
                yield found


def _day(day: date | None) -> str:
    return day.isoformat() if day is not None else ""


def read_tables(files: Files, partners: Mapping[str, object]) -> CrossReferences:
    """Every table under `xref/`; what is wrong with one became problems."""
    tables: dict[tuple[str | None, str], Table] = {}
    for path in sorted(files.tables):
        owner, name = _owner_and_name(files, path, partners)
        if name is None:
            continue
        if (owner, name) in tables:
            files.complain(path, (), f"the table {name!r} stands in two files", hint="keep one of them", code="config.xref")
        rows = _csv_rows(files, path) if path.endswith(".csv") else _yaml_rows(files, path)
        _check_rows(files, path, rows)
        tables[owner, name] = Table.of(rows)
    return CrossReferences(tables)


def _owner_and_name(files: Files, path: str, partners: Mapping[str, object]) -> tuple[str | None, str | None]:
    """Partner and table of a file; no table where the path is none of a table's."""
    parts = path.split("/")
    stem, _, suffix = parts[-1].rpartition(".")
    if parts[-1].startswith(".") or suffix not in {"csv", "yaml"}:
        return None, None
    owner = parts[1] if len(parts) == 3 else None
    if len(parts) > 3:
        files.complain(path, (), "the table lies too deep", hint="write xref/<table>.csv or xref/<partner>/<table>.csv", code="config.xref")
        return None, None
    if owner is not None and owner not in partners and f"partners/{owner}.yaml" not in files.hashes:
        hint = suggest(owner, partners)
        files.complain(path, (), f"the table is for the partner {owner!r}, and there is none", hint=hint, code="config.reference")
    return owner, stem


def _csv_rows(files: Files, path: str) -> list[Row]:
    text = files.text(path)
    if text is None:
        return []
    head = text.partition("\n")[0]
    # Spreadsheets in countries with a decimal comma separate with semicolons.
    reader = csv.reader(io.StringIO(text), strict=True, delimiter=";" if head.count(";") > head.count(",") else ",")
    rows: list[Row] = []
    try:
        columns = [name.strip() for name in next(reader, [])]
        if not _are_columns(files, path, columns):
            return []
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows += _csv_row(files, path, reader.line_num, dict(zip(columns, cells, strict=False)))
    except csv.Error as error:
        files.complain_line(
            path, reader.line_num, f"the line is no CSV: {error}", hint="quote a value that holds a quote, and double the quote"
        )
    return rows


def _are_columns(files: Files, path: str, columns: list[str]) -> bool:
    wrong = [name for name in columns if name not in COLUMNS]
    if wrong or not {"wire", "canonical"} <= set(columns) or len(set(columns)) != len(columns):
        files.complain_line(
            path, 1, f"the first line names the columns {', '.join(columns)!r}", hint="write wire,canonical and, if wanted, from,to"
        )
        return False
    return True


def _csv_row(files: Files, path: str, line: int, cells: dict[str, str]) -> list[Row]:
    return _row(files, path, line, {name: value.strip() for name, value in cells.items()})


def _row(files: Files, path: str, line: int, cells: dict[str, str]) -> list[Row]:
    """The row, as a list of one; empty with a problem."""
    if not cells.get("wire") or not cells.get("canonical"):
        files.complain_line(path, line, "a row needs both values, wire and canonical", hint="fill it in or remove the row")
        return []
    days: list[date | None] = []
    for name in ("from", "to"):
        try:
            days.append(date.fromisoformat(cells[name]) if cells.get(name) else None)
        except ValueError:
            files.complain_line(path, line, f"{name} is {cells[name]!r}, not a day", hint="write 2026-01-31")
            return []
    return [Row(wire=cells["wire"], canonical=cells["canonical"], first=days[0], last=days[1], line=line)]


def _yaml_rows(files: Files, path: str) -> list[Row]:
    node = files.node(path)
    if node is None:
        return []
    values = node.get("values")
    if node.keys() == ("values",) and values is not None and values.kind == "mapping":
        return [row for key, value in values.entries for row in _row(files, path, key.line, {"wire": key.text, "canonical": value.text})]
    rows = node.get("rows")
    if node.keys() == ("rows",) and rows is not None and rows.kind == "sequence":
        return [row for item in rows.items for row in _yaml_row(files, path, item)]
    files.complain_line(
        path, 1, "the table holds neither values nor rows", hint="write values: {theirs: ours} or rows: [{wire: theirs, canonical: ours}]"
    )
    return []


def _yaml_row(files: Files, path: str, item: Node) -> list[Row]:
    for key, _ in item.entries:
        if key.text not in COLUMNS:
            files.complain_line(path, key.line, f"unknown key {key.text!r}", hint=suggest(key.text, COLUMNS))
    return _row(files, path, item.line, {key.text: value.text for key, value in item.entries})


def _check_rows(files: Files, path: str, rows: list[Row]) -> None:
    """Rule 1."""
    seen: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        for other in seen[row.wire]:
            if row.overlaps(other):
                text = f"{row.wire!r} means {other.canonical!r} by line {other.line} and {row.canonical!r} here, on the same day"
                files.complain_line(path, row.line, text, hint="give both rows days that do not overlap, or remove one")
        seen[row.wire].append(row)
