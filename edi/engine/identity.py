"""What was seen before, and what that means: the same again is a duplicate, something else under the same name a conflict (P5-P9).

Only what had an effect is remembered: a partner may correct an interchange we refused and send it under the same reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import select, update

from edi.engine.content import Document, ReadInterchange
from edi.engine.context import Context
from edi.engine.plan import InterchangePlan, MessagePlan
from edi.formats.json import writer as json_writer
from edi.formats.ubl.reader import UblDocument
from edi.store.dialect import select_where
from edi.store.store import Transaction, moment
from edi.store.tables import document, interchange, transmission

WINDOW = timedelta(days=90)
"""How long interchange references are remembered where no agreement says otherwise (P9)."""

REPLACES: Final = {"1": "cancels", "5": "replaces"}
"""1225: functions of documents that take the place of an earlier one of the same number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Something of the same identity came before."""

    state: str
    """duplicate | conflict."""
    row_id: int
    text: str


def interchange_key(read: ReadInterchange) -> str | None:
    """Sender, recipient, 0020 and test flag, of an SBDH its parties and InstanceIdentifier (X26); None where there is no reference."""
    if not read.control_reference:
        return None
    if isinstance(read.source, UblDocument) and read.source.envelope is not None:
        header = read.source.envelope
        parties = (f"{party.authority}:{party.identifier}" for party in (header.sender, header.receiver))
        return "|".join((read.syntax, *parties, read.control_reference))
    if read.sender is None or read.recipient is None:
        return None
    return "|".join((read.syntax, str(read.sender), str(read.recipient), read.control_reference, "test" if read.test else "live"))


def interchange_seen(
    context: Context, transaction: Transaction, plan: InterchangePlan, payload_sha256: str, *, except_id: int | None
) -> Seen | None:
    """The accepted interchange of the same identity, if there is one within the partner's window. An older one lets go of its key."""
    key = interchange_key(plan.interchange)
    if key is None:
        return None
    row = select_where(transaction.connection, interchange, {"identity": key}, "id", "payload_sha256", "transmission_id").one_or_none()
    if row is None or row.id == except_id:
        return None
    if _is_older(transaction, row.transmission_id, _window(context, plan.partner)):
        _forget(transaction, row.id, key)
        return None
    reference = plan.interchange.control_reference
    if row.payload_sha256 == payload_sha256:
        return Seen(state="duplicate", row_id=row.id, text=f"interchange {reference!r} came before, as I{row.id}, with the same content")
    return Seen(
        state="conflict", row_id=row.id, text=f"interchange reference {reference!r} was used before, by I{row.id}, for other content"
    )


def document_bytes(found: Document) -> bytes:
    """The canonical document as the store keeps it: equal for equal documents."""
    return json_writer.write(found, sort=True, indent=None)


def document_key(plan: MessagePlan) -> str | None:
    """Kind, issuer, number and function; None for a document without a number."""
    found = plan.document
    if found is None or not plan.number:
        return None
    issuer = plan.partner or "us"
    direction = "in" if plan.agreement is not None else "own"
    parts = (str(found.get("kind")), direction, issuer, plan.number, str(found.get("function", "9")), "test" if plan.test else "live")
    return "|".join(parts)


def document_seen(transaction: Transaction, plan: MessagePlan, *, except_message: int) -> Seen | None:
    """The document of the same identity that had an effect, if there is one and the agreement minds."""
    key = document_key(plan)
    minds = plan.agreement.duplicates.document if plan.agreement else "hold"
    if key is None or minds == "accept":
        return None
    row = select_where(transaction.connection, document, {"identity": key}, "message_id", "payload_sha256").one_or_none()
    if row is None or row.message_id == except_message:
        return None
    kind, number = plan.document_kind, plan.number
    assert plan.document is not None, "a key comes from a document"
    if plan.kept is not None and row.payload_sha256 == plan.kept.sha256:
        return Seen(
            state="duplicate", row_id=row.message_id, text=f"{kind} {number!r} came before, as M{row.message_id}, with the same content"
        )
    return Seen(state="conflict", row_id=row.message_id, text=f"{kind} {number!r} came before, as M{row.message_id}, with other content")


def same_but_function(transaction: Transaction, plan: MessagePlan, *, except_message: int) -> list[int]:
    """Messages with an effect whose document has this one's issuer, kind and number, whatever its function; in the order they came."""
    key = document_key(plan)
    if key is None:
        return []
    query = select(document.c.message_id, document.c.identity).where(document.c.number == plan.number, document.c.identity.is_not(None))
    rows = transaction.connection.execute(query.order_by(document.c.id)).all()
    return [row.message_id for row in rows if row.message_id != except_message and _but_function(row.identity) == _but_function(key)]


def original_missing(transaction: Transaction, plan: MessagePlan, *, message_id: int) -> str | None:
    """Why a replacement or cancellation waits, if the agreement minds that what it replaces never came (M05)."""
    minds = plan.agreement is not None and plan.agreement.duplicates.original != "accept"
    function = plan.document.get("function") if plan.document else None
    if not minds or function not in REPLACES or same_but_function(transaction, plan, except_message=message_id):
        return None
    return f"{plan.document_kind} {plan.number!r} {REPLACES[str(function)]} one that never came"


def _but_function(key: str) -> tuple[str, ...]:
    """A document's identity without the function it had."""
    *rest, _function, test = key.split("|")
    return (*rest, test)


def _window(context: Context, partner: str | None) -> timedelta:
    found = context.partner(partner)
    windows = [agreement.duplicates.window for agreement in found.agreements if agreement.direction == "in"] if found else []
    return max(windows, default=WINDOW)


def _is_older(transaction: Transaction, transmission_id: int, window: timedelta) -> bool:
    received = transaction.connection.execute(select(transmission.c.received).where(transmission.c.id == transmission_id)).scalar_one()
    return bool(received < moment(transaction.time - window))


def _forget(transaction: Transaction, interchange_id: int, key: str) -> None:
    transaction.connection.execute(update(interchange).where(interchange.c.id == interchange_id).values(identity=None))
    transaction.audit(f"I{interchange_id}", "reference_forgotten", key=key, why="older than the partner's duplicate window")
