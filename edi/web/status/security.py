"""What every answer of the pages carries, what no request may be, and how often one may ask.

Rule 1: nothing from outside is loaded, no script runs, nobody may frame us, nothing is cached (H16).
Rule 2: a request is refused by its size before anything reads it (H14), and by its Host before anything is answered (H11).
Rule 3: the log names the route, never a token: the path of a sign-in link is cut (H04, T26).
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import MutableMapping
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
HSTS: Final = "max-age=31536000"
PATH_CHARACTERS_MAX: Final = 1_000
QUERY_CHARACTERS_MAX: Final = 2_000
HEADER_BYTES_MAX: Final = 32 * 1024
SECRET_PATHS: Final = ("/in/", "/unsubscribe/", "/callback/")
"""What follows these in a path opens something."""
SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
METHODS: Final = SAFE_METHODS | {"POST"}
BUCKETS_MAX: Final = 10_000
"""Browsers remembered at a time; the one not seen for longest is forgotten."""


class Guard:
    """Stands before the pages."""

    def __init__(self, app: ASGIApp, *, url: str) -> None:
        """`url`: the page's own address; other hosts are refused."""
        self._app = app
        parts = urlsplit(url)
        self._host = parts.netloc.lower()
        self._origin = f"{parts.scheme}://{parts.netloc}".lower()
        self._secure = parts.scheme == "https"
        self._log = structlog.get_logger("edi.web")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.monotonic(), 500

        async def dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._dress(message)
            await send(message)

        refusal = self._refusal(scope)
        try:
            await (PlainTextResponse(refusal[1], status_code=refusal[0]) if refusal else self._app)(scope, receive, dressed)
        finally:
            self._log.info(
                "page", method=scope["method"], path=shown(scope["path"]), status=status, ms=round((time.monotonic() - started) * 1000)
            )

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        """Status and words for what is not even looked at; None for what may go on."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if headers.get("host", "").lower() != self._host:
            return 400, "This page has another name."
        if scope["method"] not in METHODS:
            return 405, "This cannot be done here."
        if len(scope["path"]) > PATH_CHARACTERS_MAX or len(scope["query_string"]) > QUERY_CHARACTERS_MAX:
            return 414, "The address is too long."
        if sum(len(name) + len(value) for name, value in scope["headers"]) > HEADER_BYTES_MAX:
            return 431, "The request is too large."
        if scope["method"] not in SAFE_METHODS and not self._is_ours(headers):
            return 403, "This came from another page."
        return None

    def _is_ours(self, headers: MutableMapping[str, str]) -> bool:
        """Whether a POST comes from a page of ours, as far as the browser says (T29)."""
        if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return False
        return headers.get("origin", self._origin).lower() == self._origin

    def _dress(self, message: Message) -> None:
        headers = MutableHeaders(scope=message)
        for name, value in HEADERS.items():
            headers[name] = value
        headers.setdefault("Cache-Control", "no-store")
        if self._secure:
            headers["Strict-Transport-Security"] = HSTS


def shown(path: str) -> str:
    """A path as the log may hold it: no token, no control characters (H07)."""
    for secret in SECRET_PATHS:
        head, found, _ = path.partition(secret)
        path = f"{head}{secret}…" if found else path
    return "".join(character if character.isprintable() else "?" for character in path[:200])


class Rate:
    """How many requests each browser or address may make in a minute; safe between threads."""

    def __init__(self, per_minute: float, *, burst: int = 0, clock: Any = time.monotonic) -> None:
        """`burst`: at once, if other than `per_minute`."""
        self._per_second = per_minute / 60
        self._most = float(burst or per_minute)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def allows(self, who: str) -> bool:
        """True if one more is all right; counts it."""
        now = self._clock()
        with self._lock:
            left, then = self._buckets.pop(who, (self._most, now))
            left = min(self._most, left + (now - then) * self._per_second)
            allowed = left >= 1
            self._buckets[who] = (left - 1 if allowed else left, now)
            while len(self._buckets) > BUCKETS_MAX:
                self._buckets.popitem(last=False)
        return bool(allowed)
