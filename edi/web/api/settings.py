"""The part of web.yaml about the interface for programs."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from edi.workspace.model import SecretReference
from edi.workspace.values import Frozen, Text, Whole


def _check_target(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.fragment:
        raise ValueError(f"{value!r} is no address; write e.g. https://erp.example/edi")
    if parts.scheme == "http" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise ValueError(f"{value!r} is not encrypted; write https")
    return value


class Webhook(Frozen):
    """A program that is told of changes."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
    """How far it was told is remembered under this name."""
    url: Annotated[str, AfterValidator(_check_target)]
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
    webhooks: tuple[Webhook, ...] = ()

    @model_validator(mode="after")
    def _one_name_each(self) -> ApiServer:
        names = [one.name for one in self.webhooks]
        if len(set(names)) != len(names):
            raise ValueError("two webhooks have one name")
        return self
