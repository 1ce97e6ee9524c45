"""Log lines on their way out of a daemon: a full disk, a closed stream or a reader that reads nothing never stops the work (F-U09).

What must not be lost is in the audit trail; lines may be, and how many were is said in the next one that gets through.
"""

from __future__ import annotations

import atexit
import io
import os
import queue
import threading
from typing import Final, TextIO

LINES_MAX: Final = 10_000
"""Lines that wait; more are dropped."""
END_SECONDS_MAX: Final = 2.0
"""A process that ends waits no longer for its last lines."""


class LogStream:
    """Takes lines from any thread, and writes them in one of its own."""

    def __init__(self, stream: TextIO | None) -> None:
        """`stream`: None where the process was started without one."""
        self._stream = stream
        self._lines: queue.Queue[str | None] = queue.Queue(LINES_MAX)
        self._dropped = 0
        self._thread = threading.Thread(target=self._work, name="log", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def write(self, line: str) -> int:
        """At once, or never."""
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            self._dropped += 1
        return len(line)

    def flush(self) -> None:
        """Asked for after each line; the thread sees to it."""

    def close(self) -> None:
        """Let what waits get out, if it can."""
        try:
            self._lines.put_nowait(None)
        except queue.Full:
            return
        self._thread.join(END_SECONDS_MAX)

    def _work(self) -> None:
        while (line := self._lines.get()) is not None:
            if self._dropped and self._out(f"{self._dropped} lines before this one could not be logged\n"):
                self._dropped = 0
            if not self._out(line):
                self._dropped += 1

    def _out(self, text: str) -> bool:
        if self._stream is None:
            return False
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # the disk is full, the reader gone, the stream closed
            return False
        return True


def unbuffered(stream: TextIO | None) -> TextIO | None:
    """The same stream with nothing kept back: what could not be written would be tried again when Python ends, and stop it there."""
    if stream is None or stream.closed:
        return None
    try:
        raw = io.FileIO(stream.fileno(), "w", closefd=False)
    except io.UnsupportedOperation:  # it is in memory
        return stream
    return io.TextIOWrapper(raw, encoding=stream.encoding, errors="backslashreplace", write_through=True)  # as `python -u` has it


def keep_descriptors() -> None:
    """A process started without standard streams gets silent ones: otherwise a database would be opened in their place."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
