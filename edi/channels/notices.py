"""What a channel noticed and left alone; for `edi channel test` and the log, bounded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from edi.limits import NOTICES_MAX


@dataclass(slots=True)
class Notices:
    """Names, shown escaped, with the reason why they were not offered."""

    _found: dict[str, str] = field(default_factory=dict)
    more: int = 0
    """How many were noticed beyond those that are kept."""

    def add(self, name: str, reason: str) -> None:
        """Keep it, if there is room."""
        if name in self._found or len(self._found) < NOTICES_MAX:
            self._found[name] = reason
        else:
            self.more += 1

    def clear(self) -> None:
        """A new look begins."""
        self._found.clear()
        self.more = 0

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._found.items())

    def __len__(self) -> int:
        return len(self._found)
