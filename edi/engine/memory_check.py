"""Restore is amnesia (P36): a store that forgot what it knew sends nothing until a person has looked.

The last audit head is kept in a file beside the database. A database whose trail does not hold that head was restored from a backup, or
lost its log: it has forgotten deliveries and control references, so the outbox goes on hold.
"""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import select

from edi.engine.context import ACTOR, Context
from edi.slices import Slice
from edi.store import audit
from edi.store.audit import Head
from edi.store.payloads import write_durably
from edi.store.store import Store
from edi.store.tables import audit_event, fact

NAME = "audit-head.json"


def remember(store: Store) -> Head:
    """Write down how far the audit trail has come."""
    with store.reading() as view:
        head = audit.head(view.connection)
    place = store.folder / NAME
    if head != read(place):
        write_durably(place, Slice.of(json.dumps({"size": head.size, "hash": head.hash}).encode()))
    return head


def read(place: Path) -> Head | None:
    """The head that was written down; None if there is none that can be read."""
    try:
        found = json.loads(place.read_bytes())
        return Head(size=int(found["size"]), hash=str(found["hash"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def hold_if_forgotten(context: Context) -> str | None:
    """At start: why the outbox was put on hold; None if the store knows all it knew."""
    known = read(context.store.folder / NAME)
    if known is None or known.size == 0:
        return None
    with context.store.reading() as view:
        found = view.connection.execute(select(audit_event.c.hash).where(audit_event.c.seq == known.size)).scalar_one_or_none()
        held = view.connection.execute(select(fact.c.name).where(fact.c.name == "hold")).first()
    if found == known.hash or held is not None:
        return None
    why = (
        f"the audit trail had {known.size} entries and does not hold the last of them any more: the store was restored or lost its end; "
        "compare with what partners received, then release the outbox"
    )
    with context.store.writing(ACTOR, context.clock.now()) as transaction:
        transaction.connection.execute(fact.insert().values(name="hold", value=why))
        transaction.audit("outbox", "hold_after_restore", known=known.size)
    return why
