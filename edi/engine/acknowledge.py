"""Acknowledgements we owe: one CONTRL per interchange at most, as the agreement wants it, and never for an acknowledgement (P20, P21).

It is an outbound transmission like any other: numbered and stored in the transaction that records the interchange, queued, retried.
Its number is taken at the end of that transaction: until it commits, nobody else takes one for the same partner.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from edi.engine.context import Context
from edi.engine.kinds import ACKNOWLEDGEMENTS
from edi.engine.moves import create
from edi.engine.outputs import columns
from edi.engine.plan import InterchangePlan
from edi.engine.seal import References, Sealed, take
from edi.engine.states import Machine
from edi.findings import Finding, Location
from edi.formats.edifact import contrl
from edi.formats.edifact.envelope import Interchange
from edi.store import work
from edi.store.dialect import select_where
from edi.store.payloads import pack
from edi.store.store import Transaction
from edi.store.tables import outbound
from edi.workspace.model import Agreement, Partner

UNANSWERED = frozenset({"held_test", "unreportable"})
"""A held one is answered when it is released."""


def owe_contrl(
    context: Context,
    transaction: Transaction,
    transmission_id: int,
    interchange_id: int,
    plan: InterchangePlan,
    *,
    state: str,
    first: int | None = None,
) -> None:
    """Make the outbound transmission that carries our CONTRL, if one is owed. For what is not answered yet.

    A duplicate was answered the first time; where the agreement wants it, the `first` one's answer is sent again, byte for byte.
    """
    found, partner = plan.interchange.source, context.partner(plan.partner)
    if partner is None or state in UNANSWERED or not isinstance(found, Interchange) or not _may_answer(plan, found):
        return
    agreement = _wanting(plan, partner, state)
    effect = f"I{interchange_id}|contrl"
    if agreement is None:
        return
    if state == "duplicate":
        if _again(agreement):
            _answer_again(transaction, transmission_id, interchange_id, effect, first)
        return
    channel = agreement.channel or only_channel(context, partner)
    if channel is None:
        transaction.audit(
            f"I{interchange_id}", "contrl_not_sent", why=f"{partner.name} has no single outbound channel, and the agreement names none"
        )
        return
    owed = _Owed(f"I{interchange_id}", transmission_id, channel, partner, agreement, state)
    transaction.last(lambda: _send(context, transaction, plan, found, owed))


@dataclass(frozen=True, slots=True)
class _Owed:
    """A CONTRL that is owed."""

    interchange: str
    """`I3`."""
    transmission_id: int
    channel: str
    partner: Partner
    agreement: Agreement
    state: str


def _send(context: Context, transaction: Transaction, plan: InterchangePlan, found: Interchange, owed: _Owed) -> None:
    """Number, store and queue it."""
    references = take(transaction, numbering(owed.partner, owed.agreement), found.recipient, found.sender)
    sealed = _sealed(context, transaction, plan, found, owed, references)
    if sealed is None:
        return
    values = {
        "identity": uuid.uuid4().hex,
        "effect": f"{owed.interchange}|contrl",
        "transmission_id": owed.transmission_id,
        "channel": owed.channel,
        "partner": owed.partner.name,
        "kind": "contrl",
        "number": plan.interchange.control_reference,
        "test": plan.test,
        "body_sha256": sealed.payload.sha256,
        "state": "ready",
        **columns(transaction, sealed),
    }
    detail = {"channel": owed.channel, "answers": owed.interchange, "control_reference": sealed.control_reference}
    outbound_id = create(transaction, Machine.OUTBOUND, values, **detail)
    work.add(transaction.connection, "deliver", outbound_id, lane=owed.channel, due=transaction.now)


def is_answered(transaction: Transaction, interchange_id: int) -> bool:
    """True if its CONTRL was made before."""
    return select_where(transaction.connection, outbound, {"effect": f"I{interchange_id}|contrl"}, "id").first() is not None


def _again(agreement: Agreement) -> bool:
    return agreement.duplicates.answer == "again"


def _answer_again(transaction: Transaction, transmission_id: int, interchange_id: int, effect: str, first: int | None) -> None:
    """The first interchange's CONTRL in a transmission of its own, with the same bytes, if that one was answered."""
    sent = select_where(transaction.connection, outbound, {"effect": f"I{first}|contrl"}).one_or_none()
    if sent is None:
        return
    kept = {column.name: getattr(sent, column.name) for column in outbound.c if column.name not in FRESH}
    fresh = {
        "identity": uuid.uuid4().hex,
        "effect": effect,
        "transmission_id": transmission_id,
        "state": "ready",
        "attempts": 0,
        "due": transaction.now,
        "made": transaction.now,
        "since": transaction.now,
        "findings": "[]",
    }
    outbound_id = create(transaction, Machine.OUTBOUND, {**kept, **fresh}, answers=f"I{interchange_id}", same_as=f"O{sent.id}")
    work.add(transaction.connection, "deliver", outbound_id, lane=sent.channel, due=transaction.now)


