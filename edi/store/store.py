"""The store: one database, one folder for large payloads, and transactions that carry their own audit trail.

Rule 1: whatever changes, changes inside `writing()`, and its audit events commit with it or not at all (P26).
Rule 2: a commit that failed is never tried again in place: the error leaves, nothing is acknowledged, the daemon stops (P3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, Table
from sqlalchemy.exc import DBAPIError

from edi.errors import StoreError
from edi.slices import Slice
from edi.store import audit, numbers, payloads, schema
from edi.store.audit import Event as AuditEvent
from edi.store.dialect import READ_ONLY, check_integrity, insert_claim, insert_row, is_collision, open_database, sqlite_url
from edi.store.payloads import Packed
from edi.store.spool import Spool

DATABASE_NAME = "edi.db"
AnyRow: TypeAlias = "Row[*tuple[Any, ...]]"
"""A row of whatever columns the query named."""


class CollisionError(StoreError):
    """The caller does the whole transaction again: it collided with another one, and nothing of it happened."""


def moment(time: datetime) -> str:
    """A moment as the store writes it: ISO 8601, UTC, always with microseconds, so that text order is time order."""
    assert time.tzinfo is not None, "a moment has a zone"
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Reading:
    """A connection that only reads, one consistent view."""

    def __init__(self, connection: Connection, folder: Path) -> None:
        self.connection = connection
        self.folder = folder

    def payload(self, digest: str) -> bytes:
        """The exact bytes kept under a SHA-256."""
        return bytes(self.content(digest))

    def content(self, digest: str) -> Slice:
        """The same, large ones left where they lie until somebody reads them."""
        return payloads.read(self.connection, self.folder, digest)


class Transaction(Reading):
    """A connection that writes; what it did is in the audit trail when it commits."""

    def __init__(self, connection: Connection, folder: Path, *, actor: str, now: datetime) -> None:
        super().__init__(connection, folder)
        self.actor = actor
        self.time = now
        self.now = moment(now)
        self._events: list[audit.Event] = []
        self._kept = payloads.Kept(folder, self.now)
        self._ranges = numbers.Ranges()
        self._last: list[Callable[[], object]] = []

    def insert(self, table: Table, values: Mapping[str, Any]) -> int:
        """The new row's id."""
        return insert_row(self.connection, table, values)

    def claim(self, table: Table, values: Mapping[str, Any]) -> int | None:
        """The new row's id; None if somebody claimed the same before."""
        return insert_claim(self.connection, table, values)

    def keep(self, data: bytes | Slice | Packed) -> str:
        """Keep bytes for good; their SHA-256."""
        return self._kept.add(self.connection, payloads.pack(data))

    def content(self, digest: str) -> Slice:
        """The exact bytes kept under a SHA-256, by this transaction or before."""
        fresh = self._kept.read(self.connection, digest)
        return fresh if fresh is not None else super().content(digest)

    def number(self, name: str, *, first: int, last: int) -> int:
        """The next control reference of a range; given back if this transaction does not commit."""
        taken = self._ranges.take(self.connection, name, first, last)
        if taken.rolled_over:
            self.audit(name, "number_range_began_again", number=taken.number)
        return taken.number

    def audit(self, subject: str, event: str, **detail: object) -> None:
        """Say what happened; chained when the transaction commits."""
        self._events.append(audit.Event(at=self.now, actor=self.actor, subject=subject, event=event, detail=detail))

    def witness(self, event: AuditEvent) -> None:
        """Say what somebody else did at another moment; chained like the rest."""
        self._events.append(event)

    def last(self, act: Callable[[], object]) -> None:
        """Do something when all else is written: what others wait for, like the next number of a range, is held as shortly as can be."""
        self._last.append(act)

    def finish(self) -> None:
        """Do what was left for the end, write payloads and numbers, and append what happened to the audit chain; then comes the commit."""
        for act in self._last:
            act()
        self._kept.write(self.connection)
        self._ranges.write(self.connection)
        if self._events:
            audit.append(self.connection, self._events)
            self._events.clear()


class Store:
    """The memory of one workspace. Threads may share it; processes open their own."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        """Open, and make what is missing. Raises StoreError if it is not durable, or of another version (`edi db upgrade`)."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder = folder
        self.spool = Spool(folder)
        self.url = url or sqlite_url(folder / DATABASE_NAME)
        self._engine = open_database(self.url)
        try:
            with _as_store_error("opened" if url else f"opened at {folder / DATABASE_NAME}"):
                schema.check(self._engine)
        except StoreError:
            self.close()
            raise

    @contextmanager
    def writing(self, actor: str, now: datetime) -> Iterator[Transaction]:
        """One transaction: commits at the end, undoes everything if anything raises."""
        with _as_store_error("written"), self._engine.begin() as connection:
            transaction = Transaction(connection, self.folder, actor=actor, now=now)
            yield transaction
            transaction.finish()

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """One consistent view; takes no write lock."""
        with _as_store_error("read"), self._engine.connect().execution_options(**{READ_ONLY: True}) as connection:
            connection.begin()  # ends with the connection; what is run on the driver does not begin by itself
            yield Reading(connection, self.folder)

    def verify(self, heads: tuple[audit.Head, ...] = ()) -> tuple[audit.Break, ...]:
        """Every place where the audit chain does not hold; empty if it does."""
        with self.reading() as view:
            return audit.verify(view.connection, heads)

    def check(self) -> tuple[str, ...]:
        """What the database itself finds broken; empty if nothing."""
        with self.reading() as view:
            return check_integrity(view.connection)

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()


@contextmanager
def _as_store_error(verb: str) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if is_collision(error):
            raise CollisionError(
                f"the store could not be {verb}: {error.orig}", hint="another worker was faster; it is done again"
            ) from error
        raise StoreError(
            f"the store could not be {verb}: {error.orig}", hint="nothing was acknowledged; repair disk or database, then start again"
        ) from error
    except OSError as error:
        raise StoreError(
            f"the store could not be {verb}: {error}", hint="nothing was acknowledged; repair the disk, then start again"
        ) from error
