"""Outbound transmissions: sealed in their envelope with the next numbers, stored with bytes and identity, queued; one transaction (P11, P18)."""

from __future__ import annotations

import hashlib
import json as plain_json
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import update

from edi.engine import owed, retry, threads
from edi.engine.batch import leaves
from edi.engine.context import Context
from edi.engine.followup import expected, follow_up
from edi.engine.identity import document_key
from edi.engine.moves import change, create
from edi.engine.seal import Sealed, seal
from edi.engine.states import Machine
from edi.store import locations, orders, work
from edi.store.dialect import select_where, update_where
from edi.store.store import AnyRow, Transaction, moment
from edi.store.tables import document, outbound
from edi.store.tables import message as message_table

if TYPE_CHECKING:
    from edi.engine.plan import MessagePlan, Output
    from edi.engine.record import Recorded

LEVELS = {
    "mdn": "receipt",
    "contrl": "functional",
    "aperak": "application",
    "order_response": "application",
    "application_response": "application",
}
"""Which level an expected acknowledgement stands on."""


def keep_document(transaction: Transaction, message_id: int, plan: MessagePlan, *, with_effect: bool, fresh: bool) -> int:
    """The new document's id. With an effect it takes over the identity from an earlier one of the same message."""
    assert plan.document is not None, "a plan with a document"
    assert plan.kept is not None, "a document is packed where it is planned"
    found = plan.document
    if with_effect and not fresh:
        transaction.connection.execute(update(document).where(document.c.message_id == message_id).values(identity=None))
    values = {
        "message_id": message_id,
        "kind": str(found.get("kind")),
        "number": plan.number,
        "issuer": plan.partner,
        "function": found.get("function"),
        "issued": found.get("issue_date"),
        "payload_sha256": transaction.keep(plan.kept),
        "identity": document_key(plan) if with_effect else None,
        "mapping": plan.mapping or "",
        "made": transaction.now,
    }
    document_id = transaction.insert(document, values)
    orders.keep(transaction, document_id, found)
    owed.answered(transaction, plan)
    locations.keep(transaction, document_id, found)
    return document_id


def make_missing(
    context: Context,
    transaction: Transaction,
    transmission_id: int,
    message_id: int,
    plan: MessagePlan,
    result: Recorded,
    *,
    fresh: bool = False,
) -> None:
    """The outputs that are not there yet; those that are, are compared and left alone: nothing is sent twice by processing again (P31).

    `fresh`: the message is new, so none of them can be there.
    """
    if plan.state != "routed":
        return
    row = select_where(transaction.connection, message_table, {"id": message_id}).one()
    if row.state not in {"routed", "delivered", "dead_letter"}:
        return
    made = False
    for output in plan.outputs:
        existing = None if fresh else _existing(transaction, effect_of(message_id, plan, output))
        if existing is None:
            result.made.append(make(context, transaction, transmission_id, row, plan, output))
            made = True
        elif existing.body_sha256 == body_hash(output):
            result.recognised.append(existing.id)
        else:
            result.differing.append(existing.id)
            transaction.audit(f"O{existing.id}", "replay_differs", message=message_id, body=body_hash(output))
    if made and row.state == "delivered":
        change(transaction, Machine.MESSAGE, message_id, "delivered", "routed", {"changed": transaction.now})
    if not plan.outputs:
        follow_up(transaction, message_id)


def effect_of(message_id: int, plan: MessagePlan, output: Output) -> str:
    """What an output stands for; unique among those that count."""
    return f"M{message_id}|{plan.route}|{output.position}"


def body_hash(output: Output) -> str:
    """Of the content without envelope, numbers and times."""
    return output.whole.sha256 if output.whole is not None else hashlib.sha256(output.written.canonical).hexdigest()


def make(context: Context, transaction: Transaction, transmission_id: int, row: AnyRow, plan: MessagePlan, output: Output) -> int:
    """The id of a new outbound transmission, queued."""
    sealed = seal(context, transaction, plan, output)
    held = output.agreement is not None and output.agreement.status == "suspended"
    values = {
        "identity": uuid.uuid4().hex,
        "effect": effect_of(row.id, plan, output),
        "transmission_id": transmission_id,
        "message_id": row.id,
        "document_id": row.document_id,
        "channel": output.channel,
        "partner": output.partner,
        "kind": row.kind,
        "number": plan.number,
        "route": plan.route,
        "mapping": output.mapping,
        "thread": threads.thread_of(plan, output),
        "test": plan.test,
        "body_sha256": body_hash(output),
        "state": "held" if held else "ready",
        **columns(transaction, sealed),
    }
    outbound_id = create(transaction, Machine.OUTBOUND, values, **_detail(values))
    due = leaves(context, transaction, output)
    work.add(transaction.connection, "deliver", outbound_id, lane=output.channel, due=due)
    if due != transaction.now:
        update_where(transaction.connection, outbound, {"id": outbound_id}, {"due": due})
    if output.agreement is not None:
        expect(transaction, outbound_id, output.partner, expected(output.agreement, row.kind))
    return outbound_id


def columns(transaction: Transaction, sealed: Sealed) -> dict[str, object]:
    """The columns of an outbound row that come from its sealed bytes."""
    return {
        "filename": sealed.filename,
        "content_type": sealed.content_type,
        "attributes": plain_json.dumps(dict(sealed.attributes), sort_keys=True),
        "payload_sha256": transaction.keep(sealed.payload),
        "size": len(sealed.payload),
        "sender": sealed.sender,
        "recipient": sealed.recipient,
        "control_reference": sealed.control_reference,
        "message_reference": sealed.message_reference,
        "attempts": 0,
        "due": transaction.now,
        "made": transaction.now,
        "since": transaction.now,
        "findings": "[]",
    }


def _detail(values: dict[str, object]) -> dict[str, object]:
    names = ("channel", "partner", "kind", "number", "control_reference", "payload_sha256", "mapping")
    return {name: values.get(name) for name in names}


def _existing(transaction: Transaction, effect: str) -> AnyRow | None:
    return select_where(transaction.connection, outbound, {"effect": effect}, "id", "body_sha256").one_or_none()


def expect(transaction: Transaction, outbound_id: int, partner: str | None, waits: dict[str, timedelta]) -> None:
    """What the partner will owe us. Until it is sent the deadline lies behind the longest we would try; sending sets it."""
    for kind, wait in waits.items():
        row = {
            "outbound_id": outbound_id,
            "partner": partner,
            "level": LEVELS[kind],
            "kind": kind,
            "state": "expected",
            "deadline": moment(transaction.time + retry.GIVE_UP_AFTER + wait),
        }
        create(transaction, Machine.ACKNOWLEDGEMENT, row, outbound=outbound_id, kind=kind)
