"""The part of web.yaml about the interface for programs."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field, StringConstraints, model_validator

from edi.workspace.model import SecretReference
from edi.workspace.notices import Target, WebhookName
from edi.workspace.values import Frozen, Text, Whole

PER_MINUTE: Final = 600
"""Ten a second; programs that hand over a day's documents at once wait for each answer, which takes longer."""


class Webhook(Frozen):
    """A program that is told of changes."""

    name: WebhookName
    """How far it was told is remembered under this name."""
    url: Target
    secret: SecretReference
    """What the signature is made with."""
    partners: tuple[Text, ...] = ()
    """Only these; without it, all."""
    kinds: tuple[Text, ...] = ()
    """Only documents of these kinds; without it, all."""

    def wants(self, partner: str | None, kind: str | None) -> bool:
        """True if a change of this partner's and of this kind is for it."""
        return (not self.partners or partner in self.partners) and (not self.kinds or kind in self.kinds)


class ApiServer(Frozen):
    """The interface for programs; served as soon as it stands in web.yaml."""

    listen: Annotated[str, StringConstraints(pattern=r"^.+:\d{1,5}$")] = "127.0.0.1:8082"
    """A reverse proxy with a certificate stands before it where programs come from other machines."""
    megabytes_max: Whole = Field(default=32, ge=1, le=512)
    requests_per_minute: Whole = Field(default=PER_MINUTE, ge=1, le=60_000)
    """Of each key; more hear 429 and when to come again."""
    webhooks: tuple[Webhook, ...] = ()

    @model_validator(mode="after")
    def _one_name_each(self) -> ApiServer:
        names = [one.name for one in self.webhooks]
        if len(set(names)) != len(names):
            raise ValueError("two webhooks have one name")
        return self
