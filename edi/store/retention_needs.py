"""Until the end of which year payloads are needed: by every row that names them, its kind, its year, and legal holds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any, Final, TypeAlias

from sqlalchemy import Select, null, select

from edi.store.receipts import receipt
from edi.store.store import Reading
from edi.store.tables import attempt, document, interchange, message, outbound, transmission

FOR_EVER: Final = 9999
Years: TypeAlias = Callable[[str | None], int]
"""How long a document kind is kept, after the end of its year."""
Use: TypeAlias = "Select[*tuple[Any, ...]]"


def last_years(view: Reading, hashes: Collection[str], years: Years, held: tuple[Collection[int], Collection[str]]) -> dict[str, int]:
    """The last year in which each payload is needed, of those that something received or sent names.

    Documents and interchanges are made from those and have no index by their bytes, which would cost every message; they are looked for
    only while there are holds, which protect them too.
    """
    found: dict[str, int] = {}
    transmissions, partners = held
    for query in (*_uses(list(hashes)), *(_derived(list(hashes)) if transmissions or partners else ())):
        for row in view.connection.execute(query):
            protected = row.transmission_id in transmissions or row.partner in partners
            last = FOR_EVER if protected else int(row.since[:4]) + years(row.kind)
            found[row.sha256] = max(found.get(row.sha256, 0), last)
    return found


def _uses(hashes: list[str]) -> Iterator[Use]:
    """Payload, since when, kind, transmission and partner of every row that names one. A file of several kinds counts for each."""
    nobody, kindless = null().label("partner"), null().label("kind")
    for column in (transmission.c.payload_sha256, transmission.c.response_sha256, transmission.c.envelope_sha256):
        yield (
            _columns(column, transmission.c.received, message.c.kind, transmission.c.id, transmission.c.partner)
            .join_from(transmission, message, message.c.transmission_id == transmission.c.id, isouter=True)
            .where(column.in_(hashes))
        )
    for column in (outbound.c.payload_sha256, outbound.c.wire_sha256):
        yield _columns(column, outbound.c.made, outbound.c.kind, outbound.c.transmission_id, outbound.c.partner).where(column.in_(hashes))
    yield (
        _columns(attempt.c.response_sha256, attempt.c.started, outbound.c.kind, outbound.c.transmission_id, outbound.c.partner)
        .join_from(attempt, outbound, outbound.c.id == attempt.c.outbound_id)
        .where(attempt.c.response_sha256.in_(hashes))
    )
    yield _columns(receipt.c.body_sha256, receipt.c.made, kindless, null(), nobody).where(receipt.c.body_sha256.in_(hashes))


def _derived(hashes: list[str]) -> Iterator[Use]:
    yield (
        _columns(interchange.c.payload_sha256, transmission.c.received, message.c.kind, transmission.c.id, transmission.c.partner)
        .join_from(interchange, transmission, transmission.c.id == interchange.c.transmission_id)
        .join(message, message.c.interchange_id == interchange.c.id, isouter=True)
        .where(interchange.c.payload_sha256.in_(hashes))
    )
    yield (
        _columns(document.c.payload_sha256, message.c.received, document.c.kind, message.c.transmission_id, message.c.partner)
        .join_from(document, message, message.c.id == document.c.message_id)
        .where(document.c.payload_sha256.in_(hashes))
    )


def _columns(digest: Any, since: Any, kind: Any, transmission_id: Any, partner: Any) -> Use:
    return select(
        digest.label("sha256"), since.label("since"), kind.label("kind"), transmission_id.label("transmission_id"), partner.label("partner")
    )
