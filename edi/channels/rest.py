"""Whether files have come to rest, told by change between looks and never by their age: the server's clock may be an hour off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from edi.limits import WATCHED_FILES_MAX

Look = tuple[int, int]
"""Size and modification time, in whatever unit the folder speaks."""

Entry = TypeVar("Entry")


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
    entries: Callable[[], Iterator[tuple[bytes, Look, Entry]]],
    *,
    patience_seconds: float,
    monotonic: Callable[[], float],
    pause: Callable[[float], None],
) -> Iterator[Entry]:
    """Entries that are at rest; looks a second time, after a pause of at most `patience_seconds`, if some were new.

    So a single pass (`edi run --once`) also takes files that nobody has seen before, if the wait is short.
    """
    restless = set()
    watch.begin()
    for name, look, entry in entries():
        if watch.at_rest(name, look, monotonic()):
            yield entry
        else:
            restless.add(name)
    watch.end()
    if not restless or watch.still_seconds > patience_seconds:
        return
    pause(watch.still_seconds)
    watch.begin()
    for name, look, entry in entries():
        if watch.at_rest(name, look, monotonic()) and name in restless:
            yield entry
    watch.end()
