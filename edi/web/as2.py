"""The door for AS2: one POST path, on a port of its own; bounds and waits stand here, what a message means in `edi.channels.as2`.

Rule 1: nothing is shared with the pages: no session, no cookie, no other path (T05).
Rule 2: who is slow is cut off, who is too many waits or hears 503; nobody stops the others (T17, F-A12, F-A22).
"""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from edi.channels.as2.receiving import RETRY_AFTER_SECONDS, Receiver, Reply, refuse
from edi.formats.mime import Headers
from edi.formats.mime.headers import HEADERS_MAX
from edi.slices import Slice
from edi.web.turns import TooManyError, Turns

IDLE_SECONDS: Final = 60.0
"""Between two pieces of a body."""
BODY_SECONDS_MAX: Final = 3600.0
AT_ONCE_MAX: Final = 8
"""Messages opened at the same time."""
WAITING_MAX: Final = 64
"""More than these hear 503 and come again."""


class _RefusedError(Exception):
    """The request is answered without looking into it."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.reply = refuse(status, text)


class Door:
    """The application's one endpoint."""

    def __init__(self, receiver: Receiver, turns: Turns, *, bytes_max: int) -> None:
        self._receiver = receiver
        self._spool = receiver.context.store.spool
        self._turns = turns
        self._bytes_max = bytes_max
        self._waiting = 0
        self._opening = asyncio.Semaphore(AT_ONCE_MAX)

    async def __call__(self, request: Request) -> Response:
        if self._waiting >= WAITING_MAX:
            return _later(RETRY_AFTER_SECONDS)
        self._waiting += 1
        try:
            async with self._turns.queue(_caller(request)) as own:
                return await self._answer(request, own)
        except TooManyError as error:
            return _later(error.seconds)
        finally:
            self._waiting -= 1

    async def _answer(self, request: Request, own: asyncio.Semaphore) -> Response:
        try:
            headers = _headers(request)
            body = await self._body(request)
        except _RefusedError as error:
            return _response(error.reply, close=True)
        except OSError:
            return _later(RETRY_AFTER_SECONDS)  # no room, or no descriptor, for what lies in a file while it is opened
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        async with own, self._opening:
            reply = await asyncio.to_thread(self._receiver.answer, headers, body)
        return _response(reply)

    async def _body(self, request: Request) -> Slice:
        """The whole body. Raises _RefusedError for one that is too long or too slow, before reading all of it."""
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > self._bytes_max:
            raise _RefusedError(413, f"at most {self._bytes_max} bytes are taken")
        end = asyncio.get_running_loop().time() + BODY_SECONDS_MAX
        pieces = request.stream().__aiter__()
        with self._spool.growing() as body:
            while True:
                try:
                    piece = await asyncio.wait_for(anext(pieces, None), IDLE_SECONDS)
                except TimeoutError:
                    raise _RefusedError(408, "the body came too slowly") from None
                if piece is None:
                    return body.done()
                body.add(piece)
                if body.size > self._bytes_max:
                    raise _RefusedError(413, f"at most {self._bytes_max} bytes are taken")
                if asyncio.get_running_loop().time() > end:
                    raise _RefusedError(408, "the body came too slowly")


def _caller(request: Request) -> tuple[str, str, str]:
    """Who calls, as far as they say; the address is the proxy's where one stands in front."""
    name, us = request.headers.get("as2-from", ""), request.headers.get("as2-to", "")
    return name[:300], us[:300], request.client.host if request.client else ""


def _later(seconds: int) -> Response:
    return _response(Reply(status=503, headers=(("Retry-After", str(seconds)),)), close=True)


def _headers(request: Request) -> Headers:
    """The fields as they came. Two lengths in one request are an attempt to smuggle another one in (T17)."""
    raw = request.headers.raw
    if len(raw) > HEADERS_MAX:
        raise _RefusedError(400, "too many header fields")
    names = [name.lower() for name, _ in raw]
    if b"transfer-encoding" in names and b"content-length" in names:
        raise _RefusedError(400, "a request has either a length or chunks")
    return Headers(tuple((name.decode("ascii", "replace"), value.decode("utf-8", "replace").strip()) for name, value in raw))


def _response(reply: Reply, *, close: bool = False) -> Response:
    """The bytes as they are: no charset added, no header lost or doubled."""
    response = Response(reply.body, status_code=reply.status)
    fields = [*reply.headers, *([("Connection", "close")] if close else [])]
    response.raw_headers = [
        (b"content-length", str(len(reply.body)).encode()),
        *((name.encode("ascii"), value.encode("utf-8")) for name, value in fields),
    ]
    return response


def application(receiver: Receiver, turns: Turns, *, path: str, bytes_max: int) -> Starlette:
    """Answers POST at one path, and nothing else anywhere."""
    door = Door(receiver, turns, bytes_max=bytes_max)

    async def post(request: Request) -> Response:
        return await door(request)

    return Starlette(routes=[Route(path, post, methods=["POST"])])
