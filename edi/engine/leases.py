"""What this process holds for a while: the thread that renews it, and turns at what exactly one of several hosts does.

Rule 1: who stalled for longer than a lease lasts begins nothing with what it held before; somebody else may have taken it over (F-T02).
What it had begun is written down only if its fence says that nobody did.
Rule 2: whether we stalled is told by the monotonic clock, which goes on while a process is stopped and does not jump (P35).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from edi.engine.ports import Clock
from edi.errors import StoreError
from edi.store import leases, work
from edi.store.dialect import is_shared
from edi.store.store import AnyRow, Store, moment

LEASE = timedelta(seconds=60)
"""A process silent for so long is taken for dead, and others do what it held."""
BEATS: Final = 4
"""Renewals within a lease: one that comes late, or fails, loses nothing."""
ACTOR: Final = "engine"

LOG = structlog.get_logger("edi.engine")


@dataclass(frozen=True, slots=True)
class Hold:
    """When something was taken."""

    at: float
    stalls: int


class Leases:
    """Of one process. Safe to share between threads."""

    def __init__(self, store: Store, clock: Clock, owner: str) -> None:
        self.owner = owner
        self._store, self._clock, self._lease = store, clock, LEASE
        self._renewed = clock.monotonic()
        self._stalls = 0

    def until(self, now: datetime) -> str:
        """When something taken now is anybody's, unless it is renewed."""
        return moment(now + self._lease)

    def hold(self) -> Hold:
        """Remember with what was taken; ask `may_begin` before each thing that is done with it."""
        return Hold(self._clock.monotonic(), self._stalls)

    def may_begin(self, hold: Hold) -> bool:
        """False if we stalled since it was taken, so that it may be somebody else's now."""
        since = max(hold.at, self._renewed) if hold.stalls == self._stalls else hold.at
        return self._clock.monotonic() - since < self._lease.total_seconds()

    # -- renewing -----------------------------------------------------------------------------------------------------

    def renew_until(self, stop: threading.Event) -> None:
        """Renew what is held, for as long as this process works; for a thread of its own."""
        while not stop.wait(self._lease.total_seconds() / BEATS):
            try:
                self.renew()
            except StoreError as error:  # the next beat tries again; what runs out meanwhile others do
                LOG.warning("not_renewed", reason=str(error))

    def renew(self) -> None:
        """Once. What ran out already is not renewed: others may be about to take it."""
        at, now = self._clock.monotonic(), self._clock.now()
        if at - self._renewed >= self._lease.total_seconds():
            self._stalls += 1
            LOG.warning("stalled", seconds=round(at - self._renewed))
        with self._store.reading() as view:
            holding = work.holds_any(view.connection, self.owner) or leases.holds_any(view.connection, self.owner)
        if holding:
            with self._store.writing(ACTOR, now) as transaction:
                for renew in (work.renew, leases.renew):
                    renew(transaction.connection, self.owner, now=transaction.now, until=self.until(now))
        self._renewed = at

    @contextmanager
    def renewed(self) -> Iterator[None]:
        """What is held stays ours within the block."""
        stop = threading.Event()
        thread = threading.Thread(target=self.renew_until, args=(stop,), name="leases", daemon=True)
        self._renewed = self._clock.monotonic()
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    # -- turns --------------------------------------------------------------------------------------------------------

    @contextmanager
    def turn(self, name: str, is_due: Callable[[datetime | None], bool] | None = None) -> Iterator[bool]:
        """True if this host does it now: nobody else is at it, and it is due since any host did it last.

        On SQLite there is one host, which the workspace lock sees to, and its own schedule says when.
        """
        held = self._take(name, is_due) if is_shared(self._store.url) else None
        if held is None:
            yield not is_shared(self._store.url)
            return
        began = moment(self._clock.now())
        try:
            yield True
        finally:
            with self._store.writing(ACTOR, self._clock.now()) as transaction:
                leases.give_back(transaction.connection, held, used=began)

    def _take(self, name: str, is_due: Callable[[datetime | None], bool] | None) -> AnyRow | None:
        now = self._clock.now()
        with self._store.reading() as view:
            used, free = leases.look(view.connection, name, now=moment(now))
        if not free or (is_due is not None and not is_due(used)):
            return None
        with self._store.writing(ACTOR, now) as transaction:
            held = leases.take(transaction.connection, name, owner=self.owner, now=transaction.now, until=self.until(now))
            if held is None:
                return None
            if is_due is not None and not is_due(leases.used_at(held)):  # another host was faster, and is done
                leases.give_back(transaction.connection, held, used=None)
                return None
            return held
