"""What travels, made before the transaction that stores it: signing and encrypting costs time that no lock should wait for.

The bytes are still stored in the transaction that writes down the first attempt, and only if nothing changed since they were made (P12).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
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

    payload_sha256: str
    """Of the document it was made from."""
    delivery: Delivery


def ahead(context: Context, channel: str, now: datetime, count_max: int) -> Mapping[int, Made]:
    """What the next attempts of a channel will send, by outbound id; empty for channels that send documents as they are.

    What cannot be made is left out: the attempt makes it again and says why.
    """
    try:
        sender = context.channels.outbound(channel)
    except (ConfigError, ChannelError):
        return {}
    if not isinstance(sender, Preparing):
        return {}
    with context.store.reading() as view:
        due = _due(view, channel, moment(now), count_max)
    made = {}
    for row in due:
        try:
            with context.store.reading() as view:
                given = delivery(view, row)
            made[row.id] = Made(row.payload_sha256, sender.prepare(given, now, sink=context.store.spool))
        except (ConfigError, ChannelError, PayloadError):
            continue
    return made


def _due(view: Reading, channel: str, now: str, count_max: int) -> list[AnyRow]:
    """Rows without stored bytes that may be claimed now, in the order of claiming."""
    free = (work_table.c.leased_by.is_(None)) | (work_table.c.leased_until < now)
    found = select(outbound).join(work_table, work_table.c.subject_id == outbound.c.id)
    found = found.where(work_table.c.kind == "deliver", work_table.c.lane == channel, work_table.c.due <= now, free)
    found = found.where(outbound.c.wire_sha256.is_(None), outbound.c.state == "ready")
    return list(view.connection.execute(found.order_by(work_table.c.due, work_table.c.id).limit(count_max)))


def delivery(view: Reading, row: AnyRow) -> Delivery:
    """What a channel is given: the document, or the bytes made from it before. Raises PayloadError if they are gone or changed."""
    return Delivery(
        identity=row.identity,
        filename=row.filename,
        content=view.content(row.wire_sha256 or row.payload_sha256),
        content_type=row.content_type,
        attributes=json.loads(row.attributes),
    )
