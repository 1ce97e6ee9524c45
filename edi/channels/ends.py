"""The channels of one workspace: each end is made when it is first used, kept, and closed with the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Protocol

from pydantic import BaseModel

from edi.channels import kinds
from edi.channels.kind import ChannelKind, SecretReader
from edi.engine.ports import Inbound, Outbound
from edi.errors import ConfigError


class ChannelFile(Protocol):
    """What a file in `channels/` says, as far as it matters here."""

    @property
    def kind(self) -> str: ...

    @property
    def direction(self) -> str: ...

    @property
    def settings(self) -> BaseModel: ...


@dataclass(slots=True)
class Ends:
    """Implements `edi.engine.ports.Channels`; may be used by several threads."""

    channels: Mapping[str, ChannelFile]
    secrets: SecretReader
    folder: Path
    """The workspace."""
    _kinds: Mapping[str, ChannelKind] = field(default_factory=kinds)
    _inbound: dict[str, Inbound] = field(default_factory=dict)
    _outbound: dict[str, Outbound] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def inbound(self, name: str) -> Inbound:
        """The receiving end of a channel, the same one each time."""
        with self._lock:
            if name not in self._inbound:
                file = self._file(name, "in")
                self._inbound[name] = self._kinds[file.kind].inbound(name, file.settings, self.secrets, folder=self.folder)
            return self._inbound[name]

    def outbound(self, name: str) -> Outbound:
        """The sending end of a channel, the same one each time."""
        with self._lock:
            if name not in self._outbound:
                file = self._file(name, "out")
                self._outbound[name] = self._kinds[file.kind].outbound(name, file.settings, self.secrets, folder=self.folder)
            return self._outbound[name]

    def _file(self, name: str, direction: str) -> ChannelFile:
        found = self.channels.get(name)
        if found is None:
            raise ConfigError(f"there is no channel {name!r}", hint=f"one of: {', '.join(sorted(self.channels))}")
        if found.direction not in {direction, "both"}:
            does = "receive" if direction == "in" else "send"
            raise ConfigError(
                f"channel {name!r} does not {does}: its direction is {found.direction!r}", hint=f"set `direction: {direction}` or both"
            )
        return found

    def close(self) -> None:
        """Let go of every connection."""
        with self._lock:
            ends: list[Inbound | Outbound] = [*self._inbound.values(), *self._outbound.values()]
            for end in ends:
                end.close()
            self._inbound.clear()
            self._outbound.clear()
