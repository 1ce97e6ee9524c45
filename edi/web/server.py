"""Web servers in threads of the daemon's process: they start before it works and end after it was told to stop."""

from __future__ import annotations

import asyncio
import os
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import structlog
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from edi.channels.as2 import Settings
from edi.channels.as2.keys import Keys
from edi.channels.as2.owing import send_owed
from edi.channels.as2.receiving import Pair, Receiver
from edi.engine.context import Context
from edi.errors import ConfigError, EdiError, StoreError
from edi.web.as2 import application
from edi.web.listeners import Listening, bound
from edi.web.settings import As2Server, load
from edi.web.turns import Turns

HEADER_SECONDS: Final = 30.0
"""From the first byte of a request, or the connection, to the end of its header fields."""
HEADER_BYTES_MAX: Final = 64 * 1024
CONNECTIONS_MAX: Final = 500
START_SECONDS_MAX: Final = 30.0
OWED_SECONDS: Final = 1.0
"""How often receipts that we owe are looked for."""

Failed = Callable[[StoreError], None]

LOG = structlog.get_logger("edi.web")


class TimedProtocol(H11Protocol):
    """uvicorn's protocol, with a bound on the time a request's header fields may take (F-A22)."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._start()

    def data_received(self, data: bytes) -> None:
        if self._late is None and (self.cycle is None or self.cycle.response_complete):
            self._start()
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._cancel()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel()
        super().connection_lost(exc)

    def _start(self) -> None:
        self._late = self.loop.call_later(HEADER_SECONDS, self._cut)

    def _cancel(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _cut(self) -> None:
        self._late = None
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()


class Served:
    """One server in a thread."""

    def __init__(self, application: Any, listen: str, *, certificate: tuple[str, str] | None = None, listening: Listening = bound) -> None:
        tls: dict[str, Any] = {"ssl_certfile": certificate[0], "ssl_keyfile": certificate[1]} if certificate else {}
        config = uvicorn.Config(
            application,
            http=TimedProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,  # a receipt brings its own, and two would be one too many
            proxy_headers=False,
            limit_concurrency=CONNECTIONS_MAX,
            h11_max_incomplete_event_size=HEADER_BYTES_MAX,
            timeout_graceful_shutdown=30,
            **tls,
        )
        try:
            config.load()
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(
                f"web.yaml: the server's certificate or key cannot be used: {error}", hint="PEM files that belong together"
            ) from error
        if config.ssl is not None:
            config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
        self._server = uvicorn.Server(config)
        self._listen, self._listening = listen, listening
        self._thread: threading.Thread | None = None
        self.port = 0
        """The port it really listens on, once it was started."""

    def start(self) -> None:
        """Returns when it listens. Raises ConfigError where it cannot."""
        listener = self._listening(self._listen)
        self.port = int(listener.getsockname()[1])
        self._thread = thread = threading.Thread(target=self._server.run, args=([listener],), name=f"web:{self._listen}", daemon=True)
        thread.start()
        waited = threading.Event()
        for _ in range(int(START_SECONDS_MAX / 0.02)):
            if self._server.started:
                return
            if not thread.is_alive():
                break
            waited.wait(0.02)
        raise ConfigError(f"the server on {self._listen} did not start")

    def stop(self) -> None:
        """Takes on nothing new, answers what was begun, and ends."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(35)


def receiver(context: Context, *, failed: Failed | None = None) -> Receiver | None:
    """What answers for all AS2 channels that receive; None if there is none. Raises ConfigError if two share a pair of names."""
    pairs: dict[tuple[str, str], Pair] = {}
    workspace = context.workspace
    for channel in workspace.channels.values():
        if channel.kind != "as2" or channel.direction == "out" or channel.status == "suspended":
            continue
        settings = channel.settings
        assert isinstance(settings, Settings), "the kind's own settings"
        pair = (settings.us, settings.them)
        if pair in pairs:
            raise ConfigError(
                f"channels {pairs[pair].channel!r} and {channel.name!r} both receive from {settings.them!r} for {settings.us!r}"
            )
        keys = Keys(channel.name, settings, workspace.secret, workspace.folder)
        keys.held()
        pairs[pair] = Pair(channel.name, keys)
    if not pairs:
        return None
    made = Receiver(context=context, pairs=pairs)
    if failed is not None:
        made.failed = failed
    return made


@contextmanager
def serving(context: Context, *, failed: Failed | None = None, listening: Listening = bound) -> Iterator[tuple[Served, ...]]:
    """What the workspace wants served, while it is entered; nothing where no AS2 channel receives.

    `failed` is told of storage errors that do not pass: the daemon ends with them (P3).
    """
    found = receiver(context, failed=failed)
    if found is None:
        yield ()
        return
    settings = load(context.workspace.folder).as2
    if warning := settings.warning():
        LOG.warning("listening_unprotected", reason=warning)
    bytes_max = settings.megabytes_max * 1024 * 1024
    turns = Turns(at_once=settings.at_once, per_minute=settings.messages_per_minute)
    app = application(found, turns, path=settings.path, bytes_max=bytes_max)
    with _key_file(context, settings) as certificate:
        served = Served(app, settings.listen, certificate=certificate, listening=listening)
    served.start()
    stop = threading.Event()
    owing = threading.Thread(target=_owe, args=(context, stop), name="as2-receipts", daemon=True)
    owing.start()
    LOG.info("listening", listen=settings.listen, path=settings.path, pairs=len(found.pairs))
    try:
        yield (served,)
    finally:
        stop.set()
        served.stop()
        owing.join(65)


@contextmanager
def _key_file(context: Context, settings: As2Server) -> Iterator[tuple[str, str] | None]:
    """Files of certificate and key; the key's lives in memory and is gone once it was read."""
    if settings.tls is None:
        yield None
        return
    descriptor = os.memfd_create("key", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, context.workspace.secret(str(settings.tls.key)).encode())
        yield str(context.workspace.folder / settings.tls.certificate), f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


def _owe(context: Context, stop: threading.Event) -> None:
    while not stop.wait(OWED_SECONDS):
        try:
            send_owed(context)
        except EdiError as error:
            LOG.warning("as2_receipts_not_sent", reason=str(error))
