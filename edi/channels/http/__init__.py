"""Channel kind `http`: documents to and from an ERP's web interface: POST or PUT out, a polled collection in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from edi.channels.kind import KindSettings, SecretReader
from edi.channels.names import FIELDS
from edi.channels.settings import Seconds, Secret
from edi.workspace.model import Risk

if TYPE_CHECKING:
    from edi.channels.http.receiving import HttpInbound
    from edi.channels.http.sending import HttpOutbound

KIND = "http"

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def _check_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise ValueError(f"{url!r} is no address; write https://host/path, without user and password")
    for field in re.findall(r"\{(\w*)\}", url):
        if field not in {*FIELDS, "id", "version"}:
            raise ValueError(f"{{{field}}} is no field of an address; one of: id, version, {', '.join(FIELDS)}")
    if "{" in parts.netloc:
        raise ValueError("the host of an address is fixed; fields belong into the path")
    return url


Url = Annotated[str, AfterValidator(_check_url)]


class Basic(KindSettings):
    """HTTP Basic (RFC 7617)."""

    user: str
    password: Secret


class Hmac(KindSettings):
    """A signature over `<seconds since 1970>.<body>`, HMAC-SHA256, in hexadecimal."""

    secret: Secret
    header: str = "X-Signature"
    timestamp_header: str = "X-Timestamp"


class OAuth2(KindSettings):
    """Client credentials (RFC 6749, 4.4); the token is kept until shortly before it expires."""

    token_url: Url
    client_id: str
    client_secret: Secret
    scope: str | None = None


class Auth(KindSettings):
    """How we prove who we are; exactly one."""

    bearer: Secret | None = None
    basic: Basic | None = None
    hmac: Hmac | None = None
    oauth2: OAuth2 | None = None

    @model_validator(mode="after")
    def _one(self) -> Auth:
        if sum(way is not None for way in (self.bearer, self.basic, self.hmac, self.oauth2)) != 1:
            raise ValueError("`auth` takes exactly one of bearer, basic, hmac and oauth2")
        return self


class Confirm(KindSettings):
    """What tells the other side that we have an item."""

    method: Literal["DELETE", "POST", "PUT", "PATCH"] = "DELETE"
    url: Url


class Settings(KindSettings):
    """Keys of a channel of kind `http`."""

    url: Url
    """Out: where documents go, may hold fields such as {ref}. In: the collection that is polled."""
    auth: Auth | None = None
    certificate: Secret | None = None
    """Our client certificate with its private key, PEM (mutual TLS)."""
    ca: str | None = None
    """File with the certificates that may sign the server's, relative to the workspace; without it, the system's."""
    headers: dict[str, str] = Field(default_factory=dict)
    timeout: Seconds = 60

    method: Literal["POST", "PUT"] = "POST"
    idempotency_header: str = "Idempotency-Key"
    already: tuple[int, ...] = ()
    """Status codes with which this server says that it has the document already, e.g. 409."""
    look_url: Url | None = None
    """Answers 200 if the document is there and 404 if not; asked after an unknown outcome."""

    item_url: Url | None = None
    """In: where one item's bytes are, with {id}, and {version} where the server can refuse another one."""
    items: str = "items"
    """In: the field with the list; empty if the answer is the list."""
    id: str = "id"
    version: str | None = None
    """In: a field that changes when an item is changed; without it, an id is taken once."""
    cursor: str | None = None
    """In: the query parameter that takes the cursor; pages may also be linked by a Link header."""
    next: str = "next"
    """In: the field with the next cursor."""
    confirm: Confirm | None = None
    """In: without it, items are left where they are."""

    @model_validator(mode="after")
    def _item_has_id(self) -> Settings:
        if self.item_url is not None and "{id}" not in self.item_url:
            raise ValueError("`item_url` has no {id}")
        if self.confirm is not None and "{id}" not in self.confirm.url:
            raise ValueError("`confirm: url` has no {id}")
        return self

    def risks(self) -> tuple[Risk, ...]:
        """Addresses without TLS, but on this machine."""
        named = {"url": self.url, "look_url": self.look_url, "item_url": self.item_url}
        if self.auth is not None and self.auth.oauth2 is not None:
            named["auth"] = self.auth.oauth2.token_url
        if self.confirm is not None:
            named["confirm"] = self.confirm.url
        return tuple(
            Risk(name="clear_text", field=field, text=f"{url} sends documents and credentials readable for everybody on the way")
            for field, url in named.items()
            if url is not None and url.startswith("http:") and urlsplit(url).hostname not in _LOOPBACK
        )[:1]

    def place(self) -> str:
        """The address, with the method since one may be polled and posted to."""
        return f"{self.method if self.item_url is None else 'GET'} {self.url}"


def inbound(name: str, settings: Settings, secrets: SecretReader, *, folder: Path) -> HttpInbound:
    """The receiving end."""
    from edi.channels.http.client import Client  # noqa: PLC0415 -- settings stay cheap to import
    from edi.channels.http.receiving import HttpInbound  # noqa: PLC0415 -- settings stay cheap to import

    return HttpInbound(name=name, settings=settings, client=Client(name, settings, secrets, folder))


def outbound(name: str, settings: Settings, secrets: SecretReader, *, folder: Path) -> HttpOutbound:
    """The sending end."""
    from edi.channels.http.client import Client  # noqa: PLC0415 -- settings stay cheap to import
    from edi.channels.http.sending import HttpOutbound  # noqa: PLC0415 -- settings stay cheap to import

    return HttpOutbound(name=name, settings=settings, client=Client(name, settings, secrets, folder))
