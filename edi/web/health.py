"""/health, /ready and /metrics of the daemon, on a listener of their own that is meant for this machine or its monitoring.

Off unless web.yaml names it. What is said are states and numbers; nobody signs in here, so nothing of documents or partners' data is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from edi.engine.engine import Engine
from edi.errors import StoreError
from edi.store import audit
from edi.web import metrics
from edi.web.listeners import Listening, bound
from edi.web.server import Served
from edi.web.settings import HealthServer

LOG = structlog.get_logger("edi.web")


@contextmanager
def serving(engine: Engine, settings: HealthServer, listening: Listening = bound) -> Iterator[Served]:
    """While it is entered."""
    served = Served(app(engine), settings.listen, listening=listening)
    served.start()
    LOG.info("listening", listen=settings.listen, path="/health /ready /metrics")
    try:
        yield served
    finally:
        served.stop()


def app(engine: Engine) -> Starlette:
    """The three answers as an application."""
    answers = Answers(engine)
    routes = [Route(f"/{one.__name__}", one, methods=["GET"]) for one in (answers.health, answers.ready, answers.metrics)]
    return Starlette(routes=routes, exception_handlers={HTTPException: _refused, Exception: _failed})


class Answers:
    """Asks the engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def health(self, _request: Request) -> Response:
        """200 while the daemon's loop goes round; 503: it hangs, so whoever watches may start it again."""
        alive = self._engine.pulse.is_alive(self._engine.context.clock.monotonic())
        return PlainTextResponse("alive\n" if alive else "hangs\n", status_code=200 if alive else 503)

    async def ready(self, _request: Request) -> Response:
        """200 when it takes on work: the loop has begun, nobody told it to stop, and the store answers; 503 with what is missing."""
        missing = await run_in_threadpool(self._missing)
        return JSONResponse({"ready": not missing, "missing": missing}, status_code=503 if missing else 200)

    async def metrics(self, _request: Request) -> Response:
        """Figures in Prometheus' text format."""
        return Response(await run_in_threadpool(metrics.text, self._engine), headers={"Content-Type": CONTENT_TYPE_LATEST})

    def _missing(self) -> list[str]:
        pulse = self._engine.pulse
        missing = []
        if pulse.started is None:
            missing.append("the daemon has not begun to work yet")
        elif not pulse.is_alive(self._engine.context.clock.monotonic()):
            missing.append("the daemon's loop hangs")
        if pulse.stopping:
            missing.append("the daemon was told to stop")
        try:
            with self._engine.context.store.reading() as view:
                audit.head(view.connection)
        except StoreError:
            missing.append("the store does not answer")
        return missing


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException), "registered for it"
    return PlainTextResponse("", status_code=error.status_code)


async def _failed(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse("something went wrong; the log says what\n", status_code=500)
