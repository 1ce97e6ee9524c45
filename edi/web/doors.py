"""Everything that listens in one process: opened together, and changed together when other files are taken, on the sockets there are."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType

from edi.engine.context import Context
from edi.engine.engine import Engine
from edi.errors import ConfigError, StoreError
from edi.web.listeners import Listeners
from edi.web.settings import load

Opening = Callable[[Context, Listeners, ExitStack], None]
"""Enters the servers that a context's files name. Raises ConfigError where one cannot listen."""


class Doors:
    """The servers of one process, open while it is entered. Entering raises ConfigError where one cannot listen."""

    def __init__(self, engine: Engine, opening: Opening) -> None:
        self._engine = engine
        self._opening = opening
        self._open = ExitStack()
        self._listeners = Listeners()

    def __enter__(self) -> Doors:
        self._open = self._opened(self._engine.context)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._open.close()
        self._listeners.ask_anew()
        self._listeners.close_unwanted()

    def reopen(self, candidate: Context) -> None:
        """Answer what was begun, then serve as other files have it; as before, and a ConfigError, if that is not possible.

        Whoever calls meanwhile waits for a moment, unless the address is another one.
        """
        load(candidate.workspace.folder)
        self._open.close()
        try:
            self._open = self._opened(candidate)
        except ConfigError:
            self._open = self._opened(self._engine.context)
            raise

    def _opened(self, context: Context) -> ExitStack:
        self._listeners.ask_anew()
        with ExitStack() as stack:
            self._opening(context, self._listeners, stack)
            self._listeners.close_unwanted()
            return stack.pop_all()


def of_daemon(engine: Engine, failed: Callable[[StoreError], None]) -> Opening:
    """AS2 messages, monitoring, programs' documents, pages: what the files name; nothing where they name nothing."""

    def opening(context: Context, listeners: Listeners, stack: ExitStack) -> None:
        if any(one.kind == "as2" and one.direction != "out" for one in context.workspace.channels.values()):
            from edi.web.server import serving  # noqa: PLC0415 -- each server is loaded where it is wanted

            stack.enter_context(serving(context, failed=failed, listening=listeners.of("as2")))
        settings = load(context.workspace.folder)
        if settings.health is not None:
            from edi.web import health  # noqa: PLC0415 -- as above

            stack.enter_context(health.serving(engine, settings.health, listeners.of("health")))
        if settings.api is not None:
            from edi.web.api import serving as api  # noqa: PLC0415 -- as above

            stack.enter_context(api.serving(context, listeners.of("api")))
        if settings.pages == "daemon" and (settings.status or settings.ops):
            from edi.web.status.serving import serving as pages  # noqa: PLC0415 -- as above

            stack.enter_context(pages(context, settings, listeners))

    return opening


def pages_alone(context: Context, listeners: Listeners, stack: ExitStack) -> None:
    """The pages, in a process of their own."""
    from edi.web.status.serving import serving  # noqa: PLC0415 -- as above

    settings = load(context.workspace.folder)
    if settings.status is None and settings.ops is None:
        raise ConfigError("web.yaml names no page to serve", hint="write web.yaml: `status: {url: 'https://edi.example/status'}`")
    stack.enter_context(serving(context, settings, listeners))
