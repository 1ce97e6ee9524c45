"""What a message becomes when its outputs move: delivered when every receiver has it, a dead letter when one never will."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import bindparam, select, update

from edi.engine.context import Context
from edi.engine.kinds import answer_kind
from edi.engine.moves import change
from edi.engine.states import Machine, is_lawful
from edi.store import prepared
from edi.store.store import AnyRow, Transaction, moment
from edi.store.tables import acknowledgement_expected, message, outbound
from edi.workspace.model import Agreement

NEVER = frozenset({"rejected", "failed"})
DONE = frozenset({"acknowledged", "cancelled"})


def follow_up(transaction: Transaction, message_id: int | None) -> None:
    """Bring a message's state in line with its outputs; None: the output belongs to no message (an acknowledgement of ours)."""
    if message_id is None:
        return
    rows = prepared.select(transaction.connection, _OUTPUTS, {"by_message": message_id}).all()
    state = rows[0].state
    target = _target({row.output for row in rows if row.effect is not None})
    if target != state and is_lawful(Machine.MESSAGE, state, target):
        change(transaction, Machine.MESSAGE, message_id, state, target, {"changed": transaction.now})


_OUTPUTS = (
    select(message.c.state, outbound.c.state.label("output"), outbound.c.effect)
    .select_from(message)
    .outerjoin(outbound, outbound.c.message_id == message.c.id)
    .where(message.c.id == bindparam("by_message"))
)


def _target(outputs: set[str]) -> str:
    if outputs & NEVER:
        return "dead_letter"
    return "delivered" if outputs and outputs <= DONE else "routed"


def expected(agreement: Agreement, kind: str) -> dict[str, timedelta]:
    """The acknowledgements the partner owes for a kind of document, and how long we wait; the business answer under its own kind."""
    return {answer_kind(kind) if name == "response" else name: wait for name, wait in agreement.expect.waits().items()}


def start_waiting(context: Context, transaction: Transaction, row: AnyRow) -> None:
    """What was sent now is answered within the agreed time from now, counted in the partner's working hours."""
    partner = context.partner(row.partner)
    agreement = partner.agreement(row.kind, "out") if partner else None
    if partner is None or agreement is None:
        return
    table = acknowledgement_expected
    for kind, wait in expected(agreement, row.kind).items():
        mine = update(table).where(table.c.outbound_id == row.id, table.c.kind == kind, table.c.state == "expected")
        deadline = partner.calendar.after(transaction.time, wait, partner.timezone)
        transaction.connection.execute(mine.values(deadline=moment(deadline)))
