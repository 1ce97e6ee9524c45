"""Whether the daemon works: its loop leaves a mark each round, and says when it takes on nothing more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

STILL_SECONDS_MAX: Final = 300.0
"""A loop that left no mark for so long hangs: its longest round is a batch of large documents."""


@dataclass(slots=True)
class Pulse:
    """Written by the daemon's loop, read by whoever asks after it."""

    started: float | None = None
    """Monotonic seconds; None: it has not begun yet."""
    last: float = 0.0
    stopping: bool = False

    def beat(self, now: float) -> None:
        """One round of the loop begins."""
        if self.started is None:
            self.started = now
        self.last = now

    def is_alive(self, now: float) -> bool:
        """False once the loop has hung for too long; one that has not begun yet is alive."""
        return self.started is None or now - self.last <= STILL_SECONDS_MAX
