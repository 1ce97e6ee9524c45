"""Named leases: of several hosts on one database exactly one does what only one may do, and all know when it was done last (P10).

A lease that was not renewed in time is anybody's. Its fence grows with every change of hands, so that whoever slept through one finds out.
"""

from __future__ import annotations

from sqlalchemy import Connection, or_, select, update

from edi.store.dialect import insert_if_new
from edi.store.store import AnyRow
from edi.store.tables import lease


def take(connection: Connection, name: str, *, owner: str, now: str, until: str) -> AnyRow | None:
    """The lease, ours now, with when it was last used; None if somebody else holds it."""
    insert_if_new(connection, lease, {"name": name, "fence": 0})
    free = or_(lease.c.owner.is_(None), lease.c.until < now, lease.c.owner == owner)
    mine = update(lease).where(lease.c.name == name, free).values(owner=owner, until=until, fence=lease.c.fence + 1)
    if connection.execute(mine).rowcount != 1:
        return None
    return connection.execute(select(lease).where(lease.c.name == name)).one()


def give_back(connection: Connection, held: AnyRow, *, used: str | None) -> bool:
    """Let go of it, and say when it was used; False if it was taken over meanwhile."""
    mine = update(lease).where(lease.c.name == held.name, lease.c.fence == held.fence)
    return connection.execute(mine.values(owner=None, until=None, used=used or held.used)).rowcount == 1
