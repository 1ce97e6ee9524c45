"""When an output leaves: at once, when enough wait or the oldest has waited long enough, or at a time of day, as agreed.

Each document keeps an interchange of its own; a batch says when they leave, not how they are packed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update

from edi.engine.context import Context
from edi.engine.plan import Output
from edi.store.store import Transaction, moment
from edi.store.tables import outbound, work
from edi.workspace.model import Batch


def leaves(context: Context, transaction: Transaction, output: Output) -> str:
    """The moment from which an output that was just stored may be sent. Lets all that wait with it go if it fills their batch."""
    if output.agreement is None or output.agreement.batch.now:
        return transaction.now
    batch = output.agreement.batch
    if batch.at is not None:
        partner = context.partner(output.partner)
        return moment(_next(batch, transaction.time, ZoneInfo(partner.timezone if partner else "UTC")))
    if batch.count is not None and _waiting(transaction, output) >= batch.count:
        _let_go(transaction, output)
        return transaction.now
    return moment(transaction.time + (batch.or_after or timedelta(0)))


def _next(batch: Batch, now: datetime, zone: ZoneInfo) -> datetime:
    """The next time of day as agreed, in the partner's zone."""
    assert batch.at is not None, "asked for a batch by time of day"
    local = now.astimezone(zone)
    today = local.replace(hour=batch.at.hour, minute=batch.at.minute, second=0, microsecond=0)
    return today if today > local else today + timedelta(days=1)


def _alike(output: Output, now: str):  # type: ignore[no-untyped-def]  # SQLAlchemy's expression types say less than this name
    """Outputs to the same partner through the same channel that were never tried and wait for their batch."""
    queued = select(work.c.subject_id).where(work.c.kind == "deliver", work.c.lane == output.channel, work.c.due > now)
    return outbound.c.id.in_(queued) & (outbound.c.state == "ready") & (outbound.c.attempts == 0) & (outbound.c.partner == output.partner)


def _waiting(transaction: Transaction, output: Output) -> int:
    """How many wait, the new one included."""
    query = select(func.count()).select_from(outbound).where(_alike(output, transaction.now))
    return int(transaction.connection.execute(query).scalar_one()) + 1


def _let_go(transaction: Transaction, output: Output) -> None:
    ids = list(transaction.connection.execute(select(outbound.c.id).where(_alike(output, transaction.now))).scalars())
    transaction.connection.execute(update(outbound).where(outbound.c.id.in_(ids)).values(due=transaction.now))
    transaction.connection.execute(update(work).where(work.c.kind == "deliver", work.c.subject_id.in_(ids)).values(due=transaction.now))
