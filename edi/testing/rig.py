"""What the suite asks of whoever wants a channel kind proven: both our ends, and the partner's hands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from edi.engine.ports import Inbound, Outbound


class Rig(Protocol):
    """One channel with its other side. Ends made one after the other share nothing in memory: making one is a restart."""

    def inbound(self) -> Inbound:
        """A new receiving end that removes what was confirmed and takes files as soon as they stand still."""

    def outbound(self) -> Outbound:
        """A new sending end to the same place."""

    def put(self, name: str, payload: bytes) -> None:
        """The partner hands over a complete file, as it should; a file of that name is replaced."""

    def put_unfinished(self, name: str, payload: bytes) -> None:
        """The partner begins a file and has not finished it; `put` finishes it."""

    def lies_there(self) -> Mapping[str, bytes]:
        """What the partner finds under final names."""

    def cuts(self) -> Iterable[AbstractContextManager[object]]:
        """While one of these is open, the connection fails at some point of a call, another one each; afterwards it is whole again."""
