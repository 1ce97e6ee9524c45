"""The receiving end of an SFTP channel.

Rule 1: links, pipes and devices are not opened, and no name that leaves the folder is used (threat T19).
Rule 2: a file is removed or moved only while it is still the one we read (F-S05). The protocol tells time in seconds, so where that
leaves a doubt the file is read again and its bytes are compared with what was kept.
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from edi.channels import identity, names
from edi.channels.notices import Notices
from edi.channels.rest import Look, Watch, watched
from edi.channels.settings import Move
from edi.channels.sftp import Settings
from edi.channels.sftp.conversation import RefusedError
from edi.channels.sftp.packets import Attributes, Status
from edi.channels.sftp.session import CHUNK_BYTES, FileRead, Session
from edi.channels.sftp.ssh import Connection, tried
from edi.engine.ports import Offer
from edi.errors import ChannelError, TemporaryChannelError
from edi.limits import RECEIVED_BYTES_MAX

PATIENCE_SECONDS = 15.0
"""So long one look may wait for files to come to rest; a longer `stable:` needs a second poll."""

AHEAD_FILES = 32
"""Small files read together; 1 MiB at most."""
SETTLED_SECONDS = 2
"""A file that stood still so long cannot be written again within the same second."""
UPCOMING_MAX = 1_000
"""Offers remembered for that; callers ask for files in batches."""


@dataclass(slots=True, kw_only=True)
class SftpInbound:
    """Files of one folder on the server."""

    name: str
    settings: Settings
    connection: Connection
    pause: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    notices: Notices = field(default_factory=Notices)
    _watch: Watch = field(init=False)
    _upcoming: deque[Offer] = field(default_factory=lambda: deque(maxlen=UPCOMING_MAX))
    """Small files that were offered, in that order, and not asked for yet."""
    _read_ahead: dict[str, FileRead | RefusedError] = field(default_factory=dict)
    _fetched: set[str] = field(default_factory=set)
    """What was read in this look and is not confirmed yet."""

    def __post_init__(self) -> None:
        self._watch = Watch(self.settings.ready.stable or 0)

    @property
    def _folder(self) -> bytes:
        return self.settings.folder.encode()

    def offers(self) -> Iterator[Offer]:
        """Complete files, the oldest first."""
        self.notices.clear()
        entries = self._marked if self.settings.ready.marker is not None else self._candidates
        found = watched(self._watch, entries, patience_seconds=PATIENCE_SECONDS, monotonic=self.monotonic, pause=self.pause)
        self._upcoming.clear()
        self._fetched.clear()
        while group := list(islice(found, AHEAD_FILES)):
            self._upcoming.extend(offer for offer in group if (offer.size or 0) < CHUNK_BYTES)
            yield from group

    def _candidates(self) -> Iterator[tuple[bytes, Look, Offer]]:
        for raw, about in self._listing():
            if not self._is_wanted(raw, about):
                continue
            known = about if about.size is not None and about.modified is not None else self._asked(raw)
            yield raw, (known.size or 0, known.modified or 0), _offer(raw, known)

    def _marked(self) -> Iterator[tuple[bytes, Look, Offer]]:
        """Files whose marker is there. All names are held, since a marker may come before or after its file."""
        marker = self.settings.ready.marker or ""
        every = {names.quote(raw) for raw, about in self._listing() if about.is_plain_file}
        for raw, look, offer in self._candidates():
            if names.marker_name(marker, offer.filename) in every:
                yield raw, look, offer

    def _listing(self) -> Iterator[tuple[bytes, Attributes]]:
        """The folder's entries; a connection that breaks between two batches ends the look, the next poll goes on."""
        with self.connection.guarded(f"listing {self.settings.folder!r}"):
            entries = self._session().listing(self._folder)
        while True:
            with self.connection.guarded(f"listing {self.settings.folder!r}"):
                found = next(entries, None)
            if found is None:
                return
            yield found

    def _is_wanted(self, raw: bytes, about: Attributes) -> bool:
        shown = names.quote(raw)
        if not names.is_component(raw):
            self.notices.add(shown, "is no name inside the folder and was left alone")
            return False
        if names.is_temporary(shown, self.settings.ignore) or not names.matches(shown, self.settings.patterns):
            return False
        if not about.is_plain_file:
            if not about.is_folder:
                self.notices.add(shown, "is no plain file and was not opened")
            return False
        return True

    def _asked(self, raw: bytes) -> Attributes:
        with self.connection.guarded(f"looking at {names.quote(raw)!r}"):
            return self._session().about(self._path(raw))

    def fetch(self, offer: Offer) -> bytes:
        """All bytes, if the file is still the one that was offered, when opened and when read."""
        raw, size = _of(offer)
        if size > RECEIVED_BYTES_MAX:
            raise ChannelError(
                f"{self.name}: {offer.filename!r} has {size} bytes; at most {RECEIVED_BYTES_MAX} are taken", hint="ask for smaller files"
            )
        with self.connection.guarded(f"reading {offer.filename!r}"):
            try:
                read = self._read(offer, raw, size)
            except RefusedError as refusal:
                if refusal.code == Status.NO_SUCH_FILE:
                    raise TemporaryChannelError(f"{self.name}: {offer.filename!r} was gone when it was read") from refusal
                raise
        named = read.under_its_name
        same = named is not None and _identifier(raw, named) == identity.plain(offer.transport_id) and named.is_plain_file
        whole = len(read.payload) == size == (read.open_file.size or size)
        if not same or not whole or not identity.is_of(offer.transport_id, read.payload):
            raise TemporaryChannelError(
                f"{self.name}: {offer.filename!r} changed while it was read", hint="it is taken when it stands still"
            )
        self._fetched.add(offer.transport_id)
        return read.payload

    def _read(self, offer: Offer, raw: bytes, size: int) -> FileRead:
        """The file; small ones that were offered with it are read in the same two waits, since they will be asked for next."""
        read = self._read_ahead.pop(offer.transport_id, None)
        if read is None and offer in self._upcoming:
            while self._upcoming[0] != offer:
                self._upcoming.popleft()
            ahead = [(one.transport_id, *_of(one)) for one in islice(self._upcoming, AHEAD_FILES)]
            for _ in ahead:
                self._upcoming.popleft()
            answers = self._session().read_small([(self._path(name), length) for _, name, length in ahead])
            self._read_ahead = {identity: answer for (identity, _, _), answer in zip(ahead, answers, strict=True)}
            read = self._read_ahead.pop(offer.transport_id)
        if isinstance(read, RefusedError):
            raise read
        if read is not None and len(read.payload) >= size:
            return read
        # Also for servers that give less per request than they are asked for.
        return self._session().read_file(self._path(raw), size)

    def confirm(self, offer: Offer) -> Offer | None:
        """Remove, move or leave the file, unless another one has taken its name since."""
        certain = offer.kept is None or (offer.transport_id in self._fetched and self._settles)
        self._fetched.discard(offer.transport_id)
        if self.settings.after == "leave":
            return None
        raw, size = _of(offer)
        with self.connection.guarded(f"putting away {offer.filename!r}"):
            session = self._session()
            try:
                if _identifier(raw, session.about(self._path(raw))) != identity.plain(offer.transport_id):
                    return None
                found = offer.kept if certain else hashlib.sha256(session.read_file(self._path(raw), size).payload).hexdigest()
                if found != offer.kept:
                    return replace(offer, transport_id=identity.with_content(offer.transport_id, found or ""), kept=None)
                self._put_away(session, raw, offer)
            except RefusedError as refusal:
                if refusal.code != Status.NO_SUCH_FILE:
                    raise
            self._remove_marker(session, offer)
        return None

    @property
    def _settles(self) -> bool:
        """True if files stand still for so long before they are read that a change after it shows in their time."""
        return (self.settings.ready.stable or 0) >= SETTLED_SECONDS

    def _put_away(self, session: Session, raw: bytes, offer: Offer) -> None:
        if not isinstance(self.settings.after, Move):
            session.remove(self._path(raw))
            return
        target = self._path(self.settings.after.move.encode())
        try:
            session.rename(self._path(raw), target + b"/" + raw)
        except RefusedError:
            # The folder is missing, or the name is taken there.
            if not session.exists(target):
                session.make_folder(target)
            token = hashlib.sha256(offer.transport_id.encode()).hexdigest()[:8]
            taken = session.exists(target + b"/" + raw)
            name = names.unquote(names.suffixed(names.quote(raw), token)) if taken else raw
            session.rename(self._path(raw), target + b"/" + name)

    def _remove_marker(self, session: Session, offer: Offer) -> None:
        if self.settings.ready.marker is None:
            return
        try:
            session.remove(self._path(names.unquote(names.marker_name(self.settings.ready.marker, offer.filename))))
        except RefusedError as refusal:
            if refusal.code != Status.NO_SUCH_FILE:
                raise

    def probe(self) -> Iterator[str]:
        """Connect, log in, find the folder."""
        yield from tried(self.connection, self.settings.folder)

    def close(self) -> None:
        """Hang up; the next call connects again."""
        self._upcoming.clear()
        self._read_ahead.clear()
        self._fetched.clear()
        self.connection.close()

    def _session(self) -> Session:
        return self.connection.session()

    def _path(self, raw: bytes) -> bytes:
        return self._folder + b"/" + raw


def _offer(raw: bytes, about: Attributes) -> Offer:
    return Offer(transport_id=_identifier(raw, about), filename=names.quote(raw), size=about.size)


def _identifier(raw: bytes, about: Attributes) -> str:
    return f"{names.quote(raw)}|{about.size}|{about.modified}"


def _of(offer: Offer) -> tuple[bytes, int]:
    """Name and size of an offer."""
    shown, size, _ = identity.plain(offer.transport_id).rsplit("|", 2)
    raw = names.unquote(shown)
    if not names.is_component(raw):
        raise ChannelError(f"{shown!r} is no name of a file in the channel's folder")
    return raw, int(size) if size.isdecimal() else 0
