"""The one module that knows which database it is: how to open it durably, how to lock, how to write an upsert.

Rule: what a promise rests on is read back and compared on every connection (P4). `PRAGMA journal_mode=WAL` without fetching its row
hides an I/O error, and the program would run on without a durable log (M2).
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Engine,
    Insert,
    Result,
    Select,
    String,
    Table,
    Update,
    bindparam,
    cast,
    create_engine,
    event,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.elements import ColumnElement

from edi.errors import StoreError
from edi.store import prepared

BUSY_MILLISECONDS = 30_000
"""How long a writer waits for another one; the longest transaction of ours takes a fraction of a second."""
ASK_AGAIN_MILLISECONDS = 3
SQLITE_BUSY = 5
CHAIN_LOCK = 0x0EDA0D17
"""PostgreSQL advisory lock: one appender to the audit chain at a time. SQLite has one writer anyway."""
READ_ONLY = "edi_read_only"
"""Execution option of connections that only read: they take no write lock."""
VOLATILE = frozenset({"tmpfs", "ramfs"})
"""File systems that forget everything with the power."""


def open_database(url: str) -> Engine:
    """An engine whose every connection was checked to be durable. Raises StoreError where it is not."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(url, parsed.database)
    if parsed.get_backend_name() == "postgresql":
        return _open_postgresql(url)
    raise StoreError(f"the store cannot live in {parsed.get_backend_name()!r}", hint="one of: sqlite, postgresql")


def sqlite_url(path: Path) -> str:
    """The URL of a database file."""
    return f"sqlite:///{path}"


def is_shared(url: str) -> bool:
    """True if several hosts may use the database at the same time."""
    return make_url(url).get_backend_name() != "sqlite"


