"""The audit trail is verified from end to end all the time, a little at once, while the daemon runs: what was tampered with is alerted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, select, update

from edi.engine.causes import AUDIT_BROKEN
from edi.engine.context import ACTOR, Context
from edi.store import audit
from edi.store.audit import GENESIS, Event
from edi.store.dialect import insert_if_new
from edi.store.store import AnyRow
from edi.store.tables import audit_event, fact

TOGETHER: Final = 2000
"""Entries verified by one step: some twenty milliseconds."""
AGAIN_SECONDS: Final = 24 * 3600.0
"""From the beginning of one round to that of the next."""


@dataclass(slots=True)
class AuditWatch:
    """Where the round has come to. It lives in memory: a restart begins a new round."""

    context: Context
    _seq: int = 0
    _hash: str = GENESIS
    _next: float = 0.0
    _broken: str | None = None

    def step(self) -> str | None:
        """Verify some entries; where the trail did not hold, if this step found it."""
        now = self.context.clock.monotonic()
        if self._seq == 0:
            if now < self._next:
                return None
            self._next = now + AGAIN_SECONDS
        with self.context.store.reading() as view:
            query = select(audit_event).where(audit_event.c.seq > self._seq).order_by(audit_event.c.seq).limit(TOGETHER)
            rows = view.connection.execute(query).all()
        before = self._broken
        for row in rows:
            self._broken = self._broken or self._break(row)
            self._seq, self._hash = row.seq, row.hash
        if self._broken is not None and before is None:
            self._say(self._broken)
        if len(rows) < TOGETHER:
            if self._broken is None:
                self._say(None)
            self._seq, self._hash, self._broken = 0, GENESIS, None
            return None
        return self._broken if before is None else None

    def _break(self, row: AnyRow) -> str | None:
        if row.seq != self._seq + 1:
            return f"entry {self._seq + 1} is missing"
        if row.previous != self._hash:
            return f"entry {row.seq} does not follow the one before it"
        detail = json.loads(row.detail)
        event = Event(at=row.at, actor=row.actor, subject=row.subject, event=row.event, detail=detail)
        if audit.json_text(detail) != row.detail or audit.entry_hash(row.seq, event, row.previous) != row.hash:
            return f"entry {row.seq} was changed after it was written"
        return None

    def _say(self, text: str | None) -> None:
        """Keep what was found for people, or that all is well again; nothing is written while all is well."""
        with self.context.store.reading() as view:
            known = view.connection.execute(select(fact.c.value).where(fact.c.name == AUDIT_BROKEN)).scalar_one_or_none()
        if known == text:
            return
        with self.context.store.writing(ACTOR, self.context.clock.now()) as transaction:
            if text is None:
                transaction.connection.execute(delete(fact).where(fact.c.name == AUDIT_BROKEN))
            elif not insert_if_new(transaction.connection, fact, {"name": AUDIT_BROKEN, "value": text}):
                transaction.connection.execute(update(fact).where(fact.c.name == AUDIT_BROKEN).values(value=text))
            transaction.audit("audit", "verified" if text is None else "broken", where=text)
