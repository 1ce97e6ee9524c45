"""web.yaml: which pages are served, and where. Without the file none is."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from edi.formats.yaml.problem import Problem
from edi.web.api.settings import ApiServer
from edi.workspace.loader import WorkspaceError, examine_one
from edi.workspace.secrets import SecretReference
from edi.workspace.values import Duration, Frozen, Text, Whole

FILE: Final = "web.yaml"
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def _check_listen(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not port.isdigit() or not 0 <= int(port) < 65_536:
        raise ValueError(f"{value!r} is no address; write e.g. 127.0.0.1:8080")
    return value


def _check_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError(f"{value!r} is no address of a page; write e.g. https://edi.example/status")
    if parts.scheme == "http" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise ValueError(f"{value!r} is not encrypted; write https")
    return value.rstrip("/")


Listen = Annotated[str, AfterValidator(_check_listen)]
Url = Annotated[str, AfterValidator(_check_url)]


def _read_moment(value: object) -> object:
    if isinstance(value, datetime):
        return value
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise ValueError(f"{value!r} is no moment; write '2026-12-01 20:00+01:00'") from error
    if found.tzinfo is None:
        raise ValueError(f"{value!r} names no zone; write '2026-12-01 20:00+01:00'")
    return found


Moment = Annotated[datetime, BeforeValidator(_read_moment)]


class Maintenance(Frozen):
    """A time in which something will not work."""

    start: Moment = Field(alias="from")
    until: Moment
    text: Text

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.until <= self.start:
            raise ValueError("the maintenance ends before it begins")
        return self


class StatusPage(Frozen):
    """The partners' page."""

    listen: Listen = "127.0.0.1:8080"
    url: Url
    """As partners see it, e.g. https://edi.example/status; a reverse proxy stands there with the certificate."""
    link_valid: Duration = Field(default="2d", validate_default=True)
    session_valid: Duration = Field(default="12h", validate_default=True)
    request_valid: Duration = Field(default="30m", validate_default=True)
    """How long a link can be used that a person asked for by mail."""
    contact: Text | None = None
    """Whom partners ask: a mail address or a telephone number."""
    notice: Text | None = None
    """A line for everybody."""
    maintenance: tuple[Maintenance, ...] = ()
    """Planned; each is shown until it is over, in the reader's time."""

    def planned(self, now: datetime) -> tuple[Maintenance, ...]:
        """What is not over yet."""
        return tuple(one for one in self.maintenance if one.until > now)


class Oidc(Frozen):
    """Signing operators in by OpenID Connect, with the authorization code flow and PKCE."""

    issuer: Url
    """Where `/.well-known/openid-configuration` is found below."""
    client_id: Text
    client_secret: SecretReference | None = None
    """None: a public client, protected by PKCE alone."""
    claim: Text = "email"
    """What names the person in the ID token; an `email` counts only if the provider verified it."""
    scopes: tuple[Text, ...] = ("openid", "email")


class OpsPage(Frozen):
    """The operators' page: off unless named here."""

    listen: Listen = "127.0.0.1:8081"
    url: Url
    user_header: Text = "X-Forwarded-User"
    """What the signing-in proxy names the person with."""
    proxy_secret: SecretReference | None = None
    """What the proxy proves itself with in the header X-Proxy-Secret; None: only proxies on this machine are believed."""
    oidc: Oidc | None = None
    """None: a proxy signs people in."""
    session_valid: Duration = Field(default="12h", validate_default=True)
    users: tuple[Text, ...] = Field(min_length=1)
    """Who may look."""
    may_act: tuple[Text, ...] = ()
    """Who of them may also act."""

    @model_validator(mode="after")
    def _who_and_how(self) -> Self:
        strangers = set(self.may_act) - set(self.users)
        if strangers:
            raise ValueError(f"{min(strangers)!r} may act and is none of `users`")
        if self.oidc is None and self.proxy_secret is None and address(self.listen)[0] not in LOOPBACK:
            raise ValueError("whoever reaches this port could name themselves; listen on 127.0.0.1, or write `proxy_secret` or `oidc`")
        return self


class As2Tls(Frozen):
    """Our own TLS, where no reverse proxy stands in front."""

    certificate: Text
    """PEM file with the certificate and its issuers, relative to the workspace."""
    key: SecretReference


class As2Server(Frozen):
    """Where partners' AS2 messages come in; served as soon as a channel of kind as2 receives."""

    listen: Listen = "127.0.0.1:4080"
    path: Annotated[str, StringConstraints(pattern=r"^/[A-Za-z0-9._~/-]*$")] = "/as2"
    tls: As2Tls | None = None
    """None: a reverse proxy holds the certificate, or partners send plain HTTP."""
    megabytes_max: Whole = Field(default=512, ge=1, le=512)
    at_once: Whole = Field(default=4, ge=1, le=8)
    """Messages of one partner opened at the same time; eight of all together."""
    messages_per_minute: Whole = Field(default=3000, ge=1)
    """Of one partner from one address; more hear 503 and come again."""

    def warning(self) -> str | None:
        """What is risky about the address; None: nothing."""
        host = address(self.listen)[0]
        if self.tls is not None or host in LOOPBACK:
            return None
        return (
            f"as2: listen: {self.listen} can be reached from other machines and speaks no TLS; write `tls`, "
            "or 127.0.0.1 and a reverse proxy with the certificate"
        )


class HealthServer(Frozen):
    """/health, /ready and /metrics of the daemon."""

    listen: Listen = "127.0.0.1:8083"
    """Nobody signs in there: this machine, or a network that only monitoring reaches."""


class WebSettings(Frozen):
    """web.yaml."""

    as2: As2Server = As2Server()
    api: ApiServer | None = None
    health: HealthServer | None = None
    status: StatusPage | None = None
    ops: OpsPage | None = None
    pages: Literal["daemon", "apart"] = "daemon"
    """Who serves status and ops: `edi run`, or `edi web` in a process of its own."""
    rate: Whole = 120
    """Requests of one browser in a minute."""


def examine(folder: Path) -> tuple[WebSettings, tuple[Problem, ...]]:
    """What web.yaml of the workspace says, and what is wrong with it; nothing is served where there is none."""
    found, problems = examine_one(folder, FILE, WebSettings)
    return found or WebSettings(), problems


def load(folder: Path) -> WebSettings:
    """What web.yaml of the workspace says. Raises WorkspaceError with everything that is wrong with it."""
    found, problems = examine(folder)
    if problems:
        raise WorkspaceError(problems)
    return found


def address(listen: str) -> tuple[str, int]:
    """Host and port of `127.0.0.1:8080`."""
    host, _, port = listen.rpartition(":")
    return host.strip("[]"), int(port)
