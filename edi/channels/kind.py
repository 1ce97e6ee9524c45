"""What a channel kind is: a module with a name, settings, and makers for its two ends.

Rule 1: a kind imports what it needs (paramiko, imap-tools, ...) inside its functions, so that reading settings stays cheap.
Rule 2: names that come from the other side never choose a place in our file system.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict

from edi.engine.ports import Inbound, Outbound


class SecretReader(Protocol):
    """Gives the secret behind a reference such as `${env:NAME}` or `${file:PATH}`."""

    def __call__(self, reference: str) -> str:
        """Raises ConfigError if there is no such secret."""


class KindSettings(BaseModel):
    """What the YAML of a channel may say beside `channel`, `kind`, `direction`, `partner` and `schedule`."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


@runtime_checkable
class ChannelKind(Protocol):
    """A module `edi/channels/<kind>.py`, or one named by an entry point of the group `edi.channels`."""

    KIND: str
    Settings: type[BaseModel]

    # The settings are an instance of this kind's own Settings; a Protocol over modules cannot say that.
    def inbound(self, name: str, settings: Any, secrets: SecretReader, *, folder: Path) -> Inbound:
        """The receiving end of the channel called `name`; relative paths start at `folder`, the workspace."""

    def outbound(self, name: str, settings: Any, secrets: SecretReader, *, folder: Path) -> Outbound:
        """The sending end."""
