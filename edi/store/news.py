"""What changed since somebody last asked: state changes out of the audit trail, in its order, for those who are told (webhooks).

How far each listener was told is a fact of the store, so a restart tells nothing twice but the last one, and forgets nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import func, select, update

from edi.store.dialect import insert_if_new
from edi.store.store import Reading, Transaction
from edi.store.tables import audit_event, fact, message, outbound, transmission

TABLES = {"T": transmission, "M": message, "O": outbound}


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One thing moved from a state to another, or began in one."""

    seq: int
    """Its place in the audit trail: the same event has the same number for ever."""
    at: str
    subject: str
    """`T12`, `M5`, `O7`."""
    state: str
    before: str | None
    """None: it is new."""
    partner: str | None
    kind: str | None
    number: str | None
    channel: str | None
    transmission: str | None
    """`T12` it came with."""
    reason: str | None


def told(view: Reading, listener: str) -> int | None:
    """The last event it was told; None for a new listener."""
    found = view.connection.execute(select(fact.c.value).where(fact.c.name == _name(listener))).scalar_one_or_none()
    return int(found) if found is not None else None


def begin(transaction: Transaction, listener: str) -> int:
    """A new listener hears what happens from now on; the event it begins after."""
    last = int(transaction.connection.execute(select(func.max(audit_event.c.seq))).scalar_one() or 0)
    insert_if_new(transaction.connection, fact, {"name": _name(listener), "value": str(last)})
    return last


def remember(transaction: Transaction, listener: str, seq: int) -> None:
    """It was told everything up to here."""
    transaction.connection.execute(update(fact).where(fact.c.name == _name(listener)).values(value=str(seq)))


def after(view: Reading, seq: int, *, count_max: int = 200) -> tuple[int, tuple[News, ...]]:
    """How far was looked, and the changes of state on the way."""
    rows = view.connection.execute(select(audit_event).where(audit_event.c.seq > seq).order_by(audit_event.c.seq).limit(count_max)).all()
    found = []
    for row in rows:
        letter, number = row.subject[:1], row.subject[1:]
        if letter not in TABLES or not number.isdecimal():
            continue
        detail = json.loads(row.detail)
        thing = view.connection.execute(select(TABLES[letter]).where(TABLES[letter].c.id == int(number))).one_or_none()
        if thing is None or not ("before" in detail or row.event in FIRST[letter]):
            continue
        of = {"T": int(number), "M": getattr(thing, "transmission_id", None), "O": getattr(thing, "transmission_id", None)}[letter]
        found.append(
            News(
                seq=row.seq,
                at=row.at,
                subject=row.subject,
                state=row.event,
                before=detail.get("before"),
                partner=thing.partner,
                kind=getattr(thing, "kind", None),
                number=getattr(thing, "number", None),
                channel=getattr(thing, "channel", None),
                transmission=f"T{of}" if of else None,
                reason=detail.get("reason") or detail.get("note"),
            )
        )
    return (rows[-1].seq if rows else seq), tuple(found)


FIRST = {"T": {"received"}, "M": {"extracted"}, "O": {"ready", "held"}}
"""States in which things begin."""


def _name(listener: str) -> str:
    return f"webhook:{listener}"
