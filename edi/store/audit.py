"""The audit chain: every state change, in order, each entry holding the hash of the one before.

An entry's hash is SHA-256(0x00 ‖ canonical bytes); the canonical bytes are the entry's fields and the previous hash as compact JSON.
Editing, deleting, inserting and reordering break the chain. Cutting off the tail does not: it is found only against a head that was
kept elsewhere, which is what `head` is for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii as _quoted

from sqlalchemy import Connection, func, select

from edi.store import merkle, prepared
from edi.store.dialect import insert_many, lock_chain
from edi.store.tables import audit_block, audit_event

BLOCK = 1024
"""Entries whose root is kept together; a power of two, as subtrees are."""
GENESIS = "0" * 64
"""What the first entry holds as the hash before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened; hashes and references, never payloads or secrets (P28, P29)."""

    at: str
    actor: str
    subject: str
    """`T12`, `M5`, `O7`, a channel, a command: what it happened to."""
    event: str
    """`processed`, `state`, `replayed`: past participle or noun."""
    detail: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An event with its place in the chain."""

    seq: int
    event: Event
    previous: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where the chain ended at a moment; kept elsewhere, it proves that nothing was cut off since."""

    size: int
    hash: str
    root: str | None = None
    """Of the tree over all entries; None where only the chain's end was asked for."""
    at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A place where the chain does not hold."""

    seq: int
    text: str


def entry_hash(seq: int, event: Event, previous: str) -> str:
    """The hash of one entry, in hex."""
    return _hash(seq, event.at, event.actor, event.subject, event.event, json_text(event.detail), previous)


def append(connection: Connection, events: Sequence[Event]) -> Head:
    """Chain events to what is there, in the caller's transaction."""
    lock_chain(connection)
    last = head(connection)
    rows: list[dict[str, object]] = []
    size, previous = last.size, last.hash
    for event in events:
        size += 1
        detail = json_text(event.detail)
        digest = _hash(size, event.at, event.actor, event.subject, event.event, detail, previous)
        rows.append(
            {
                "seq": size,
                "at": event.at,
                "actor": event.actor,
                "subject": event.subject,
                "event": event.event,
                "detail": detail,
                "previous": previous,
                "hash": digest,
            }
        )
        previous = digest
    if rows:
        insert_many(connection, audit_event, rows)
    return Head(size=size, hash=previous)


def head(connection: Connection) -> Head:
    """The last entry's number and hash."""
    row = prepared.select(connection, _LAST, {}).one_or_none()
    return Head(size=row.seq, hash=row.hash) if row else Head(size=0, hash=GENESIS)


def entries(connection: Connection, subjects: Sequence[str] = ()) -> Iterator[Entry]:
    """Entries in order; only those of some subjects if named."""
    query = select(audit_event).order_by(audit_event.c.seq)
    if subjects:
        query = query.where(audit_event.c.subject.in_(subjects))
    for row in connection.execute(query.execution_options(yield_per=2_000)):
        event = Event(at=row.at, actor=row.actor, subject=row.subject, event=row.event, detail=json.loads(row.detail))
        yield Entry(seq=row.seq, event=event, previous=row.previous, hash=row.hash)


def count_since(connection: Connection, subject: str, event: str, *, since: str) -> int:
    """How often something happened to a subject since another event last happened to it."""
    table = audit_event
    start = select(func.max(table.c.seq)).where(table.c.subject == subject, table.c.event == since).scalar_subquery()
    query = select(func.count()).where(table.c.subject == subject, table.c.event == event, table.c.seq > func.coalesce(start, 0))
    return int(connection.execute(query).scalar_one())


def verify(connection: Connection, heads: Sequence[Head] = ()) -> tuple[Break, ...]:
    """Every place where the chain does not hold, and every head kept elsewhere that it no longer contains."""
    breaks: list[Break] = []
    wanted: dict[int, list[Head]] = {}
    for known in heads:
        wanted.setdefault(known.size, []).append(known)
    roots = {row.block: row.hash for row in connection.execute(select(audit_block))}
    tree, block = merkle.Growing(), merkle.Growing()
    expected, previous = 1, GENESIS
    for seq, *texts, claims, stored in connection.execute(_CHAIN):
        computed = _hash(seq, *texts, claims)
        if seq != expected or claims != previous or stored != computed:
            breaks += _entry_breaks(expected, previous, seq, claims, stored, computed)
        block.add(_leaf(stored))
        if seq in wanted:
            breaks += [one for known in wanted.pop(seq) for one in _head_breaks(known, stored, tree.followed_by(block))]
        if seq % BLOCK == 0:
            if roots.get(seq // BLOCK - 1, block.root().hex()) != block.root().hex():
                breaks.append(Break(seq=seq, text=f"the root kept over the {BLOCK} entries up to {seq} is not theirs"))
            tree, block = tree.followed_by(block), merkle.Growing()
        expected, previous = seq + 1, stored
    breaks += [Break(seq=size, text=f"the chain ends before entry {size}, whose head was kept") for size in sorted(wanted) if size > 0]
    return tuple(breaks)


def _entry_breaks(expected: int, previous: str, seq: int, claims: str, stored: str, computed: str) -> list[Break]:
    found = []
    if seq != expected:
        found.append(Break(seq=seq, text=f"entry {expected} is missing"))
    if claims != previous:
        found.append(Break(seq=seq, text=f"entry {seq} does not follow the one before it"))
    if stored != computed:
        found.append(Break(seq=seq, text=f"entry {seq} was changed after it was written"))
    return found


def _head_breaks(known: Head, digest: str, tree: merkle.Growing) -> list[Break]:
    if known.hash != digest:
        return [Break(seq=known.size, text=f"entry {known.size} is not the one whose head was kept")]
    if known.root is not None and known.root != tree.root().hex():
        return [Break(seq=known.size, text=f"the entries up to {known.size} are not those whose root was kept")]
    return []


def _leaf(digest: str) -> bytes:
    """What the tree is made of; a hash that was spoilt is found by its entry, and spoils the root."""
    try:
        return bytes.fromhex(digest)
    except ValueError:
        return digest.encode()


def json_text(value: object) -> str:
    """Compact JSON with sorted keys, ASCII only: the same bytes everywhere."""
    return _COMPACT.encode(value)


def _hash(seq: int, *texts: str) -> str:
    """Of at, actor, subject, event, detail and the hash before."""
    canonical = f"[{seq},{','.join(map(_quoted, texts))}]"  # as `json_text` writes a list
    return hashlib.sha256(b"\x00" + canonical.encode("ascii")).hexdigest()


_COMPACT = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True)
_LAST = select(audit_event.c.seq, audit_event.c.hash).order_by(audit_event.c.seq.desc()).limit(1)
_CHAIN = (
    select(*(audit_event.c[name] for name in ("seq", "at", "actor", "subject", "event", "detail", "previous", "hash")))
    .order_by(audit_event.c.seq)
    .execution_options(yield_per=2_000)
)
