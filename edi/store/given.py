"""Which answers of ours a message got: the CONTRL of its interchange, its APERAK or ApplicationResponse."""

from __future__ import annotations

from sqlalchemy import select

from edi.store import queries
from edi.store.queries import OutboundLine
from edi.store.store import Reading
from edi.store.tables import message, outbound


def answers_given(view: Reading, message_id: int) -> tuple[OutboundLine, ...]:
    """Our answers, the oldest first; an output's `effect` says what it answers."""
    interchange = view.connection.execute(select(message.c.interchange_id).where(message.c.id == message_id)).scalar_one()
    effects = [f"I{interchange}|contrl", f"M{message_id}|aperak", f"M{message_id}|application_response"]
    ids = view.connection.execute(select(outbound.c.id).where(outbound.c.effect.in_(effects)).order_by(outbound.c.id)).scalars().all()
    return tuple(line for row_id in ids if (line := queries.outbound_of(view, row_id)) is not None)
