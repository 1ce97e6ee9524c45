"""Writing a plan down: duplicates, documents, numbers, outbound bytes, work and audit events, all in the caller's one transaction.

What was recorded before (a release or a replay runs over the same bytes) is found by its position and moved on; what is new is
inserted. Outputs that are there already are recognised and not made again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace

from sqlalchemy import update

from edi.engine import acknowledge, answering, answers, identity, outputs, owed
from edi.engine.context import Context
from edi.engine.fingerprint import fingerprint
from edi.engine.identity import Seen
from edi.engine.moves import change, create, walk
from edi.engine.plan import InterchangePlan, MessagePlan, Plan
from edi.engine.settle import settle
from edi.engine.states import Machine, is_lawful
from edi.store.dialect import select_where
from edi.store.findings_text import places_to_json, to_json
from edi.store.store import AnyRow, Transaction
from edi.store.tables import interchange as interchange_table
from edi.store.tables import message as message_table
from edi.store.tables import transmission as transmission_table


@dataclass(slots=True, kw_only=True)
class Recorded:
    """What writing a plan down did, for people and tests."""

    transmission_id: int
    state: str = "accepted"
    messages: list[int] = field(default_factory=list)
    held: int = 0
    """Messages that are unusable or wait for a person now."""
    made: list[int] = field(default_factory=list)
    """New outbound transmissions."""
    recognised: list[int] = field(default_factory=list)
    """Outputs that were there already, equal."""
    differing: list[int] = field(default_factory=list)
    """Outputs that were there already and would now say something else; they are left as they are."""


def record(context: Context, transaction: Transaction, transmission_id: int, plan: Plan) -> Recorded:
    """Write the plan of a received transmission down."""
    row = select_where(transaction.connection, transmission_table, {"id": transmission_id}).one()
    result = Recorded(transmission_id=transmission_id)
    states = [_interchange(context, transaction, row, one, result) for one in plan.interchanges]
    result.state = _transmission_state(plan, states)
    reason = row.reason if plan.reason is None else plan.reason
    values: dict[str, object] = {
        "format": plan.format,
        "processed": transaction.now,
        "findings": to_json(plan.findings),
        "fingerprint": fingerprint(plan.findings, reason) if result.state != "accepted" else None,
        "reason": reason if result.state != "accepted" else None,
    }
    change(
        transaction, Machine.TRANSMISSION, transmission_id, "received", result.state, values, format=plan.format, reason=values["reason"]
    )
    return result


def quarantine(transaction: Transaction, transmission_id: int, reason: str, cause: str) -> None:
    """Hold a transmission that could not be processed at all; `cause` groups those that failed alike."""
    values = {"processed": transaction.now, "reason": reason, "fingerprint": cause}
    change(transaction, Machine.TRANSMISSION, transmission_id, "received", "quarantined", values, reason=reason)


def _transmission_state(plan: Plan, states: list[str]) -> str:
    if plan.state != "accepted":
        return plan.state
    return "duplicate" if states and all(state == "duplicate" for state in states) else "accepted"


# -- interchange ------------------------------------------------------------------------------------------------------


def _interchange(context: Context, transaction: Transaction, row: AnyRow, plan: InterchangePlan, result: Recorded) -> str:
    """Write one interchange with its messages; the state it has now."""
    # What was never processed has nothing written down below it, so nobody needs to look.
    before = _existing(transaction, row.id, plan.interchange.position) if row.processed else None
    payload_sha256 = _keep_part(transaction, row, plan.interchange.payload)
    seen = identity.interchange_seen(context, transaction, plan, payload_sha256, except_id=before.id if before else None)
    state = plan.state if seen is None or plan.state in {"rejected", "unreportable"} else seen.state
    key = identity.interchange_key(plan.interchange) if state in {"accepted", "accepted_in_part"} else None
    values: dict[str, object] = {
        "state": state,
        "syntax": plan.interchange.syntax,
        "sender": str(plan.interchange.sender) if plan.interchange.sender else None,
        "recipient": str(plan.interchange.recipient) if plan.interchange.recipient else None,
        "control_reference": plan.interchange.control_reference,
        "test": plan.test,
        "prepared": plan.interchange.prepared,
        "payload_sha256": payload_sha256,
        "identity": key,
        "duplicate_of": seen.row_id if seen else None,
        "findings": to_json(plan.findings),
    }
    interchange_id = _write_interchange(transaction, row, plan, before, values)
    if state in {"duplicate", "conflict"}:
        plan = _without_effect(plan, seen)
    for one in plan.messages if state != "duplicate" else ():
        _message(context, transaction, row, interchange_id, one, result, fresh=before is None)
    if before is None or not acknowledge.is_answered(transaction, interchange_id):
        acknowledge.owe_contrl(context, transaction, row.id, interchange_id, plan, state=state, first=seen.row_id if seen else None)
    return state


def _write_interchange(
    transaction: Transaction, row: AnyRow, plan: InterchangePlan, before: AnyRow | None, values: dict[str, object]
) -> int:
    detail = {"reference": plan.interchange.control_reference, "sender": values["sender"], "duplicate_of": values["duplicate_of"]}
    if before is None:
        fixed = {"transmission_id": row.id, "position": plan.interchange.position}
        return create(transaction, Machine.INTERCHANGE, {**fixed, **values}, transmission=row.id, **detail)
    rest = {name: value for name, value in values.items() if name != "state"}
    if not is_lawful(Machine.INTERCHANGE, before.state, str(values["state"])):
        # Equal, or a verdict that would take back what had its effect: the first one stays.
        transaction.connection.execute(update(interchange_table).where(interchange_table.c.id == before.id).values(**rest))
    else:
        change(transaction, Machine.INTERCHANGE, before.id, before.state, str(values["state"]), rest, **detail)
    return int(before.id)


def _keep_part(transaction: Transaction, row: AnyRow, payload: bytes) -> str:
    """The SHA-256 of an interchange's bytes; mostly they are the transmission's, which are kept already."""
    digest = hashlib.sha256(payload).hexdigest()
    return digest if digest == row.payload_sha256 else transaction.keep(payload)


def _existing(transaction: Transaction, transmission_id: int, position: int) -> AnyRow | None:
    table = interchange_table
    by = {"transmission_id": transmission_id, "position": position}
    return select_where(transaction.connection, table, by, "id", "state").one_or_none()


def _without_effect(plan: InterchangePlan, seen: Seen | None) -> InterchangePlan:
    """The same with every message held back."""
    reason = seen.text if seen else None
    held = tuple(replace(one, state="held", reason=reason, outputs=()) if one.state != "invalid" else one for one in plan.messages)
    return replace(plan, messages=held, reason=reason)


# -- message ----------------------------------------------------------------------------------------------------------


def _message(
    context: Context, transaction: Transaction, row: AnyRow, interchange_id: int, plan: MessagePlan, result: Recorded, *, fresh: bool
) -> str:
    """Write one message, its document and its outputs; the state it has now. `fresh`: its interchange was not there before."""
    message_id, before = _open_message(transaction, row, interchange_id, plan, fresh=fresh)
    result.messages.append(message_id)
    if before not in {"extracted", None}:
        outputs.make_missing(context, transaction, row.id, message_id, plan, result)
        return str(before)
    state, reason = _known_before(transaction, plan, message_id, released=bool(row.released))
    values: dict[str, object] = {
        "kind": plan.message.kind or (str(plan.document["kind"]) if plan.document else None),
        "partner": plan.partner,
        "test": plan.test,
        "route": plan.route,
        "number": plan.number,
        "changed": transaction.now,
        "findings": to_json(plan.findings),
        "unmapped": places_to_json((one.where, one.value) for one in plan.unmapped),
        "reason": reason,
        "fingerprint": fingerprint(plan.findings, plan.reason) if state in FAILED else None,
    }
    if plan.document is not None:
        values["document_id"] = outputs.keep_document(transaction, message_id, plan, with_effect=state == "routed", fresh=before is None)
    if state == "routed":
        values["answer_due"] = owed.due(context, transaction, plan, row.received, fresh=before is None)
    if state == "settled":
        state, values["reason"] = settle(context, transaction, message_id, plan)
    _walk(transaction, message_id, state, values, plan)
    answering.owe_answer(context, transaction, row.id, message_id, plan, state=state, reason=reason)
    result.held += state in FAILED
    if state == "routed":
        outputs.make_missing(context, transaction, row.id, message_id, plan, result, fresh=before is None)
        answers.take_effect(transaction, message_id, plan)
    return state


def _known_before(transaction: Transaction, plan: MessagePlan, message_id: int, *, released: bool) -> tuple[str, str | None]:
    """Its state and why: what came before may keep a document from having its effect."""
    if plan.state != "routed":
        return plan.state, plan.reason
    seen = identity.document_seen(transaction, plan, except_message=message_id)
    if seen is not None:
        return seen.state, seen.text
    missing = None if released else identity.original_missing(transaction, plan, message_id=message_id)
    return ("held", missing) if missing else (plan.state, plan.reason)


def _open_message(transaction: Transaction, row: AnyRow, interchange_id: int, plan: MessagePlan, *, fresh: bool) -> tuple[int, str | None]:
    """The message's id, and its state if it was recorded before; held ones go back to the start."""
    table = message_table
    by = {"interchange_id": interchange_id, "position": plan.message.position}
    existing = None if fresh else select_where(transaction.connection, table, by, "id", "state").one_or_none()
    if existing is None:
        values: dict[str, object] = {
            "interchange_id": interchange_id,
            "transmission_id": row.id,
            "position": plan.message.position,
            "reference": plan.message.reference,
            "type": plan.message.type,
            "channel": row.channel,
            "state": "extracted",
            "test": plan.test,
            "received": row.received,
            "changed": transaction.now,
            "findings": "[]",
            "unmapped": "[]",
        }
        detail = {"interchange": interchange_id, "reference": plan.message.reference, "type": plan.message.type}
        return create(transaction, Machine.MESSAGE, values, **detail), None
    if existing.state in AGAIN:
        change(transaction, Machine.MESSAGE, existing.id, existing.state, "extracted", {"changed": transaction.now})
        return int(existing.id), "extracted"
    return int(existing.id), str(existing.state)


def _walk(transaction: Transaction, message_id: int, state: str, values: dict[str, object], plan: MessagePlan) -> None:
    """From `extracted` to where it ends, step by step as the table has it, in one row update for the last step."""
    detail = {"reason": values["reason"], "route": plan.route, "mapping": plan.mapping}
    walk(transaction, Machine.MESSAGE, message_id, ("extracted", *STEPS[state]), values, **detail)


FAILED = frozenset({"invalid", "unroutable", "map_failed", "held", "conflict", "unmatched"})
AGAIN = frozenset({"invalid", "unroutable", "map_failed", "held", "conflict", "unmatched"})
"""States from which a message is worked on again when its transmission is."""
STEPS: dict[str, tuple[str, ...]] = {
    "invalid": ("invalid",),
    "held": ("held",),
    "unroutable": ("valid", "unroutable"),
    "map_failed": ("valid", "map_failed"),
    "duplicate": ("valid", "mapped", "duplicate"),
    "conflict": ("valid", "mapped", "conflict"),
    "routed": ("valid", "mapped", "routed"),
    "settled": ("settled",),
    "unmatched": ("unmatched",),
}
"""The way from `extracted` to each state a plan can end in."""
