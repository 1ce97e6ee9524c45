"""Evidence of one document, verifiable without us: its payloads, its part of the audit trail, and how to check both.

The pack is a zip: `trail.json` with the entries as they were hashed, `payloads/<sha256>`, `README.txt` with the recipe. Each entry proves
itself by its hash, and stands in the trail if that hash is the one kept there; entries between those shown are not in the pack.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import bindparam, select

from edi.errors import StoreError
from edi.store import audit
from edi.store.store import Reading
from edi.store.tables import audit_event, document, message, outbound, transmission
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


def transmission_of(view: Reading, name: str) -> int:
    """The inbound transmission of `T12`, `M5`, `D4` or `O7`. Raises StoreError if there is none."""
    queries = {
        "T": select(transmission.c.id).where(transmission.c.id == bindparam("row")),
        "M": select(message.c.transmission_id).where(message.c.id == bindparam("row")),
        "D": select(message.c.transmission_id)
        .join(document, document.c.message_id == message.c.id)
        .where(document.c.id == bindparam("row")),
        "O": select(outbound.c.transmission_id).where(outbound.c.id == bindparam("row")),
    }
    query = queries.get(name[:1])
    found = (
        view.connection.execute(query, {"row": int(name[1:])}).scalar_one_or_none() if query is not None and name[1:].isdecimal() else None
    )
    if found is None:
        raise StoreError(f"there is no transmission of {name!r}", hint="`edi messages` names them: T12, M5, O7")
    return int(found)


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


def verify(data: bytes) -> tuple[str, ...]:
    """Every place where a pack does not hold, from its bytes alone; empty if it does. Raises StoreError if it is no pack."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            trail = json.loads(archive.read("trail.json"))
            payloads = {name: archive.read(name) for name in archive.namelist() if name.startswith("payloads/")}
        return (*_payload_breaks(payloads), *_entry_breaks(trail["entries"]), *_missing(trail["chain"], payloads))
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, EOFError) as error:
        raise StoreError(f"this is no evidence pack: {error}") from error


def _payload_breaks(payloads: Mapping[str, bytes]) -> Iterator[str]:
    for name, held in payloads.items():
        if hashlib.sha256(held).hexdigest() != name.removeprefix("payloads/"):
            yield f"{name} does not hold what its name says"


def _entry_breaks(entries: list[dict[str, Any]]) -> Iterator[str]:
    previous: dict[str, Any] | None = None
    for entry in entries:
        event = audit.Event(
            at=entry["at"], actor=entry["actor"], subject=entry["subject"], event=entry["event"], detail=json.loads(entry["detail"])
        )
        if audit.entry_hash(entry["seq"], event, entry["previous"]) != entry["hash"]:
            yield f"entry {entry['seq']} was changed after it was written"
        if previous is not None and entry["seq"] == previous["seq"] + 1 and entry["previous"] != previous["hash"]:
            yield f"entry {entry['seq']} does not follow the one before it"
        previous = entry


def _missing(steps: list[dict[str, Any]], payloads: Mapping[str, bytes]) -> Iterator[str]:
    for step in steps:
        digest = step["payload_sha256"]
        if digest and f"payloads/{digest}" not in payloads:
            yield f"the bytes of {step['name']} are not in the pack: their retention had ended, or they were taken out"


def _step(step: object) -> dict[str, object]:
    return {name: getattr(step, name) for name in ("depth", "name", "what", "at", "state", "text", "payload_sha256")}


def _zip(files: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, FIXED_TIME), data, zipfile.ZIP_DEFLATED)
    return held.getvalue()
