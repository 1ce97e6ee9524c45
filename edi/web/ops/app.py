"""The operators' page, read only: what waits for a person, what failed and why, what is overdue, how the channels are.

Off unless web.yaml names it. Who looks is signed in by a reverse proxy that writes the name into a header; only named people get in.
"""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from edi.engine import status
from edi.engine.context import Context
from edi.engine.states import HELD, Machine
from edi.store import overview, queries
from edi.web.pages import site
from edi.web.pages.site import Reader
from edi.web.settings import OpsPage
from edi.web.status.security import Guard, Rate

ROWS_MAX = 50


def app(context: Context, settings: OpsPage, *, rate: int = 120) -> ASGIApp:
    """The page as an application. `rate`: requests of one person in a minute."""
    page = Overview(context, settings, Rate(rate))
    routes = [Route("/", page.show, methods=["GET"]), Route("/style.css", _style, methods=["GET"])]
    inside = Starlette(
        routes=[Mount(urlsplit(settings.url).path, routes=routes)], exception_handlers={HTTPException: _refused, Exception: _failed}
    )
    return Guard(inside, url=settings.url)


class Overview:
    """The one page there is."""

    def __init__(self, context: Context, settings: OpsPage, rate: Rate) -> None:
        self._context = context
        self._settings = settings
        self._rate = rate

    async def show(self, request: Request) -> Response:
        """The store at a glance."""
        self._require(request)
        return HTMLResponse(await run_in_threadpool(self._page))

    def _require(self, request: Request) -> None:
        """Raises HTTPException 403 unless the proxy named exactly one person we know."""
        named = request.headers.getlist(self._settings.user_header)
        user = named[0] if len(named) == 1 else ""
        known = [one for one in self._settings.users if hmac.compare_digest(one.encode(), user.encode())]
        if not known:
            raise HTTPException(403)
        if not self._rate.allows(user):
            raise HTTPException(429)

    def _page(self) -> str:
        with self._context.store.reading() as view:
            held = queries.messages(view, queries.Filter(states=HELD[Machine.MESSAGE] | {"invalid"}), count_max=ROWS_MAX)
            files = queries.transmissions(view, queries.Filter(states=HELD[Machine.TRANSMISSION]), count_max=ROWS_MAX)
            waiting = queries.outbounds(
                view, queries.Filter(states={"ready", "retry_wait", "unknown", "failed", "rejected", "held"}), count_max=ROWS_MAX
            )
            overdue = queries.acknowledgements(view, states={"overdue"}, count_max=ROWS_MAX)
            failures = overview.failures(view)
            newest = queries.messages(view, count_max=ROWS_MAX)
        us = self._context.workspace.us
        return site.render(
            "ops.html",
            Reader(language="en", timezone=us.timezone),
            base=urlsplit(self._settings.url).path,
            us=us.title,
            zone=us.timezone,
            held=held,
            files=files,
            waiting=waiting,
            overdue=overdue,
            failures=failures,
            newest=[(line, status.of_message(line)) for line in newest],
        )


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException), "registered for it"
    return PlainTextResponse("This is for operators who are signed in.", status_code=error.status_code)


async def _failed(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse("Something went wrong; the log says what.", status_code=500)


async def _style(_request: Request) -> Response:
    return Response(site.style(), media_type="text/css", headers={"Cache-Control": "max-age=3600"})
