"""A channel in memory, for tests of engines and as the first one the suite is run on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from edi.channels import names
from edi.engine.ports import Delivery, Offer, Sent
from edi.errors import TemporaryChannelError, UnknownOutcomeError


@dataclass(slots=True)
class MemoryFolder:
    """The other side: files by name, each with a version that grows when it is written."""

    files: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    fails_at: str = ""
    """The call that fails now: `offers`, `fetch`, `confirm`, `send` (nothing arrives) or `answer` (it arrives, nobody says so)."""
    _version: int = 0

    def write(self, name: str, payload: bytes) -> None:
        """Put or replace a file."""
        self._version += 1
        self.files[name] = (self._version, payload)

    def check(self, call: str) -> None:
        """Fail if this call is to fail."""
        if self.fails_at == call:
            raise TemporaryChannelError(f"the connection failed at {call}")


@dataclass(slots=True)
class MemoryInbound:
    """Offers what lies in the folder."""

    folder: MemoryFolder

    def offers(self) -> Iterator[Offer]:
        """Every file that has no temporary name."""
        self.folder.check("offers")
        for name, (version, payload) in tuple(self.folder.files.items()):
            if not names.is_temporary(name):
                yield Offer(transport_id=f"{name}|{version}", filename=name, size=len(payload))

    def fetch(self, offer: Offer) -> bytes:
        """The bytes, if they are still the offered ones."""
        self.folder.check("fetch")
        payload = self._offered(offer)
        if payload is None:
            raise TemporaryChannelError(f"{offer.filename!r} changed or is gone")
        return payload

    def confirm(self, offer: Offer) -> None:
        """Remove it, if it is still the offered one."""
        self.folder.check("confirm")
        if self._offered(offer) is not None:
            del self.folder.files[offer.filename]

    def _offered(self, offer: Offer) -> bytes | None:
        version, payload = self.folder.files.get(offer.filename, (0, b""))
        return payload if f"{offer.filename}|{version}" == offer.transport_id else None

    def close(self) -> None:
        """Nothing is open."""


@dataclass(slots=True)
class MemoryOutbound:
    """Puts deliveries into the folder, never over another file."""

    folder: MemoryFolder

    def send(self, delivery: Delivery) -> Sent:
        """The same content already there counts as sent."""
        self.folder.check("send")
        name = self._name(delivery)
        if name not in self.folder.files:
            self.folder.write(name, delivery.payload)
        if self.folder.fails_at == "answer":
            raise UnknownOutcomeError("the answer was lost")
        return Sent(remote_name=name, note=f"put {len(delivery.content)} bytes into memory as {name}")

    def _name(self, delivery: Delivery) -> str:
        _, there = self.folder.files.get(delivery.filename, (0, delivery.payload))
        token = hashlib.sha256(delivery.payload).hexdigest()[:8]
        return delivery.filename if there == delivery.payload else names.suffixed(delivery.filename, token)

    def look(self, delivery: Delivery) -> bool | None:
        """True if the bytes are there."""
        return any(payload == delivery.payload for _, payload in self.folder.files.values()) or None

    def close(self) -> None:
        """Nothing is open."""


@dataclass(slots=True)
class MemoryRig:
    """The suite's hands for the channel in memory."""

    folder: MemoryFolder = field(default_factory=MemoryFolder)

    def inbound(self) -> MemoryInbound:
        return MemoryInbound(self.folder)

    def outbound(self) -> MemoryOutbound:
        return MemoryOutbound(self.folder)

    def put(self, name: str, payload: bytes) -> None:
        self.folder.files.pop(f"{name}.part", None)
        self.folder.write(name, payload)

    def put_unfinished(self, name: str, payload: bytes) -> None:
        self.folder.write(f"{name}.part", payload)

    def lies_there(self) -> Mapping[str, bytes]:
        return {name: payload for name, (_, payload) in self.folder.files.items()}

    def cuts(self) -> Iterable[AbstractContextManager[object]]:
        return [self._cut(call) for call in ("offers", "fetch", "confirm", "send", "answer")]

    @contextmanager
    def _cut(self, call: str) -> Iterator[None]:
        self.folder.fails_at = call
        try:
            yield
        finally:
            self.folder.fails_at = ""
