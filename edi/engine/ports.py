"""What the engine asks of the world: channels that carry bytes, and a clock.

Channels implement these from above; the engine never learns which kinds exist.

Rule 1: a channel decides nothing but how bytes travel. Whether a file is new, a duplicate or wanted is the engine's business.
Rule 2: an outcome of sending is one of three: it arrived (return), it did not (`TemporaryChannelError`, `ChannelError`), or nobody
knows (`UnknownOutcomeError`). A channel that is not sure says unknown; the same bytes under the same identity are harmless.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from edi.findings import Finding
from edi.slices import Sink, Slice, in_memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Something complete that lies ready on the other side."""

    transport_id: str
    """What a claim keys on, e.g. `path|size|mtime`; equal for the same thing seen twice, never a place in our own file system."""
    filename: str
    """The name the partner gave it, as shown to people; may hold anything."""
    size: int | None
    """In bytes; None if the other side does not say before it is fetched."""
    kept: str | None = None
    """Told to `confirm`: SHA-256 of what we kept under this id, so that nothing else is put away in its place."""
    findings: tuple[Finding, ...] = ()
    """What is wrong with how it came: a mail that could not be taken apart. Their codes begin with `mime.`."""


class Inbound(Protocol):
    """The receiving end of one channel of the workspace; may keep a connection between calls."""

    def offers(self) -> Iterator[Offer]:
        """Only what is complete (stable size, marker there, no temporary name); lazily, a folder may hold 100,000."""

    def fetch(self, offer: Offer) -> bytes:
        """All bytes. Raises TemporaryChannelError if the thing changed while it was read or is gone."""

    def confirm(self, offer: Offer) -> Offer | None:
        """After our commit: remove, move or leave it, as configured. Harmless when repeated, also when the thing is gone.

        None: done. An offer: something else lies there under the same id (of the same name, size and second); it was left, and this
        is its own offer.
        """

    def close(self) -> None:
        """Let go of connections; the next call opens them again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One outbound transmission. Identity, file name and bytes were fixed and stored before the first attempt and never change."""

    identity: str
    filename: str
    content: Slice
    """The bytes; large ones lie in a file until they are read."""
    content_type: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    """What a channel may want to say beside the payload: sender, recipient, kind, number, references."""

    @property
    def payload(self) -> bytes:
        """The bytes, all of them in memory."""
        return bytes(self.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The other side has it."""

    remote_name: str | None
    """What it is called there, if it has a name."""
    note: str
    """One sentence for the audit trail."""
    response: bytes | None = None
    """What the other side answered, if it answered with bytes (an MDN, an HTTP body)."""
    awaiting: timedelta | None = None
    """It took the bytes and owes a receipt, within so long; None: it has them for good."""


class Outbound(Protocol):
    """The sending end of one channel of the workspace."""

    def send(self, delivery: Delivery) -> Sent:
        """Returns only when the other side has it.

        Raises TemporaryChannelError (it did not arrive; try later), ChannelError (refused; do not try again by itself) or
        UnknownOutcomeError (it may have arrived).
        """

    def look(self, delivery: Delivery) -> bool | None:
        """After an unknown outcome: True, it is there whole; False, it is not; None, this channel cannot tell."""

    def close(self) -> None:
        """Let go of connections; the next call opens them again."""


@runtime_checkable
class Preparing(Protocol):
    """A sending end whose bytes are made once, before the first attempt, and stored: signed, encrypted, with its own headers (P11)."""

    def prepare(self, delivery: Delivery, moment: datetime, *, sink: Sink = in_memory) -> Delivery:
        """What travels, with what `send` must know besides in its attributes; `sink` is for what may be large.

        Raises ConfigError or ChannelError if it cannot be made.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A plain message to one person or program; stored before the first attempt, and the same with every attempt."""

    key: str
    """Equal for the same letter sent again."""
    recipient: str
    subject: str
    text: str
    made: datetime
    unsubscribe: str | None = None
    """An address; posting there ends such mails (RFC 8058)."""


@runtime_checkable
class Telling(Protocol):
    """A sending end that can also write to people."""

    def tell(self, letter: Letter) -> str:
        """Returns when the mail was taken, with one sentence about it; raises as `Outbound.send` does."""


@runtime_checkable
class Enveloped(Protocol):
    """A receiving end whose things come inside others: an attachment in its mail."""

    def envelope(self, offer: Offer) -> bytes | None:
        """The exact bytes it came in, to be kept beside it (P2); None if it came by itself, or they are gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What somebody on the way says about something we sent, later and elsewhere: a bounce."""

    about: str
    """Its `Sent.remote_name`."""
    failed: bool
    """False: it is late, or it arrived; nothing to do about it."""
    text: str
    """One sentence for people."""
    raw: bytes
    """The report as it came."""


@runtime_checkable
class Reporting(Protocol):
    """A receiving end that also hears reports about what other channels sent."""

    def reports(self) -> Iterator[Report]:
        """Those seen with the last `offers`; each is put away when the next is asked for, so harmless when repeated."""


@runtime_checkable
class Waking(Protocol):
    """A receiving end that is told when something comes, instead of only being asked."""

    def watch(self, wake: Callable[[], None], stop: threading.Event) -> None:
        """Call `wake` when something may lie ready, until `stop` is set; in a thread and on connections of its own.

        Returns early where this cannot be told; the schedule polls in any case.
        """


class Clock(Protocol):
    """Where the engine's time comes from; tests hand in one that stands still."""

    def now(self) -> datetime:
        """The moment, aware, in UTC."""

    def monotonic(self) -> float:
        """Seconds that only grow; for waits and timeouts."""


class Channels(Protocol):
    """The channels of the workspace, by name; floor 7 knows which kinds exist. Asking again gives the same one."""

    def inbound(self, name: str) -> Inbound:
        """Raises ConfigError if the workspace has no such channel, or it does not receive."""

    def outbound(self, name: str) -> Outbound:
        """Raises ConfigError if the workspace has no such channel, or it does not send."""

    def close(self) -> None:
        """Close all that were opened."""
