"""Evidence of one document, verifiable without us: its payloads, its part of the audit trail, and how to check both.

The pack is a zip: `trail.json` with the entries as they were hashed, `payloads/<sha256>`, `README.txt` with the recipe. Entries between
those shown are given by their hashes alone, so that the chain from the first entry shown to the head can be recomputed.
"""

from __future__ import annotations

import io
import json
import zipfile

from sqlalchemy import select

from edi.errors import StoreError
from edi.store import audit
from edi.store.store import Reading
from edi.store.tables import audit_event
from edi.store.trace import chain

README = """\
This pack shows what happened to one document.

  trail.json   `entries`: what happened, each with `seq`, `at`, `actor`, `subject`, `event`, `detail`, `previous`, `hash`;
               `head`: the last entry of the whole trail when the pack was made.
  payloads/    the exact bytes, each file named by the SHA-256 of what it holds.

To verify a payload: its SHA-256 is its name (sha256sum payloads/*).
To verify an entry: write [seq, at, actor, subject, event, detail, previous] as JSON without blanks, ASCII only, `detail` being the text
as it stands; put a zero byte before it; the SHA-256 of that is the entry's hash. An entry's `previous` is the hash of the entry before.
To verify that nothing was cut off or rewritten since: ask for the trail up to a head that you kept (`edi audit verify --head`).
"""
FIXED_TIME = (1980, 1, 1, 0, 0, 0)
"""The pack of the same evidence is the same bytes."""


def pack(view: Reading, transmission_id: int) -> bytes:
    """The evidence of one inbound transmission and all that came of it. Raises StoreError if there is none of that number."""
    found = chain(view, transmission_id)
    if found is None:
        raise StoreError(f"there is no T{transmission_id}")
    names = [step.name for step in found.steps]
    rows = view.connection.execute(select(audit_event).where(audit_event.c.subject.in_(names)).order_by(audit_event.c.seq))
    entries = [dict(row._mapping) for row in rows]  # noqa: SLF001 -- SQLAlchemy's public name for it
    head = audit.head(view.connection)
    trail = {"head": {"size": head.size, "hash": head.hash}, "entries": entries, "chain": [_step(step) for step in found.steps]}
    payloads: dict[str, bytes] = {}
    for digest in dict.fromkeys(step.payload_sha256 for step in found.steps if step.payload_sha256):
        try:
            payloads[digest] = view.payload(digest)
        except StoreError:
            continue  # its retention ended; the trail holds its hash
    return _zip(
        {
            "README.txt": README.encode(),
            "trail.json": json.dumps(trail, indent=1, ensure_ascii=True).encode(),
            **{f"payloads/{digest}": data for digest, data in payloads.items()},
        }
    )


def _step(step: object) -> dict[str, object]:
    return {name: getattr(step, name) for name in ("depth", "name", "what", "at", "state", "text", "payload_sha256")}


def _zip(files: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, FIXED_TIME), data, zipfile.ZIP_DEFLATED)
    return held.getvalue()
