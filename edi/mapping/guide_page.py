"""A mapping as a table for people: line by line what stands where, which term it is and how it is changed on the way."""

from __future__ import annotations

from collections.abc import Iterator

from edi.mapping.bound import BoundField
from edi.mapping.nodes import Entry
from edi.mapping.spoke import Spoke

COLUMNS = ("Line", "Pattern", "Fields", "Terms", "Codecs", "Note")


def page(spoke: Spoke) -> str:
    """Markdown: the mapping's head, its entries by section, its tables, what is ignored and not carried."""
    definition = spoke.definition
    lines = [f"# {spoke.name}", "", f"{spoke.kind}, {definition.syntax}", ""]
    if definition.doc:
        lines += [definition.doc, ""]
    parts: dict[int, list[BoundField]] = {}
    for part, entry in spoke.binding.fields():
        parts.setdefault(entry.number, []).append(part)
    for name, entries in definition.sections.items():
        lines += [f"## {name}", "", "| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
        lines += [_row(entry, depth, parts.get(entry.number, [])) for entry, depth in _flat(entries, 0, set())]
        lines.append("")
    for table in definition.tables.values():
        lines += [f"## Table {table.name}", ""]
        for column_name, column in table.columns.items():
            pairs = ", ".join(f"{wire} = {value}" for wire, value in column.reading.items())
            lines.append(f"- {column_name or 'wire = document'}: {pairs}; other codes: {column.other}")
        lines.append("")
    if definition.ignores:
        lines += ["## Ignored", "", *(f"- `{pattern}`" for pattern, _ in definition.ignores), ""]
    if definition.not_carried:
        lines += ["## Not carried", "", *(f"- `{path}`: {reason}" for path, reason in definition.not_carried.items()), ""]
    return "\n".join(lines).rstrip() + "\n"


def _flat(entries: list[Entry], depth: int, seen: set[int]) -> Iterator[tuple[Entry, int]]:
    for entry in entries:
        if id(entry) in seen:
            continue
        seen.add(id(entry))
        yield entry, depth
        yield from _flat(entry.children, depth + 1, seen)


def _row(entry: Entry, depth: int, parts: list[BoundField]) -> str:
    options = []
    if entry.each is not None:
        options.append(f"each {entry.each.dotted}")
    if entry.at is not None:
        options.append(f"at {entry.at.dotted}")
    if entry.when is not None:
        options.append(f"when {entry.when.text}")
    if entry.direction != "both":
        options.append(f"{entry.direction} only")
    fields = ", ".join(part.target.dotted + ("!" if part.required else "") for part in parts if not part.passive)
    terms = ", ".join(dict.fromkeys(term for part in parts if (term := part.target.field.bt))) or entry.bt
    codecs = ", ".join(dict.fromkeys(codec.name for part in parts for codec in part.conversion.codecs))
    text = " ".join(entry.pattern.text.split()).replace("|", "\\|")
    cells = (
        str(entry.place.line),
        "&nbsp;" * (4 * depth) + f"`{text}`",
        fields,
        terms,
        codecs,
        "; ".join([*options, entry.doc] if entry.doc else options),
    )
    return "| " + " | ".join(cells) + " |"
