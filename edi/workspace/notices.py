"""notices.yaml: through which channel mails to people leave, and who is told when something needs the operator."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final, Literal, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from edi.workspace.secrets import SecretReference
from edi.workspace.values import Address, Duration, Frozen, Name, Whole

Topic = Literal["rejected", "overdue", "failed", "held", "silent", "certificate", "channel", "system"]
"""What people can be told of: a partner refused something · an answer is late · something failed · something waits for a person ·
nothing came · a certificate ends · a channel's other side does not answer, or shows another key · our own house: audit trail, disk,
outbox."""
TOPICS: Final[tuple[Topic, ...]] = get_args(Topic)


def check_target(value: str) -> str:
    """An address that programs are told at: encrypted, unless it is on this machine."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.fragment:
        raise ValueError(f"{value!r} is no address; write e.g. https://erp.example/edi")
    if parts.scheme == "http" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise ValueError(f"{value!r} is not encrypted; write https")
    return value


Target = Annotated[str, AfterValidator(check_target)]
WebhookName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]


class Mail(Frozen):
    """How mails to people leave."""

    channel: Name
    """A sending channel of kind `email`; its `sender` writes, its `to` is not used."""


class AlertWebhook(Frozen):
    """A program that is told of alerts: a pager, a chat."""

    name: WebhookName
    url: Target
    secret: SecretReference
    """What the signature is made with."""
    topics: tuple[Topic, ...] = ()
    """Left out: all."""


class Alerts(Frozen):
    """Who is told when something needs the operator, and how often."""

    to: tuple[Address, ...] = ()
    """Told of everything; contacts of our own partner file are told of what their `notify` lists."""
    webhooks: tuple[AlertWebhook, ...] = ()
    quiet: Duration = timedelta(hours=24)
    """The same cause is told again after so long, or when it has grown tenfold."""
    disk_free_min: Whole = Field(default=10, ge=0, le=90)
    """Per cent of the disk that holds the store; with less, somebody is told."""
    certificate_days: tuple[Whole, ...] = (60, 30, 14, 7, 1)
    """So many days before a certificate ends, somebody is told."""

    @model_validator(mode="after")
    def _one_name_each(self) -> Alerts:
        names = [one.name for one in self.webhooks]
        if len(set(names)) != len(names):
            raise ValueError("two webhooks have one name")
        return self


class Notices(Frozen):
    """notices.yaml; without the file nobody is told anything but by `edi status` and the pages."""

    mail: Mail | None = None
    alerts: Alerts = Alerts()

    @model_validator(mode="after")
    def _mail_needs_a_channel(self) -> Notices:
        if self.alerts.to and self.mail is None:
            raise ValueError("`alerts: to` needs `mail: {channel: …}`, the channel that mails leave through")
        return self
