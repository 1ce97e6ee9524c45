"""A TCP proxy on loopback that breaks connections on order: after so many bytes in one direction, in one of four ways."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

Direction = Literal["to_server", "to_client"]
How = Literal["reset", "end", "swallow"]


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to a connection once `after` bytes have passed in a direction.

    reset: RST to both sides. end: FIN to both sides. swallow: bytes vanish, the connection stays (a black hole).
    """

    direction: Direction
    after: int
    how: How = "reset"


@dataclass(slots=True)
class Proxy:
    """Listens on `port` and passes on to `target`; `fault` concerns every connection from now on."""

    target: int
    fault: Fault | None = None
    port: int = 0
    connections: int = 0
    passed: dict[Direction, int] = field(default_factory=lambda: {"to_server": 0, "to_client": 0})
    """Bytes passed on, over all connections."""
    _listener: socket.socket | None = None
    _open: list[socket.socket] = field(default_factory=list)
    _counts: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        """Begin to listen."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        """Stop listening and close every connection."""
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        self.cut()

    def cut(self) -> None:
        """Reset every open connection now."""
        for plug in self._open:
            _reset(plug)
        self._open.clear()

    @contextmanager
    def breaking(self, fault: Fault) -> Iterator[None]:
        """Connections break so while this is entered, counted from now on; afterwards new ones work."""
        self.forget_counts()
        self.fault = fault
        try:
            yield
        finally:
            self.fault = None
            self.cut()

    def forget_counts(self) -> None:
        """Start counting bytes from 0, as faults do."""
        with self._counts:
            self.passed = {"to_server": 0, "to_client": 0}

    def _accept(self) -> None:
        assert self._listener is not None
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            try:
                server = socket.create_connection(("127.0.0.1", self.target), 5)
            except OSError:
                _reset(client)
                continue
            server.settimeout(None)
            for plug in (client, server):
                plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open += [client, server]
            threading.Thread(target=self._pass, args=(client, server, "to_server"), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, "to_client"), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, direction: Direction) -> None:
        while True:
            try:
                data = source.recv(65536)
                if not data:
                    target.shutdown(socket.SHUT_WR)
                    return
                data, struck = self._struck(direction, data)
                if data:
                    target.sendall(data)
            except OSError:
                return
            if struck is not None:
                self._strike(struck, source, target)
                return

    def _struck(self, direction: Direction, data: bytes) -> tuple[bytes, Fault | None]:
        """What still passes of the data, and the fault that strikes now."""
        with self._counts:
            fault = self.fault
            passed = self.passed[direction]
            if fault is not None and fault.direction == direction and passed + len(data) > fault.after:
                data = data[: max(0, fault.after - passed)]
                self.passed[direction] += len(data)
                return data, fault
            self.passed[direction] += len(data)
            return data, None

    def _strike(self, fault: Fault, source: socket.socket, target: socket.socket) -> None:
        match fault.how:
            case "reset":
                _reset(source)
                _reset(target)
            case "end":
                for plug in (source, target):
                    with contextlib.suppress(OSError):
                        plug.shutdown(socket.SHUT_RDWR)
            case "swallow":
                with contextlib.suppress(OSError):
                    while source.recv(65536):
                        pass


def _reset(plug: socket.socket) -> None:
    """Close with RST instead of FIN."""
    with contextlib.suppress(OSError):
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    # A close does not wake a thread that is receiving; a shutdown does.
    with contextlib.suppress(OSError):
        plug.shutdown(socket.SHUT_RD)
    plug.close()


@contextmanager
def proxy(target: int) -> Iterator[Proxy]:
    """A proxy for the time of the block."""
    made = Proxy(target)
    made.start()
    try:
        yield made
    finally:
        made.stop()
