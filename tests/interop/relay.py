"""Stands between two programs and passes everything on, changed or lost as a test wants it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable


class Relay:
    """Listens on `port` and passes on to `target`, one thread per direction."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.change: Callable[[bytes], bytes] = bytes
        """What becomes of the bytes on their way to the target."""
        self.lose = 0
        """So many answers are lost, one per connection."""
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                plug, _ = self._listener.accept()
                threading.Thread(target=self._pass_on, args=(plug,), daemon=True).start()

    def _pass_on(self, plug: socket.socket) -> None:
        with plug, socket.create_connection(("127.0.0.1", self._target)) as other:
            threading.Thread(target=self._answers, args=(other, plug), daemon=True).start()
            with contextlib.suppress(OSError):
                while data := plug.recv(65536):
                    other.sendall(self.change(data))

    def _answers(self, other: socket.socket, plug: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := other.recv(65536):
                if self.lose:
                    self.lose -= 1
                    plug.shutdown(socket.SHUT_RDWR)
                    return
                plug.sendall(data)
            plug.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """No more connections."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
