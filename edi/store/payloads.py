"""The payload archive: exact bytes, written once, named by their SHA-256, checked whenever they are read.

Up to a mebibyte a payload is a row of the same database (one fsync, one atomicity domain); above, a file that is written beside,
fsynced, renamed, and its folder fsynced, all before the row that names it is committed. A file without a row is an orphan that a
crash left behind; `edi store expire` removes it after a day. On a database that several hosts share there is no such folder: large ones
are rows too, in parts.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import zstandard
from sqlalchemy import Connection, Insert, case, select
from sqlalchemy.dialects import postgresql, sqlite

from edi.errors import StoreError
from edi.limits import PAYLOAD_IN_DATABASE_BYTES_MAX, RECEIVED_BYTES_MAX
from edi.slices import Slice
from edi.store import payload_parts, prepared
from edi.store.dialect import select_where
from edi.store.spool import FileBytes, Spool, write_all
from edi.store.tables import payload


class PayloadError(StoreError):
    """The operator restores one payload; what needs it is held, everything else goes on."""


COMPRESS_BYTES_MIN = 512
"""Below, compression gains less than it costs."""
ORPHAN_SECONDS_MIN = 24 * 3600
"""Older files without a row were left by a crash; younger ones may belong to a transaction that is still open."""


@dataclass(frozen=True, slots=True)
class Packed:
    """Bytes as they will be kept, named and compressed before any lock is taken."""

    sha256: str
    data: Slice
    encoding: str
    """raw | zstd | file: too large for a row."""
    stored: bytes | None
    """What stands in the row; None: the bytes lie apart."""

    def __len__(self) -> int:
        return len(self.data)


def pack(data: bytes | Slice | Packed) -> Packed:
    """The bytes ready to be kept."""
    if isinstance(data, Packed):
        return data
    whole = Slice.of(data)
    encoding, stored = _compressed(whole)
    return Packed(sha256(whole), whole, encoding, stored)


@dataclass(slots=True)
class Kept:
    """Bytes kept by a transaction: written as rows together when it ends, so that many cost little more than one."""

    folder: Path
    moment: str
    _rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By SHA-256."""

    def add(self, connection: Connection, packed: Packed) -> str:
        """The SHA-256 under which the bytes are kept once the transaction commits. Files are durable when this returns."""
        digest = packed.sha256
        if digest not in self._rows:
            encoding = packed.encoding
            if encoding == "file" and connection.dialect.name != "sqlite":
                encoding = "parts"
            if packed.stored is None and not _is_kept(connection, digest):
                self._write_apart(connection, encoding, digest, packed.data)
            row = {"sha256": digest, "size": len(packed), "encoding": encoding, "data": packed.stored, "kept": self.moment}
            self._rows[digest] = {**row, "counted_from": self.moment}
        return digest

    def _write_apart(self, connection: Connection, encoding: str, digest: str, data: Slice) -> None:
        if encoding == "parts":
            payload_parts.write(connection, digest, data)
        else:
            write_durably(_place(self.folder, digest), data)

    def read(self, connection: Connection, digest: str) -> Slice | None:
        """The bytes, if they were added and not yet written."""
        row = self._rows.get(digest)
        return _unpack(connection, self.folder, digest, row["encoding"], row["data"], row["size"]) if row else None

    def write(self, connection: Connection) -> None:
        """Write the rows; in the order of their names, so that two transactions with the same bytes wait and do not deadlock."""
        if self._rows:
            rows = [row for _digest, row in sorted(self._rows.items())]
            prepared.change_many(connection, _keep_statement(connection.dialect.name), rows)
            self._rows.clear()


def _is_kept(connection: Connection, digest: str) -> bool:
    row = select_where(connection, payload, {"sha256": digest}, "encoding").one_or_none()
    return row is not None and row.encoding != "deleted"


