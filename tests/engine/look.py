"""Short questions of tests to the store."""

from __future__ import annotations

from typing import cast

from sqlalchemy import select

from edi.store import queries, tables
from edi.store.queries import MessageLine, OutboundLine
from edi.store.store import AnyRow
from tests.engine.house import House

TABLES = {
    "transmission": tables.transmission,
    "interchange": tables.interchange,
    "message": tables.message,
    "outbound": tables.outbound,
    "acknowledgement": tables.acknowledgement_expected,
}


def states(house: House, name: str) -> list[str]:
    """The states of all rows of a table, in order of their ids."""
    table = TABLES[name]
    with house.engine.context.store.reading() as view:
        return list(view.connection.execute(select(table.c.state).order_by(table.c.id)).scalars())


def messages(house: House) -> tuple[MessageLine, ...]:
    """All messages, the newest first."""
    with house.engine.context.store.reading() as view:
        return queries.messages(view)


def outbounds(house: House) -> tuple[OutboundLine, ...]:
    """All outbound transmissions, the newest first."""
    with house.engine.context.store.reading() as view:
        return queries.outbounds(view)


def outbound_kinds(house: House) -> list[str]:
    """Kinds of all outbound transmissions, the oldest first."""
    return [line.kind for line in reversed(outbounds(house))]


def rows(house: House, name: str) -> list[AnyRow]:
    """All rows of a table."""
    with house.engine.context.store.reading() as view:
        return cast("list[AnyRow]", list(view.connection.execute(select(TABLES[name]).order_by(TABLES[name].c.id))))
