"""What a message becomes when its outputs move: delivered when every receiver has it, a dead letter when one never will."""

from __future__ import annotations

from sqlalchemy import select

from edi.engine.moves import change, state_of
from edi.engine.states import Machine, is_lawful
from edi.store.store import Transaction
from edi.store.tables import outbound

NEVER = frozenset({"rejected", "failed"})
DONE = frozenset({"acknowledged", "cancelled"})


def follow_up(transaction: Transaction, message_id: int | None) -> None:
    """Bring a message's state in line with its outputs; None: the output belongs to no message (an acknowledgement of ours)."""
    if message_id is None:
        return
    query = select(outbound.c.state).where(outbound.c.message_id == message_id, outbound.c.effect.is_not(None))
    outputs = {row.state for row in transaction.connection.execute(query)}
    target = _target(outputs)
    state = state_of(transaction, Machine.MESSAGE, message_id)
    if target != state and is_lawful(Machine.MESSAGE, state, target):
        change(transaction, Machine.MESSAGE, message_id, state, target, {"changed": transaction.now})


def _target(outputs: set[str]) -> str:
    if outputs & NEVER:
        return "dead_letter"
    return "delivered" if outputs and outputs <= DONE else "routed"
