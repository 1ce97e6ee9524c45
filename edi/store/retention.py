"""Keeping as long as the law wants and no longer: payloads are deleted, their hashes and the audit chain stay (P28, T42).

A payload goes when nothing that still needs it names it: the period of every row that does is over, and none is under legal hold.
Periods count from the end of the calendar year. What is deleted stays as a row that says so, so that nobody mistakes it for lost.

Each payload knows from when on it must be looked at (`counted_from`), and moves on if something needs it longer: a pass reads what is
due this year and nothing else, however much the archive holds.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update

from edi.store import payload_parts
from edi.store.naming import number_in
from edi.store.payloads import sweep_orphans
from edi.store.retention_needs import FOR_EVER, last_years
from edi.store.store import Reading, Store, Transaction
from edi.store.tables import fact, message, outbound, payload, transmission

TOGETHER_MAX = 500
"""Payloads looked at in one transaction."""
ANEW_TOGETHER = 20_000
"""Payloads whose time is counted anew in one transaction."""
DELETED_MAX = 100_000
"""In one pass; the next one goes on."""
HOLD = "legal_hold "
"""Facts with this beginning name what must not be deleted: `legal_hold T12`, `legal_hold partner acme`."""
PERIODS = "retention_periods"
"""The fact that holds the periods of the last pass: with others, everything is looked at anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Periods:
    """How many years after the end of its year something is kept."""

    default: int
    by_kind: Mapping[str, int] = field(default_factory=dict)

    def years(self, kind: str | None) -> int:
        """Of a document kind; of what has none, or an unnamed one, the default."""
        return self.by_kind.get(kind, self.default) if kind is not None else self.default

    @property
    def shortest(self) -> int:
        return min((self.default, *self.by_kind.values()))

    @property
    def longest(self) -> int:
        return max((self.default, *self.by_kind.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """What a pass deleted."""

    payloads: int
    size: int
    """Bytes before compression."""


def expire(store: Store, *, actor: str, now: datetime, periods: Periods) -> Deleted:
    """Delete payloads that nothing needs any more and no hold protects."""
    _count_anew_if_changed(store, actor, now, periods)
    count = size = 0
    while count < DELETED_MAX:
        files: list[str] = []
        with store.writing(actor, now) as transaction:
            query = select(payload.c.id, payload.c.sha256, payload.c.size, payload.c.encoding, payload.c.kept)
            due = payload.c.counted_from < _mark(now.year - periods.shortest)
            rows = transaction.connection.execute(query.where(due).order_by(payload.c.counted_from).limit(TOGETHER_MAX)).all()
            needed = last_years(transaction, [row.sha256 for row in rows], periods.years, _holds(transaction))
            for row in rows:
                last = needed.get(row.sha256, _derived(row.kept, periods))
                if last < now.year:
                    _delete(transaction, row.id, row.sha256)
                    files += [row.sha256] if row.encoding == "file" else []
                    count, size = count + 1, size + row.size
                else:
                    again = (now.year if last == FOR_EVER else last) - periods.shortest  # what is held is looked at every year
                    transaction.connection.execute(update(payload).where(payload.c.id == row.id).values(counted_from=_mark(again)))
        if not rows:
            break
        _unlink(store, actor, now, files)
    _sweep(store, actor, now)
    return Deleted(payloads=count, size=size)


def due(view: Reading, *, now: datetime, periods: Periods) -> Deleted:
    """What `expire` would delete now; changes nothing."""
    count = size = last = 0
    anew = _said(view, PERIODS) != _text(periods)
    since = payload.c.kept if anew else payload.c.counted_from
    old = (since < _mark(now.year - periods.shortest)) & (payload.c.encoding != "deleted")
    while True:
        query = select(payload.c.id, payload.c.sha256, payload.c.size, payload.c.kept).where(old, payload.c.id > last)
        rows = view.connection.execute(query.order_by(payload.c.id).limit(TOGETHER_MAX)).all()
        if not rows:
            return Deleted(payloads=count, size=size)
        last = rows[-1].id
        needed = last_years(view, [row.sha256 for row in rows], periods.years, _holds(view))
        sizes = [row.size for row in rows if needed.get(row.sha256, _derived(row.kept, periods)) < now.year]
        count, size = count + len(sizes), size + sum(sizes)


def growth(view: Reading, *, since: str = "", until: str | None = None) -> Deleted:
    """Payloads that are there, kept since a moment and up to another, and their bytes before compression."""
    # Out of an index: payloads themselves lie between their bytes. One that is needed longer counts from a year's beginning.
    query = select(func.count(), func.coalesce(func.sum(payload.c.size), 0)).where(payload.c.counted_from >= since)
    if until is not None:
        query = query.where(payload.c.counted_from < until, payload.c.counted_from != _mark(int(until[:4])))
    count, size = view.connection.execute(query).one()
    return Deleted(payloads=int(count), size=int(size))


def growth_by_kind(view: Reading, *, since: str) -> dict[str | None, int]:
    """Bytes received and sent since a moment, by document kind."""
    received = (
        select(message.c.kind, func.sum(transmission.c.size))
        .join(transmission, transmission.c.id == message.c.transmission_id)
        .where(message.c.received >= since, message.c.position == 1)
        .group_by(message.c.kind)
    )
    sent = select(outbound.c.kind, func.sum(outbound.c.size)).where(outbound.c.made >= since).group_by(outbound.c.kind)
    found: dict[str | None, int] = {}
    for query in (received, sent):
        for kind, size in view.connection.execute(query):
            found[kind] = found.get(kind, 0) + int(size)
    return found


def holds(view: Reading) -> tuple[tuple[str, str], ...]:
    """What is under legal hold, and why."""
    query = select(fact.c.name, fact.c.value).where(fact.c.name.startswith(HOLD)).order_by(fact.c.name)
    return tuple((str(row.name).removeprefix(HOLD), str(row.value)) for row in view.connection.execute(query))


def hold(transaction: Transaction, what: str, why: str) -> None:
    """Protect `T12` or `partner acme` from deletion, whatever its age."""
    name = HOLD + what
    if _said(transaction, name) is None:
        transaction.connection.execute(insert(fact).values(name=name, value=why))
        transaction.audit(what, "legal_hold_set", why=why)


def end_hold(transaction: Transaction, what: str, why: str) -> None:
    """The hold is over; everything is looked at anew, since nobody wrote down what it protected."""
    if transaction.connection.execute(delete(fact).where(fact.c.name == HOLD + what)).rowcount:
        transaction.audit(what, "legal_hold_ended", why=why)
        transaction.connection.execute(delete(fact).where(fact.c.name == PERIODS))


def _count_anew_if_changed(store: Store, actor: str, now: datetime, periods: Periods) -> None:
    """A piece at a time, so that nobody waits for it; the periods are written down last, so a pass that was stopped begins again."""
    text = _text(periods)
    with store.reading() as view:
        if _said(view, PERIODS) == text:
            return
        last = view.connection.execute(select(func.max(payload.c.id))).scalar_one() or 0
    stale = (payload.c.encoding != "deleted") & (payload.c.counted_from != payload.c.kept)
    for start in range(0, last + 1, ANEW_TOGETHER):
        with store.writing(actor, now) as transaction:
            some = payload.c.id.between(start, start + ANEW_TOGETHER - 1)
            transaction.connection.execute(update(payload).where(some, stale).values(counted_from=payload.c.kept))
    with store.writing(actor, now) as transaction:
        transaction.connection.execute(delete(fact).where(fact.c.name == PERIODS))
        transaction.connection.execute(insert(fact).values(name=PERIODS, value=text))
        transaction.audit("retention", "periods_changed", default=periods.default, by_kind=dict(sorted(periods.by_kind.items())))


def _derived(kept: str, periods: Periods) -> int:
    """The last year of what is made from something else, or named by nothing any more: the longest period, from when it was kept last."""
    return int(kept[:4]) + periods.longest


def _text(periods: Periods) -> str:
    return json.dumps([periods.default, sorted(periods.by_kind.items())])


def _said(view: Reading, name: str) -> str | None:
    return view.connection.execute(select(fact.c.value).where(fact.c.name == name)).scalar_one_or_none()


def _mark(year: int) -> str:
    """The beginning of a year, as moments are written."""
    return f"{max(year, 1):04}-01-01T00:00:00.000000Z"


def _delete(transaction: Transaction, payload_id: int, digest: str) -> None:
    gone = {"encoding": "deleted", "data": None, "counted_from": None}
    transaction.connection.execute(update(payload).where(payload.c.id == payload_id).values(gone))
    payload_parts.remove(transaction.connection, digest)
    transaction.audit(f"payload {digest[:12]}", "payload_deleted", sha256=digest, why="its retention ended")


def _unlink(store: Store, actor: str, now: datetime, digests: Collection[str]) -> None:
    """Only after the commit: a row that says `deleted` with its file still there is swept, a row without its file would be a loss.

    Under the write lock, and only what is still deleted: the same bytes may have come again meanwhile.
    """
    if not digests:
        return
    with store.writing(actor, now) as transaction:
        gone = select(payload.c.sha256).where(payload.c.sha256.in_(list(digests)), payload.c.encoding == "deleted")
        for digest in transaction.connection.execute(gone).scalars():
            (store.folder / "payloads" / digest[:2] / digest).unlink(missing_ok=True)


def _sweep(store: Store, actor: str, now: datetime) -> None:
    """Files that a crash left. Not while the outbox is on hold: a restored store has forgotten rows, and these bytes may be all there is."""
    with store.writing(actor, now) as transaction:
        if _said(transaction, "hold") is None:
            removed = sweep_orphans(transaction.connection, store.folder, now.timestamp())
            if removed:
                transaction.audit("payloads", "orphans_removed", count=removed)


def _holds(view: Reading) -> tuple[frozenset[int], frozenset[str]]:
    """Transmissions and partners."""
    names = [name for name, _why in holds(view)]
    transmissions = frozenset(number for name in names if (number := number_in(name, "T")) is not None)
    return transmissions, frozenset(name.removeprefix("partner ") for name in names if name.startswith("partner "))
