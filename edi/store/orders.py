"""Which orders a document speaks of, so that order, response, despatch advice and invoice are found together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlmodel import Field

from edi.store.dialect import insert_many
from edi.store.store import Transaction
from edi.store.tables import Row, table

ORDERS_MAX = 100
"""Of one document; a collective invoice over more is found by the first hundred."""
NUMBER_CHARACTERS_MAX = 70


class DocumentOrder(Row, table=True):
    """One document names one order."""

    __tablename__ = "document_order"

    document_id: int = Field(primary_key=True)
    order_number: str = Field(primary_key=True, index=True)


document_order = table(DocumentOrder)


def keep(transaction: Transaction, document_id: int, document: Mapping[str, object]) -> None:
    """Write down the orders of a document that was just stored."""
    found = list(dict.fromkeys(numbers(document)))[:ORDERS_MAX]
    if found:
        insert_many(transaction.connection, document_order, [{"document_id": document_id, "order_number": one} for one in found])


def numbers(document: Mapping[str, object]) -> Iterator[str]:
    """Order numbers of the head, then of the lines."""
    head = document.get("order")
    found = [head.get("number") if isinstance(head, Mapping) else None]
    lines = document.get("lines")
    for line in lines if isinstance(lines, list) else ():
        reference = line.get("order_line") if isinstance(line, Mapping) else None
        found.append(reference.get("order") if isinstance(reference, Mapping) else None)
    for one in found:
        if isinstance(one, str) and 0 < len(one) <= NUMBER_CHARACTERS_MAX:
            yield one
