"""Serves the pages that web.yaml names: beside the daemon, or by `edi web` in a process of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import structlog
from starlette.types import ASGIApp

from edi.engine.context import Context
from edi.web.ops.app import app as ops_app
from edi.web.server import Served
from edi.web.settings import WebSettings
from edi.web.status.app import app as status_app
from edi.web.status.app import desk

LOG = structlog.get_logger("edi.web")


@contextmanager
def serving(context: Context, settings: WebSettings) -> Iterator[tuple[Served, ...]]:
    """While it is entered. Raises ConfigError where something cannot listen."""
    with ExitStack() as stack:
        found = []
        for url, listen, application in applications(context, settings):
            served = Served(application, listen)
            served.start()
            stack.callback(served.stop)
            LOG.info("listening", listen=listen, url=url)
            found.append(served)
        yield tuple(found)


def applications(context: Context, settings: WebSettings) -> list[tuple[str, str, ASGIApp]]:
    """Each page with its own address and the one it listens on."""
    found: list[tuple[str, str, ASGIApp]] = []
    if settings.status is not None:
        page = settings.status
        found.append((page.url, page.listen, status_app(desk(context, page, rate=settings.rate))))
    if settings.ops is not None:
        found.append((settings.ops.url, settings.ops.listen, ops_app(context, settings.ops, rate=settings.rate)))
    return found
