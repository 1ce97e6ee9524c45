"""Reports that come later about what was sent (bounces): matched by the name it had on the other side, never answered (P20)."""

from __future__ import annotations

from typing import Final

import structlog
from sqlalchemy import select, update

from edi.engine.context import ACTOR, Context
from edi.engine.followup import follow_up
from edi.engine.moves import change
from edi.engine.ports import Report
from edi.engine.states import Machine
from edi.store import work
from edi.store.tables import attempt, outbound

MOVED: Final = frozenset({"acknowledged", "awaiting", "overdue", "unknown", "retry_wait"})
"""States in which a report that it never arrived says something new."""

LOG = structlog.get_logger("edi.engine")


def settle(context: Context, report: Report) -> str | None:
    """The name of what the report is about, `O7`, if it changed anything; a report that comes again changes nothing."""
    if not report.failed:
        return None
    with context.store.writing(ACTOR, context.clock.now()) as transaction:
        query = select(outbound).where(outbound.c.remote_name == report.about, outbound.c.state.in_(MOVED))
        row = transaction.connection.execute(query.order_by(outbound.c.id.desc())).first()
        if row is None:
            return None
        kept = transaction.keep(report.raw)
        values = {"due": None, "reason": report.text}
        change(transaction, Machine.OUTBOUND, row.id, row.state, "rejected", values, note=report.text, response=kept)
        last = (attempt.c.outbound_id == row.id) & (attempt.c.number == row.attempts)
        transaction.connection.execute(update(attempt).where(last).values(response_sha256=kept, outcome="refused", note=report.text))
        work.drop(transaction.connection, "deliver", row.id)
        follow_up(transaction, row.message_id)
    LOG.warning("bounced", outbound=f"O{row.id}", partner=row.partner, reason=report.text)
    return f"O{row.id}"
