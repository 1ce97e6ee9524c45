"""Sockets that listen, kept while the servers behind them change: who calls meanwhile waits in the queue and is not refused."""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import partial
from typing import Final, TypeAlias

from edi.errors import ConfigError
from edi.web.settings import address

WAITING_MAX: Final = 2048
"""Callers that the system lets wait."""

Listening: TypeAlias = Callable[[str], socket.socket]
"""Gives the socket that listens on an address, for a server to close when it ends. Raises ConfigError where nothing can listen there."""


class Listeners:
    """One socket per door and address."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], socket.socket] = {}
        self._wanted: set[tuple[str, str]] = set()

    def of(self, door: str) -> Listening:
        """For one server; several may have the same address where it says port 0."""
        return partial(self._listening, door)

    def _listening(self, door: str, listen: str) -> socket.socket:
        key = (door, listen)
        if key not in self._open:
            self._open[key] = bound(listen)
        self._wanted.add(key)
        return self._open[key].dup()

    def ask_anew(self) -> None:
        """From now on what is asked for counts as wanted."""
        self._wanted.clear()

    def close_unwanted(self) -> None:
        """Close what nobody asked for."""
        for key in self._open.keys() - self._wanted:
            self._open.pop(key).close()


def bound(listen: str) -> socket.socket:
    """A new socket that listens there."""
    host, port = address(listen)
    try:
        family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server((str(place[0]), int(place[1])), family=family, backlog=WAITING_MAX)
    except OSError as error:
        raise ConfigError(
            f"nothing can listen on {listen}: {error.strerror}", hint="is another program using that port? change `listen` in web.yaml"
        ) from error
