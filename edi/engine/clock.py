"""The clock of this machine."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Final

from edi.errors import ConfigError

CLOCK_MIN: Final = datetime(2025, 1, 1, tzinfo=UTC)
"""Before this program was made: a clock that says so was never set."""


class SystemClock:
    """Implements `edi.engine.ports.Clock`."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


def check_clock(now: datetime) -> None:
    """Raise ConfigError for a clock that was never set: no certificate can be judged by it, and every deadline would be wrong (F-T05)."""
    if now < CLOCK_MIN:
        raise ConfigError(
            f"the clock of this machine says {now:%Y-%m-%d %H:%M} UTC, before this program was made; nothing was received or sent",
            hint="set the clock, then start again",
        )
