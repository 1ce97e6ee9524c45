"""The work table: what is to be done, at least once, with leases and fencing (P10).

An expired lease may waste work, never double an effect: whoever writes a result proves with the fence number that nobody took over
meanwhile. Effects themselves are kept single by unique columns, not by leases.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, select, update

from edi.errors import StoreError
from edi.store import prepared
from edi.store.dialect import insert_if_new
from edi.store.tables import work


class LeaseLostError(StoreError):
    """The worker drops its result: somebody else took over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A piece of work somebody holds a lease on."""

    id: int
    kind: str
    subject_id: int
    lane: str
    fence: int


def add(connection: Connection, kind: str, subject_id: int, *, lane: str, due: str) -> None:
    """Ask for something to be done; asking twice is once."""
    row = {"kind": kind, "subject_id": subject_id, "lane": lane, "due": due, "fence": 0}
    if not insert_if_new(connection, work, row):
        prepared.change(connection, _SOONER, {"by_kind": kind, "by_subject": subject_id, "by_due": due, "due": due})


_SOONER = (
    update(work)
    .where(work.c.kind == bindparam("by_kind"), work.c.subject_id == bindparam("by_subject"), work.c.due > bindparam("by_due"))
    .values(due=bindparam("due"))
)


def claim(  # noqa: PLR0913 -- what, when, who and how much, all by keyword
    connection: Connection,
    kind: str,
    *,
    now: str,
    owner: str,
    until: str,
    count_max: int,
    lane: str | None = None,
    suspects_alone: bool = False,
) -> tuple[Item, ...]:
    """Lease up to so many due items, oldest first; only those of a lane if one is named.

    `suspects_alone`: an item whose lease was lost before is leased by itself, so that who dies of it harms no other.
    """
    asked = {"by_kind": kind, "by_now": now, "count_max": count_max}
    if lane is None:
        rows = prepared.select(connection, _DUE, asked).all()
    else:
        rows = prepared.select(connection, _DUE_IN_LANE, {**asked, "by_lane": lane}).all()
    if suspects_alone:
        fresh = next((index for index, row in enumerate(rows) if row.fence), len(rows))
        rows = rows[: max(fresh, 1)]
    if rows:
        prepared.change_many(connection, _TAKE, [{"by_id": row.id, "leased_by": owner, "leased_until": until} for row in rows])
    return tuple(Item(id=row.id, kind=row.kind, subject_id=row.subject_id, lane=row.lane, fence=row.fence + 1) for row in rows)


_FREE = (work.c.leased_by.is_(None)) | (work.c.leased_until < bindparam("by_now"))
_DUE = (
    select(work)
    .where(work.c.kind == bindparam("by_kind"), work.c.due <= bindparam("by_now"), _FREE)
    .order_by(work.c.due, work.c.id)
    .limit(bindparam("count_max"))
    .with_for_update(skip_locked=True)
)
_DUE_IN_LANE = _DUE.where(work.c.lane == bindparam("by_lane"))
_TAKE = (
    update(work)
    .where(work.c.id == bindparam("by_id"))
    .values(leased_by=bindparam("leased_by"), leased_until=bindparam("leased_until"), fence=work.c.fence + 1)
)


def complete(connection: Connection, item: Item) -> None:
    """The item is done. Raises LeaseLostError if somebody else took it over."""
    if prepared.change(connection, _COMPLETE, {"by_id": item.id, "by_fence": item.fence}) != 1:
        raise LeaseLostError(f"{item.kind} {item.subject_id} was taken over by another worker")


_COMPLETE = delete(work).where(work.c.id == bindparam("by_id"), work.c.fence == bindparam("by_fence"))


def postpone(connection: Connection, item: Item, due: str) -> None:
    """Give the item back, to be done at a moment. Raises LeaseLostError if somebody else took it over."""
    given = {"by_id": item.id, "by_fence": item.fence, "due": due}
    if prepared.change(connection, _POSTPONE, given) != 1:
        raise LeaseLostError(f"{item.kind} {item.subject_id} was taken over by another worker")


_POSTPONE = (
    update(work)
    .where(work.c.id == bindparam("by_id"), work.c.fence == bindparam("by_fence"))
    .values(due=bindparam("due"), leased_by=None, leased_until=None)
)


def drop(connection: Connection, kind: str, subject_id: int) -> None:
    """Nobody needs to do it any more."""
    connection.execute(delete(work).where(work.c.kind == kind, work.c.subject_id == subject_id))


def free_all(connection: Connection, owners: str = "") -> int:
    """Take back every lease, or those of owners whose name begins so: only for the one who knows that all holders are dead."""
    held = update(work).where(work.c.leased_by.is_not(None), work.c.leased_by.startswith(owners, autoescape=True))
    return connection.execute(held.values(leased_by=None, leased_until=None, fence=work.c.fence + 1)).rowcount


def holds_any(connection: Connection, owner: str) -> bool:
    """True if somebody holds a lease on anything."""
    return connection.execute(select(work.c.id).where(work.c.leased_by == owner).limit(1)).first() is not None


def renew(connection: Connection, owner: str, *, now: str, until: str) -> None:
    """All that somebody holds lasts longer, unless it ran out already."""
    # What another transaction of ours works on now is not waited for: it ends, or is renewed the next time.
    mine = select(work.c.id).where(work.c.leased_by == owner, work.c.leased_until >= now).with_for_update(skip_locked=True)
    ids = list(connection.execute(mine).scalars())
    if ids:
        connection.execute(update(work).where(work.c.id.in_(ids)).values(leased_until=until))


def held_by(connection: Connection, kind: str, owner: str) -> tuple[int, ...]:
    """Subjects of what somebody holds a lease on."""
    query = select(work.c.subject_id).where(work.c.kind == kind, work.c.leased_by == owner).order_by(work.c.id)
    return tuple(connection.execute(query).scalars())


def free_of(connection: Connection, owner: str) -> None:
    """Take back every lease of somebody who is known to be dead."""
    held = update(work).where(work.c.leased_by == owner)
    connection.execute(held.values(leased_by=None, leased_until=None, fence=work.c.fence + 1))


def is_due(connection: Connection, kind: str, now: str) -> bool:
    """True if there is something of that kind to do now, as far as nobody else works on it."""
    return prepared.select(connection, _DUE_AT_ALL, {"by_kind": kind, "by_now": now}).first() is not None


_DUE_AT_ALL = select(work.c.id).where(work.c.kind == bindparam("by_kind"), work.c.due <= bindparam("by_now"), _FREE).limit(1)
