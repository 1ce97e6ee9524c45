"""Serves the pages that web.yaml names: beside the daemon, or by `edi web` in a process of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import structlog
from starlette.types import ASGIApp

from edi.engine.context import Context
from edi.web.listeners import Listeners
from edi.web.ops.app import app as ops_app
from edi.web.server import Served
from edi.web.settings import WebSettings
from edi.web.status.app import app as status_app
from edi.web.status.app import desk

LOG = structlog.get_logger("edi.web")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page to be served."""

    url: str
    listen: str
    app: ASGIApp
    close: Callable[[], None] = lambda: None
    """After the last answer."""


@contextmanager
def serving(context: Context, settings: WebSettings, listeners: Listeners) -> Iterator[tuple[Served, ...]]:
    """While it is entered. Raises ConfigError where something cannot listen."""
    with ExitStack() as stack:
        found = []
        for page in applications(context, settings):
            served = Served(page.app, page.listen, listening=listeners.of(page.url))
            stack.callback(page.close)
            served.start()
            stack.callback(served.stop)
            LOG.info("listening", listen=page.listen, url=page.url)
            found.append(served)
        yield tuple(found)


def applications(context: Context, settings: WebSettings) -> list[Page]:
    """Each page with its own address and the one it listens on."""
    found = []
    if settings.status is not None:
        status = settings.status
        made = desk(context, status, rate=settings.rate)
        found.append(Page(url=status.url, listen=status.listen, app=status_app(made), close=made.notebook.flush))
    if settings.ops is not None:
        ops = settings.ops
        found.append(Page(url=ops.url, listen=ops.listen, app=ops_app(context, ops, rate=settings.rate)))
    return found
