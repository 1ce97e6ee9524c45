"""Large payloads on a database that several hosts share: in parts of the same database, since no folder is everybody's."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, count
from typing import Final

import zstandard
from sqlalchemy import Connection, delete
from sqlalchemy.dialects.postgresql import insert

from edi.limits import MIB
from edi.slices import CHUNK, Slice
from edi.store.dialect import select_where
from edi.store.tables import payload_part

PART_BYTES: Final = 8 * MIB
"""One row: what driver and server hold at a time."""


def write(connection: Connection, digest: str, data: Slice) -> None:
    """Write the bytes, packed and cut, in the caller's transaction; if somebody wrote the same, once."""
    packer = zstandard.ZstdCompressor(level=1).chunker(size=len(data), chunk_size=PART_BYTES)
    pieces = chain.from_iterable(packer.compress(chunk) for chunk in data.chunks())
    rest = packer.finish()  # type: ignore[no-untyped-call]  # the library's stubs say nothing of it
    for number, part in enumerate(chain(pieces, rest), start=1):
        connection.execute(insert(payload_part).on_conflict_do_nothing(), {"sha256": digest, "number": number, "data": part})


def read(connection: Connection, digest: str) -> Iterator[bytes]:
    """The bytes in pieces; fewer, or others, if parts are missing or changed. Raises ZstdError if they cannot be unpacked."""
    packed = zstandard.ZstdDecompressor().stream_reader(_Parts(connection, digest))  # type: ignore[arg-type]  # it only calls read
    while piece := packed.read(CHUNK):
        yield piece


class _Parts:
    """The parts as a file, one in memory at a time."""

    def __init__(self, connection: Connection, digest: str) -> None:
        self._parts = (self._part(connection, digest, number) for number in count(1))
        self._rest = memoryview(b"")

    @staticmethod
    def _part(connection: Connection, digest: str, number: int) -> bytes:
        return select_where(connection, payload_part, {"sha256": digest, "number": number}, "data").scalar_one_or_none() or b""

    def read(self, size: int) -> bytes:
        self._rest = self._rest or memoryview(next(self._parts))
        piece, self._rest = bytes(self._rest[:size]), self._rest[size:]
        return piece


def remove(connection: Connection, digest: str) -> None:
    """They are needed no more."""
    connection.execute(delete(payload_part).where(payload_part.c.sha256 == digest))
