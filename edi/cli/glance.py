"""What `edi top` shows, as values: one look at the store, and how fast it changed since the look before."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Column, func, select

from edi.channels.certificates import Remembered
from edi.engine.alerts import Known, now_known
from edi.store import audit, overview, queries
from edi.store.queries import MessageLine
from edi.store.store import Reading, Store, moment
from edi.store.tables import circuit, fact, outbound, transmission
from edi.workspace.workspace import Workspace

NEWEST_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Work of one kind that waits in one channel."""

    work: str
    channel: str
    count: int
    oldest_seconds: float
    """How long the oldest is due; below 0: not yet."""
    circuit: str | None
    """open | half_open; None: closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """One look."""

    workspace: str
    at: str
    on_hold: str | None
    """Why nothing leaves; None: it does."""
    events: int
    events_per_second: float | None
    """Since the look before; None: this is the first."""
    received_today: int
    """In the last 24 hours."""
    sent_today: int
    queues: tuple[Queue, ...]
    needs_you: tuple[Known, ...]
    newest: tuple[MessageLine, ...]


@dataclass(slots=True)
class Watch:
    """Looks at one store again and again."""

    workspace: Workspace
    store: Store
    _before: tuple[float, int] | None = None
    _certificates: Remembered = field(default_factory=Remembered)

    def look(self) -> Glance:
        """What there is now."""
        now = datetime.now(UTC)
        with self.store.reading() as view:
            events = audit.head(view.connection).size
            yesterday = moment(now - timedelta(days=1))
            return Glance(
                workspace=self.workspace.us.title,
                at=moment(now),
                on_hold=view.connection.execute(select(fact.c.value).where(fact.c.name == "hold")).scalar_one_or_none(),
                events=events,
                events_per_second=self._pace(events),
                received_today=_count(view, transmission.c.received, yesterday),
                sent_today=_count(view, outbound.c.made, yesterday),
                queues=tuple(queues(view, now)),
                needs_you=now_known(self.workspace, view, now, (self._certificates,)),
                newest=queries.messages(view, count_max=NEWEST_MAX),
            )

    def _pace(self, events: int) -> float | None:
        at, before = time.monotonic(), self._before
        self._before = (at, events)
        return None if before is None or at <= before[0] else (events - before[1]) / (at - before[0])


def _count(view: Reading, column: Column[Any], since: str) -> int:
    return int(view.connection.execute(select(func.count()).where(column >= since)).scalar_one())


def queues(view: Reading, now: datetime) -> list[Queue]:
    """What waits, by kind of work and channel."""
    states = {row.channel: row.state for row in view.connection.execute(select(circuit).where(circuit.c.state != "closed"))}
    found = []
    for lane, (count, due) in sorted(overview.oldest(view).items()):
        work, channel = lane.split(" ", 1)
        seconds = (now - datetime.fromisoformat(due)).total_seconds()
        found.append(Queue(work=work, channel=channel, count=count, oldest_seconds=seconds, circuit=states.get(channel)))
    return found


def age(seconds: float) -> str:
    """How long it is due; what is due later says in how long."""
    text = f"{abs(seconds):.0f} s" if abs(seconds) < 120 else f"{abs(seconds) / 60:.0f} min"
    return text if seconds >= 0 else f"in {text}"
