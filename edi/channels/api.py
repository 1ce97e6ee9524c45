"""Channel kind `api`: documents that programs hand over by `POST /api/documents`; nothing is fetched, nothing is sent.

The channel gives such documents a name that routes can ask for, a partner if it serves one, and a status.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edi.channels.kind import KindSettings, SecretReader
from edi.engine.ports import Offer, Outbound
from edi.errors import ConfigError, TemporaryChannelError

KIND = "api"


class Settings(KindSettings):
    """A channel of kind `api` has no keys of its own; who may use it, API keys say (`edi api make`)."""


def inbound(name: str, settings: Settings, secrets: SecretReader, *, folder: Path) -> ApiInbound:  # noqa: ARG001 -- every kind is handed it
    """The receiving end."""
    return ApiInbound(name=name)


def outbound(name: str, settings: Settings, secrets: SecretReader, *, folder: Path) -> Outbound:  # noqa: ARG001 -- every kind is handed it
    """There is none."""
    raise ConfigError(f"channel {name!r} does not send", hint="a channel of kind http sends to programs")


@dataclass(slots=True, kw_only=True)
class ApiInbound:
    """Never has anything: documents are kept before the request is answered."""

    name: str

    def offers(self) -> Iterator[Offer]:
        """None."""
        return iter(())

    def fetch(self, offer: Offer) -> bytes:
        """Never asked for."""
        raise TemporaryChannelError(f"{self.name}: {offer.filename!r} is handed over, not fetched")

    def confirm(self, offer: Offer) -> None:
        """The answer to the request was the confirmation."""

    def probe(self) -> Iterator[str]:
        """Says how documents come."""
        yield f"{self.name} waits for POST /api/documents; `edi api list` shows who may"

    def close(self) -> None:
        """Nothing is kept open."""
