"""What every step of the engine needs, put together once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edi.engine.retry import Policy
from edi.errors import ConfigError

if TYPE_CHECKING:
    # What rules and formats need is a third of a second that a look at the store does not wait for.
    from edi.engine.agreed import AgreedChecks
    from edi.engine.content import Translator
    from edi.engine.leases import Leases
    from edi.engine.ports import Channels, Clock
    from edi.engine.retry import Random
    from edi.store.store import Store
    from edi.workspace.model import ChannelFile, Partner
    from edi.workspace.workspace import Workspace

ACTOR = "engine"
"""Who the audit trail names when nobody asked for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The memory, the operator's files, the world, and what turns one format into another."""

    store: Store
    workspace: Workspace
    channels: Channels
    clock: Clock
    translator: Translator
    random: Random
    checks: AgreedChecks
    """What agreements ask beyond the standards."""
    leases: Leases
    """What this process holds for a while."""
    kept_versions: set[str] = field(default_factory=set)
    """Mappings whose text this process has kept in the store; only what was committed."""

    def channel(self, name: str) -> ChannelFile:
        """The channel's file. Raises ConfigError if the workspace has none of that name."""
        found = self.workspace.channels.get(name)
        if found is None:
            raise ConfigError(f"the workspace has no channel {name!r}", hint=f"one of: {', '.join(sorted(self.workspace.channels))}")
        return found

    def partner(self, name: str | None) -> Partner | None:
        """The partner's file; None if there is no name, or nobody of that name."""
        return self.workspace.partners.get(name) if name else None

    def policy(self, channel: str) -> Policy:
        """How patient the channel's file tells us to be."""
        found = self.workspace.channels.get(channel)
        if found is None:
            return Policy()
        retry = found.retry
        patience = {"give_up_after": retry.give_up_after} if retry.give_up_after else {}
        return Policy(first=retry.first, longest=retry.longest, **patience)
