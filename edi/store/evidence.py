"""Evidence of one document, verifiable without us: every byte, its part of the audit trail with proofs, the mappings, and how to check.

`edi.store.evidence_proof` verifies a pack from its bytes alone.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator

from sqlalchemy import bindparam, select

from edi.errors import StoreError
from edi.store import mapping_texts
from edi.store.audit_tree import Tree
from edi.store.evidence_pieces import pieces_of
from edi.store.evidence_proof import seal
from edi.store.naming import split_name
from edi.store.store import Reading
from edi.store.tables import audit_event, document, message, outbound, transmission
from edi.store.trace import chain

README = """\
This pack shows what happened to one document. It is verified without the house that made it: `edi audit verify-pack FILE`, or by hand.

  trail.json   `entries`: what happened, each with `seq`, `at`, `actor`, `subject`, `event`, `detail`, `previous`, `hash`, `proof`;
               `head`: size and root of the whole trail when the pack was made, and the hash of its last entry;
               `pieces`: which bytes belong to what, and as what; `seal`: SHA-256 over the rest of this file and all other files.
  payloads/    the exact bytes, each file named by the SHA-256 of what it holds: what came, the envelope it came in, what was answered,
               patches, what was sent and what really travelled (signed, encrypted), receipts, and documents as we read them.
  mappings/    the texts of the mappings that translated it, each named by its version, which ends with the SHA-256 of the text.

A payload: its SHA-256 is its name (sha256sum payloads/*), and an entry names it. Interchanges and documents are derived from what came.
An entry: write [seq, at, actor, subject, event, detail, previous] as JSON without blanks, ASCII only, `detail` being the text as it
stands; put a zero byte before it; the SHA-256 of that is the entry's hash. An entry's `previous` is the hash of the entry before.
That it stands in the trail: its hash is leaf `seq` of the tree of RFC 6962, and `proof` leads from there to the root in `head`.
That the trail was not rewritten since: the root is the one of a head that you kept, or a newer head proves that it begins with it.
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
    letter, row = split_name(name) or ("", 0)
    found = view.connection.execute(queries[letter], {"row": row}).scalar_one_or_none() if letter in queries else None
    if found is None:
        raise StoreError(f"there is no transmission of {name!r}", hint="`edi messages` names them: T12, M5, O7")
    return int(found)


def pack(view: Reading, transmission_id: int) -> bytes:
    """The evidence of one inbound transmission and all that came of it. Raises StoreError if there is none of that number."""
    found = chain(view, transmission_id)
    if found is None:
        raise StoreError(f"there is no T{transmission_id}")
    names = [step.name for step in found.steps]
    tree = Tree(view.connection)
    rows = view.connection.execute(select(audit_event).where(audit_event.c.subject.in_(names)).order_by(audit_event.c.seq))
    entries = [{**row._mapping, "proof": tree.inclusion(row.seq)} for row in rows]  # noqa: SLF001 -- SQLAlchemy's public name for it
    pieces = list(pieces_of(view, transmission_id))
    files = {"README.txt": README.encode()}
    for piece in pieces:
        try:
            files[f"payloads/{piece.sha256}"] = view.payload(piece.sha256)
        except StoreError:
            continue  # its retention ended; the trail holds its hash
    for version in sorted(_versions(view, transmission_id)):
        text = mapping_texts.text_of(view, version)
        if text is not None:
            files[f"mappings/{version}.json"] = text.encode()
    head = tree.head()
    trail = {
        "head": {"size": head.size, "hash": head.hash, "root": head.root},
        "entries": entries,
        "pieces": [{"of": piece.of, "role": piece.role, "sha256": piece.sha256} for piece in pieces],
    }
    trail["seal"] = seal(trail, files)
    return _zip({**files, "trail.json": json.dumps(trail, indent=1, ensure_ascii=True).encode()})


def _versions(view: Reading, transmission_id: int) -> Iterator[str]:
    read = select(document.c.mapping).join(message, message.c.id == document.c.message_id)
    yield from view.connection.execute(read.where(message.c.transmission_id == transmission_id)).scalars()
    written = select(outbound.c.mapping).where(outbound.c.transmission_id == transmission_id, outbound.c.mapping.is_not(None))
    yield from (str(one) for one in view.connection.execute(written).scalars())


def _zip(files: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, FIXED_TIME), data, zipfile.ZIP_DEFLATED)
    return held.getvalue()
