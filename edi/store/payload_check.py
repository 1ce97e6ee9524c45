"""Whether every payload is still what was stored, and every one that the audit trail or a row names still there (F-U08).

The trail is the authority: it holds the hash of everything received and sent, and of everything that retention deleted. What was made
from those on the way, interchanges and documents, only rows name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Final

from sqlalchemy import select

from edi.store.audit import Break
from edi.store.payloads import PayloadError
from edi.store.receipts import receipt
from edi.store.store import Reading
from edi.store.tables import attempt, audit_event, document, interchange, outbound, payload, transmission

NAMES: Final = ("sha256", "payload_sha256", "wire_sha256", "response_sha256", "envelope", "response")
"""Keys of an event's detail that name a payload; `sha256` of some events is that of a certificate instead."""
CERTIFICATES: Final = ("certificate_handed_in", "page_certificate_taken")
COLUMNS: Final = (
    *(transmission.c.payload_sha256, transmission.c.response_sha256, transmission.c.envelope_sha256),
    *(interchange.c.payload_sha256, document.c.payload_sha256, receipt.c.body_sha256),
    *(outbound.c.payload_sha256, outbound.c.wire_sha256, attempt.c.response_sha256),
)
TOGETHER_MAX: Final = 500


def verify_payloads(view: Reading) -> Iterator[Break]:
    """Every payload that was changed, or is gone without the trail saying why."""
    yield from _changed(view)
    yield from _gone_for_the_trail(view)
    yield from _gone_for_rows(view)


def _changed(view: Reading) -> Iterator[Break]:
    rows = view.connection.execute(select(payload.c.id, payload.c.sha256, payload.c.encoding, payload.c.kept).order_by(payload.c.id))
    for row in rows.yield_per(TOGETHER_MAX):
        if row.encoding == "deleted":
            if not _was_deleted_by_us(view, row.sha256, row.kept):
                yield Break(seq=0, text=f"payload {row.sha256} was deleted, and the trail does not say that its retention ended")
            continue
        try:
            view.payload(row.sha256)
        except PayloadError as error:
            yield Break(seq=0, text=str(error).splitlines()[0])


def _was_deleted_by_us(view: Reading, digest: str, kept: str) -> bool:
    named = select(audit_event.c.at).where(audit_event.c.subject == f"payload {digest[:12]}", audit_event.c.event == "payload_deleted")
    return any(at >= kept for at in view.connection.execute(named).scalars())


def _gone_for_the_trail(view: Reading) -> Iterator[Break]:
    """Named by the trail, and no row at all."""
    query = select(audit_event.c.seq, audit_event.c.detail).where(audit_event.c.event.not_in(CERTIFICATES)).order_by(audit_event.c.seq)
    named = (
        (row.seq, digest)
        for row in view.connection.execute(query).yield_per(TOGETHER_MAX)
        for key, digest in json.loads(row.detail).items()
        if key in NAMES and isinstance(digest, str)
    )
    while some := list(islice(named, TOGETHER_MAX)):
        known = select(payload.c.sha256).where(payload.c.sha256.in_([digest for _, digest in some]))
        there = set(view.connection.execute(known).scalars())
        yield from (Break(seq=seq, text=f"payload {digest} is gone; entry {seq} names it") for seq, digest in some if digest not in there)


def _gone_for_rows(view: Reading) -> Iterator[Break]:
    for column in COLUMNS:
        there = select(payload.c.id).where(payload.c.sha256 == column).exists()
        for digest in view.connection.execute(select(column).where(column.is_not(None), ~there).distinct()).scalars():
            yield Break(seq=0, text=f"payload {digest} is gone; a row of {column.table.name} names it")
