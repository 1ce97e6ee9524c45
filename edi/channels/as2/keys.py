"""The certificates of one channel, loaded once and put in order for a moment: staged, active, in grace, retired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import TypeVar

import structlog

from edi.channels.as2 import OurCertificate, QuirkSettings, Settings, TheirCertificate
from edi.channels.as2.agreement import PROFILES, Agreement, Quirks, Receipt, Security
from edi.channels.kind import SecretReader
from edi.errors import ConfigError
from edi.formats.cms import Certificate, Identity
from edi.workspace.secrets import SecretReference

LOG = structlog.get_logger("edi.as2")

Thing = TypeVar("Thing", Certificate, Identity)


class Stage(StrEnum):
    """Where a certificate stands in its life with us."""

    STAGED = "staged"
    """Known, not used yet; it verifies and opens already."""
    ACTIVE = "active"
    GRACE = "in grace"
    """A newer one is in use; this one still verifies and opens."""
    EXPIRED = "expired"
    RETIRED = "retired"
    """Past the `until` of the file: not used at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A certificate with the file and window it was named by."""

    file: str
    certificate: Certificate
    first: datetime
    last: datetime
    identity: Identity | None = None
    """With its key, if it is ours."""

    def window(self, at: datetime) -> Stage | None:
        """Its stage by its own dates; None: usable now."""
        if at < self.first:
            return Stage.STAGED
        if at > self.certificate.valid_until:
            return Stage.EXPIRED
        return Stage.RETIRED if at > self.last else None


def stages(held: Sequence[Held], at: datetime) -> tuple[tuple[Held, Stage], ...]:
    """Each with its stage: of several usable ones the newest is active."""
    usable = sorted((one for one in held if one.window(at) is None), key=lambda one: one.first, reverse=True)
    return tuple((one, one.window(at) or (Stage.ACTIVE if one is usable[0] else Stage.GRACE)) for one in held)


@dataclass(slots=True)
class Keys:
    """Certificates and agreement of one channel."""

    name: str
    settings: Settings
    secrets: SecretReader
    folder: Path
    _loaded: tuple[tuple[Held, ...], tuple[Held, ...]] | None = None
    _stamp: tuple[tuple[int, int], ...] = ()
    """Time and size of the files when they were read."""
    _lock: Lock = field(default_factory=Lock)

    def agreement(self, at: datetime) -> Agreement:
        """What both sides agreed, certificates in the order of use. Raises ConfigError, naming the file, if one cannot be loaded."""
        settings = self.settings
        ours, theirs = self.held()
        receipt = settings.receipt
        return Agreement(
            us=settings.us,
            them=settings.them,
            ours=tuple(one.identity for one in _in_order(ours, at) if one.identity is not None),
            theirs=tuple(one.certificate for one in _in_order(theirs, at)),
            sending=Security(
                sign=settings.sign, pss=settings.pss, encrypt=settings.encrypt, oaep=settings.oaep, compress=settings.compress
            ),
            receipt=Receipt(signed=receipt.signed, asynchronous=receipt.asynchronous, digests=receipt.digests) if receipt else None,
            must_sign=settings.accept.signed,
            must_encrypt=settings.accept.encrypted,
            digests=settings.accept.digests,
            ciphers=settings.accept.ciphers,
            quirks=_quirks(settings),
            asynchronous_targets=settings.receipt_targets,
        )

    def held(self) -> tuple[tuple[Held, ...], tuple[Held, ...]]:
        """Ours and theirs, as the channel's file lists them; read again when a file has changed.

        Raises ConfigError if one cannot be loaded; what was loaded before stays in use while a changed one cannot.
        """
        with self._lock:
            stamp = self._files()
            if self._loaded is None or stamp != self._stamp:
                self._load(stamp)
            assert self._loaded is not None, "loaded, or raised"
            return self._loaded

    def _load(self, stamp: tuple[tuple[int, int], ...]) -> None:
        try:
            loaded = tuple(self._our(one) for one in self.settings.ours), tuple(self._their(one) for one in self.settings.theirs)
        except ConfigError as error:
            if self._loaded is None:
                raise
            # Half of a pair was replaced, perhaps: the next look may find both.
            LOG.warning("certificates_not_taken", channel=self.name, reason=error.message)
            return
        self._loaded, self._stamp = loaded, stamp

    def _files(self) -> tuple[tuple[int, int], ...]:
        named = (*self.settings.ours, *self.settings.theirs)
        references = [SecretReference.read(one.key) for one in self.settings.ours]
        keys = [reference.name for reference in references if reference.kind == "file"]
        found = []
        for file in (*(one.certificate for one in named), *keys):
            try:
                status = (self.folder / file).stat()
            except OSError:
                found.append((0, 0))
                continue
            found.append((status.st_mtime_ns, status.st_size))
        return tuple(found)

    def _our(self, named: OurCertificate) -> Held:
        passphrase = self.secrets(named.passphrase).encode() if named.passphrase else None
        try:
            identity = Identity.load(self._read(named.certificate), self.secrets(named.key).encode(), passphrase)
        except ConfigError as error:
            raise ConfigError(f"{self.name}: {named.certificate}: {error.message}", hint=error.hint) from error
        return _held(named, identity.certificate, identity)

    def _their(self, named: TheirCertificate) -> Held:
        try:
            certificate = Certificate.load(self._read(named.certificate))
        except ConfigError as error:
            raise ConfigError(f"{self.name}: {named.certificate}: {error.message}", hint=error.hint) from error
        return _held(named, certificate, None)

    def _read(self, file: str) -> bytes:
        try:
            return (self.folder / file).read_bytes()
        except OSError as error:
            raise ConfigError(
                f"the file cannot be read: {error.strerror}", hint="edi cert list shows which certificates there are"
            ) from error


def _held(named: TheirCertificate, certificate: Certificate, identity: Identity | None) -> Held:
    return Held(
        file=named.certificate,
        certificate=certificate,
        identity=identity,
        first=max(certificate.valid_from, _midnight(named.valid_from)) if named.valid_from else certificate.valid_from,
        last=datetime.combine(named.until, time.max, UTC) if named.until else certificate.valid_until,
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _in_order(held: Sequence[Held], at: datetime) -> tuple[Held, ...]:
    """Active first, then in grace (newest first), then staged, then expired: those still open what was encrypted for them."""
    order = (Stage.ACTIVE, Stage.GRACE, Stage.STAGED, Stage.EXPIRED)
    found = [
        (order.index(stage), -one.first.timestamp(), index, one) for index, (one, stage) in enumerate(stages(held, at)) if stage in order
    ]
    return tuple(one for *_, one in sorted(found, key=lambda entry: entry[:3]))


def _quirks(settings: Settings) -> Quirks:
    named = settings.quirks
    if isinstance(named, QuirkSettings):
        return Quirks(**named.model_dump())
    return PROFILES[named]
