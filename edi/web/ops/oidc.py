"""The way to an OpenID Connect provider and back: authorization code with PKCE, a state and a nonce of their own for each sign-in.

Rule 1: the provider is asked over its own addresses alone, without redirects and without the environment's proxies.
Rule 2: what waits for an answer lives in this process, for minutes, and each is used once.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx

from edi.web.ops.tokens import RefusedTokenError, claims
from edi.web.settings import Oidc

TIMEOUT_SECONDS: Final = 10.0
WAITING_SECONDS: Final = 600.0
WAITING_MAX: Final = 1_000
KNOWN_SECONDS: Final = 3600.0
ANSWER_BYTES_MAX: Final = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A sign-in that waits for its answer."""

    nonce: str
    verifier: str
    at: float


class Provider:
    """One provider; safe between threads."""

    def __init__(self, settings: Oidc, secret: str | None, redirect: str) -> None:
        """`redirect`: the address of ours that the provider sends people back to."""
        self._settings = settings
        self._secret = secret
        self._redirect = redirect
        self._waiting: OrderedDict[str, Begun] = OrderedDict()
        self._lock = threading.Lock()
        self._known: tuple[float, Mapping[str, Any]] = (0.0, {})

    def begin(self) -> tuple[str, str]:
        """Where to send the browser, and the state that only it may bring back."""
        state, begun = (
            secrets.token_urlsafe(32),
            Begun(nonce=secrets.token_urlsafe(32), verifier=secrets.token_urlsafe(48), at=time.time()),
        )
        with self._lock:
            self._waiting[state] = begun
            while len(self._waiting) > WAITING_MAX:
                self._waiting.popitem(last=False)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(begun.verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._redirect,
            "scope": " ".join(dict.fromkeys(("openid", *self._settings.scopes))),
            "state": state,
            "nonce": begun.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        address = self._endpoint("authorization_endpoint")
        return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}", state

    def finish(self, state: str, code: str) -> str:
        """The name of who signed in. Raises RefusedTokenError if nobody did."""
        with self._lock:
            begun = self._waiting.pop(state, None)
        if begun is None or time.time() - begun.at > WAITING_SECONDS:
            raise RefusedTokenError("no sign-in waits for this answer")
        token = self._redeemed(code, begun.verifier)
        keys = self._ask("GET", self._endpoint("jwks_uri")).get("keys")
        said = claims(
            token,
            [one for one in (keys if isinstance(keys, list) else ()) if isinstance(one, dict)],
            issuer=self._configuration()["issuer"],
            audience=self._settings.client_id,
            nonce=begun.nonce,
            now=time.time(),
        )
        name = said.get(self._settings.claim)
        if not isinstance(name, str) or not name or (self._settings.claim == "email" and said.get("email_verified") is not True):
            raise RefusedTokenError(f"the ID token has no usable {self._settings.claim!r}")
        return name

    def _redeemed(self, code: str, verifier: str) -> str:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self._redirect, "code_verifier": verifier}
        auth = None
        if self._secret is None:
            form["client_id"] = self._settings.client_id
        else:
            auth = httpx.BasicAuth(self._settings.client_id, self._secret)
        answer = self._ask("POST", self._endpoint("token_endpoint"), data=form, auth=auth)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise RefusedTokenError("the provider gave no ID token")
        return token

    def _configuration(self) -> Mapping[str, Any]:
        at, known = self._known
        if not known or time.time() - at > KNOWN_SECONDS:
            known = self._ask("GET", f"{self._settings.issuer}/.well-known/openid-configuration")
            if str(known.get("issuer", "")).rstrip("/") != self._settings.issuer:
                raise RefusedTokenError("the provider calls itself otherwise than web.yaml does")
            self._known = (time.time(), known)
        return known

    def _endpoint(self, name: str) -> str:
        found = str(self._configuration().get(name, ""))
        if urlsplit(found).scheme != urlsplit(self._settings.issuer).scheme:
            raise RefusedTokenError(f"the provider has no usable {name}")
        return found

    def _ask(self, method: str, address: str, **options: Any) -> Mapping[str, Any]:
        try:
            with httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False) as client:
                answer = client.request(method, address, **options)
            if not answer.is_success or len(answer.content) > ANSWER_BYTES_MAX:
                raise RefusedTokenError(f"the provider answered {answer.status_code}")
            found = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise RefusedTokenError(f"the provider could not be asked: {type(error).__name__}") from error
        if not isinstance(found, dict):
            raise RefusedTokenError("the provider answered with no object")
        return found
