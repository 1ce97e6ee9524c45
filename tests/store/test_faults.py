"""Database faults end as one clear error with nothing half-done, and the store goes on when they are over (F-D01 to F-D05)."""

from __future__ import annotations

import random
import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import event

from edi.errors import StoreError
from edi.store import audit
from edi.store.store import Store

pytestmark = pytest.mark.sqlite
NOW = datetime(2026, 11, 24, 9, 14, tzinfo=UTC)


def size(store: Store) -> int:
    with store.reading() as view:
        return audit.head(view.connection).size


def write(store: Store, subject: str = "T1") -> None:
    with store.writing("test", NOW) as transaction:
        transaction.audit(subject, "received")


def test_a_writer_waits_for_another_one(store: Store) -> None:
    """F-D01: the other process is done within the busy timeout."""
    other = sqlite3.connect(store.folder / "edi.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writer = threading.Thread(target=write, args=(store,))
    writer.start()
    writer.join(0.3)
    assert writer.is_alive()
    other.execute("COMMIT")
    other.close()
    writer.join(10)

    assert 1 == size(store)


def test_a_writer_that_waited_too_long_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edi.store.dialect.BUSY_MILLISECONDS", 200)
    store = Store(tmp_path)
    other = sqlite3.connect(tmp_path / "edi.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreError, match="database is locked"):
        write(store)
    other.execute("ROLLBACK")
    other.close()
    write(store)
    assert 1 == size(store)
    store.close()


def test_a_full_disk_leaves_nothing_half_done_and_heals(store: Store) -> None:
    """F-D02: `max_page_count` makes SQLite say SQLITE_FULL as a full disk does."""
    event.listen(store._engine, "begin", _limited)
    with pytest.raises(StoreError, match="database or disk is full"), store.writing("test", NOW) as transaction:  # noqa: PT012
        transaction.audit("T1", "received")
        for index in range(200):
            transaction.keep(random.Random(index).randbytes(60_000))
    event.remove(store._engine, "begin", _limited)
    store.close()
    healed = Store(store.folder)

    assert 0 == size(healed)
    assert () == healed.check()
    write(healed)
    assert 1 == size(healed)
    healed.close()


def _limited(connection: object) -> None:
    connection.exec_driver_sql("PRAGMA max_page_count=120")  # type: ignore[attr-defined]


@pytest.mark.parametrize("place", range(4096, 60_000, 9_973))
def test_a_flipped_byte_is_found_or_harmless(tmp_path: Path, place: int) -> None:
    """F-D04: after a bit of rot the store refuses, or reports it, or nothing that counts was hit."""
    store = Store(tmp_path)
    for index in range(30):
        with store.writing("test", NOW) as transaction:
            transaction.keep(f"payload {index}".encode() * 20)
            transaction.audit(f"T{index}", "received")
    before = _contents(store)
    store.close()
    data = bytearray((tmp_path / "edi.db").read_bytes())
    assert place < len(data)
    data[place] ^= 0xFF
    (tmp_path / "edi.db").write_bytes(data)

    try:
        rotten = Store(tmp_path)
        found = rotten.check() or rotten.verify()
        after = _contents(rotten)
        rotten.close()
    except StoreError:
        return
    assert found or before == after


def _contents(store: Store) -> list[object]:
    with store.reading() as view:
        trail = [entry.hash for entry in audit.entries(view.connection)]
        digests = list(view.connection.exec_driver_sql("SELECT sha256 FROM payload ORDER BY id").scalars())
        return [trail, [view.payload(digest) for digest in digests]]


def test_a_log_that_was_deleted_while_stopped_is_found_against_a_kept_head(tmp_path: Path) -> None:
    """F-D05: the tail is gone with the log; only a head kept elsewhere knows."""
    store = Store(tmp_path)
    write(store, "T1")
    store.close()
    keeper = sqlite3.connect(tmp_path / "edi.db")  # keeps the log from being folded in
    keeper.execute("SELECT count(*) FROM audit_event").fetchone()
    store = Store(tmp_path)
    write(store, "T2")
    with store.reading() as view:
        head = audit.head(view.connection)
    log = (tmp_path / "edi.db-wal").read_bytes()
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "edi.db").write_bytes((tmp_path / "edi.db").read_bytes())
    store.close()
    keeper.close()
    assert log

    restored = Store(copy)
    assert () == restored.verify()
    assert [f"the chain ends before entry {head.size}, whose head was kept"] == [found.text for found in restored.verify((head,))]
    restored.close()
