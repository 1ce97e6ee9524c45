"""Whose turn it is: one caller can neither take all places nor flood the others away (T10, T39).

A caller is a pair of AS2 names from one address: who writes a partner's name elsewhere uses up places of his own.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

CALLERS_MAX: Final = 10_000
"""Remembered at the same time; the ones heard longest ago are forgotten first."""
WAITING_MAX: Final = 48
"""Of one caller, opened ones included; the door as a whole takes 64."""

Caller = tuple[str, str, str]


class TooManyError(Exception):
    """The caller has to come again, in so many seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"again in {seconds} s")
        self.seconds = seconds


@dataclass(slots=True)
class _Line:
    """One caller."""

    opening: asyncio.Semaphore
    waiting: int = 0
    minute: int = 0
    count: int = 0


@dataclass(slots=True, kw_only=True)
class Turns:
    """Used by one event loop."""

    at_once: int = 4
    per_minute: int = 3000
    monotonic: Callable[[], float] = time.monotonic
    _lines: OrderedDict[Caller, _Line] = field(default_factory=OrderedDict)

    @asynccontextmanager
    async def queue(self, caller: Caller) -> AsyncIterator[asyncio.Semaphore]:
        """A place in the caller's line, with what must be held while a message is opened. Raises TooManyError where there is none."""
        line = self._line(caller)
        self._count(line)
        if line.waiting >= WAITING_MAX:
            raise TooManyError(5)
        line.waiting += 1
        try:
            yield line.opening
        finally:
            line.waiting -= 1

    def _line(self, caller: Caller) -> _Line:
        line = self._lines.setdefault(caller, _Line(asyncio.Semaphore(self.at_once)))
        self._lines.move_to_end(caller)
        while len(self._lines) > CALLERS_MAX and not next(iter(self._lines.values())).waiting:
            self._lines.popitem(last=False)
        return line

    def _count(self, line: _Line) -> None:
        now = self.monotonic()
        minute = int(now // 60)
        if line.minute != minute:
            line.minute, line.count = minute, 0
        line.count += 1
        if line.count > self.per_minute:
            raise TooManyError(max(1, int((minute + 1) * 60 - now)))
