"""Pages of lists, the newest first: which rows, and where a page ends; every combination of conditions is answered by an index.

Rule 1: ids are found first, out of an index in the order of the list; whole rows are read only for what is shown.
Rule 2: where one of several conditions fits few rows, those are looked through; otherwise the list is walked until the page is full.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, Table, func, select, tuple_
from sqlalchemy.sql.elements import ColumnElement

from edi.store.store import AnyRow, Reading

FOUND_MAX: Final = 1_000
"""Of one beginning of numbers: whoever gets so many writes one more digit."""
FEW_MAX: Final = 2_000
"""Rows of one condition that are looked through sooner than a list is walked."""
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


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list."""

    count_max: int
    before: int | None = None
    """Only what stands behind the row of this id, or behind the last one before it; None: from the newest."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A table as a list."""

    table: Table
    moment: ColumnElement[str]
    """Its order."""
    channel: ColumnElement[str]
    """Its own, or that of its transmission."""


def newest(view: Reading, query: Select[*tuple[Any, ...]], wanted: Filter, listed: Listed, page: Page) -> list[AnyRow]:
    """What `query` says of the rows, by moment and id, the newest first."""
    ids = _ids(view, wanted, listed, page)
    rows = {row.id: row for row in view.connection.execute(query.where(listed.table.c.id.in_(ids)))} if ids else {}
    return [rows[row_id] for row_id in ids]


def states_of(view: Reading, table: Table, partner: str | None = None) -> Iterator[str]:
    """The states there are, each found by one step in the index."""
    query, last = select(func.min(table.c.state)), ""
    if partner is not None:
        query = query.where(table.c.partner == partner)
    while (found := view.connection.execute(query.where(table.c.state > last)).scalar_one()) is not None:
        yield str(found)
        last = found


def same(column: ColumnElement[Any], value: str, *, known: bool) -> ColumnElement[bool]:
    """Equal; where rows are asked for by their keys, in words that no index answers: the key finds them, this only checks."""
    return func.coalesce(column, "") == value if known else column == value


def _ids(view: Reading, wanted: Filter, listed: Listed, page: Page) -> list[int]:
    """Several states are asked for one by one: each is a piece of an index in the order of the list, all of them together are not."""
    table, moment = listed.table, listed.moment
    few = _few(view, wanted, listed)
    query = _from(listed, wanted, table.c.id, moment.label("at"))
    query = query.where(*_conditions(wanted, listed, known=few is not None or wanted.states is not None))
    if few is not None and wanted.states is not None:
        query = query.where(func.coalesce(table.c.state, "").in_(sorted(wanted.states)))
    if page.before is not None:
        behind = _from(listed, wanted, moment, table.c.id).where(table.c.id <= page.before).order_by(table.c.id.desc()).limit(1)
        last = view.connection.execute(behind).one_or_none()
        query = query.where(tuple_(moment, table.c.id) < tuple_(*(last or ("", 0))))
    if few is not None:
        parts = [query.where(table.c.id.in_(few))]
    else:
        query = query.order_by(moment.desc(), table.c.id.desc()).limit(page.count_max)
        parts = [query] if wanted.states is None else [query.where(table.c.state == state) for state in sorted(wanted.states)]
    found = [(row.at, row.id) for part in parts for row in view.connection.execute(part)]
    return [row_id for _at, row_id in sorted(found, reverse=True)[: page.count_max]]


def _from(listed: Listed, wanted: Filter, *columns: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """Of the table; of its transmissions too where their channel is asked for, which have the same moment."""
    query, other = select(*columns), listed.channel.table
    if wanted.channel is None or other is listed.table:
        return query
    return query.join_from(listed.table, other, other.c.id == listed.table.c.transmission_id)


def _equal(wanted: Filter, listed: Listed) -> Iterator[tuple[ColumnElement[Any], str]]:
    """Columns and what they must be; a table that lacks one is not asked for it."""
    columns = listed.table.c
    for name, value in (("partner", wanted.partner), ("kind", wanted.kind), ("fingerprint", wanted.fingerprint)):
        if value is not None and name in columns:
            yield columns[name], value
    if wanted.channel is not None:
        yield listed.channel, wanted.channel


def _conditions(wanted: Filter, listed: Listed, *, known: bool) -> Iterator[ColumnElement[bool]]:
    """All but the number, which is `_few`, and the states, which few rows are in: their index holds what else is asked."""
    for column, value in _equal(wanted, listed):
        yield same(column, value, known=known)
    if wanted.since is not None:
        yield listed.moment >= wanted.since
    if wanted.until is not None:
        yield listed.moment < wanted.until


def _few(view: Reading, wanted: Filter, listed: Listed) -> Sequence[int] | None:
    """Ids of what fits the number, or another condition that few rows fit; None: the list is walked."""
    if wanted.number is not None and "number" in listed.table.c:
        return _numbered(view, wanted, listed.table)
    equal = list(_equal(wanted, listed))
    if len(equal) + (wanted.states is not None) < 2:
        return None
    for column, value in equal:
        query = _from(listed, wanted if column is listed.channel else Filter(), listed.table.c.id).where(column == value)
        counted = select(func.count()).select_from(query.limit(FEW_MAX + 1).subquery())
        if view.connection.execute(counted).scalar_one() <= FEW_MAX:
            return view.connection.execute(query).scalars().all()
    return None


def _numbered(view: Reading, wanted: Filter, table: Table) -> Sequence[int]:
    """Ids of a number, or a beginning of numbers."""
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
    return view.connection.execute(query).scalars().all()