@lru_cache(maxsize=2)
def _keep_statement(dialect: str) -> Insert:
    """What is there already stays, kept anew; what retention deleted is there again when the same bytes come again."""
    insert = sqlite.insert(payload) if dialect == "sqlite" else postgresql.insert(payload)
    gone = payload.c.encoding == "deleted"
    bytes_ = {name: case((gone, insert.excluded[name]), else_=payload.c[name]) for name in ("encoding", "data")}
    times = {name: insert.excluded[name] for name in ("kept", "counted_from")}
    return insert.on_conflict_do_update(index_elements=["sha256"], set_={**bytes_, **times})


def read(connection: Connection, folder: Path, digest: str) -> Slice:
    """The exact bytes, large ones left where they lie. Raises StoreError if they are gone or no longer what was stored."""
    row = select_where(connection, payload, {"sha256": digest}, "encoding", "data", "size").one_or_none()
    if row is None:
        raise PayloadError(f"no payload {digest} was ever kept here")
    if row.encoding == "deleted":
        raise PayloadError(f"payload {digest} was deleted when its retention ended", hint="its hash stays in the audit trail")
    try:
        data = _unpack(connection, folder, digest, row.encoding, row.data, row.size)
        found = sha256(data)
    except OSError as error:
        raise PayloadError(f"payload file {digest} could not be read: {error.strerror}", hint="restore it from a backup") from error
    if found != digest:
        raise PayloadError(f"payload {digest} is no longer what was stored", hint="restore it from a backup; the disk may be failing")
    return data


def sha256(data: Slice) -> str:
    """The name of some bytes."""
    found = hashlib.sha256()
    for chunk in data.chunks():
        found.update(chunk)
    return found.hexdigest()


def write_durably(place: Path, data: Slice) -> None:
    """Write beside, fsync, rename, fsync the folder: after a power cut the name holds all the bytes or is not there."""
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = place.with_name(f".{place.name}.{secrets.token_hex(4)}.tmp")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        for chunk in data.chunks():
            write_all(handle, chunk)
        os.fsync(handle)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)
    beside.replace(place)
    sync_folder(place.parent)
    sync_folder(place.parent.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep_orphans(connection: Connection, folder: Path, now_seconds: float) -> int:
    """Remove files that a crash left without a row; how many."""
    removed = 0
    for place in (folder / "payloads").glob("??/*"):
        if now_seconds - place.stat().st_mtime < ORPHAN_SECONDS_MIN:
            continue
        known = connection.execute(select(payload.c.id).where(payload.c.sha256 == place.name, payload.c.encoding == "file")).first()
        if known is None:
            place.unlink()
            removed += 1
    return removed


class _Zstd(threading.local):
    """Made once per thread: the library lets go of the interpreter's lock while it works, and none of its objects may be shared."""

    def __init__(self) -> None:
        self.packer = zstandard.ZstdCompressor(level=1)
        self.unpacker = zstandard.ZstdDecompressor()


_ZSTD = _Zstd()


def _place(folder: Path, digest: str) -> Path:
    return folder / "payloads" / digest[:2] / digest


def _compressed(data: Slice) -> tuple[str, bytes | None]:
    if len(data) > PAYLOAD_IN_DATABASE_BYTES_MAX:
        return "file", None
    raw = bytes(data)
    if len(raw) >= COMPRESS_BYTES_MIN:
        packed = _ZSTD.packer.compress(raw)
        if len(packed) < len(raw):
            return "zstd", packed
    return "raw", raw


def _unpack(connection: Connection, folder: Path, digest: str, encoding: str, stored: bytes | None, size: int) -> Slice:
    try:
        if encoding == "file":
            return Slice.of(FileBytes.open(_place(folder, digest)))
        if encoding == "parts":
            return Spool(folder)(payload_parts.read(connection, digest))
        assert stored is not None, "a payload row holds its bytes"
        if encoding == "raw":
            return Slice.of(bytes(stored))
        return Slice.of(_ZSTD.unpacker.decompress(stored, max_output_size=min(size, RECEIVED_BYTES_MAX)))
    except zstandard.ZstdError as error:
        raise PayloadError(f"payload {digest} could not be unpacked: {error}", hint="restore it from a backup") from error
