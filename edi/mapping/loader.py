"""From a mapping file's tree to a `Definition`; collects every problem on the way."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from edi.documents.fields import Field, fields
from edi.documents.kinds import KINDS
from edi.formats.yaml.problem import suggest
from edi.mapping.entries import EntryReader
from edi.mapping.expressions import compile_condition, compile_expression
from edi.mapping.nodes import Check, CsvSyntax, Definition, Drop, EdifactSyntax, Entry, Fill, JsonSyntax, Syntax, UblSyntax
from edi.mapping.paths import resolve
from edi.mapping.problems import Place, Problems, Refused
from edi.mapping.source import MappingFiles, Piece, read_mapping
from edi.mapping.tables import Column, Pair, Table, pairs_column

KEYS: Final = (
    "mapping", "kind", "syntax", "extends", "change", "rename", "codes", "blocks", "header", "detail", "summary", "body",
    "fill", "drop", "check", "ignore", "not_carried", "residue", "timezone", "doc",
)  # fmt: skip
"""What a mapping file may say at top level."""


def define(name: str, files: MappingFiles, problems: Problems) -> Definition | None:
    """The mapping as loaded; None if not even its kind and syntax can be told (then `problems` says why)."""
    tree = read_mapping(name, files, problems)
    if tree.get("extends") is not None:
        return None  # a base that is not there; what it would have said is missing now
    for key, _ in tree.entries:
        if key.text not in KEYS:
            problems.error(key.place, f"unknown key {key.text!r}", hint=suggest(key.text, KEYS))
        if key.text in ("change", "rename"):
            problems.error(key.place, f"{key.text} alters another mapping, and none is named", hint="extends: invoic-eancom")
    kind, syntax = _kind(tree, problems), _syntax(tree, problems)
    if kind is None or syntax is None:
        return None
    return _Loader(tree, files, problems, fields(kind), syntax).definition(kind)


def _kind(tree: Piece, problems: Problems) -> str | None:
    kind = tree.get("kind")
    if kind is None:
        problems.error(tree.place, "the mapping does not say its kind", hint="kind: one of " + ", ".join(KINDS))
        return None
    if kind.text not in KINDS:
        problems.error(kind.place, f"unknown kind {kind.text!r}", hint=suggest(kind.text, KINDS))
        return None
    return kind.text


def _syntax(tree: Piece, problems: Problems) -> Syntax | None:
    syntax = tree.get("syntax")
    if syntax is None or syntax.kind != "mapping":
        place = tree.place if syntax is None else syntax.place
        problems.error(place, "the mapping does not say its syntax", hint="syntax: {edifact: ORDERS, versions: [D.96A]}")
        return None
    values = {key.text: value for key, value in syntax.entries}
    known = {"edifact": {"versions", "association"}, "ubl": {"version"}, "json": {"schema", "decimals"}, "csv": {"delimiter", "by"}}
    family = next((name for name in known if name in values), None)
    if family is None:
        problems.error(syntax.place, "unknown syntax", hint="edifact, ubl, json or csv")
        return None
    for key, _ in syntax.entries:
        if key.text != family and key.text not in known[family]:
            problems.error(key.place, f"unknown key {key.text!r} for {family}", hint=suggest(key.text, known[family]))
    return _make_syntax(family, values, problems)


def _make_syntax(family: str, values: Mapping[str, Piece], problems: Problems) -> Syntax | None:
    name = values[family].text
    texts = {key: value.texts() for key, value in values.items()}
    match family:
        case "edifact":
            if not texts.get("versions"):
                problems.error(values[family].place, "the mapping names no version of the directory", hint="versions: [D.96A]")
                return None
            return EdifactSyntax(message=name, versions=tuple(texts["versions"]), association=tuple(texts.get("association", ())))
        case "ubl":
            return UblSyntax(root=name, version=values["version"].text if "version" in values else "2.1")
        case "json":
            decimals = values["decimals"].text if "decimals" in values else "text"
            if decimals not in ("text", "number"):
                problems.error(values["decimals"].place, f"{decimals!r} is no form of decimals", hint="text or number")
            as_number = decimals == "number"
            schema = values["schema"].text if "schema" in values else None
            return JsonSyntax(name=name, schema=schema, decimals="number" if as_number else "text")
        case _:
            delimiter = values["delimiter"].text if "delimiter" in values else ";"
            if len(delimiter) != 1:
                problems.error(values["delimiter"].place, f"{delimiter!r} is not one character", hint="delimiter: ';'")
            return CsvSyntax(name=name, delimiter=delimiter, by=tuple(texts.get("by", ())))


class _Loader:
    """Loads one mapping whose kind and syntax are known."""

    def __init__(self, tree: Piece, files: MappingFiles, problems: Problems, root: Field, syntax: Syntax) -> None:
        self.tree = tree
        self.files = files
        self.problems = problems
        self.root = root
        self.syntax = syntax
        self.tables = self._tables()

    def definition(self, kind: str) -> Definition:
        name = self.tree.get("mapping")
        if name is None:
            self.problems.error(self.tree.place, "the mapping does not say its name", hint="mapping: the file's name without .map.yaml")
        timezone, doc, residue = self.tree.get("timezone"), self.tree.get("doc"), self.tree.get("residue")
        if residue is not None and residue.text not in ("keep", "drop"):
            self.problems.error(residue.place, f"unknown residue {residue.text!r}", hint="keep or drop")
        if timezone is not None and not _is_zone(timezone.text):
            self.problems.error(timezone.place, f"{timezone.text!r} is no time zone", hint="as in Europe/Berlin; UTC is one too")
        return Definition(
            name=name.text if name is not None else "",
            kind=kind,
            syntax=self.syntax,
            root=self.root,
            place=self.tree.place,
            tables=self.tables,
            sections=self._sections(),
            fills=self._fills(),
            drops=self._drops(),
            checks=self._checks(),
            ignores=self._ignores(),
            not_carried=self._not_carried(),
            residue=residue is not None and residue.text == "keep",
            timezone=timezone.text if timezone is not None and _is_zone(timezone.text) else None,
            document_itself=self._is_document_itself(),
            files=tuple(self.problems.texts),
            doc=doc.text if doc is not None else "",
        )

    def _is_document_itself(self) -> bool:
        body = self.tree.get("body")
        return isinstance(self.syntax, JsonSyntax) and body is not None and body.kind == "scalar" and body.text == "document"

    def _sections(self) -> dict[str, list[Entry]]:
        blocks = self.tree.get("blocks")
        reader = EntryReader(
            syntax=self.syntax,
            root=self.root,
            problems=self.problems,
            blocks={key.text: value for key, value in blocks.entries} if blocks is not None else {},
        )
        wanted = ("header", "detail", "summary") if isinstance(self.syntax, EdifactSyntax) else ("body",)
        sections: dict[str, list[Entry]] = {}
        for name in ("header", "detail", "summary", "body"):
            section = self.tree.get(name)
            if section is None or section.empty or self._is_document_itself():
                continue
            if name not in wanted:
                self.problems.error(section.place, f"{name!r} does not go with this syntax", hint="sections here: " + ", ".join(wanted))
                continue
            sections[name] = reader.entries(section, self.root, name)
        if not sections and not self._is_document_itself():
            self.problems.error(
                self.tree.place, "the mapping has no entries", hint="write them under " + ", ".join(f"{name}:" for name in wanted)
            )
        return sections

    def _fills(self) -> tuple[Fill, ...]:
        found = []
        for item in self._items("fill"):
            left, equals, right = item.text.partition(" = ")
            if not equals:
                self.problems.error(item.place, "a fill is `path = expression`", hint="totals.line_net = sum(lines.net_amount)")
                continue
            try:
                target = resolve(left.strip(), self.root, self.root)
                here = self._object_of(left.strip())
                found.append(Fill(target=target, expression=compile_expression(right, here, self.root), place=item.place))
            except Refused as refused:
                self.problems.refused(item.place, refused)
        return tuple(found)

    def _drops(self) -> tuple[Drop, ...]:
        found = []
        for item in self._items("drop"):
            if item.kind != "mapping" or len(item.entries) != 1:
                self.problems.error(item.place, "a drop is `path: condition`", hint="lines.unit: not exists(quantity)")
                continue
            (key, condition) = item.entries[0]
            try:
                target, here = resolve(key.text, self.root, self.root), self._object_of(key.text)
            except Refused as refused:
                self.problems.refused(key.place, refused)
                continue
            try:
                found.append(Drop(target=target, expression=compile_condition(condition.text, here, self.root), place=key.place))
            except Refused as refused:
                self.problems.refused(condition.place, refused)
        return tuple(found)

    def _object_of(self, path: str) -> Field:
        """The object a fill's expression looks from: the innermost list item on the path, else the document."""
        here, field = self.root, self.root
        for name in path.split(".")[:-1]:
            field = field.child(name) or field
            here = field if field.is_list else here
        return here

    def _checks(self) -> tuple[Check, ...]:
        found = []
        for item in self._items("check"):
            place, text, said = item.place, item.text, ""
            if item.kind == "mapping" and item.entries:
                key, value = item.entries[0]
                place, text, said = key.place, key.text, value.text
            try:
                found.append(
                    Check(expression=compile_condition(text, self.root, self.root), text=said or f"{text} does not hold", place=place)
                )
            except Refused as refused:
                self.problems.refused(place, refused)
        return tuple(found)

    def _items(self, name: str) -> list[Piece]:
        piece = self.tree.get(name)
        if piece is None or piece.empty:
            return []
        if piece.kind != "sequence":
            self.problems.error(piece.place, f"{name!r} is a list", hint=f"{name}:\n  - …")
            return []
        return piece.items

    def _ignores(self) -> tuple[tuple[str, Place], ...]:
        found = []
        for item in self._items("ignore"):
            if isinstance(self.syntax, EdifactSyntax) and not re.match(r"[A-Z][A-Z0-9]{2}\+[^*+:]", item.text):
                self.problems.error(item.place, f"{item.text!r} ignores a whole segment", hint="name the qualifier that is known: LOC+27+*")
            found.append((item.text, item.place))
        return tuple(found)

    def _not_carried(self) -> dict[str, str]:
        piece = self.tree.get("not_carried")
        found = {}
        for key, value in piece.entries if piece is not None else ():
            if not value.text:
                self.problems.error(key.place, f"{key.text!r} is not carried without a reason", hint="write why, in a few words")
            found[key.text] = value.text
        return found

    def _tables(self) -> dict[str, Table]:
        codes = self.tree.get("codes")
        return {key.text: self._table(key.text, value) for key, value in codes.entries} if codes is not None else {}

    def _table(self, name: str, piece: Piece) -> Table:
        known = ("pairs", "other", "from", "columns", "rows", "doc")
        for key, _ in piece.entries:
            if key.text not in known:
                self.problems.error(key.place, f"unknown key {key.text!r} in a code table", hint=suggest(key.text, known))
        other = self._other(piece.get("other"))
        pairs, rows, origin = piece.get("pairs"), piece.get("rows"), piece.get("from")
        columns = piece.get("columns")
        if rows is not None and columns is not None:
            return Table(name=name, columns=self._row_columns(rows, columns.texts(), other), rows=_rows(rows, columns.texts()))
        if origin is not None:
            return Table(name=name, columns={"": pairs_column(self._csv_pairs(origin, columns), other=other)})
        if pairs is None:
            self.problems.error(piece.place, f"the table {name!r} has no pairs", hint="pairs: [[PCE, C62]]")
            return Table(name=name, columns={"": pairs_column((), other=other)})
        found = tuple(pair for item in pairs.items if (pair := self._pair(item)) is not None)
        column = pairs_column(found, other=other)
        for unused in column.unused:
            place = next((item.place for item in pairs.items if tuple(item.texts()[:2]) == unused[:2]), piece.place)
            self.problems.warning(place, f"the pair {unused[0]} = {unused[1]} can never be used: earlier pairs win in both directions")
        return Table(name=name, columns={"": column})

    def _pair(self, item: Piece) -> Pair | None:
        texts = item.texts()
        if len(texts) not in (2, 3) or (len(texts) == 3 and texts[2] not in ("<", ">")):
            self.problems.error(item.place, "this is no pair", hint="[wire, document], a third < for reading only, > for writing only")
            return None
        return texts[0], texts[1], texts[2] if len(texts) == 3 else ""

    def _other(self, piece: Piece | None) -> str:
        if piece is None:
            return "error"
        return piece.text if piece.text in ("same", "error", "drop") else "=" + piece.text

    def _row_columns(self, rows: Piece, names: list[str], other: str) -> dict[str, Column]:
        """The first column is the document's value, each further one a wire column; `-` or nothing: the column says nothing here."""
        columns: dict[str, list[Pair]] = {name: [] for name in names[1:]}
        for row in rows.items:
            texts = row.texts() if row.kind == "sequence" else []
            way = texts.pop() if texts and texts[-1] in ("<", ">") else ""
            if len(texts) != len(names):
                self.problems.error(
                    row.place, f"this row has {len(texts)} values, the table {len(names)} columns", hint="[" + ", ".join(names) + "]"
                )
                continue
            for name, wire in zip(names[1:], texts[1:], strict=True):
                if wire not in ("", "-"):
                    columns[name].append((wire, texts[0], way))
        return {name: pairs_column(tuple(pairs), other=other) for name, pairs in columns.items()}

    def _csv_pairs(self, origin: Piece, columns: Piece | None) -> tuple[Pair, ...]:
        found = self.files(origin.text)
        if found is None:
            self.problems.error(origin.place, f"there is no table file {origin.text!r}", hint="it would lie under mappings/")
            return ()
        rows = list(csv.DictReader(io.StringIO(found[1])))
        names = columns.texts() if columns is not None else list(rows[0])[:2] if rows else []
        missing = [name for name in names if rows and name not in rows[0]]
        if missing or len(names) != 2:
            self.problems.error(
                origin.place, f"the table file has no columns {', '.join(missing or names)}", hint="columns: [wire, document]"
            )
            return ()
        return tuple((row[names[0]], row[names[1]], "") for row in rows if row[names[0]] and row[names[1]])


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _rows(rows: Piece, names: list[str]) -> tuple[tuple[str, dict[str, str]], ...]:
    """Rows for reading: value, and what each column has."""
    found = []
    for row in rows.items:
        texts = row.texts()
        if texts and texts[-1] in ("<", ">") and texts.pop() == ">":
            continue
        found.append((texts[0], {name: text for name, text in zip(names[1:], texts[1:], strict=False) if text not in ("", "-")}))
    return tuple(found)
