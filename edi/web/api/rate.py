"""How often one key may ask: as a bucket that holds a minute's requests and fills steadily."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Rate:
    """One bucket per key; a key that nobody used for a minute is full and forgotten."""

    per_minute: int
    monotonic: Callable[[], float]
    _left: dict[int, tuple[float, float]] = field(default_factory=dict)
    """Requests left, and at which moment."""

    def wait_seconds(self, key_id: int) -> float:
        """0 if the request may pass, which then counts; otherwise when the next may."""
        now = self.monotonic()
        left, then = self._left.get(key_id, (float(self.per_minute), now))
        left = min(self.per_minute, left + (now - then) * self.per_minute / 60)
        if left < 1:
            return (1 - left) * 60 / self.per_minute
        self._left = {known: bucket for known, bucket in self._left.items() if now - bucket[1] < 60}
        self._left[key_id] = (left - 1, now)
        return 0.0
