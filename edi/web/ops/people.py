"""Who is at the operators' page, and whether they may look or also act: named by a proxy that proves itself, or signed in by OpenID Connect."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request

from edi.web.settings import LOOPBACK, OpsPage

SESSIONS_MAX: Final = 1_000
PROOF_HEADER: Final = "X-Proxy-Secret"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who may look."""

    name: str
    may_act: bool
    csrf: str


class Sessions:
    """Browsers that are signed in; they live in this process, so a restart signs everybody out. Safe between threads."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._known: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, name: str) -> str:
        """The secret of a new session."""
        secret = secrets.token_urlsafe(32)
        with self._lock:
            self._known[_digest(secret)] = (name, time.monotonic() + self._seconds)
            while len(self._known) > SESSIONS_MAX:
                self._known.popitem(last=False)
        return secret

    def name(self, secret: str) -> str | None:
        """Who holds it; None if nobody, or no more."""
        with self._lock:
            name, until = self._known.get(_digest(secret), ("", 0.0))
        return name if name and time.monotonic() < until else None

    def end(self, secret: str) -> None:
        """Sign out."""
        with self._lock:
            self._known.pop(_digest(secret), None)


class Porter:
    """Tells people from strangers."""

    def __init__(self, settings: OpsPage, proxy_secret: str | None) -> None:
        self._settings = settings
        self._proof = proxy_secret
        self._key = secrets.token_bytes(32)
        self.sessions = Sessions(settings.session_valid.total_seconds())

    @property
    def cookie(self) -> str:
        """The session's cookie; over TLS one that no other host can have set."""
        return "__Host-ops" if self._settings.url.startswith("https:") else "ops"

    def person(self, request: Request) -> Person:
        """Who asks. Raises HTTPException 401 if nobody is signed in, 403 for somebody whom web.yaml does not name."""
        secret = request.cookies.get(self.cookie, "")
        name = self.sessions.name(secret) if self._settings.oidc is not None else self._named_by_proxy(request)
        if name is None:
            raise HTTPException(401)
        known = [one for one in self._settings.users if hmac.compare_digest(one.encode(), name.encode())]
        if not known:
            raise HTTPException(403)
        csrf = hmac.new(self._key, f"{name}\n{secret}".encode(), hashlib.sha256).hexdigest()
        return Person(name=known[0], may_act=known[0] in self._settings.may_act, csrf=csrf)

    def _named_by_proxy(self, request: Request) -> str | None:
        """The one name the proxy gave; None unless it is the proxy that gave it."""
        if self._proof is None:
            if request.client is None or request.client.host not in LOOPBACK:
                return None
        elif not hmac.compare_digest(request.headers.get(PROOF_HEADER, "").encode(), self._proof.encode()):
            return None
        named = request.headers.getlist(self._settings.user_header)
        return named[0] if len(named) == 1 and named[0] else None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
