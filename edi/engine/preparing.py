"""What travels, read and made before the transaction that stores the attempt: reading, signing and encrypting hold up no other writer.

What was made is stored in the transaction that writes down the first attempt, and only if nothing changed since it was made (P12).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select

from edi.engine.context import Context
from edi.engine.ports import Delivery, Preparing
from edi.errors import ChannelError, ConfigError
from edi.store.payloads import PayloadError
from edi.store.store import AnyRow, Reading, moment
from edi.store.tables import outbound
from edi.store.tables import work as work_table


@dataclass(frozen=True, slots=True)
class Made:
    """What will travel for one row."""

    source_sha256: str
    """The bytes it was made from."""
    given: Delivery
    """What the channel is given."""
    wire: Delivery | None = None
    """What the channel made of it, if it signs or encrypts and had not done so before."""

    def fits(self, row: AnyRow) -> bool:
        """True if it was made from what the row says now."""
        return self.source_sha256 == _source(row) and self.given.identity == row.identity


@dataclass(frozen=True, slots=True)
class Ahead:
    """What the next attempts of a channel will send."""

    made: Mapping[int, Made]
    """By outbound id; what could not be read or made is left out: the attempt does it again and says why."""
    as_it_is: bool
    """The channel sends what it is given; False also if nobody can say now."""

    def of(self, row: AnyRow) -> Made | None:
        """What was made for a row; None if nothing was, or it changed meanwhile."""
        found = self.made.get(row.id)
        return found if found is not None and found.fits(row) else None


def ahead(context: Context, channel: str, now: datetime, count_max: int) -> Ahead:
    """Read, and where the channel wants it make, what may be claimed now."""
    with context.store.reading() as view:
        rows = _due(view, channel, moment(now), count_max)
        made = {row.id: given for row in rows if (given := _read(view, row)) is not None}
    try:
        sender = context.channels.outbound(channel)
    except (ConfigError, ChannelError):
        return Ahead(made, as_it_is=False)
    if not isinstance(sender, Preparing):
        return Ahead(made, as_it_is=True)
    for row in rows:
        if row.id in made and row.wire_sha256 is None and row.state == "ready":
            try:
                wire = sender.prepare(made[row.id].given, now, sink=context.store.spool)
            except (ConfigError, ChannelError):
                continue
            made[row.id] = replace(made[row.id], wire=wire)
    return Ahead(made, as_it_is=False)


def _due(view: Reading, channel: str, now: str, count_max: int) -> list[AnyRow]:
    """Rows that may be claimed now, in the order of claiming."""
    free = (work_table.c.leased_by.is_(None)) | (work_table.c.leased_until < now)
    found = select(outbound).join(work_table, work_table.c.subject_id == outbound.c.id)
    found = found.where(work_table.c.kind == "deliver", work_table.c.lane == channel, work_table.c.due <= now, free)
    return list(view.connection.execute(found.order_by(work_table.c.due, work_table.c.id).limit(count_max)))


def _read(view: Reading, row: AnyRow) -> Made | None:
    try:
        return Made(_source(row), delivery(view, row))
    except PayloadError:
        return None


def delivery(view: Reading, row: AnyRow) -> Delivery:
    """What a channel is given: the document, or the bytes made from it before. Raises PayloadError if they are gone or changed."""
    return Delivery(
        identity=row.identity,
        filename=row.filename,
        content=view.content(_source(row)),
        content_type=row.content_type,
        attributes=json.loads(row.attributes),
    )


def _source(row: AnyRow) -> str:
    return str(row.wire_sha256 or row.payload_sha256)
