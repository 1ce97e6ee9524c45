"""Business answers that our own house owes: an order is to be answered within what was agreed, counted in the partner's working time.

The moment stands on the message from when it was passed on until an answer of ours names its number: a look at what is late reads that
alone, however many orders were answered.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select, update

from edi.engine.context import Context
from edi.engine.kinds import answer_kind
from edi.engine.plan import MessagePlan
from edi.store import orders
from edi.store.orders import document_order
from edi.store.store import AnyRow, Reading, Transaction, moment
from edi.store.tables import document, message
from edi.workspace.workspace import Workspace

ASKED: Final = ("order", "order_change")
LOOKED_BACK: Final = timedelta(days=30)
"""Whoever did not answer for so long will not; nobody is told any more."""


def due(context: Context, transaction: Transaction, plan: MessagePlan, received: str, *, fresh: bool) -> str | None:
    """By when the answer to a message that is passed on is owed; None: none is, or it was given. `fresh`: it came just now."""
    agreement, partner = plan.agreement, context.partner(plan.partner)
    if agreement is None or partner is None or agreement.acknowledge.response != "always" or plan.document_kind not in ASKED:
        return None
    if not fresh and _is_answered(transaction, plan):
        return None
    return moment(partner.calendar.after(datetime.fromisoformat(received), agreement.acknowledge.within, partner.timezone))


def _is_answered(transaction: Transaction, plan: MessagePlan) -> bool:
    query = (
        select(document.c.id)
        .join(document_order, document_order.c.document_id == document.c.id)
        .where(document_order.c.order_number == plan.number, document.c.issuer == plan.partner)
        .where(document.c.kind.in_({answer_kind(kind) for kind in ASKED}))
    )
    return transaction.connection.execute(query.limit(1)).first() is not None


def answered(transaction: Transaction, plan: MessagePlan) -> None:
    """A document of ours was read: what it answers is owed no more."""
    if plan.document is None or plan.document_kind not in {answer_kind(kind) for kind in ASKED}:
        return
    mine = (message.c.partner == plan.partner) & message.c.number.in_(list(dict.fromkeys(orders.numbers(plan.document))))
    transaction.connection.execute(update(message).where(mine, message.c.answer_due.is_not(None)).values(answer_due=None))


def late(workspace: Workspace, view: Reading, now: datetime) -> tuple[tuple[int, AnyRow], ...]:
    """How many answers are late, by partner and kind, with the oldest message of each; suspended agreements owe nothing."""
    table, at = message, message.c.answer_due
    # The state in words that no index answers: nearly all are delivered.
    passed_on = func.coalesce(table.c.state, "").in_(["routed", "delivered", "dead_letter"])
    mine = (at <= moment(now)) & (at > moment(now - LOOKED_BACK)) & passed_on
    query = select(table.c.partner, table.c.kind, func.count().label("many"), func.min(table.c.id).label("first"))
    groups = view.connection.execute(query.where(mine).group_by(table.c.partner, table.c.kind)).all()
    found = []
    for group in groups:
        partner = workspace.partners.get(group.partner)
        agreed = [one for one in partner.agreements if (one.direction, one.kind) == ("in", group.kind)] if partner else []
        if partner is not None and any(partner.status_of(one) != "suspended" for one in agreed):
            row = view.connection.execute(select(table).where(table.c.id == group.first)).one()
            found.append((int(group.many), row))
    return tuple(found)
