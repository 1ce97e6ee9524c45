"""Writes down who looked at what and who took what away, many together in one transaction.

Rule 1: what is taken away is in the audit trail before it leaves; a page that was looked at follows within moments, so that a busy
store never keeps a reader waiting.
Rule 2: nothing is dropped: what could not be written is tried again, and when too much waits, pages are refused.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog

from edi.errors import StoreError
from edi.store.audit import Event
from edi.store.store import CollisionError, Store, moment

WAITING_MAX: Final = 10_000
TOGETHER_MAX: Final = 200
TAKE_SECONDS_MAX: Final = 30.0
"""So long a download waits for a busy store."""
COLLISIONS_MAX: Final = 20
ACTOR: Final = "page"

LOG = structlog.get_logger("edi.web")


class Notebook:
    """One per application; safe between threads. Its thread lives only while something waits to be written."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._waiting: deque[Event] = deque()
        self._changed = threading.Condition()
        self._asked = self._written = 0
        self._writing = False

    def look(self, actor: str, subject: str, event: str, **detail: object) -> int:
        """Write it down soon. Raises StoreError if too much waits already."""
        with self._changed:
            if len(self._waiting) >= WAITING_MAX:
                raise StoreError("the audit trail cannot be written", hint="repair disk or database")
            self._waiting.append(Event(at=moment(self._now()), actor=actor, subject=subject, event=event, detail=detail))
            self._asked += 1
            if not self._writing:
                self._writing = True
                threading.Thread(target=self._write, name="page-audit").start()
            return self._asked

    def take(self, actor: str, subject: str, event: str, **detail: object) -> None:
        """Write it down and wait until it is kept. Raises StoreError if it is not."""
        self._until(self.look(actor, subject, event, **detail))

    def flush(self) -> None:
        """Wait until everything so far is kept. Raises StoreError if it is not."""
        self._until(self._asked)

    def _until(self, number: int) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: self._written >= number or not self._writing, TAKE_SECONDS_MAX) or self._written < number:
                raise StoreError("the audit trail cannot be written", hint="repair disk or database")

    def _write(self) -> None:
        """Until nothing waits, or the store fails; what waits then is written with the next note."""
        while True:
            with self._changed:
                batch = [self._waiting[index] for index in range(min(TOGETHER_MAX, len(self._waiting)))]
                if not batch:
                    self._writing = False
                    self._changed.notify_all()
                    return
            kept = self._keep(batch)
            with self._changed:
                if not kept:
                    self._writing = False
                    self._changed.notify_all()
                    return
                for _ in batch:
                    self._waiting.popleft()
                self._written += len(batch)
                self._changed.notify_all()

    def _keep(self, batch: list[Event]) -> bool:
        for _ in range(COLLISIONS_MAX):
            try:
                with self._store.writing(ACTOR, self._now()) as transaction:
                    for event in batch:
                        transaction.witness(event)
            except CollisionError:
                continue
            except StoreError as error:
                LOG.warning("audit_not_written", reason=str(error), waiting=len(self._waiting))
                return False
            return True
        LOG.warning("audit_not_written", reason="other writers were always faster", waiting=len(self._waiting))
        return False
