"""From a stream of bytes to raw segments, in bounded memory: the only file that knows about buffers.

Rule 1: at most one batch and one segment are held; a segment over `SEGMENT_BYTES_MAX` is refused.
Rule 2: whoever reads may go back within the batch just handed out, because delimiters change between interchanges.
"""

from __future__ import annotations

from io import BytesIO
from typing import Protocol

from edi.errors import LimitError
from edi.formats.edifact.syntax import Syntax
from edi.limits import KIB, SEGMENT_BYTES_MAX

BATCH_BYTES = 64 * KIB
"""Where splitting is fastest: larger batches fall out of the processor's cache, smaller ones cost calls."""

FIRST_BATCH_BYTES = 4 * KIB
"""After going back; so that many small interchanges with changing delimiters stay linear in cost."""


class ByteStream(Protocol):
    """What we need of a file opened for reading bytes."""

    def read(self, size: int, /) -> bytes: ...


class Scanner:
    """Hands out batches of raw segments, and remembers where in the stream they stood."""

    def __init__(self, source: ByteStream | bytes) -> None:
        self._stream: ByteStream = BytesIO(source) if isinstance(source, bytes) else source
        self._buffer = b""
        self._position = 0
        """Index in the buffer of the first byte not handed out."""
        self._base = 0
        """Offset in the stream of the buffer's first byte."""
        self._batch_bytes = FIRST_BATCH_BYTES
        self._ended = False
        self.handed_out = b""
        """The bytes of the last batch, terminators included."""

    @property
    def offset(self) -> int:
        """Offset in the stream of the first byte not handed out."""
        return self._base + self._position

    def peek(self, size: int) -> bytes:
        """The next bytes, without taking them; fewer at the end."""
        self._fill(size)
        return self._buffer[self._position : self._position + size]

    def take(self, size: int) -> bytes:
        """The next bytes, exactly as they are; fewer at the end."""
        taken = self.peek(size)
        self._position += len(taken)
        return taken

    def go_back(self, offset: int) -> None:
        """Continue at an earlier offset of the batch handed out last."""
        assert self._base <= offset <= self.offset
        self._position = offset - self._base
        self._batch_bytes = FIRST_BATCH_BYTES

    def want(self, size: int) -> None:
        """Ask for a larger batch next time."""
        self._batch_bytes = size

    def batch(self, syntax: Syntax) -> list[bytes]:
        """The next raw segments without terminators; empty when none is whole any more, then `rest` holds what remains."""
        size = self._batch_bytes
        self._batch_bytes = max(min(2 * size, BATCH_BYTES), FIRST_BATCH_BYTES)
        while True:
            chunk = self.peek(size)
            *whole, unfinished = syntax.cut(chunk)
            if whole:
                self.handed_out = chunk[: len(chunk) - len(unfinished)]
                self._position += len(self.handed_out)
                return whole
            if len(chunk) < size:
                return []
            if size > SEGMENT_BYTES_MAX:
                raise LimitError(
                    f"edifact.limit: the segment at byte {self.offset} is longer than {SEGMENT_BYTES_MAX} bytes",
                    hint="look for a missing or a different segment terminator; UNA says which character it is",
                )
            size *= 2

    def whole_segments(self, syntax: Syntax) -> bytes:
        """The next segments in one piece, terminators included, for those who cut them as text; empty as `batch` is."""
        chunk = self.peek(BATCH_BYTES)
        end = len(chunk)
        while (end := chunk.rfind(syntax.terminator, 0, end)) >= 0:
            if not _is_released(chunk, end, syntax.release):
                return self.take(end + len(syntax.terminator))
        batch = self.batch(syntax)
        return syntax.terminator.join([*batch, b""])

    def rest(self) -> bytes:
        """All that remains, without taking it; bounded like a segment."""
        return self.peek(SEGMENT_BYTES_MAX)

    def _fill(self, size: int) -> None:
        """Have `size` bytes after the position, if the stream still has them."""
        missing = self._position + size - len(self._buffer)
        if missing <= 0 or self._ended:
            return
        parts = [self._buffer[self._position :]]
        self._base += self._position
        self._position = 0
        while missing > 0:
            part = self._stream.read(max(missing, BATCH_BYTES))
            if not part:
                self._ended = True
                break
            parts.append(part)
            missing -= len(part)
        self._buffer = b"".join(parts)


def _is_released(chunk: bytes, index: int, release: bytes) -> bool:
    """True if an odd run of release characters stands before the index."""
    start = index
    while release and chunk[start - 1 : start] == release:
        start -= 1
    return (index - start) % 2 == 1
