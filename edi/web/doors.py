"""Everything that listens while the daemon runs: opened together, and opened anew together when other files are taken."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType

from edi.engine.context import Context
from edi.engine.engine import Engine
from edi.errors import ConfigError, StoreError
from edi.web.settings import load


class Doors:
    """The servers of one daemon, open while it is entered. Entering raises ConfigError where one cannot listen."""

    def __init__(self, engine: Engine, failed: Callable[[StoreError], None]) -> None:
        self._engine = engine
        self._failed = failed
        self._open = ExitStack()

    def __enter__(self) -> Doors:
        self._open = self._opened(self._engine.context)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._open.close()

    def reopen(self, candidate: Context) -> None:
        """Answer what was begun, then listen as other files have it; as before, and a ConfigError, if that is not possible.

        Whoever calls meanwhile is refused for a moment, and comes again.
        """
        load(candidate.workspace.folder)
        self._open.close()
        try:
            self._open = self._opened(candidate)
        except ConfigError:
            self._open = self._opened(self._engine.context)
            raise

    def _opened(self, context: Context) -> ExitStack:
        """AS2 messages, monitoring, programs' documents, pages: what the files name; nothing where they name nothing."""
        with ExitStack() as opening:
            if any(one.kind == "as2" and one.direction != "out" for one in context.workspace.channels.values()):
                from edi.web.server import serving  # noqa: PLC0415 -- each server is loaded where it is wanted

                opening.enter_context(serving(context, failed=self._failed))
            settings = load(context.workspace.folder)
            if settings.health is not None:
                from edi.web import health  # noqa: PLC0415 -- as above

                opening.enter_context(health.serving(self._engine, settings.health))
            if settings.api is not None:
                from edi.web.api import serving as api  # noqa: PLC0415 -- as above

                opening.enter_context(api.serving(context))
            if settings.pages == "daemon" and (settings.status or settings.ops):
                from edi.web.status.serving import serving as pages  # noqa: PLC0415 -- as above

                opening.enter_context(pages(context, settings))
            return opening.pop_all()
