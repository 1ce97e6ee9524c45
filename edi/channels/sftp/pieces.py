"""What has come over a connection and was not read yet, kept in the pieces it came in.

paramiko's own buffer copies each piece twice more and moves what stays behind; of a large file that is a third of the time.
"""

from __future__ import annotations

import threading
from collections import deque

from paramiko.buffered_pipe import PipeTimeout


class Pieces:
    """Gives what is there once it is as much as was asked for. What paramiko asks of a channel's `in_buffer`, and no more.

    Waking a reader for every packet costs as much as decrypting it, so it sleeps until its whole answer has come.
    """

    def __init__(self) -> None:
        self._pieces: deque[bytes] = deque()
        self._size = 0
        self._wanted = 1
        self._over = False
        self._news = threading.Condition()

    def feed(self, data: bytes | str) -> None:
        assert isinstance(data, bytes)
        with self._news:
            self._pieces.append(data)
            self._size += len(data)
            if self._size >= self._wanted:
                self._news.notify_all()

    def read_ready(self) -> bool:
        return self._size > 0

    def read(self, nbytes: int, timeout: float | None = None) -> bytes:
        """At least so many bytes, all there are; fewer or none at the end. Raises PipeTimeout if nothing came for so long."""
        with self._news:
            self._wanted = nbytes
            while self._size < nbytes and not self._over:
                before = self._size
                if not self._news.wait(timeout) and self._size == before:
                    raise PipeTimeout
            return self.empty()

    def empty(self) -> bytes:
        found = b"".join(self._pieces)
        self._pieces.clear()
        self._size = 0
        return found

    def close(self) -> None:
        with self._news:
            self._over = True
            self._news.notify_all()

    def __len__(self) -> int:
        return self._size
