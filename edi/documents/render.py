"""A canonical document for people: head, parties, a table of lines, sums and texts, the same for the status page and the terminal.

Labels are names of fields; whoever shows them says them in the reader's language. Values keep the sender's own digits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

HEAD: Final = (
    "issue_date", "response", "currency", "buyer_reference", "order.number", "order.date", "sales_order.number",
    "despatch.number", "contract", "project", "despatch_date", "delivery.requested", "delivery.promised", "delivery.estimated",
    "delivery.actual", "delivery.terms_code", "delivery.terms_place", "delivery.instructions", "period.start", "period.end",
    "payment.due_date", "payment.terms", "payment.reference", "document.number",
)  # fmt: skip
"""What the head shows if it is there, in this order; the label is the whole path."""

PARTIES: Final = (
    "seller", "buyer", "ship_to", "ship_from", "ultimate_consignee", "invoicee", "payee", "sender", "receiver", "originator",
)  # fmt: skip
TOTALS: Final = (
    "line_net", "allowances", "charges", "tax_exclusive", "tax", "tax_inclusive", "prepaid", "rounding", "payable",
)  # fmt: skip
QUANTITIES: Final = (
    "ordered_quantity", "quantity", "backorder_quantity", "outstanding_quantity", "despatched_quantity", "short_quantity",
    "rejected_quantity", "free_quantity",
)  # fmt: skip
LINES_MAX: Final = 2_000
"""Shown; a rendering is for people, and the bytes have the rest."""


WIDTH: Final = 78
"""Characters of a line of text: a terminal, or a mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A label and what it says."""

    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyBlock:
    """Who in which role, line by line."""

    role: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTable:
    """The lines; columns nobody fills are left out."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left_out: int = 0
    """Lines beyond `LINES_MAX`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """A document as people read it."""

    kind: str
    number: str
    head: tuple[Row, ...]
    parties: tuple[PartyBlock, ...]
    lines: LineTable
    allowances: tuple[Row, ...]
    totals: tuple[Row, ...]
    notes: tuple[str, ...]


def render(document: Mapping[str, object]) -> Rendering:
    """What people read of a document; whatever is not shaped as its kind has it is left out."""
    return Rendering(
        kind=_text(document.get("kind")),
        number=_text(document.get("number")),
        head=tuple(Row(label=path, value=value) for path in HEAD if (value := _text(at(document, path)))),
        parties=tuple(_parties(document)),
        lines=_lines(document),
        allowances=tuple(_allowances(document)),
        totals=tuple(Row(label=name, value=value) for name in TOTALS if (value := _text(at(document, f"totals.{name}")))),
        notes=tuple(_text(note.get("text")) for note in _objects(document.get("notes")) if note.get("text")),
    )


def text(found: Rendering) -> str:
    """The rendering for a terminal or a mail, labels as the fields are called."""
    parts = [f"{label(found.kind)} {found.number}".strip(), ""]
    parts += [f"{label(row.label):<24} {row.value}" for row in found.head]
    for party in found.parties:
        parts += ["", label(party.role), *(f"  {line}" for line in party.lines)]
    if found.lines.rows:
        parts += ["", *_columns(found.lines)]
    if found.lines.left_out:
        parts.append(f"... and {found.lines.left_out} more lines")
    for rows in (found.allowances, found.totals):
        parts += ["", *(f"{label(row.label):<24} {row.value}" for row in rows)] if rows else []
    for note in found.notes:
        parts += ["", note]
    return "\n".join(parts) + "\n"


def label(name: str) -> str:
    """`delivery.requested` as words: `Delivery requested`."""
    words = name.replace(".", " ").replace("_", " ").removesuffix(" number")
    return words[:1].upper() + words[1:]


def at(document: Mapping[str, object], path: str) -> object:
    """What stands at a dotted path without lists; None if nothing does."""
    found: object = document
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def quantities(document: Mapping[str, object]) -> Iterator[tuple[str, str, Decimal | None, str]]:
    """Of each line: the key that orders, responses, advices and invoices share, its name, the quantity and the unit.

    The key is the GTIN, else the buyer's or seller's number of the item, else the number of the ordered line.
    """
    for line in _objects(document.get("lines")):
        item = line.get("item")
        item = item if isinstance(item, Mapping) else {}
        ordered = _text(at(line, "order_line.line")) or _text(line.get("id"))
        key = next((found for name in ("gtin", "buyer_id", "seller_id") if (found := _text(item.get(name)))), f"#{ordered}")
        yield key, _text(item.get("name")) or _text(item.get("description")), _number(line.get("quantity")), _text(line.get("unit"))


def _parties(document: Mapping[str, object]) -> Iterator[PartyBlock]:
    for role in PARTIES:
        party = document.get(role)
        if isinstance(party, Mapping):
            lines = tuple(_party(party))
            if lines:
                yield PartyBlock(role=role, lines=lines)


def _party(party: Mapping[str, object]) -> Iterator[str]:
    for name in ("name", "trading_name", "name_and_address"):
        if value := _text(party.get(name)):
            yield value
    street = " ".join(filter(None, (_text(at(party, "address.street")), _text(at(party, "address.building")))))
    city = " ".join(filter(None, (_text(at(party, "address.postcode")), _text(at(party, "address.city")))))
    yield from filter(None, (street, _text(at(party, "address.street2")), city, _text(at(party, "address.country"))))
    for prefix, name in (("GLN", "gln"), ("VAT", "vat_id")):
        if value := _text(party.get(name)):
            yield f"{prefix} {value}"


def _lines(document: Mapping[str, object]) -> LineTable:
    lines = list(_objects(document.get("lines")))
    found = [_line(line) for line in lines[:LINES_MAX]]
    used = [name for name in COLUMNS if any(row.get(name) for row in found)]
    rows = tuple(tuple(row.get(name, "") for name in used) for row in found) if used else ()
    return LineTable(columns=tuple(used), rows=rows, left_out=max(0, len(lines) - LINES_MAX))


COLUMNS: Final = (
    "id", "status", "item.gtin", "item.buyer_id", "item.seller_id", "item.name", *QUANTITIES, "unit", "price.net", "net_amount", "tax.rate", "reason",
)  # fmt: skip


def _line(line: Mapping[str, object]) -> dict[str, str]:
    found = {name: _text(at(line, name)) for name in COLUMNS}
    found["item.name"] = found["item.name"] or _text(at(line, "item.description"))
    base = _text(at(line, "price.base_quantity"))
    if found["price.net"] and base not in {"", "1"}:
        found["price.net"] += f" / {base}"
    return found


def _allowances(document: Mapping[str, object]) -> Iterator[Row]:
    for one in _objects(document.get("allowance_charges")):
        name = "charge" if one.get("is_charge") is True else "allowance"
        yield Row(label=name, value=" ".join(filter(None, (_text(one.get("reason")), _text(one.get("amount"))))))


def _columns(table: LineTable) -> Iterator[str]:
    """The table as text: columns as wide as they need, the widest cut so that a line fits."""
    heads = [label(name) for name in table.columns]
    widths = [max(len(row[index]) for row in (tuple(heads), *table.rows)) for index in range(len(heads))]
    over = sum(widths) + 2 * (len(widths) - 1) - WIDTH
    widest = widths.index(max(widths))
    widths[widest] = max(10, widths[widest] - max(0, over))
    for row in (tuple(heads), *table.rows):
        yield "  ".join(_cut(cell, size).ljust(size) for cell, size in zip(row, widths, strict=True)).rstrip()


def _cut(cell: str, size: int) -> str:
    return cell if len(cell) <= size else cell[: size - 1] + "…"


def _objects(value: object) -> Sequence[Mapping[str, object]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _text(value: object) -> str:
    match value:
        case str():
            return value.strip()
        case bool() | None:
            return ""
        case Decimal():
            return format(value, "f")
        case int():
            return str(value)
        case _:
            return ""


def _number(value: object) -> Decimal | None:
    found = _text(value)
    unsigned = found.removeprefix("-").replace(".", "", 1)
    return Decimal(found) if unsigned.isascii() and unsigned.isdigit() else None
