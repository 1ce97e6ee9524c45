"""Whether files have come to rest, told by change between looks and never by their age: the server's clock may be an hour off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from edi.limits import ORDERED_FILES_MAX, WATCHED_FILES_MAX

Look = tuple[int, int]
"""Size and modification time, in whatever unit the folder speaks."""

Entry = TypeVar("Entry")
Found = tuple[bytes, Look, Entry]
"""Name, look, and what the channel offers for it."""


@dataclass(slots=True)
class Watch:
    """Remembers per file since when it looks as it looks now."""

    still_seconds: float
    _seen: dict[bytes, tuple[Look, float]] = field(default_factory=dict)
    _now_seen: set[bytes] = field(default_factory=set)

    def begin(self) -> None:
        """A new look at the whole folder begins."""
        self._now_seen = set()

    def at_rest(self, name: bytes, look: Look, now: float) -> bool:
        """True if the file has looked like this for long enough; `now` is monotonic seconds."""
        if self.still_seconds <= 0:
            return True
        self._now_seen.add(name)
        before = self._seen.get(name)
        if before is None or before[0] != look:
            if before is not None or len(self._seen) < WATCHED_FILES_MAX:
                self._seen[name] = (look, now)
            return False
        return now - before[1] >= self.still_seconds

    def end(self) -> None:
        """The look is over: what was not seen in it is forgotten."""
        for name in self._seen.keys() - self._now_seen:
            del self._seen[name]
        self._now_seen = set()


def watched(
    watch: Watch,
    entries: Callable[[], Iterator[Found[Entry]]],
    *,
    patience_seconds: float,
    monotonic: Callable[[], float],
    pause: Callable[[float], None],
) -> Iterator[Entry]:
    """Entries that are at rest, the oldest first; looks a second time, after a pause of at most `patience_seconds`, if some were new.

    So a single pass (`edi run --once`) also takes files that nobody has seen before, if the wait is short.
    """
    restless: set[bytes] = set()

    def look(*, again: bool) -> Iterator[Found[Entry]]:
        watch.begin()
        for found in entries():
            name, looks, _ = found
            if watch.at_rest(name, looks, monotonic()):
                if not again or name in restless:
                    yield found
            elif not again:
                restless.add(name)
        watch.end()

    yield from _oldest_first(look(again=False))
    if restless and watch.still_seconds <= patience_seconds:
        pause(watch.still_seconds)
        yield from _oldest_first(look(again=True))


def _oldest_first(found: Iterator[Found[Entry]]) -> Iterator[Entry]:
    """By modification time, then name, so that an order comes before the change to it; among as many as are held in memory at a time."""
    while batch := sorted(islice(found, ORDERED_FILES_MAX), key=lambda one: (one[1][1], one[0])):
        yield from (entry for _, _, entry in batch)
