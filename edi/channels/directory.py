"""Channel kind `directory`: files in a local or network folder, in and out.

Rule 1: only plain files are read; links, pipes and devices are neither followed nor opened.
Rule 2: a file is taken when it is complete (its size stood still, or its marker is there), and checked again after reading.
Rule 3: a file is put away only if it holds the very bytes that were kept.
Rule 4: a delivery appears under its final name whole or not at all, and never over a file that is there.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets as randomness
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import Field

from edi.channels import identity, inotify, names
from edi.channels.atomic import publish, sweep, sync_folder, write_temporary
from edi.channels.kind import KindSettings, SecretReader
from edi.channels.notices import Notices
from edi.channels.rest import Look, Watch, watched
from edi.channels.settings import After, Exists, Move, NameTemplate, Ready
from edi.engine.ports import Delivery, Offer, Sent
from edi.errors import ChannelError, TemporaryChannelError, UnknownOutcomeError
from edi.limits import RECEIVED_BYTES_MAX

KIND = "directory"

PATIENCE_SECONDS = 15.0
"""So long one look may wait for files to come to rest; a longer `stable:` needs a second poll."""


class Settings(KindSettings):
    """Keys of a channel of kind `directory`."""

    folder: str = Field(min_length=1)
    """Absolute, or relative to the workspace."""
    pattern: tuple[str, ...] | str = "*"
    ignore: tuple[str, ...] = ()
    """Patterns of names that are not for us, beside temporary names and names with a leading dot."""
    ready: Ready = Ready(stable=0)
    after: After = "remove"
    name: NameTemplate | None = None
    """Template of outgoing names, e.g. `{sender}_{type}_{ref}.edi`; without it, the name the route gave."""
    exists: Exists = "suffix"

    @property
    def patterns(self) -> tuple[str, ...]:
        return (self.pattern,) if isinstance(self.pattern, str) else self.pattern


def inbound(name: str, settings: Settings, secrets: SecretReader, *, folder: Path) -> DirectoryInbound:  # noqa: ARG001 -- every kind is handed it
    """The receiving end."""
    return DirectoryInbound(name=name, settings=settings, place=folder / settings.folder)


def outbound(name: str, settings: Settings, secrets: SecretReader, *, folder: Path) -> DirectoryOutbound:  # noqa: ARG001 -- every kind is handed it
    """The sending end."""
    return DirectoryOutbound(name=name, settings=settings, place=folder / settings.folder)


@dataclass(slots=True, kw_only=True)
class DirectoryInbound:
    """Files of one folder."""

    name: str
    settings: Settings
    place: Path
    pause: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    notices: Notices = field(default_factory=Notices)
    _watch: Watch = field(init=False)

    def __post_init__(self) -> None:
        self._watch = Watch(self.settings.ready.stable or 0)

    def offers(self) -> Iterator[Offer]:
        """Complete files, the oldest first."""
        self.notices.clear()
        yield from watched(self._watch, self._candidates, patience_seconds=PATIENCE_SECONDS, monotonic=self.monotonic, pause=self.pause)

    def _candidates(self) -> Iterator[tuple[bytes, Look, Offer]]:
        try:
            with os.scandir(os.fsencode(self.place)) as entries:
                for entry in entries:
                    found = self._candidate(entry)
                    if found is not None:
                        yield found
        except OSError as error:
            raise _unreachable(self.name, self.place, error) from error

    def _candidate(self, entry: os.DirEntry[bytes]) -> tuple[bytes, Look, Offer] | None:
        shown = names.quote(entry.name)
        if names.is_temporary(shown, self.settings.ignore) or not names.matches(shown, self.settings.patterns):
            return None
        marker = self.settings.ready.marker
        if marker is not None and not self._is_file(names.marker_name(marker, shown)):
            return None
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(status.st_mode):
            self.notices.add(shown, "is no plain file and was not opened")
            return None
        return entry.name, (status.st_size, status.st_mtime_ns), _offer(shown, status)

    def _is_file(self, shown: str) -> bool:
        try:
            return stat.S_ISREG(self._path(shown).lstat().st_mode)
        except OSError:
            return False

    def _path(self, shown: str) -> Path:
        raw = names.unquote(shown)
        if not names.is_component(raw):
            raise ChannelError(f"{self.name}: {shown!r} is no name of a file in the channel's folder")
        return self.place / os.fsdecode(raw)

    def fetch(self, offer: Offer) -> bytes:
        """All bytes, if the file is still the one that was offered, before and after reading."""
        path = self._path(_name_of(offer))
        try:
            payload, before, after = _read(path)
        except FileNotFoundError as error:
            raise TemporaryChannelError(f"{self.name}: {offer.filename!r} was gone when it was read") from error
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise TemporaryChannelError(f"{self.name}: {offer.filename!r} had become a link and was not read") from error
            raise _unreachable(self.name, path, error) from error
        unchanged = _identifier(path.name, before) == _identifier(path.name, after) == identity.plain(offer.transport_id)
        if not unchanged or len(payload) != after.st_size or not identity.is_of(offer.transport_id, payload):
            raise TemporaryChannelError(
                f"{self.name}: {offer.filename!r} changed while it was read", hint="it is taken when it stands still"
            )
        return payload

    def confirm(self, offer: Offer) -> Offer | None:
        """Remove, move or leave the file, unless another one has taken its name since."""
        if self.settings.after == "leave":
            return None
        path = self._path(_name_of(offer))
        try:
            if _identifier(path.name, path.lstat()) == identity.plain(offer.transport_id):
                found = _digest(path) if offer.kept is not None else None
                if found != offer.kept:
                    return replace(offer, transport_id=identity.with_content(offer.transport_id, found or ""), kept=None)
                self._put_away(path, offer)
            self._remove_marker(path)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise _unreachable(self.name, path, error) from error
        return None

    def _put_away(self, path: Path, offer: Offer) -> None:
        if not isinstance(self.settings.after, Move):
            path.unlink()
            sync_folder(self.place)
            return
        target = self.place / self.settings.after.move
        target.mkdir(exist_ok=True)
        try:
            publish(path, target / path.name)
        except FileExistsError:
            token = hashlib.sha256(offer.transport_id.encode()).hexdigest()[:8]
            publish(path, target / names.suffixed(path.name, token))
        sync_folder(target)
        sync_folder(self.place)

    def _remove_marker(self, path: Path) -> None:
        if self.settings.ready.marker is not None and not path.exists():
            self._path(names.marker_name(self.settings.ready.marker, names.quote(os.fsencode(path.name)))).unlink(missing_ok=True)

    def probe(self) -> Iterator[str]:
        """Look at the folder."""
        yield tried(self.name, self.place, os.R_OK | os.W_OK | os.X_OK)

    def watch(self, wake: Callable[[], None], stop: threading.Event) -> None:
        """Wake when a file was finished in the folder, or moved into it."""
        inotify.watch(self.place, wake, stop)

    def close(self) -> None:
        """Nothing is kept open."""


@dataclass(slots=True, kw_only=True)
class DirectoryOutbound:
    """Puts files into one folder."""

    name: str
    settings: Settings
    place: Path
    _swept: bool = False
    """What earlier lives left behind was looked for."""

    def send(self, delivery: Delivery) -> Sent:
        """Write beside, flush to disk, give it its name; the same content already there counts as sent."""
        wanted = self._names(delivery)
        try:
            for final in wanted:
                if _holds(final, delivery.payload):
                    return Sent(remote_name=final.name, note=f"{final.name} was already there with the same content")
            if not self._swept:
                sweep(self.place)
                self._swept = True
            temporary = self.place / f".{wanted[0].name}.{randomness.token_hex(4)}.part"
            write_temporary(temporary, delivery.payload)
            return self._name_it(temporary, wanted, delivery)
        except OSError as error:
            raise _unreachable(self.name, self.place, error) from error

    def _names(self, delivery: Delivery) -> tuple[Path, ...]:
        """The names it may get: the plain one, then the one with a token of its content."""
        template = self.settings.name
        if template is None:
            plain = names.safe(delivery.filename)
        else:
            plain = names.render(template, delivery.attributes, identity=delivery.identity, filename=delivery.filename)
        if self.settings.exists == "refuse":
            return (self.place / plain,)
        token = hashlib.sha256(delivery.payload).hexdigest()[:8]
        return (self.place / plain, self.place / names.suffixed(plain, token))

    def _name_it(self, temporary: Path, wanted: tuple[Path, ...], delivery: Delivery) -> Sent:
        try:
            for final in wanted:
                try:
                    publish(temporary, final)
                except FileExistsError:
                    if _holds(final, delivery.payload):  # another host that took us for dead put it there meanwhile (F-T02)
                        return Sent(remote_name=final.name, note=f"{final.name} was already there with the same content")
                    continue
                self._keep_name(final)
                return Sent(remote_name=final.name, note=f"wrote {len(delivery.content)} bytes as {final.name}")
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
        raise ChannelError(
            f"{self.name}: {wanted[0].name!r} is there with other content and was not overwritten",
            hint="take the file away, or set `exists: suffix`",
        )

    def _keep_name(self, final: Path) -> None:
        try:
            sync_folder(self.place)
        except OSError as error:
            raise UnknownOutcomeError(
                f"{self.name}: {final.name!r} was written, but the folder was not flushed to disk: {error.strerror}"
            ) from error

    def look(self, delivery: Delivery) -> bool | None:
        """True if a file with these bytes is there; None if not, since whoever reads the folder may have taken it."""
        try:
            return True if any(_holds(final, delivery.payload) for final in self._names(delivery)) else None
        except OSError as error:
            raise _unreachable(self.name, self.place, error) from error

    def probe(self) -> Iterator[str]:
        """Look at the folder."""
        yield tried(self.name, self.place, os.W_OK | os.X_OK)

    def close(self) -> None:
        """Nothing is kept open."""


def tried(channel: str, place: Path, mode: int) -> str:
    """A sentence about a folder that is there and may be used."""
    if place.exists() and not place.is_dir():
        raise ChannelError(f"{channel}: {place} is no folder", hint="change `folder`")
    if not place.is_dir():
        raise TemporaryChannelError(f"{channel}: there is no folder {place}", hint="make it, or mount it")
    if not os.access(place, mode):
        raise ChannelError(f"{channel}: the folder {place} may not be used by this user", hint="give the service user access to it")
    return f"the folder {place} is there and may be used"


def _offer(shown: str, status: os.stat_result) -> Offer:
    return Offer(transport_id=_identifier_of(shown, status), filename=shown, size=status.st_size)


def _identifier(name: str, status: os.stat_result) -> str:
    return _identifier_of(names.quote(os.fsencode(name)), status)


def _identifier_of(shown: str, status: os.stat_result) -> str:
    return f"{shown}|{status.st_size}|{status.st_mtime_ns}|{status.st_ino}"


def _name_of(offer: Offer) -> str:
    return offer.transport_id.rsplit("|", 3)[0]


def _digest(path: Path) -> str:
    """SHA-256 of a plain file, read piece by piece."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(path: Path) -> tuple[bytes, os.stat_result, os.stat_result]:
    """The bytes with the file's state before and after; a link is not followed and a pipe does not block."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise ChannelError(f"{path.name!r} is no plain file")
        if before.st_size > RECEIVED_BYTES_MAX:
            raise ChannelError(
                f"{path.name!r} has {before.st_size} bytes; at most {RECEIVED_BYTES_MAX} are taken", hint="ask for smaller files"
            )
        payload = file.read(before.st_size + 1)
        return payload, before, os.fstat(descriptor)


def _holds(path: Path, payload: bytes) -> bool:
    """True if the path is a plain file with exactly these bytes."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size == len(payload) and path.read_bytes() == payload


_OPERATOR_ACTS = {errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.EROFS}


def _unreachable(channel: str, place: Path, error: OSError) -> ChannelError:
    """A missing mount or a full disk may heal by itself; a missing permission does not."""
    shown = names.quote(os.fsencode(place))
    text = f"{channel}: {shown!r} could not be used: {os.strerror(error.errno) if error.errno else error}"
    if error.errno == errno.ENOTDIR:
        return ChannelError(text, hint="change `folder`; it names a file")
    if error.errno in _OPERATOR_ACTS:
        return ChannelError(text, hint="give the service user access to the folder")
    if error.errno == errno.ENOENT:
        return TemporaryChannelError(text, hint="make the folder, or mount it")
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return TemporaryChannelError(text, hint="make room there; it is tried again")
    return TemporaryChannelError(text)
