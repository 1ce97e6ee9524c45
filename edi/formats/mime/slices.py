"""A part of received bytes, without copying it: the bytes may be a file mapped into memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap
from typing import Final

CHUNK: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Slice:
    """Bytes `start` to `end` (exclusive) of `source`."""

    source: bytes | mmap
    start: int
    end: int

    @classmethod
    def of(cls, source: bytes | mmap) -> Slice:
        """The whole of it."""
        return cls(source, 0, len(source))

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
