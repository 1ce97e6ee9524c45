"""Pages of lists, the newest first: which rows, and where a page ends; every combination of conditions is answered by an index."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, Table, select, tuple_
from sqlalchemy.sql.elements import ColumnElement

from edi.store.store import AnyRow, Reading

FOUND_MAX: Final = 1_000
"""Of one beginning of numbers: whoever gets so many writes one more digit."""
LAST_CHARACTER: Final = "\U0010ffff"
"""Sorts behind everything a business number holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which rows; what is None does not matter."""

    partner: str | None = None
    kind: str | None = None
    number: str | None = None
    """Business number; `*` at its end stands for anything."""
    channel: str | None = None
    states: Collection[str] | None = None
    since: str | None = None
    """Received or made at or after: `2026-11-24`, or a whole moment."""
    until: str | None = None
    """Before."""
    fingerprint: str | None = None
    test: bool | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list."""

    count_max: int
    before: int | None = None
    """Only what stands behind the row of this id; None: from the newest."""


def newest(
    view: Reading,
    query: Select[*tuple[Any, ...]],
    wanted: Filter,
    table: Table,
    moment: ColumnElement[str],
    channel: ColumnElement[str],
    *,
    page: Page,
) -> list[AnyRow]:
    """Rows by moment and id, the newest first.

    Several states are asked for one by one: each is a piece of an index in the order of the list, all of them together are not.
    """
    query = _fitting(view, query, wanted, table, moment, channel)
    if page.before is not None:
        last = view.connection.execute(select(table.c[moment.name], table.c.id).where(table.c.id == page.before)).one_or_none()
        query = query.where(tuple_(moment, table.c.id) < tuple_(*last) if last else table.c.id < page.before)
    if wanted.number is None or "number" not in table.c:
        query = query.order_by(moment.desc(), table.c.id.desc()).limit(page.count_max)
    # Of a number there are few: asked for in order, PostgreSQL would walk the list until it met enough of them.
    parts = [query] if wanted.states is None else [query.where(table.c.state == state) for state in sorted(wanted.states)]
    found = [row for part in parts for row in view.connection.execute(part)]
    return sorted(found, key=lambda row: (getattr(row, str(moment.name)), row.id), reverse=True)[: page.count_max]


def _fitting(
    view: Reading, query: Select[*tuple[Any, ...]], wanted: Filter, table: Table, moment: ColumnElement[str], channel: ColumnElement[str]
) -> Select[*tuple[Any, ...]]:
    """All conditions but the states; a table that lacks a column is not asked for it."""
    equal = {"partner": wanted.partner, "kind": wanted.kind, "fingerprint": wanted.fingerprint, "test": wanted.test}
    for name, value in equal.items():
        if value is not None and name in table.c:
            query = query.where(table.c[name] == value)
    if wanted.channel is not None:
        query = query.where(channel == wanted.channel)
    if wanted.since is not None:
        query = query.where(moment >= wanted.since)
    if wanted.until is not None:
        query = query.where(moment < wanted.until)
    if wanted.number is not None and "number" in table.c:
        query = query.where(table.c.id.in_(_numbered(view, wanted, table)))
    return query


def _numbered(view: Reading, wanted: Filter, table: Table) -> list[int]:
    """Ids first: in one step the list would be walked from its newest row on until enough of that number were found."""
    number, column = wanted.number or "", table.c.number
    start = number.removesuffix("*")
    query = select(table.c.id).limit(FOUND_MAX)
    if start == number:
        query = query.where(column == number)
    elif view.connection.dialect.name == "sqlite":
        query = query.where(column >= start, column < start + LAST_CHARACTER)
    else:
        # What lies between two texts depends on how the database sorts.
        query = query.where(column.startswith(start, autoescape=True))
    if wanted.partner is not None:
        query = query.where(table.c.partner == wanted.partner)
    return list(view.connection.execute(query).scalars())
