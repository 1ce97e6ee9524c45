"""Cross-reference tables as the operator writes them.

`xref/<table>.csv` or `.yaml` holds for everybody, `xref/<partner>/<table>.csv` for one partner, who is asked first.
A YAML file may name a query instead of values.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping

from edi.formats.yaml.problem import suggest
from edi.formats.yaml.reader import Node
from edi.workspace.files import Files, ReadFile
from edi.workspace.xref import COLUMNS, CrossReferences, Declared, Row, Table, conflicts, row_of
from edi.workspace.xref_query import Query


def read_tables(files: Files, partners: Mapping[str, object], shape: Callable[[ReadFile], Query | None]) -> CrossReferences:
    """Every table under `xref/`; what is wrong with one became problems. `shape` types a query."""
    found = CrossReferences()
    for path in sorted(files.tables):
        owner, name = _owner_and_name(files, path, partners)
        if name is None:
            continue
        if (owner, name) in found.tables or (owner, name) in found.declared:
            files.complain(path, (), f"the table {name!r} stands in two files", hint="keep one of them", code="config.xref")
        node = files.node(path) if path.endswith(".yaml") else None
        if node is not None and {"query", "database"} & set(node.keys()):
            files.read[path] = ReadFile(path=path, text=files.text(path) or "", node=node)
            query = shape(files.read[path])
            if query is not None:
                found.declared[owner, name] = _declared(files, path, owner, name, query)
            continue
        rows = _csv_rows(files, path) if path.endswith(".csv") else _yaml_rows(files, path, node)
        _check_rows(files, path, rows)
        found.tables[owner, name] = Table.of(rows)
    return found


def _declared(files: Files, path: str, owner: str | None, name: str, query: Query) -> Declared:
    line = files.read[path].node.at(("query",)).line
    return Declared(path=path, line=line, owner=owner, name=name, query=query, folder=files.folder)


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
    return row_of(line, cells, lambda text, hint: files.complain_line(path, line, text, hint=hint))


def _yaml_rows(files: Files, path: str, node: Node | None) -> list[Row]:
    if node is None:
        return []
    values = node.get("values")
    if node.keys() == ("values",) and values is not None and values.kind == "mapping":
        return [row for key, value in values.entries for row in _row(files, path, key.line, {"wire": key.text, "canonical": value.text})]
    rows = node.get("rows")
    if node.keys() == ("rows",) and rows is not None and rows.kind == "sequence":
        return [row for item in rows.items for row in _yaml_row(files, path, item)]
    files.complain_line(
        path,
        1,
        "the table holds neither values, rows nor a query",
        hint="write values: {theirs: ours}, rows: [{wire: theirs, canonical: ours}], or database: and query:",
    )
    return []


def _yaml_row(files: Files, path: str, item: Node) -> list[Row]:
    for key, _ in item.entries:
        if key.text not in COLUMNS:
            files.complain_line(path, key.line, f"unknown key {key.text!r}", hint=suggest(key.text, COLUMNS))
    return _row(files, path, item.line, {key.text: value.text for key, value in item.entries})


def _check_rows(files: Files, path: str, rows: list[Row]) -> None:
    """Rule 1 of tables."""
    for one, other in conflicts(rows):
        text = f"{other.wire!r} means {one.canonical!r} by line {one.line} and {other.canonical!r} here, on the same day"
        files.complain_line(path, other.line, text, hint="give both rows days that do not overlap, or remove one")
