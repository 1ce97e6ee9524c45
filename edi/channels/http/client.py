"""One HTTP client per channel: connections kept, credentials added, answers bounded, failures named.

Rule 1: redirects are not followed; a document and its credentials go to the address that was configured.
Rule 2: what failed before a connection stood did not arrive; what failed after it may have.
Rule 3: secrets and answers stay out of messages, but for a short code or title the server gave.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING
from urllib.parse import quote

from edi.channels.http import OAuth2, Settings
from edi.channels.kind import SecretReader
from edi.channels.reasons import unreachable
from edi.errors import ChannelError, ConfigError, TemporaryChannelError, UnknownOutcomeError
from edi.limits import RECEIVED_BYTES_MAX

if TYPE_CHECKING:
    import httpx

TEMPORARY = {408, 425, 429, 500, 503, 507}
UNKNOWN = {502, 504}
"""A gateway that got no answer does not know whether the server behind it took the document."""
TOKEN_MARGIN_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and the whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    where: str
    """Who answered: host and port."""

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300

    def said(self) -> str:
        """The status, and a code or title if the server gave one (RFC 9457), at most 120 characters."""
        return f"{self.status} {title}" if (title := _title(self.body)) else str(self.status)


@dataclass(slots=True)
class Client:
    """Sends requests for one channel."""

    name: str
    settings: Settings
    secrets: SecretReader
    folder: Path
    now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    _client: httpx.Client | None = None
    _token: tuple[str, float] | None = None
    _lock: RLock = field(default_factory=RLock)

    def request(self, method: str, url: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """The answer, whatever its status. Raises TemporaryChannelError or UnknownOutcomeError if there is none."""
        with self._lock:
            answer = self._once(method, url, body, headers or {})
            if answer.status == 401 and self._token is not None:
                # The token was withdrawn before its time; a new one is asked for once.
                self._token = None
                answer = self._once(method, url, body, headers or {})
            return answer

    def _once(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        proved = {**self.settings.headers, **headers, **self._proof(body)}
        return self._exchange(method, url, body, proved)

    def _exchange(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        where = url.partition("://")[2].partition("/")[0].rpartition("@")[2]
        with _failures(self.name, where), self._open().stream(method, url, content=body, headers=dict(headers)) as response:
            pieces, size = [], 0
            for piece in response.iter_bytes():
                size += len(piece)
                if size > RECEIVED_BYTES_MAX:
                    raise ChannelError(f"{self.name}: the answer is longer than {RECEIVED_BYTES_MAX} bytes")
                pieces.append(piece)
            lowered = {key.lower(): value for key, value in response.headers.items()}
            return Answer(response.status_code, lowered, b"".join(pieces), where)

    def _open(self) -> httpx.Client:
        import httpx  # noqa: PLC0415 -- wanted only when a connection is used

        if self._client is None:
            self._client = httpx.Client(verify=self._tls(), timeout=float(self.settings.timeout), follow_redirects=False, trust_env=False)
        return self._client

    def _tls(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=str(self.folder / self.settings.ca) if self.settings.ca else None)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(
                f"{self.name}: {self.settings.ca!r} holds no certificates that can be read", hint="give a PEM file"
            ) from error
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.settings.certificate is not None:
            self._show_certificate(context, self.secrets(self.settings.certificate))
        return context

    def _show_certificate(self, context: ssl.SSLContext, text: str) -> None:
        """The ssl module reads keys from files only; this one lives in memory and is gone when closed."""
        descriptor = os.memfd_create("certificate", os.MFD_CLOEXEC)
        try:
            os.write(descriptor, text.encode())
            context.load_cert_chain(f"/proc/self/fd/{descriptor}")
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(
                f"{self.name}: `certificate` holds no certificate with its private key", hint="one PEM file with both"
            ) from error
        finally:
            os.close(descriptor)

    # -- credentials ----------------------------------------------------------------------------

    def _proof(self, body: bytes) -> Mapping[str, str]:
        import httpx  # noqa: PLC0415 -- as above

        auth = self.settings.auth
        if auth is None:
            return {}
        if auth.bearer is not None:
            return {"Authorization": f"Bearer {self.secrets(auth.bearer)}"}
        if auth.basic is not None:
            request = httpx.Request("GET", self.settings.url)
            flow = httpx.BasicAuth(auth.basic.user, self.secrets(auth.basic.password)).auth_flow(request)
            return {"Authorization": next(flow).headers["Authorization"]}
        if auth.hmac is not None:
            moment = str(int(self.now()))
            signed = hmac.new(self.secrets(auth.hmac.secret).encode(), moment.encode() + b"." + body, hashlib.sha256)
            return {auth.hmac.timestamp_header: moment, auth.hmac.header: signed.hexdigest()}
        assert auth.oauth2 is not None
        return {"Authorization": f"Bearer {self._current_token(auth.oauth2)}"}

    def _current_token(self, oauth2: OAuth2) -> str:
        if self._token is None or self.monotonic() >= self._token[1]:
            self._token = self._new_token(oauth2)
        return self._token[0]

    def _new_token(self, oauth2: OAuth2) -> tuple[str, float]:
        form = {"grant_type": "client_credentials", **({"scope": oauth2.scope} if oauth2.scope else {})}
        pair = f"{quote(oauth2.client_id, safe='')}:{quote(self.secrets(oauth2.client_secret), safe='')}"
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Authorization": f"Basic {_base64(pair)}",
            "Accept": "application/json",
        }
        body = "&".join(f"{key}={quote(value, safe='')}" for key, value in form.items()).encode()
        try:
            answer = self._exchange("POST", oauth2.token_url, body, headers)
        except UnknownOutcomeError as error:
            raise TemporaryChannelError(f"{self.name}: the token server did not answer") from error
        if not answer.is_good:
            check(self.name, "asking for a token", answer)
        given = _object(answer.body)
        token, lasts = given.get("access_token"), given.get("expires_in", 300)
        if not isinstance(token, str) or not isinstance(lasts, int | float):
            raise ChannelError(f"{self.name}: the token server answered without a token", hint="check `token_url`")
        return token, self.monotonic() + max(0.0, float(lasts) - TOKEN_MARGIN_SECONDS)

    def close(self) -> None:
        """Close connections and forget the token; the next request opens them again."""
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._client = self._token = None


def check(name: str, doing: str, answer: Answer) -> None:
    """Raise what a status means, unless it is good: try again, unknown, or for people."""
    if answer.is_good:
        return
    text = f"{name}: {answer.where} answered {answer.said()} while {doing}"
    if answer.status in UNKNOWN:
        raise UnknownOutcomeError(text)
    if answer.status in TEMPORARY or answer.status >= 500:
        raise TemporaryChannelError(text)
    hints = {
        401: "check the credentials",
        403: "ask for the permission",
        404: "check the address",
        413: "the document is too long for this server",
    }
    hint = "redirects are not followed; write the final address" if 300 <= answer.status < 400 else hints.get(answer.status)
    raise ChannelError(text, hint=hint or "the server refuses this document; its operator knows why")


@contextmanager
def _failures(name: str, where: str) -> Iterator[None]:
    import httpx  # noqa: PLC0415 -- as above

    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise unreachable(name, where, error) from error
    except httpx.TimeoutException as error:
        raise UnknownOutcomeError(f"{name}: {where} did not answer in time") from error
    except (httpx.TransportError, httpx.DecodingError) as error:
        raise UnknownOutcomeError(
            f"{name}: the connection to {where} failed before the answer was complete: {error or type(error).__name__}"
        ) from error
    except (httpx.InvalidURL, UnicodeError) as error:
        raise ConfigError(f"{name}: the address cannot be used: {error}") from error


def filled(url: str, values: Mapping[str, str]) -> str:
    """The address with its fields filled in, each percent-encoded whole, so that no value adds a path or query."""
    for key, value in values.items():
        encoded = quote(value, safe="")
        url = url.replace("{" + key + "}", {".": "%2E", "..": "%2E%2E"}.get(encoded, encoded))
    if "{" in url:
        field = url.partition("{")[2].partition("}")[0]
        raise ChannelError(f"the address asks for {field!r}, which this delivery does not have", hint="choose another address")
    return url


def _base64(text: str) -> str:
    import base64  # noqa: PLC0415 -- used here only

    return base64.b64encode(text.encode()).decode()


def _object(body: bytes) -> Mapping[str, object]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _title(body: bytes) -> str:
    given = _object(body[:100_000])
    found = next((value for key in ("title", "code", "error") if isinstance(value := given.get(key), str)), "")
    return "".join(character for character in found if character.isprintable())[:120]
