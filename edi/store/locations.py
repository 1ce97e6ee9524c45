"""Which places a document belongs to: the GLNs of its buyer and of where the goods go, so that people can be shown theirs alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from sqlmodel import Field

from edi.store.dialect import insert_many
from edi.store.store import Transaction
from edi.store.tables import Row, table

ROLES: Final = ("buyer", "ship_to")
LOCATIONS_MAX: Final = 100
"""Of one document whose lines go to different places."""


class DocumentLocation(Row, table=True):
    """One document belongs to one place."""

    __tablename__ = "document_location"

    document_id: int = Field(primary_key=True)
    gln: str = Field(primary_key=True, index=True)


document_location = table(DocumentLocation)


def keep(transaction: Transaction, document_id: int, document: Mapping[str, object]) -> None:
    """Write down the places of a document that was just stored."""
    found = list(dict.fromkeys(_glns(document)))[:LOCATIONS_MAX]
    if found:
        insert_many(transaction.connection, document_location, [{"document_id": document_id, "gln": one} for one in found])


def _glns(document: Mapping[str, object]) -> Iterator[str]:
    """Of the head, then of the lines."""
    lines = document.get("lines")
    holders = [document, *(line for line in (lines if isinstance(lines, list) else ()) if isinstance(line, Mapping))]
    for holder in holders:
        for role in ROLES:
            party = holder.get(role)
            gln = party.get("gln") if isinstance(party, Mapping) else None
            if isinstance(gln, str) and len(gln) == 13:
                yield gln
