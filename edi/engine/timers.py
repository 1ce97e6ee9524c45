"""Deadlines: what somebody owes us and did not send in time is overdue, and shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import select

from edi.engine import receipts
from edi.engine.context import ACTOR, Context
from edi.engine.moves import move
from edi.engine.states import Machine
from edi.store.store import moment
from edi.store.tables import acknowledgement_expected, outbound

EXPIRE_AFTER: Final = timedelta(days=90)


def tick(context: Context) -> int:
    """Move acknowledgements whose deadline passed to `overdue`; how many. Only what was really sent can be overdue."""
    return receipts.tick(context) + _acknowledgements(context)


def expire(context: Context) -> int:
    """Acknowledgements that are overdue for so long that nobody looks for them any more; how many. A late answer still counts."""
    now = context.clock.now()
    table = acknowledgement_expected
    old = select(table.c.id).where(table.c.state == "overdue", table.c.deadline <= moment(now - EXPIRE_AFTER)).limit(500)
    with context.store.reading() as view:
        if not view.connection.execute(old).first():
            return 0
    with context.store.writing(ACTOR, now) as transaction:
        rows = transaction.connection.execute(old).scalars().all()
        for row_id in rows:
            move(transaction, Machine.ACKNOWLEDGEMENT, row_id, "overdue", "expired")
    return len(rows)


def _acknowledgements(context: Context) -> int:
    now = moment(context.clock.now())
    due = (
        select(acknowledgement_expected.c.id, acknowledgement_expected.c.kind, outbound.c.id.label("outbound_id"))
        .join(outbound, outbound.c.id == acknowledgement_expected.c.outbound_id)
        .where(acknowledgement_expected.c.state == "expected", acknowledgement_expected.c.deadline <= now, outbound.c.sent.is_not(None))
        .order_by(acknowledgement_expected.c.deadline)
        .limit(500)
    )
    with context.store.reading() as view:
        if not view.connection.execute(due).first():
            return 0
    with context.store.writing(ACTOR, context.clock.now()) as transaction:
        # Another host that looks at the same moment takes others, or none.
        rows = transaction.connection.execute(due.with_for_update(skip_locked=True, of=acknowledgement_expected)).all()
        for row in rows:
            move(transaction, Machine.ACKNOWLEDGEMENT, row.id, "expected", "overdue", outbound=row.outbound_id, kind=row.kind)
    return len(rows)
