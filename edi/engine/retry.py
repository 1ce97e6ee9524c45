"""When to try again: a table, stretched or shortened by up to a fifth so that partners are not all asked at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

SECONDS: Final = (30, 60, 120, 300, 600, 1200, 2400, 4800, 9600, 14400)
"""After the first, second ... failed attempt; the last one repeats: four hours."""
GIVE_UP_AFTER: Final = timedelta(days=5)
"""RFC 5321 4.5.4.1 names four to five days for mail; a long weekend must not lose a document."""
JITTER: Final = 0.2
FAILURES_BEFORE_OPEN: Final = 5
"""Transport errors in a row before a channel's circuit opens."""
RESENDS_MAX: Final = 3
"""How often an unknown outcome is resent before a person is asked."""

Random = Callable[[], float]
"""Numbers from 0 to under 1; handed in, so that tests know them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How patient we are with one channel."""

    first: timedelta | None = None
    """None: as the table."""
    longest: timedelta | None = None
    give_up_after: timedelta = GIVE_UP_AFTER


def wait(attempts: int, policy: Policy, random: Random) -> timedelta:
    """How long to wait after so many attempts (from 1)."""
    seconds = float(SECONDS[min(attempts, len(SECONDS)) - 1])
    if policy.first is not None:
        seconds *= policy.first.total_seconds() / SECONDS[0]
    if policy.longest is not None:
        seconds = min(seconds, policy.longest.total_seconds())
    return timedelta(seconds=seconds * (1 + JITTER * (2 * random() - 1)))


def is_given_up(since: datetime, now: datetime, policy: Policy) -> bool:
    """True if it was tried for too long."""
    return now - since >= policy.give_up_after
