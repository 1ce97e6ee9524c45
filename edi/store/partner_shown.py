"""Which rows a partner may see: the filter that every question of the status page goes through (T28).

Rule: received is what came through a channel that carries the partner's documents: what somebody else sent in their name is not theirs.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import Select, exists, false, func, select
from sqlalchemy.sql.elements import ColumnElement

from edi.store.links import Scope
from edi.store.listing import same
from edi.store.locations import document_location
from edi.store.partner_entries import Wanted
from edi.store.tables import document, interchange, message, outbound, transmission

ANSWERS: Final = ("contrl", "aperak", "mdn")
"""Kinds of outbound transmissions that are acknowledgements, not documents."""
UNREAD: Final = ("received", "quarantined", "conflict", "rejected", "duplicate", "discarded")
"""States of files that may hold no message; of accepted ones there is always one."""


class Shown:
    """What a link shows of one partner's rows, as queries."""

    def __init__(self, scope: Scope, channels: Collection[str]) -> None:
        """`channels`: those through which this partner's documents come in."""
        self._scope = scope
        self._channels = sorted(channels)

    def received(self, *, known: bool = False) -> Select[*tuple[Any, ...]]:
        """Messages of this partner that the link shows. `known`: asked for by their keys, so that the partner's index is not walked."""
        columns = (
            transmission.c.filename,
            interchange.c.control_reference,
            interchange.c.payload_sha256.label("interchange_sha256"),
            interchange.c.findings.label("interchange_findings"),
            document.c.payload_sha256.label("document_sha256"),
        )
        channel = func.coalesce(transmission.c.channel, "") if known else transmission.c.channel
        query = (
            select(message, *columns)
            .join(transmission, transmission.c.id == message.c.transmission_id)
            .join(interchange, interchange.c.id == message.c.interchange_id)
            .outerjoin(document, document.c.id == message.c.document_id)
            .where(same(message.c.partner, self._scope.partner, known=known), channel.in_(self._channels))
        )
        return self._narrowed(query, message, message.c.received, "in")

    def sent(self, *, known: bool = False) -> Select[*tuple[Any, ...]]:
        """Documents sent to this partner that the link shows. `known`: as of `received`."""
        query = (
            select(outbound, document.c.payload_sha256.label("document_sha256"))
            .outerjoin(document, document.c.id == outbound.c.document_id)
            .where(same(outbound.c.partner, self._scope.partner, known=known), outbound.c.kind.not_in(ANSWERS))
        )
        return self._narrowed(query, outbound, outbound.c.made, "out")

    def answers(self) -> Select[*tuple[Any, ...]]:
        """Acknowledgements sent to this partner; asked for by their keys alone."""
        return select(outbound).where(
            same(outbound.c.partner, self._scope.partner, known=True), func.coalesce(outbound.c.kind, "").in_(ANSWERS)
        )

    def unread(self) -> Select[*tuple[Any, ...]]:
        """Files of this partner without a message; in a state of UNREAD, shown to those who see all that came."""
        query = select(transmission).where(
            transmission.c.partner == self._scope.partner,
            func.coalesce(transmission.c.channel, "").in_(self._channels),
            ~exists().where(message.c.transmission_id == transmission.c.id),
        )
        query = between(query, transmission.c.received, self._scope)
        return query if self._scope.is_whole else query.where(false())

    def _narrowed(self, query: Select[*tuple[Any, ...]], table: Any, at: ColumnElement[Any], direction: str) -> Select[*tuple[Any, ...]]:
        scope = self._scope
        if scope.direction not in {direction, "both"}:
            return query.where(false())
        if scope.kinds:
            query = query.where(table.c.kind.in_(sorted(scope.kinds)))
        if scope.locations:
            here = document_location.c
            query = query.where(exists().where(here.document_id == table.c.document_id, here.gln.in_(sorted(scope.locations))))
        return between(query, at, scope)


def between(query: Select[*tuple[Any, ...]], at: ColumnElement[Any], wanted: Wanted | Scope) -> Select[*tuple[Any, ...]]:
    if wanted.since:
        query = query.where(at >= wanted.since)
    return query.where(at < wanted.until) if wanted.until else query
