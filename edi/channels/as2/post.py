"""One HTTP client per channel for sending messages: connections kept, redirects not followed, answers bounded, failures named.

What failed before a connection stood did not arrive; what failed after it may have.
"""

from __future__ import annotations

import base64
import os
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Final

from edi.channels.as2 import Settings
from edi.channels.as2.mdn import MDN_BYTES_MAX
from edi.channels.as2.tls import why_refused
from edi.channels.kind import SecretReader
from edi.errors import ConfigError, TemporaryChannelError, UnknownOutcomeError
from edi.formats.mime import Headers
from edi.slices import Slice

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, header fields and body of what the partner's server said."""

    status: int
    headers: Headers
    body: bytes

    @property
    def whole(self) -> bytes:
        """Header fields and body: as evidence a receipt needs its Content-Type, which names its boundary."""
        return b"".join(as_received(self.headers, Slice.of(self.body)))


def as_received(headers: Headers, body: Slice) -> Iterator[bytes]:
    """Header fields and body; credentials stay out of what is kept."""
    fields = "".join(f"{name}: {value}\r\n" for name, value in headers if name.lower() not in {"authorization", "cookie"})
    yield fields.encode("utf-8", "replace") + b"\r\n"
    yield from body.chunks()


@dataclass(slots=True, kw_only=True)
class Post:
    """Posts messages to the partner's address."""

    name: str
    settings: Settings
    secrets: SecretReader
    folder: Path
    _client: httpx.Client | None = None
    _lock: RLock = field(default_factory=RLock)

    def __call__(self, headers: Sequence[tuple[str, str]], body: Slice) -> Answer:
        """The answer, whatever its status. Raises TemporaryChannelError if there was no connection, UnknownOutcomeError if no whole answer."""
        url = self.settings.url
        if url is None:
            raise ConfigError(f"{self.name}: a channel that sends needs `url`, the partner's address")
        end = time.monotonic() + self.settings.timeout
        fields = [
            *headers,
            ("Content-Length", str(len(body))),
            ("Accept-Encoding", "identity"),
            ("User-Agent", "edi-engine"),
            *self._proof(),
        ]
        with _failures(self.name, url), self._open().stream("POST", url, content=body.chunks(), headers=fields) as response:
            pieces, size = [], 0
            for piece in response.iter_raw():
                size += len(piece)
                if size > MDN_BYTES_MAX or time.monotonic() > end:
                    raise UnknownOutcomeError(f"{self.name}: the answer was cut off after {size} bytes: no receipt is that long or slow")
                pieces.append(piece)
            found = Headers(
                tuple((name.decode("ascii", "replace"), value.decode("utf-8", "replace")) for name, value in response.headers.raw)
            )
            return Answer(response.status_code, found, b"".join(pieces))

    def _proof(self) -> list[tuple[str, str]]:
        basic = self.settings.basic
        if basic is None:
            return []
        pair = base64.b64encode(f"{basic.user}:{self.secrets(basic.password)}".encode()).decode("ascii")
        return [("Authorization", f"Basic {pair}")]

    def _open(self) -> httpx.Client:
        import httpx  # noqa: PLC0415 -- wanted only when a connection is used

        with self._lock:
            if self._client is None:
                patience = httpx.Timeout(float(self.settings.timeout), connect=min(CONNECT_SECONDS, float(self.settings.timeout)))
                self._client = httpx.Client(verify=self._tls(), timeout=patience, follow_redirects=False, trust_env=False)
            return self._client

    def _tls(self) -> ssl.SSLContext:
        return client_context(self.name, self.settings, self.secrets, self.folder)

    def close(self) -> None:
        """Close connections; the next message opens them again."""
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._client = None


def client_context(name: str, settings: Settings, secrets: SecretReader, folder: Path) -> ssl.SSLContext:
    """Whom we trust, and our own certificate if one is wanted. Raises ConfigError naming the file that does not do."""
    tls = settings.tls
    try:
        context = ssl.create_default_context(cafile=str(folder / tls.ca) if tls.ca else None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"{name}: {tls.ca!r} holds no certificates that can be read", hint="give a PEM file") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if tls.certificate is not None:
        _show(context, name, secrets(tls.certificate))
    return context


def _show(context: ssl.SSLContext, name: str, text: str) -> None:
    """The ssl module reads keys from files only; this one lives in memory and is gone when closed."""
    descriptor = os.memfd_create("certificate", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, text.encode())
        context.load_cert_chain(f"/proc/self/fd/{descriptor}")
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"{name}: `tls: certificate` holds no certificate with its private key", hint="one PEM file with both") from error
    finally:
        os.close(descriptor)


@contextmanager
def _failures(name: str, url: str) -> Iterator[None]:
    import httpx  # noqa: PLC0415 -- as above

    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        said, hint = why_refused(url, error)
        raise TemporaryChannelError(f"{name}: {said}", hint=hint) from error
    except httpx.TimeoutException as error:
        raise UnknownOutcomeError(f"{name}: no answer in time") from error
    except httpx.TransportError as error:
        raise UnknownOutcomeError(
            f"{name}: the connection broke before the answer was complete: {error or type(error).__name__}"
        ) from error
    except (httpx.InvalidURL, UnicodeError) as error:
        raise ConfigError(f"{name}: the address cannot be used: {error}") from error
