"""Large payloads on a database that several hosts share: in parts of the same database, since no folder is everybody's."""

from __future__ import annotations

from itertools import count
from typing import Final

import zstandard
from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from edi.limits import MIB, RECEIVED_BYTES_MAX
from edi.store.tables import payload_part

PART_BYTES: Final = 8 * MIB
"""One row: what driver and server hold at a time."""


def write(connection: Connection, digest: str, data: bytes) -> None:
    """Write the bytes, packed and cut, in the caller's transaction; if somebody wrote the same, once."""
    packed = memoryview(zstandard.ZstdCompressor(level=1).compress(data))
    for number, start in zip(count(1), range(0, len(packed), PART_BYTES), strict=False):
        row = {"sha256": digest, "number": number, "data": bytes(packed[start : start + PART_BYTES])}
        connection.execute(insert(payload_part).on_conflict_do_nothing(), row)


def read(connection: Connection, digest: str, size: int) -> bytes:
    """The bytes; fewer, or others, if parts are missing or changed. Raises ZstdError if they cannot be unpacked."""
    query = select(payload_part.c.data).where(payload_part.c.sha256 == digest).order_by(payload_part.c.number)
    packed = b"".join(connection.execute(query).scalars())
    return zstandard.ZstdDecompressor().decompress(packed, max_output_size=min(size, RECEIVED_BYTES_MAX))


def remove(connection: Connection, digest: str) -> None:
    """They are needed no more."""
    connection.execute(delete(payload_part).where(payload_part.c.sha256 == digest))
