"""The status page as an application of its own, and as routes for somebody else's.

app(desk(context, settings))    a whole application, with everything in front of it
routes(desk)                    the routes below the page's address, e.g. `/status`
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from edi.engine.context import Context
from edi.web.pages import site
from edi.web.settings import StatusPage
from edi.web.status import about, bench, documents, entrance, export, intake
from edi.web.status.desk import SIGN_IN_RATE, Desk
from edi.web.status.notebook import Notebook
from edi.web.status.security import Guard, Rate

RATE = 120
SECRET_NAMES = frozenset({"token", "key", "secret", "session", "csrf", "password"})
"""Names that nobody may put into an address: it would be kept in histories and logs (H04)."""


def desk(context: Context, settings: StatusPage, *, rate: float = RATE, sign_in_rate: float = SIGN_IN_RATE) -> Desk:
    """What the application works with. `rate`: requests of one browser in a minute; `sign_in_rate`: of one address at the door."""
    notebook = Notebook(context.store, context.clock.now)
    return Desk(context=context, settings=settings, rate=Rate(rate), sign_ins=Rate(sign_in_rate), notebook=notebook)


def app(found: Desk) -> ASGIApp:
    """The page as an application."""
    inside = Starlette(routes=[mounted(found)], exception_handlers={HTTPException: _Refusal(found), Exception: _failed})
    return Guard(inside, url=found.settings.url)


def mounted(found: Desk) -> BaseRoute:
    """The page's routes where they stand on their host."""
    return Mount(found.base, app=_NoSecrets(Starlette(routes=routes(found), exception_handlers={HTTPException: _Refusal(found)})))


def routes(found: Desk) -> list[Route]:
    """Every route of the page, below its address."""
    return [
        Route("/style.css", _style, methods=["GET"]),
        *entrance.routes(found),
        *documents.routes(found),
        *export.routes(found),
        *bench.routes(found),
        *intake.routes(found),
        *about.routes(found),
    ]


class _NoSecrets:
    """Refuses addresses that carry a secret behind the question mark."""

    def __init__(self, inside: ASGIApp) -> None:
        self._inside = inside

    async def __call__(self, scope, receive, send) -> None:  # type: ignore[no-untyped-def]  # ASGI
        names = Request(scope).query_params.keys() if scope["type"] == "http" else ()
        if SECRET_NAMES & {name.lower() for name in names}:
            await PlainTextResponse("A link carries its secret in its path.", status_code=400)(scope, receive, send)
            return
        await self._inside(scope, receive, send)


class _Refusal:
    """A page for everything that is refused; it says nothing about us (H15)."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def __call__(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException), "registered for it"
        key = error.detail if error.detail.startswith("sign_in.") else f"error.{error.status_code}"
        answer = self._desk.page("message.html", request, None, status=error.status_code, title="error.title", text=key)
        if error.status_code == 429:
            answer.headers["Retry-After"] = "60"
        return answer


async def _failed(_request: Request, _error: Exception) -> Response:
    """Something of ours broke; the log has it, the page says only that."""
    return PlainTextResponse("Something went wrong on our side. Try again later.", status_code=500)


async def _style(_request: Request) -> Response:
    return Response(site.style(), media_type="text/css", headers={"Cache-Control": "max-age=3600"})
