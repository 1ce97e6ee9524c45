"""Receipts of pushed transmissions (AS2): what we answered, byte for byte, for as long as the archive lives (P7, P9).

The claim of a message is its row here, written in the transaction that keeps its documents: whoever comes second reads this row.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Text, UniqueConstraint, select, update
from sqlmodel import Field

from edi.store.dialect import insert_if_new, select_where
from edi.store.store import AnyRow, Reading, Transaction
from edi.store.tables import Row, table


class Receipt(Row, table=True):
    """One message that was pushed to us, and our answer."""

    __table_args__ = (UniqueConstraint("channel", "transport_id"),)

    id: int | None = Field(default=None, primary_key=True)
    channel: str
    transport_id: str = Field(sa_type=Text)
    """Names of both sides and the sender's message identifier."""
    content_sha256: str
    """Over the documents as opened: a sender may sign and encrypt anew when it sends again."""
    headers: str = Field(sa_type=Text)
    """Of the answer: a JSON list of pairs."""
    body_sha256: str = Field(index=True)
    """Of the answer, in the payload archive."""
    target: str | None = Field(default=None, sa_type=Text)
    """Where an asynchronous answer goes; None: it is the answer to the request."""
    state: str = Field(index=True)
    """answered | owed | sent | given_up."""
    attempts: int = 0
    due: str | None = None
    made: str


receipt = table(Receipt)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is to be answered."""

    headers: str
    """A JSON list of pairs."""
    body: bytes
    target: str | None = None
    """Where it goes by itself; None: it is the answer to the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known(Answer):
    """A stored receipt."""

    id: int
    channel: str
    transport_id: str
    content_sha256: str
    state: str
    attempts: int


def find(view: Reading, channel: str, transport_id: str) -> Known | None:
    """The receipt of a message seen before; None for a new one."""
    row = select_where(view.connection, receipt, {"channel": channel, "transport_id": transport_id}).one_or_none()
    return None if row is None else _known(view, row)


def claim(transaction: Transaction, *, channel: str, transport_id: str, content_sha256: str, answer: Answer) -> bool:
    """Write the receipt down, which claims the message; False if somebody else was first."""
    values = {
        "channel": channel,
        "transport_id": transport_id,
        "content_sha256": content_sha256,
        "headers": answer.headers,
        "body_sha256": transaction.keep(answer.body),
        "target": answer.target,
        "state": "owed" if answer.target else "answered",
        "attempts": 0,
        "due": transaction.now if answer.target else None,
        "made": transaction.now,
    }
    return bool(insert_if_new(transaction.connection, receipt, values))


def owed(view: Reading, now: str, *, count_max: int = 50) -> tuple[Known, ...]:
    """Asynchronous receipts that are due, the oldest first."""
    query = select(receipt).where(receipt.c.state == "owed", receipt.c.due <= now).order_by(receipt.c.due).limit(count_max)
    return tuple(_known(view, row) for row in view.connection.execute(query).all())


def settle(transaction: Transaction, receipt_id: int, state: str, *, due: str | None = None) -> None:
    """One more attempt was made; `due` is when the next one is."""
    values = {"state": state, "due": due, "attempts": receipt.c.attempts + 1}
    transaction.connection.execute(update(receipt).where(receipt.c.id == receipt_id).values(values))


def owe_again(transaction: Transaction, receipt_id: int) -> None:
    """The sender asks again: its asynchronous receipt is due now."""
    values = {"state": "owed", "due": transaction.now, "attempts": 0}
    transaction.connection.execute(update(receipt).where(receipt.c.id == receipt_id, receipt.c.target.is_not(None)).values(values))


def _known(view: Reading, row: AnyRow) -> Known:
    return Known(
        id=row.id,
        channel=row.channel,
        transport_id=row.transport_id,
        content_sha256=row.content_sha256,
        headers=row.headers,
        body=view.payload(row.body_sha256),
        target=row.target,
        state=row.state,
        attempts=row.attempts,
    )
