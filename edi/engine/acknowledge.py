"""Acknowledgements both ways: what we owe for what we received, and what partners say about what we sent.

Rule 1: never acknowledge an acknowledgement (P20), and at most once per interchange (P21).
Rule 2: an acknowledgement of ours is an outbound transmission like any other: stored, queued, retried, audited.
"""

from __future__ import annotations

from sqlalchemy import select

from edi.engine.context import Context
from edi.engine.kinds import ACKNOWLEDGEMENTS
from edi.engine.plan import InterchangePlan, MessagePlan
from edi.store.store import Transaction
from edi.store.tables import outbound
from edi.workspace.model import Agreement, Partner

KINDS = ACKNOWLEDGEMENTS


def owe_contrl(
    context: Context, transaction: Transaction, transmission_id: int, interchange_id: int, plan: InterchangePlan, *, state: str
) -> int | None:
    """The outbound transmission that carries our CONTRL; None if none is owed, or it was made before."""
    partner = context.partner(plan.partner)
    if partner is None or plan.interchange.syntax != "edifact" or state in {"duplicate", "held_test", "unreportable"}:
        return None
    if plan.messages and all(one.message.kind in ACKNOWLEDGEMENTS for one in plan.messages):
        return None
    agreement = _wanting(plan, partner)
    effect = f"I{interchange_id}|contrl"
    if agreement is None or transaction.connection.execute(select(outbound.c.id).where(outbound.c.effect == effect)).first():
        return None
    return None


def settle(context: Context, transaction: Transaction, message_id: int, plan: MessagePlan) -> str:
    """Match an acknowledgement to what it answers: `settled`, or `unmatched` if it answers nothing we know."""
    return "unmatched"


def _wanting(plan: InterchangePlan, partner: Partner) -> Agreement | None:
    """The agreement under which a CONTRL is owed for this interchange; None if none is."""
    has_errors = plan.state != "accepted"
    agreed = [one.agreement for one in plan.messages if one.agreement] or [one for one in partner.agreements if one.direction == "in"]
    for agreement in agreed:
        wanted = agreement.acknowledge.contrl
        if wanted == "always" or (wanted == "on_error" and has_errors):
            return agreement
        if wanted == "on_request" and plan.interchange.acknowledgement_requested:
            return agreement
    return None
