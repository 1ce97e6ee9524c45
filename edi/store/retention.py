"""Keeping as long as the law wants and no longer: payloads are deleted, their hashes and the audit chain stay (P28, T42).

A payload goes when nothing that still needs it names it: every row that does is older than its kind's period, and none is under
legal hold. What is deleted stays as a row that says so, so that nobody mistakes it for lost.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Table, func, select, update

from edi.store import payload_parts
from edi.store.receipts import receipt
from edi.store.store import Reading, Store, Transaction, moment
from edi.store.tables import attempt, document, fact, interchange, message, outbound, payload, transmission

TOGETHER_MAX = 500
"""Payloads looked at in one transaction."""
HOLD = "legal_hold "
"""Facts with this beginning name what must not be deleted: `legal_hold T12`, `legal_hold partner acme`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """What a pass deleted."""

    payloads: int
    size: int
    """Bytes before compression."""


def expire(store: Store, *, actor: str, now: datetime, keep_for: timedelta, limit: int = 100_000) -> Deleted:
    """Delete payloads that nothing younger than `keep_for` names and no hold protects."""
    before = moment(now - keep_for)
    count = size = 0
    last = 0
    while count < limit:
        with store.writing(actor, now) as transaction:
            query = select(payload.c.id, payload.c.sha256, payload.c.size, payload.c.encoding)
            old = (payload.c.id > last) & (payload.c.kept < before) & (payload.c.encoding != "deleted")
            rows = transaction.connection.execute(query.where(old).order_by(payload.c.id).limit(TOGETHER_MAX)).all()
            if not rows:
                return Deleted(payloads=count, size=size)
            last = rows[-1].id
            needed = needed_hashes(transaction, [row.sha256 for row in rows], before)
            files = []
            for row in rows:
                if row.sha256 not in needed:
                    _delete(transaction, row.id, row.sha256)
                    files += [row.sha256] if row.encoding == "file" else []
                    count, size = count + 1, size + row.size
        # Only after the commit: a row that says `deleted` with its file still there is swept, a row without its file would be a loss.
        _unlink(store.folder, files)
    return Deleted(payloads=count, size=size)


def due(view: Reading, *, now: datetime, keep_for: timedelta) -> Deleted:
    """What `expire` would delete now; changes nothing."""
    before = moment(now - keep_for)
    count = size = last = 0
    old = (payload.c.kept < before) & (payload.c.encoding != "deleted")
    while True:
        query = select(payload.c.id, payload.c.sha256, payload.c.size).where(old, payload.c.id > last)
        rows = view.connection.execute(query.order_by(payload.c.id).limit(TOGETHER_MAX)).all()
        if not rows:
            return Deleted(payloads=count, size=size)
        last = rows[-1].id
        needed = needed_hashes(view, [row.sha256 for row in rows], before)
        sizes = [row.size for row in rows if row.sha256 not in needed]
        count, size = count + len(sizes), size + sum(sizes)


def growth(view: Reading, *, since: str) -> Deleted:
    """Payloads kept since a moment, and their bytes before compression."""
    query = select(func.count(), func.coalesce(func.sum(payload.c.size), 0)).where(payload.c.kept >= since)
    count, size = view.connection.execute(query).one()
    return Deleted(payloads=int(count), size=int(size))


def holds(view: Reading) -> tuple[tuple[str, str], ...]:
    """What is under legal hold, and why."""
    query = select(fact.c.name, fact.c.value).where(fact.c.name.startswith(HOLD)).order_by(fact.c.name)
    return tuple((str(row.name).removeprefix(HOLD), str(row.value)) for row in view.connection.execute(query))


def needed_hashes(transaction: Reading, hashes: Collection[str], before: str) -> frozenset[str]:
    """Those of the payloads that something young or held still names."""
    needed: set[str] = set()
    held_transmissions, held_partners = _holds(transaction)
    for user in _USERS:
        for column in user.columns:
            query = select(user.table).where(user.table.c[column].in_(list(hashes)))
            for row in transaction.connection.execute(query):
                held = getattr(row, "partner", None) in held_partners or (user.owner and getattr(row, user.owner) in held_transmissions)
                if held or getattr(row, user.since) >= before:
                    needed.add(getattr(row, column))
    needed |= _of_interchanges(transaction, hashes, before, held_transmissions)
    return frozenset(needed)


def hold(transaction: Transaction, what: str, why: str) -> None:
    """Protect `T12` or `partner acme` from deletion, whatever its age."""
    name = HOLD + what
    if transaction.connection.execute(select(fact.c.name).where(fact.c.name == name)).first() is None:
        transaction.connection.execute(fact.insert().values(name=name, value=why))
        transaction.audit(what, "legal_hold_set", why=why)


def end_hold(transaction: Transaction, what: str, why: str) -> None:
    """The hold is over."""
    if transaction.connection.execute(fact.delete().where(fact.c.name == HOLD + what)).rowcount:
        transaction.audit(what, "legal_hold_ended", why=why)


def _delete(transaction: Transaction, payload_id: int, digest: str) -> None:
    transaction.connection.execute(
        update(payload).where(payload.c.id == payload_id).values(encoding="deleted", data=None, counted_from=None)
    )
    payload_parts.remove(transaction.connection, digest)
    transaction.audit(f"payload {digest[:12]}", "payload_deleted", sha256=digest, why="its retention ended")


def _unlink(folder: Path, digests: Collection[str]) -> None:
    for digest in digests:
        (folder / "payloads" / digest[:2] / digest).unlink(missing_ok=True)


def _holds(transaction: Reading) -> tuple[frozenset[int], frozenset[str]]:
    names = [
        str(name).removeprefix(HOLD)
        for name in transaction.connection.execute(select(fact.c.name).where(fact.c.name.startswith(HOLD))).scalars()
    ]
    transmissions = frozenset(int(name[1:]) for name in names if name.startswith("T") and name[1:].isdigit())
    return transmissions, frozenset(name.removeprefix("partner ") for name in names if name.startswith("partner "))


def _of_interchanges(transaction: Reading, hashes: Collection[str], before: str, held: Collection[int]) -> set[str]:
    """Interchanges and documents have no age of their own: they are as old as their transmission."""
    needed: set[str] = set()
    parts = (
        select(interchange.c.payload_sha256, interchange.c.transmission_id).where(interchange.c.payload_sha256.in_(list(hashes))),
        select(document.c.payload_sha256, message.c.transmission_id)
        .join(message, message.c.id == document.c.message_id)
        .where(document.c.payload_sha256.in_(list(hashes))),
    )
    for part in parts:
        found = part.subquery()
        query = select(found.c.payload_sha256, found.c.transmission_id, transmission.c.received).join(
            transmission, transmission.c.id == found.c.transmission_id
        )
        for row in transaction.connection.execute(query):
            if row.received >= before or row.transmission_id in held:
                needed.add(row.payload_sha256)
    return needed


@dataclass(frozen=True, slots=True, kw_only=True)
class _User:
    """A table that names payloads."""

    table: Table
    columns: tuple[str, ...]
    since: str
    """Column of the row's age."""
    owner: str | None
    """Column of the inbound transmission it belongs to, which may be held; None: it has none, its age alone counts."""


_USERS = (
    _User(table=transmission, columns=("payload_sha256", "response_sha256", "envelope_sha256"), since="received", owner="id"),
    _User(table=outbound, columns=("payload_sha256", "wire_sha256"), since="made", owner="transmission_id"),
    _User(table=attempt, columns=("response_sha256",), since="started", owner=None),
    _User(table=receipt, columns=("body_sha256",), since="made", owner=None),
)
