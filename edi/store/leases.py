"""Named leases: of several hosts on one database exactly one does what only one may do, and all know when it was done last (P10).

A lease that was not renewed in time is anybody's. Its fence grows with every change of hands, so that whoever slept through one finds out.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, or_, select, update

from edi.store.dialect import insert_if_new
from edi.store.store import AnyRow
from edi.store.tables import lease


def look(connection: Connection, name: str, *, now: str) -> tuple[datetime | None, bool]:
    """When it was used last, and whether it could be taken."""
    row = connection.execute(select(lease, _free(now).label("free")).where(lease.c.name == name)).one_or_none()
    return (None, True) if row is None else (used_at(row), bool(row.free))


def take(connection: Connection, name: str, *, owner: str, now: str, until: str) -> AnyRow | None:
    """The lease, ours now, with when it was last used; None if somebody else holds it."""
    insert_if_new(connection, lease, {"name": name, "fence": 0})
    mine = update(lease).where(lease.c.name == name, _free(now))
    if connection.execute(mine.values(owner=owner, until=until, fence=lease.c.fence + 1)).rowcount != 1:
        return None
    return connection.execute(select(lease).where(lease.c.name == name)).one()


def give_back(connection: Connection, held: AnyRow, *, used: str | None) -> bool:
    """Let go of it, and say when it was used; False if it was taken over meanwhile."""
    mine = update(lease).where(lease.c.name == held.name, lease.c.fence == held.fence)
    return connection.execute(mine.values(owner=None, until=None, used=used or held.used)).rowcount == 1


def holds_any(connection: Connection, owner: str) -> bool:
    """True if somebody holds any."""
    return connection.execute(select(lease.c.name).where(lease.c.owner == owner).limit(1)).first() is not None


def renew(connection: Connection, owner: str, *, now: str, until: str) -> None:
    """All that somebody holds lasts longer, unless it ran out already."""
    connection.execute(update(lease).where(lease.c.owner == owner, lease.c.until >= now).values(until=until))


def free_all(connection: Connection, owners: str) -> None:
    """Take back those of owners whose name begins so: only for the one who knows that they are dead."""
    held = update(lease).where(lease.c.owner.startswith(owners, autoescape=True))
    connection.execute(held.values(owner=None, until=None, fence=lease.c.fence + 1))


def used_at(row: AnyRow) -> datetime | None:
    """When it was used last; None if never."""
    return datetime.fromisoformat(row.used) if row.used else None


def _free(now: str) -> ColumnElement[bool]:
    return or_(lease.c.owner.is_(None), lease.c.until < now)
