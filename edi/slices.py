"""A part of some bytes, without copying it: they may lie in memory, or in a file that is read piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

CHUNK: Final = 1 << 18


class Source(Protocol):
    """Where bytes lie: `bytes` themselves, or a file (`edi.store.spool.FileBytes`)."""

    def __len__(self) -> int:
        """How many there are."""

    def __getitem__(self, part: slice, /) -> bytes:
        """Some of them."""

    def find(self, what: bytes, start: int, end: int, /) -> int:
        """Where it first stands between `start` and `end`; -1 if nowhere."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Bytes `start` to `end` (exclusive) of `source`."""

    source: Source
    start: int
    end: int

    @classmethod
    def of(cls, data: Source | Slice) -> Slice:
        """The whole of it."""
        return data if isinstance(data, Slice) else cls(data, 0, len(data))

    def __len__(self) -> int:
        return self.end - self.start

    def __bytes__(self) -> bytes:
        return self.source[self.start : self.end]

    def sub(self, start: int, end: int | None = None) -> Slice:
        """Bytes `start` to `end` of this slice."""
        return Slice(self.source, self.start + start, self.end if end is None else min(self.end, self.start + end))

    def find(self, what: bytes, start: int = 0) -> int:
        """Where it first stands from `start` on, counted in this slice; -1 if nowhere."""
        found = self.source.find(what, self.start + start, self.end)
        return found - self.start if found >= 0 else -1

    def head(self, size: int) -> bytes:
        """At most the first `size` bytes."""
        return self.source[self.start : min(self.end, self.start + size)]

    def chunks(self, size: int = CHUNK) -> Iterator[bytes]:
        """The bytes in pieces."""
        for start in range(self.start, self.end, size):
            yield self.source[start : min(start + size, self.end)]


Sink = Callable[[Iterable[bytes]], Slice]
"""Puts pieces together, to be read as often as one likes: in memory, or in a file where they are many (`edi.store.spool.Spool`)."""


def in_memory(chunks: Iterable[bytes]) -> Slice:
    """The sink for what is small."""
    return Slice.of(b"".join(chunks))
