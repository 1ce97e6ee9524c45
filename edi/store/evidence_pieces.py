"""Which bytes belong to one inbound transmission and all that came of it, and as what."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select

from edi.store.store import Reading
from edi.store.tables import attempt, document, fact, interchange, message, outbound, transmission


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Bytes and what they are."""

    of: str
    """`T12`, `O7`."""
    role: str
    """received | envelope | answered | patched | interchange | document | sent | travelled | receipt."""
    sha256: str


def pieces_of(view: Reading, transmission_id: int) -> Iterator[Piece]:
    """All that are named, whether they are still kept or not."""
    row = view.connection.execute(select(transmission).where(transmission.c.id == transmission_id)).one()
    name = f"T{row.id}"
    yield from _some(name, received=row.payload_sha256, envelope=row.envelope_sha256, answered=row.response_sha256)
    patch = view.connection.execute(select(fact.c.value).where(fact.c.name == f"patch {name}")).scalar_one_or_none()
    if patch is not None:
        yield from _some(name, patched=str(json.loads(patch)["sha256"]))
    for one in view.connection.execute(select(interchange).where(interchange.c.transmission_id == transmission_id)):
        yield from _some(f"I{one.id}", interchange=one.payload_sha256)
    documents = select(document).join(message, message.c.id == document.c.message_id)
    for one in view.connection.execute(documents.where(message.c.transmission_id == transmission_id).order_by(document.c.id)):
        yield from _some(f"D{one.id}", document=one.payload_sha256)
    for one in view.connection.execute(select(outbound).where(outbound.c.transmission_id == transmission_id).order_by(outbound.c.id)):
        yield from _some(f"O{one.id}", sent=one.payload_sha256, travelled=one.wire_sha256)
        tries = select(attempt.c.response_sha256).where(attempt.c.outbound_id == one.id).order_by(attempt.c.number)
        for digest in view.connection.execute(tries).scalars():
            yield from _some(f"O{one.id}", receipt=digest)


def _some(of: str, **digests: str | None) -> Iterator[Piece]:
    for role, digest in digests.items():
        if digest is not None:
            yield Piece(of=of, role=role, sha256=digest)
