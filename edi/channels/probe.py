"""Tries a channel and tells in sentences what was done and seen; takes, sends and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Protocol, runtime_checkable

from edi.channels.notices import Notices
from edi.engine.ports import Channels, Inbound

OFFERS_SHOWN = 5


@runtime_checkable
class Probed(Protocol):
    """An end that can try its connection without sending or taking anything."""

    def probe(self) -> Iterator[str]:
        """Sentences about what it did and saw."""


def probe(channels: Channels, name: str, direction: str) -> Iterator[str]:
    """Sentences, one after the other while it happens; raises ChannelError with the reason if something fails."""
    if direction in {"in", "both"}:
        yield from _probe_inbound(channels.inbound(name))
    if direction in {"out", "both"}:
        outbound = channels.outbound(name)
        if isinstance(outbound, Probed):
            yield from outbound.probe()
        else:
            yield f"{name}: channels of this kind cannot be tried without sending"


def _probe_inbound(inbound: Inbound) -> Iterator[str]:
    if isinstance(inbound, Probed):
        yield from inbound.probe()
    seen = list(islice(inbound.offers(), OFFERS_SHOWN + 1))
    for offer in seen[:OFFERS_SHOWN]:
        size = "of unknown size" if offer.size is None else f"{offer.size} bytes"
        yield f"ready to be taken: {offer.filename} ({size})"
    if len(seen) > OFFERS_SHOWN:
        yield "... and more"
    if not seen:
        yield "nothing lies ready; what is still being written is not counted"
    notices = getattr(inbound, "notices", None)
    if isinstance(notices, Notices):
        for name, reason in notices:
            yield f"left alone: {name} {reason}"
