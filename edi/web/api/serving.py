"""The interface for programs, served beside the daemon: a port of its own, and a thread that tells webhooks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from starlette.applications import Starlette

from edi.engine.context import Context
from edi.limits import MIB
from edi.web.api.routes import routes
from edi.web.api.webhooks import teller
from edi.web.listeners import Listening, bound
from edi.web.server import Served
from edi.web.settings import load

LOG = structlog.get_logger("edi.web")


@contextmanager
def serving(context: Context, listening: Listening = bound) -> Iterator[Served | None]:
    """While it is entered; nothing where web.yaml names no `api`."""
    settings = load(context.workspace.folder).api
    if settings is None:
        yield None
        return
    paths = routes(context, bytes_max=settings.megabytes_max * MIB, per_minute=settings.requests_per_minute)
    served = Served(Starlette(routes=paths), settings.listen, listening=listening)
    telling = teller(context, settings.webhooks)
    thread = threading.Thread(target=telling.run, name="webhooks", daemon=True)
    served.start()
    thread.start()
    LOG.info("listening", listen=settings.listen, path="/api/documents", webhooks=len(settings.webhooks))
    try:
        yield served
    finally:
        served.stop()
        telling.stopping.set()
        thread.join(20)
        telling.client.close()