FRESH = frozenset({"id", "sent", "remote_name", "reason", "fingerprint", "wire_sha256"})
"""Columns a repeated answer does not inherit."""


def _may_answer(plan: InterchangePlan, found: Interchange) -> bool:
    """Never a CONTRL for a CONTRL, nor for an APERAK alone."""
    return contrl.can_answer(found) and not (plan.messages and all(one.message.kind in ACKNOWLEDGEMENTS for one in plan.messages))


def _wanting(plan: InterchangePlan, partner: Partner, state: str) -> Agreement | None:
    """The agreement under which a CONTRL is owed for this interchange; None if none is.

    What was refused before its kind was agreed is answered as the partner's other documents are.
    """
    agreed = [one.agreement for one in plan.messages if one.agreement] or [one for one in partner.agreements if one.direction == "in"]
    for agreement in agreed:
        wanted = agreement.acknowledge.contrl
        if wanted == "always" or (wanted == "on_error" and state != "accepted"):
            return agreement
        if wanted == "on_request" and plan.interchange.acknowledgement_requested:
            return agreement
    return None


def only_channel(context: Context, partner: Partner) -> str | None:
    """The one channel that sends to the partner; None if there is none, or several."""
    channels = [one.name for one in context.workspace.channels.values() if one.partner == partner.name and one.direction in {"out", "both"}]
    return channels[0] if len(channels) == 1 else None


def numbering(partner: Partner, agreement: Agreement) -> Agreement:
    """The agreement whose number range our interchanges to the partner use: all of them share one range."""
    return next((one for one in partner.agreements if one.direction == "out" and one.syntax == "edifact"), agreement)


def _sealed(
    context: Context, transaction: Transaction, plan: InterchangePlan, found: Interchange, owed: _Owed, references: References
) -> Sealed | None:
    payload = contrl.answer(
        found,
        _findings(plan, owed.state),
        control_reference=references.interchange,
        prepared=transaction.time.astimezone(ZoneInfo(owed.partner.timezone)),
        message_version=owed.agreement.acknowledge.contrl_version or "",
    )
    if payload is None:
        return None
    us = context.workspace.us.name
    return Sealed(
        payload=pack(payload),
        filename=f"contrl_{us}_{references.interchange}.edi",
        content_type="application/edifact",
        attributes={
            "sender": us,
            "recipient": owed.partner.name,
            "kind": "contrl",
            "type": "CONTRL",
            "number": plan.interchange.control_reference or "",
            "ref": references.interchange,
        },
        sender=_address(found.recipient.id, found.recipient.qualifier),
        recipient=_address(found.sender.id, found.sender.qualifier),
        control_reference=references.interchange,
        message_reference=references.message,
    )


def _findings(plan: InterchangePlan, state: str) -> list[Finding]:
    """All that the CONTRL may speak of; a conflict adds its own (M02)."""
    findings = [*plan.findings, *(finding for one in plan.messages for finding in one.findings)]
    if state == "conflict":
        text = plan.reason or "the interchange reference was used before for other content"
        findings.append(Finding(code="duplicate.conflict", text=text, where=Location(tag="UNB", element=5), answer="26", level="UCI"))
    return findings


def _address(party: str, qualifier: str) -> str:
    return f"{party}:{qualifier}" if qualifier else party
