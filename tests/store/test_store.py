# ruff: noqa: PT012 -- what raises must raise inside the transaction
"""Durable or refused; together or not at all; bytes as they came."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, inspect, select, text, update

from edi.errors import StoreError
from edi.limits import PAYLOAD_IN_DATABASE_BYTES_MAX
from edi.slices import Slice
from edi.store import dialect, payload_parts, schema, work
from edi.store.lock import AlreadyRunningError, DaemonLock
from edi.store.payloads import PayloadError
from edi.store.store import Store, moment
from edi.store.tables import METADATA, fact, payload, payload_part

NOW = datetime(2026, 11, 24, 9, 14, tzinfo=UTC)


@pytest.mark.sqlite
def test_every_connection_is_durable_and_says_so(store: Store) -> None:
    with store.reading() as view:
        assert "wal" == view.connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
        assert 2 == view.connection.exec_driver_sql("PRAGMA synchronous").scalar_one()


@pytest.mark.sqlite
def test_a_database_that_answers_another_journal_mode_is_refused() -> None:
    class Lying:
        isolation_level: object = ""

        def execute(self, pragma: str) -> Lying:
            self.said = {"PRAGMA journal_mode=WAL": ("delete",)}.get(pragma, ("30000",))
            return self

        def fetchone(self) -> tuple[str, ...]:
            return self.said

    with pytest.raises(StoreError, match="answered 'delete' to PRAGMA journal_mode=WAL"):
        dialect._prepare_sqlite(Lying(), None)


@pytest.mark.sqlite
def test_a_store_in_memory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="in memory"):
        Store(tmp_path, "sqlite://")


@pytest.mark.sqlite
def test_a_folder_on_a_file_system_that_forgets_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(dialect, "VOLATILE", frozenset({"ext4", "overlay", "xfs", "btrfs", "tmpfs", "ext3", "zfs", "9p", "virtiofs"}))

    with pytest.raises(StoreError, match="gone after a power cut"):
        Store(tmp_path / "store")


def test_the_migrations_make_the_tables_of_the_models(store: Store) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with store._engine.connect() as connection:
        assert [] == compare_metadata(MigrationContext.configure(connection), METADATA)


def test_a_newer_store_is_refused_with_what_to_do(tmp_path: Path) -> None:
    """F-D10."""
    store = Store(tmp_path)
    with store._engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()

    with pytest.raises(StoreError, match="version 9999, which this program does not know"):
        Store(tmp_path)


def test_upgrading_twice_changes_nothing(store: Store) -> None:
    assert (schema.VERSION, schema.VERSION) == schema.upgrade(store._engine)
    assert "audit_event" in inspect(store._engine).get_table_names()


def test_what_raises_leaves_nothing_behind(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.writing("test", NOW) as transaction:
        digest = transaction.keep(b"never")
        transaction.audit("T1", "received")
        raise ZeroDivisionError

    with store.reading() as view, pytest.raises(StoreError, match="was ever kept here"):
        view.payload(digest)
    with store.reading() as view:
        from edi.store import audit

        assert 0 == audit.head(view.connection).size


def test_what_was_left_for_the_end_is_done_before_the_commit(store: Store) -> None:
    with store.writing("test", NOW) as transaction:
        transaction.last(lambda: transaction.audit("T2", "answered"))
        transaction.audit("T1", "received")

    with store.reading() as view:
        from edi.store import audit

        assert ["T1", "T2"] == [entry.event.subject for entry in audit.entries(view.connection)]


@pytest.mark.parametrize("size", [0, 1, 511, 4096, PAYLOAD_IN_DATABASE_BYTES_MAX, PAYLOAD_IN_DATABASE_BYTES_MAX + 1])
def test_payloads_come_back_byte_for_byte(store: Store, size: int) -> None:
    data = (bytes(range(256)) * (size // 256 + 1))[:size]
    with store.writing("test", NOW) as transaction:
        digest = transaction.keep(data)
        assert digest == transaction.keep(data)

    with store.reading() as view:
        assert data == view.payload(digest)


@pytest.mark.sqlite
def test_a_large_payload_is_a_file_named_by_its_hash(store: Store) -> None:
    with store.writing("test", NOW) as transaction:
        digest = transaction.keep(b"x" * (PAYLOAD_IN_DATABASE_BYTES_MAX + 1))

    assert [digest] == [place.name for place in (store.folder / "payloads").glob("??/*")]


@pytest.mark.sqlite
def test_a_payload_that_changed_on_disk_is_found_when_it_is_read(store: Store) -> None:
    with store.writing("test", NOW) as transaction:
        small = transaction.keep(b"order")
        large = transaction.keep(b"y" * (PAYLOAD_IN_DATABASE_BYTES_MAX + 1))
    with store.writing("test", NOW) as transaction:
        transaction.connection.execute(update(payload).where(payload.c.sha256 == small).values(data=b"ordes"))
    place = next((store.folder / "payloads").glob("??/*"))
    place.write_bytes(b"z" + place.read_bytes()[1:])

    for digest in (small, large):
        with store.reading() as view, pytest.raises(StoreError, match="no longer what was stored"):
            view.payload(digest)


@pytest.mark.server
def test_a_large_payload_is_in_the_database_where_hosts_share_one(tmp_path: Path, postgres_url: str) -> None:
    data = random.Random(1).randbytes(2 * payload_parts.PART_BYTES + 5)
    here, there = Store(tmp_path / "here", postgres_url), Store(tmp_path / "there", postgres_url)
    with here.writing("test", NOW) as transaction:
        digest = transaction.keep(data)
        assert data == transaction.payload(digest)

    with there.reading() as view:
        assert data == view.payload(digest)
        assert 3 == view.connection.execute(select(func.count()).select_from(payload_part)).scalar_one()
    with there.writing("test", NOW) as transaction:
        transaction.connection.execute(update(payload_part).where(payload_part.c.number == 3).values(data=b"other"))
    with here.reading() as view, pytest.raises(PayloadError):
        view.payload(digest)
    here.close()
    there.close()


@pytest.mark.sqlite
def test_orphan_files_are_swept_after_a_day(store: Store) -> None:
    from edi.store import payloads

    with store.writing("test", NOW) as transaction:
        kept = transaction.keep(b"y" * (PAYLOAD_IN_DATABASE_BYTES_MAX + 1))
    orphan = store.folder / "payloads" / "ab" / ("ab" * 32)
    payloads.write_durably(orphan, Slice.of(b"left by a crash"))
    age = orphan.stat().st_mtime

    with store.reading() as view:
        assert 0 == payloads.sweep_orphans(view.connection, store.folder, age + 3600)
        assert 1 == payloads.sweep_orphans(view.connection, store.folder, age + 25 * 3600)
        assert kept == next((store.folder / "payloads").glob("??/*")).name


@pytest.mark.sqlite
def test_the_end_of_retention_sweeps_them_unless_the_store_forgot_what_it_knew(store: Store) -> None:
    from edi.store import payloads, retention

    orphan = store.folder / "payloads" / "ab" / ("ab" * 32)
    payloads.write_durably(orphan, Slice.of(b"left by a crash"))
    later, periods = datetime.now(UTC) + timedelta(hours=25), retention.Periods(default=10)

    with store.writing("test", NOW) as transaction:
        transaction.connection.execute(fact.insert().values(name="hold", value="restored"))
    retention.expire(store, actor="test", now=later, periods=periods)
    assert orphan.exists()
    with store.writing("test", NOW) as transaction:
        transaction.connection.execute(fact.delete().where(fact.c.name == "hold"))
    retention.expire(store, actor="test", now=later, periods=periods)
    assert not orphan.exists()


def test_control_references_count_up_and_a_rollback_gives_them_back(store: Store) -> None:
    with store.writing("test", NOW) as transaction:
        assert [5, 6] == [transaction.number("us>acme", first=5, last=7) for _ in range(2)]
    with pytest.raises(ZeroDivisionError), store.writing("test", NOW) as transaction:
        assert 7 == transaction.number("us>acme", first=5, last=7)
        raise ZeroDivisionError
    with store.writing("test", NOW) as transaction:
        assert [7, 5] == [transaction.number("us>acme", first=5, last=7) for _ in range(2)]

    with store.reading() as view:
        from edi.store import audit

        assert ["number_range_began_again"] == [entry.event.event for entry in audit.entries(view.connection)]


def test_a_lease_that_was_taken_over_cannot_be_completed(store: Store) -> None:
    now, later = moment(NOW), moment(NOW.replace(hour=10))
    with store.writing("test", NOW) as transaction:
        work.add(transaction.connection, "process", 1, lane="a", due=now)
        [first] = work.claim(transaction.connection, "process", now=now, owner="one", until=moment(NOW.replace(minute=15)), count_max=9)
        assert () == work.claim(transaction.connection, "process", now=now, owner="two", until=later, count_max=9)
        [second] = work.claim(transaction.connection, "process", now=later, owner="two", until=later, count_max=9)

    with pytest.raises(work.LeaseLostError), store.writing("test", NOW) as transaction:
        work.complete(transaction.connection, first)
    with store.writing("test", NOW) as transaction:
        work.complete(transaction.connection, second)


def test_work_asked_for_twice_is_there_once_and_due_at_the_earlier_moment(store: Store) -> None:
    early, late = moment(NOW), moment(NOW.replace(hour=20))
    with store.writing("test", NOW) as transaction:
        work.add(transaction.connection, "deliver", 1, lane="a", due=late)
        work.add(transaction.connection, "deliver", 1, lane="a", due=early)

        items = work.claim(transaction.connection, "deliver", now=early, owner="one", until=late, count_max=9)

    assert [1] == [item.subject_id for item in items]


def test_a_second_daemon_is_refused_and_told_who_runs(tmp_path: Path) -> None:
    import os

    with DaemonLock(tmp_path), pytest.raises(AlreadyRunningError, match=f"process {os.getpid()}"), DaemonLock(tmp_path):
        pass
    with DaemonLock(tmp_path):
        pass
