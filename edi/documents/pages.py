"""The reference page of each kind, as Markdown: every field with its type, business term, EDIFACT and UBL position."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from edi.documents.fields import Field, fields
from edi.documents.kinds import KINDS, model
from edi.documents.schema import SCHEMA_VERSION

DECIDED: Final = """\
How to read it: `lines[]` is a list, `!` means mandatory. EDIFACT positions are within the group their object stands in, UBL positions within the
element of their object; a leading `/` means from the root. Business terms (BT, BG) are those of EN 16931. Every object may also hold `x`, extension
fields of one's own.

Rules for all kinds:

* A value that is absent has no key; `null` and `""` are refused.
* Decimals are exact. In JSON they are texts (`"12.50"`) or, by option of the channel, numbers; both are read.
* A moment is a date `2024-03-15` or a date and time `2024-03-15T10:23`, with or without seconds and offset. Nothing is converted between zones.
* Amounts are in the document's `currency`, positive in the document's own sense: a credit note has positive lines.
* Codes are those of UN/CEFACT or ISO unless the table names the values.
* One day and a span of days are different fields (`requested` and `requested_period`), because they are on both wires.
* Contacts and notes are always lists; the first is the most important one.
* Every CPS of a DESADV or RECADV makes a handling unit, also one that says nothing but its number; lines stand in the unit they were packed in.
* 381 and its kin are kind `credit_note`, in EDIFACT as in UBL.
* A line's parent, a handling unit's parent and a line's handling unit are named by id; lists stay flat.
"""


def page(kind: str) -> str:
    """The page of one kind. Raises ConfigError for a kind we do not know."""
    root = fields(kind)
    title = kind.replace("_", " ").capitalize()
    rows = "\n".join(_rows(root, ""))
    intro = (model(kind).__doc__ or "").strip()
    head = f"# {title}\n\n{intro} Kind `{kind}`, schema version {SCHEMA_VERSION} (`schemas/erp/{kind}.schema.json`).\n"
    return (
        f"{head}\n*This page is generated from the model; see [the rules for all kinds](README.md).*\n\n"
        f"| Field | Type | What it says | BT | EDIFACT | UBL |\n|---|---|---|---|---|---|\n{rows}\n"
    )


def overview() -> str:
    """The page that leads to the others and holds the rules they share."""
    links = "\n".join(f"| [`{kind}`]({kind}.md) | {(model(kind).__doc__ or '').strip()} |" for kind in KINDS)
    return f"# The canonical documents\n\n{DECIDED}\nWhat is said of them stands in [findings](findings.md), which mappings carry them in [spokes](spokes.md).\n\n| Kind | What it is |\n|---|---|\n{links}\n"


def _rows(owner: Field, prefix: str) -> Iterator[str]:
    for one in owner.children.values():
        if one.extensible:
            continue
        name = f"{prefix}{one.name}{'[]' if one.is_list else ''}"
        shown = f"`{name}`{' !' if one.required else ''}"
        yield f"| {shown} | {_type(one)} | {_cell(one.text)} | {_cell(one.bt)} | {_cell(one.edifact)} | {_code(one.ubl)} |"
        yield from _rows(one, f"{name}.")


def _type(one: Field) -> str:
    if one.values:
        return " \\| ".join(f"`{value}`" for value in one.values)
    return "object" if one.type is None else one.type.value


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _code(text: str) -> str:
    return f"`{_cell(text)}`" if text else ""