def insert_if_new(connection: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert unless a unique column says that it is there already; True if it was new."""
    return prepared.insert(connection, _claim_statement(connection.dialect.name, table), values) is not None


def insert_claim(connection: Connection, table: Table, values: Mapping[str, Any]) -> int | None:
    """The new row's number; None if a unique column says that it is there already. The INSERT is the claim: nobody looks first (M9)."""
    key = prepared.insert(connection, _claim_statement(connection.dialect.name, table), values)
    assert key is None or isinstance(key, int), f"rows of {table.name} have numbers"
    return key


@lru_cache(maxsize=64)
def _claim_statement(dialect: str, table: Table) -> Insert:
    if dialect == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing().returning(*table.primary_key.columns)


def insert_row(connection: Connection, table: Table, values: Mapping[str, Any]) -> int:
    """The new row's number."""
    key = prepared.insert(connection, _insert_statement(table), values)
    assert isinstance(key, int), f"rows of {table.name} have numbers"
    return key


def insert_many(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert all rows in one go."""
    prepared.change_many(connection, _insert_statement(table), rows)


@lru_cache(maxsize=64)
def _insert_statement(table: Table) -> Insert:
    return table.insert()


@lru_cache(maxsize=512)
def update_statement(table: Table, by: tuple[str, ...], columns: tuple[str, ...]) -> Update:
    """UPDATE of some columns where others are equal to `by_<name>`; built once."""
    found = update(table).values({name: bindparam(name) for name in columns})
    for name in by:
        found = found.where(table.c[name] == bindparam(f"by_{name}"))
    return found


def update_where(connection: Connection, table: Table, by: Mapping[str, Any], values: Mapping[str, Any]) -> int:
    """Set columns where others have some values; how many rows that were."""
    statement = update_statement(table, tuple(by), tuple(values))
    return prepared.change(connection, statement, {**values, **{f"by_{name}": value for name, value in by.items()}})


def update_many(connection: Connection, table: Table, by: tuple[str, ...], rows: Sequence[Mapping[str, Any]]) -> None:
    """Set columns of many rows in one go; of each row the columns named in `by` find it, and all rows name the same ones."""
    if rows:
        statement = update_statement(table, by, tuple(name for name in rows[0] if name not in by))
        prepared.change_many(connection, statement, [{f"by_{name}" if name in by else name: row[name] for name in row} for row in rows])


@lru_cache(maxsize=256)
def _select_statement(table: Table, by: tuple[str, ...], columns: tuple[str, ...]) -> Select[*tuple[Any, ...]]:
    found = select(*(table.c[name] for name in columns)) if columns else select(table)
    for name in by:
        found = found.where(table.c[name] == bindparam(f"by_{name}"))
    return found


def select_where(connection: Connection, table: Table, by: Mapping[str, Any], *columns: str) -> Result[*tuple[Any, ...]]:
    """Rows where columns have some values; the named columns, all if none is named."""
    return prepared.select(connection, _select_statement(table, tuple(by), columns), {f"by_{name}": value for name, value in by.items()})


def lock_chain(connection: Connection) -> None:
    """Until the end of this transaction nobody else appends to the audit chain."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CHAIN_LOCK})


def last_of_each(
    connection: Connection, moment: Column[Any], of: Column[Any], wanted: Sequence[str], *where: ColumnElement[bool]
) -> dict[str, str]:
    """The greatest moment of the rows of each value, asked in one go and found by one step in an index; without values that have none."""
    given = bindparam("wanted", json.dumps(list(wanted)), String)
    each = func.json_each(given) if connection.dialect.name == "sqlite" else func.json_array_elements_text(cast(given, JSON))
    name = each.table_valued("value").alias("wanted").c.value
    last = select(func.max(moment)).where(of == name, *where).scalar_subquery()
    return {str(value): str(at) for value, at in connection.execute(select(name, last)) if at is not None}


COLLISIONS = frozenset({"40001", "40P01", "23505"})
"""SQL states of serialization failures, deadlocks and unique violations, which two writers can cause each other."""


def is_collision(error: DBAPIError) -> bool:
    """True if another writer, not the database, is why a transaction failed."""
    return getattr(error.orig, "sqlstate", None) in COLLISIONS


def check_integrity(connection: Connection) -> tuple[str, ...]:
    """What the database itself finds broken; empty if nothing. PostgreSQL checks pages by itself while reading."""
    if connection.dialect.name != "sqlite":
        return ()
    said = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(20)")]
    return () if said == ["ok"] else tuple(said)


def _open_sqlite(url: str, database: str | None) -> Engine:
    if not database or database == ":memory:":
        raise StoreError("the store was to live in memory, where a power cut loses it", hint="give a file")
    refuse_volatile(Path(database).parent)
    engine = create_engine(url, connect_args={"timeout": BUSY_MILLISECONDS / 1000, "check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Settings of one SQLite connection, each read back."""
    connection.isolation_level = None  # we say BEGIN ourselves: the driver's own begins are deferred, and deadlock on upgrade
    for pragma, wanted in (
        (f"busy_timeout={BUSY_MILLISECONDS}", str(BUSY_MILLISECONDS)),
        ("journal_mode=WAL", "wal"),
        ("synchronous=FULL", "2"),
        ("fullfsync=ON", "1"),
        ("checkpoint_fullfsync=ON", "1"),
        ("trusted_schema=OFF", "0"),
    ):
        name = pragma.partition("=")[0]
        answered = connection.execute(f"PRAGMA {pragma}").fetchone()
        found = connection.execute(f"PRAGMA {name}").fetchone()
        if answered is not None and name == "journal_mode":
            found = answered
        if found is None or str(found[0]) != wanted:
            raise StoreError(
                f"the database answered {found[0] if found else None!r} to PRAGMA {pragma}, so it would not keep what we acknowledge",
                hint="put the store on a local disk that SQLite can use with WAL",
            )


def _begin_sqlite(connection: Connection) -> None:
    """Writers take the write lock at once: a lock taken later can fail when work was already done.

    SQLite's own waiting sleeps longer and longer, at last a tenth of a second, while the lock is free: several workers would wait more
    than they write. So it is asked again every few milliseconds.
    """
    if connection.get_execution_options().get(READ_ONLY):
        connection.exec_driver_sql("BEGIN")
        return
    driver: Any = connection.connection.driver_connection
    give_up = time.monotonic() + BUSY_MILLISECONDS / 1000
    driver.execute(f"PRAGMA busy_timeout={ASK_AGAIN_MILLISECONDS}")
    try:
        while not _is_begun(connection, last=time.monotonic() > give_up):
            pass
    finally:
        driver.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")


def _is_begun(connection: Connection, *, last: bool) -> bool:
    """False: another writer has the lock; raises that if it is the last time."""
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except DBAPIError as error:
        if last or getattr(error.orig, "sqlite_errorcode", 0) & 0xFF != SQLITE_BUSY:
            raise
        return False
    return True


def _open_postgresql(url: str) -> Engine:
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    event.listen(engine, "connect", _check_postgresql)
    return engine


def _check_postgresql(connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            cursor.execute(f"SHOW {name}")
            found = cursor.fetchone()
            if found is None or found[0] == "off":
                raise StoreError(f"PostgreSQL runs with {name}=off and would forget what we acknowledge", hint=f"set {name}=on")
        cursor.execute("SET client_encoding = 'UTF8'")
    connection.commit()


def refuse_volatile(folder: Path) -> None:
    """Raise StoreError if the folder lies on a file system that forgets with the power (P4). Only Linux says so."""
    mounts = Path("/proc/mounts")
    if not mounts.is_file():
        return
    place = Path(os.path.realpath(folder))
    found, kind = -1, ""
    for line in mounts.read_text(errors="replace").splitlines():
        _device, mounted, file_system, *_rest = line.split(" ")
        point = Path(mounted.replace("\\040", " "))
        if (place == point or point in place.parents) and len(point.parts) >= found:
            found, kind = len(point.parts), file_system
    if kind in VOLATILE:
        raise StoreError(
            f"{folder} lies on {kind}, which is gone after a power cut",
            hint="put the workspace, or `store:` of it, on a disk",
        )
