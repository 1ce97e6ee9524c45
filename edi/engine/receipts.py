"""Receipts that come in an exchange of their own (asynchronous MDNs): matched to what we sent, and missed when they do not come.

Rule 1: the first final receipt rules; whatever comes later is recorded and changes nothing (F-O07).
Rule 2: a receipt that stays away means unknown: the same bytes are sent again, and after that a person is asked (P12).
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, select, update

from edi.engine import retry, threads
from edi.engine.context import ACTOR, Context
from edi.engine.followup import follow_up, start_waiting
from edi.engine.moves import change, move
from edi.engine.states import Machine
from edi.store import work
from edi.store.dialect import select_where
from edi.store.store import AnyRow, Reading, Transaction, moment
from edi.store.tables import attempt, outbound

WAITING: Final = frozenset({"in_flight", "awaiting", "overdue", "unknown", "retry_wait", "ready"})
"""States in which a receipt still says something new."""
TOGETHER_MAX: Final = 200


def sent_as(view: Reading, channel: str, identity: str) -> AnyRow | None:
    """What was sent through a channel under an identity; None if nothing was (D17: another partner's is never found)."""
    row = select_where(view.connection, outbound, {"identity": identity, "channel": channel}).one_or_none()
    return row if row is not None and row.attempts else None


def settle(context: Context, transaction: Transaction, row: AnyRow, refusal: str | None, receipt: bytes) -> bool:
    """The receipt's verdict on an outbound row, `refusal` saying why it is a no; False if it changed nothing."""
    kept = transaction.keep(receipt)
    if row.state not in WAITING:
        transaction.audit(f"O{row.id}", "receipt_ignored", was=row.state, refusal=refusal, response=kept)
        return False
    target = "rejected" if refusal else "acknowledged"
    values = {"due": None, "reason": refusal, "sent": row.sent or transaction.now}
    change(transaction, Machine.OUTBOUND, row.id, row.state, target, values, note=refusal or "the receipt came", response=kept)
    last = (attempt.c.outbound_id == row.id) & (attempt.c.number == row.attempts)
    ended = {"response_sha256": kept, "outcome": "refused" if refusal else "arrived", "note": refusal or "the receipt came"}
    transaction.connection.execute(update(attempt).where(last).values(**ended))
    if row.state != "in_flight":  # its own exchange is still going on; that one completes its work
        work.drop(transaction.connection, "deliver", row.id)
    if not refusal:
        start_waiting(context, transaction, row)
        threads.wake(transaction, row.thread)
    follow_up(transaction, row.message_id)
    return True


def tick(context: Context) -> int:
    """Receipts that did not come in time: send again, or ask a person; how many."""
    now = moment(context.clock.now())
    late = select(outbound).where(outbound.c.state == "awaiting", outbound.c.due <= now).order_by(outbound.c.due).limit(TOGETHER_MAX)
    with context.store.reading() as view:
        if not view.connection.execute(late).first():
            return 0
    with context.store.writing(ACTOR, context.clock.now()) as transaction:
        rows = transaction.connection.execute(late.with_for_update(skip_locked=True)).all()  # another host takes others
        for row in rows:
            _missed(transaction, row)
    return len(rows)


def _missed(transaction: Transaction, row: AnyRow) -> None:
    why = "its receipt did not come in time"
    missed = (attempt.c.outbound_id == row.id) & (attempt.c.number == row.attempts)
    transaction.connection.execute(update(attempt).where(missed).values(outcome="unknown", note=why))
    query = select(func.count()).select_from(attempt).where(attempt.c.outbound_id == row.id, attempt.c.outcome == "unknown")
    if int(transaction.connection.execute(query).scalar_one()) > retry.RESENDS_MAX:
        change(transaction, Machine.OUTBOUND, row.id, "awaiting", "overdue", {"due": None, "reason": why}, why=why)
        return
    move(transaction, Machine.OUTBOUND, row.id, "awaiting", "unknown", why=why)
    work.add(transaction.connection, "deliver", row.id, lane=row.channel, due=transaction.now)
