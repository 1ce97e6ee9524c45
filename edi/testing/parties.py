"""A receiver and a sender that do with a channel what the engine does, in a few lines, and can die after any step."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace

from edi.engine.ports import Delivery, Inbound, Offer, Outbound, Sent
from edi.errors import TemporaryChannelError, UnknownOutcomeError


class Crash(BaseException):
    """The process died; nothing catches it but the test."""


@dataclass(slots=True)
class Receiver:
    """Keeps before it confirms. What it kept outlives a crash, like a database does."""

    kept: dict[str, bytes] = field(default_factory=dict)
    """Transport id to bytes: the claims."""
    dies_after: int | None = None
    """Crash after so many steps; a step is one call of the channel, or a commit."""
    _steps: int = 0

    def run(self, inbound: Inbound) -> None:
        """One poll."""
        for offer in inbound.offers():
            self._step()
            here: Offer | None = offer
            while here is not None:
                here = self._take(inbound, here)

    def _take(self, inbound: Inbound, offer: Offer) -> Offer | None:
        """Keep it, if it is not kept, and confirm it; what lies there in its place."""
        if offer.transport_id not in self.kept:
            payload = inbound.fetch(offer)
            self._step()
            self.kept[offer.transport_id] = payload
            self._step()
        other = inbound.confirm(replace(offer, kept=hashlib.sha256(self.kept[offer.transport_id]).hexdigest()))
        self._step()
        return other

    def _step(self) -> None:
        self._steps += 1
        if self._steps == self.dies_after:
            raise Crash


@dataclass(slots=True)
class Sender:
    """Tries until the other side has it: again after a temporary failure, a look after an unknown outcome."""

    attempts_max: int = 5
    outcomes: list[str] = field(default_factory=list)

    def run(self, outbound: Outbound, delivery: Delivery) -> Sent | None:
        """What the last attempt said; None if a look found it there."""
        for _ in range(self.attempts_max):
            try:
                sent = outbound.send(delivery)
            except TemporaryChannelError:
                self.outcomes.append("temporary")
            except UnknownOutcomeError:
                self.outcomes.append("unknown")
                if self._found(outbound, delivery):
                    return None
            else:
                self.outcomes.append("sent")
                return sent
        raise AssertionError(f"not sent in {self.attempts_max} attempts: {self.outcomes}")

    def _found(self, outbound: Outbound, delivery: Delivery) -> bool:
        try:
            return outbound.look(delivery) is True
        except TemporaryChannelError:
            return False
