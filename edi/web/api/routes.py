"""The paths of the interface for programs. Who asks, how much and how fast stands here; what a document means in `submission`."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable
from typing import Final

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edi.engine.context import Context
from edi.errors import EdiError
from edi.limits import MIB
from edi.store import api_keys
from edi.store.api_keys import Key
from edi.web.api import submission
from edi.web.api.openapi import document
from edi.web.api.rate import Rate
from edi.web.api.settings import PER_MINUTE
from edi.web.api.submission import Answer, problem

BODY_BYTES_MAX: Final = 32 * MIB
"""A day's orders in one UBL or JSON document have under 10."""
IDLE_SECONDS: Final = 60.0
"""Between two pieces of a body."""
AT_ONCE_MAX: Final = 8
"""Documents checked at the same time; more hear 503 and come again."""
RETRY_AFTER_SECONDS: Final = 5

LOG = structlog.get_logger("edi.web")


def routes(context: Context, *, bytes_max: int = BODY_BYTES_MAX, per_minute: int = PER_MINUTE) -> list[Route]:
    """For the application that serves them; `per_minute` is for each key."""
    api = Api(context, bytes_max, Rate(per_minute=per_minute, monotonic=context.clock.monotonic))
    return [
        Route("/api/documents", api.post, methods=["POST"]),
        Route("/api/documents/{name}", api.get, methods=["GET"]),
        Route("/api/openapi.json", api.describe, methods=["GET"]),
    ]


class Api:
    """The three endpoints."""

    def __init__(self, context: Context, bytes_max: int, rate: Rate) -> None:
        self._context = context
        self._bytes_max = bytes_max
        self._rate = rate
        self._busy = 0

    async def post(self, request: Request) -> Response:
        """Take a document, or say what is wrong with it."""
        key = await self._key(request)
        if key is None:
            return _unknown_key()
        if wait := self._rate.wait_seconds(key.id):
            return _too_often(wait)
        if self._busy >= AT_ONCE_MAX:
            return _response(problem(503, "busy", "Too many documents at once; come again."), retry=True)
        self._busy += 1
        try:
            data = await self._body(request)
            if isinstance(data, Answer):
                return _response(data)
            idempotency = request.headers.get("idempotency-key")
            return await self._answered(lambda: submission.submit(self._context, key, data, idempotency), key)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        finally:
            self._busy -= 1

    async def get(self, request: Request) -> Response:
        """What became of a document."""
        key = await self._key(request)
        if key is None:
            return _unknown_key()
        if wait := self._rate.wait_seconds(key.id):
            return _too_often(wait)
        return await self._answered(lambda: submission.status(self._context, key, request.path_params["name"]), key)

    async def describe(self, request: Request) -> Response:
        """The OpenAPI document; it is no secret."""
        return JSONResponse(document())

    async def _answered(self, work: Callable[[], Answer], key: Key) -> Response:
        """What a thread found out; what stopped us is not the program's business, so it hears to come again."""
        try:
            answer = await asyncio.to_thread(work)
        except EdiError as error:
            LOG.error("api_failed", key=f"K{key.id}", reason=str(error))  # noqa: TRY400 -- the operator acts on the text
            return _response(problem(503, "unavailable", "The document could not be kept; nothing was taken."), retry=True)
        LOG.info("api", key=f"K{key.id}", status=answer.status, transmission=answer.body.get("transmission"))
        return _response(answer)

    async def _key(self, request: Request) -> Key | None:
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        return await asyncio.to_thread(self._find, text.strip())

    def _find(self, text: str) -> Key | None:
        with self._context.store.reading() as view:
            key = api_keys.find(view, text)
        file = self._context.workspace.channels.get(key.channel) if key else None
        return key if file is not None and file.kind == "api" and file.status != "suspended" else None

    async def _body(self, request: Request) -> bytes | Answer:
        """The whole body, or the refusal of one that is too long or too slow, before all of it was read."""
        long = problem(413, "too_long", f"At most {self._bytes_max} bytes are taken.")
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > self._bytes_max:
            return long
        held = bytearray()
        pieces = request.stream().__aiter__()
        while True:
            try:
                piece = await asyncio.wait_for(anext(pieces, None), IDLE_SECONDS)
            except TimeoutError:
                return problem(408, "too_slow", "The document came too slowly.")
            if piece is None:
                return bytes(held)
            held += piece
            if len(held) > self._bytes_max:
                return long


def _unknown_key() -> Response:
    response = _response(problem(401, "key", "The API key is missing, unknown or revoked."))
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _too_often(wait_seconds: float) -> Response:
    response = _response(problem(429, "rate", "This key asked too often; come again."))
    response.headers["Retry-After"] = str(math.ceil(wait_seconds))
    return response


def _response(answer: Answer, *, retry: bool = False) -> Response:
    kind = "application/json" if answer.status < 400 else "application/problem+json"
    response = Response(json.dumps(answer.body, ensure_ascii=False, sort_keys=True), status_code=answer.status, media_type=kind)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if answer.status == 202:
        response.headers["Location"] = f"/api/documents/{answer.body['transmission']}"
    if retry:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response
