"""How much went through and how long it took, hour by hour: what the operators' page draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Table, func, select

from edi.store.store import Reading, moment
from edi.store.tables import outbound, transmission

HOURS: Final = 24
SAMPLED_MAX: Final = 2_000
"""Deliveries, the newest, of which times are looked at."""
HOUR_CHARACTERS: Final = 13
"""Of a stored moment: `2026-11-24T09`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """What happened in one hour."""

    begins: str
    received: int
    sent: int
    """Made for sending, whether it arrived or not."""
    waited: tuple[float, float] | None
    """Seconds from made to arrived: the median, and what 95 of 100 stayed below; None where nothing arrived."""


def hours(view: Reading, now: datetime) -> tuple[Hour, ...]:
    """The last day, the oldest hour first."""
    start = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    received, made = _counted(view, transmission, "received", start), _counted(view, outbound, "made", start)
    waited = _waited(view, start)
    begins = [moment(start + timedelta(hours=index)) for index in range(HOURS)]
    return tuple(
        Hour(
            begins=one,
            received=received.get(one[:HOUR_CHARACTERS], 0),
            sent=made.get(one[:HOUR_CHARACTERS], 0),
            waited=_spread(waited.get(one[:HOUR_CHARACTERS], ())),
        )
        for one in begins
    )


def _counted(view: Reading, table: Table, column: str, start: datetime) -> dict[str, int]:
    at = table.c[column]
    hour = func.substr(at, 1, HOUR_CHARACTERS)
    rows = view.connection.execute(select(hour, func.count()).where(at >= moment(start)).group_by(hour))
    return {str(name): int(count) for name, count in rows}


def _waited(view: Reading, start: datetime) -> dict[str, list[float]]:
    """Seconds by the hour in which the delivery was made; of the newest alone, so that a busy day costs no more than a quiet one."""
    newest = select(outbound.c.made, outbound.c.sent).where(outbound.c.made >= moment(start)).order_by(outbound.c.made.desc())
    found: dict[str, list[float]] = {}
    for made, sent in view.connection.execute(newest.limit(SAMPLED_MAX)):
        if sent is not None:
            seconds = (datetime.fromisoformat(sent) - datetime.fromisoformat(made)).total_seconds()
            found.setdefault(made[:HOUR_CHARACTERS], []).append(max(0.0, seconds))
    return found


def _spread(seconds: Sequence[float]) -> tuple[float, float] | None:
    if not seconds:
        return None
    ordered = sorted(seconds)
    return ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
