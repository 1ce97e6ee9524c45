"""Heads of the audit trail are sent elsewhere by schedule, each with the proof that it begins with the one before (P27).

A head is queued like any file for a channel: it is retried, shown and audited like one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import delete, insert, select

from edi.engine.context import ACTOR, Context
from edi.engine.operator import Act
from edi.engine.submit import Submitted, submit
from edi.slices import Slice
from edi.store import audit_heads
from edi.store.audit_tree import keep_blocks
from edi.store.store import moment
from edi.store.tables import fact

SENT: Final = "audit_head_sent"
"""The fact that holds the last head that was queued."""


def send_if_due(context: Context) -> Submitted | None:
    """Queue the head of now if archive.yaml asks for it and its time has come; None if not."""
    heads = context.workspace.archive.heads
    if heads is None:
        return None
    now = context.clock.now()
    with context.leases.turn("audit head") as ours:
        if not ours:
            return None
        with context.store.reading() as view:
            text = view.connection.execute(select(fact.c.value).where(fact.c.name == SENT)).scalar_one_or_none()
            last = audit_heads.read(SENT, text) if text else None
        if last is not None and last.at is not None and now - datetime.fromisoformat(last.at) < heads.every:
            return None
        with context.store.writing(ACTOR, now) as transaction:
            keep_blocks(transaction)
            told = audit_heads.as_json(transaction, at=moment(now), since=last)
            transaction.connection.execute(delete(fact).where(fact.c.name == SENT))
            transaction.connection.execute(insert(fact).values(name=SENT, value=told))
        # A crash here leaves a head that nobody got; the next one proves that it begins with it all the same, and a gap is seen.
        name = f"audit-head-{audit_heads.read(SENT, told).size:012}.json"
        act = Act(who=ACTOR, why="the head of the audit trail, to be kept elsewhere")
        return submit(context, heads.channel, filename=name, payload=Slice.of(told.encode()), content_type="application/json", act=act)
