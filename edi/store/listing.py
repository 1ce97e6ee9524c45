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
FEW_MAX: Final = 5_000
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


def newest(
    view: Reading, query: Select[*tuple[Any, ...]], wanted: Filter, table: Table, moment: ColumnElement[str], page: Page
) -> list[AnyRow]:
    """What `query` says of the rows, by moment and id, the newest first."""
    ids = _ids(view, wanted, table, moment, page)
    rows = {row.id: row for row in view.connection.execute(query.where(table.c.id.in_(ids)))} if ids else {}
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


def _ids(view: Reading, wanted: Filter, table: Table, moment: ColumnElement[str], page: Page) -> list[int]:
    """Several states are asked for one by one: each is a piece of an index in the order of the list, all of them together are not."""
    few = _few(view, wanted, table)
    # Few rows are in a state that is asked for, and its index holds what else is asked.
    known = few is not None or wanted.states is not None
    query = select(table.c.id, moment.label("at")).where(
        *(same(table.c[name], value, known=known) for name, value in _equal(wanted, table))
    )
    if wanted.since is not None:
        query = query.where(moment >= wanted.since)
    if wanted.until is not None:
        query = query.where(moment < wanted.until)
    if page.before is not None:
        behind = select(moment, table.c.id).where(table.c.id <= page.before).order_by(table.c.id.desc()).limit(1)
        last = view.connection.execute(behind).one_or_none()
        query = query.where(tuple_(moment, table.c.id) < tuple_(*(last or ("", 0))))
    if few is None:
        query = query.order_by(moment.desc(), table.c.id.desc()).limit(page.count_max)
        parts = [query] if wanted.states is None else [query.where(table.c.state == state) for state in sorted(wanted.states)]
    else:
        query = query.where(table.c.id.in_(few))
        parts = [query if wanted.states is None else query.where(func.coalesce(table.c.state, "").in_(sorted(wanted.states)))]
    found = [(row.at, row.id) for part in parts for row in view.connection.execute(part)]
    return [row_id for _at, row_id in sorted(found, reverse=True)[: page.count_max]]


def _equal(wanted: Filter, table: Table) -> list[tuple[str, str]]:
    """Columns and what they must be; a table that lacks one is not asked for it."""
    asked = {"partner": wanted.partner, "kind": wanted.kind, "fingerprint": wanted.fingerprint, "channel": wanted.channel}
    return [(name, value) for name, value in asked.items() if value is not None and name in table.c]


def _few(view: Reading, wanted: Filter, table: Table) -> Sequence[int] | None:
    """Ids of what fits the number, or another condition that few rows fit; None: the list is walked."""
    if wanted.number is not None and "number" in table.c:
        return _numbered(view, wanted, table)
    equal = _equal(wanted, table)
    if len(equal) + (wanted.states is not None) < 2:
        return None
    for name, value in equal:
        query = select(table.c.id).where(table.c[name] == value)
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
