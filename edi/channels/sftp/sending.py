"""The sending end of an SFTP channel: temporary name, flush, size check, plain rename.

Rule 1: the final name never holds a torn file, and never replaces one (P16).
Rule 2: only an answer that got lost after the rename was asked for is an unknown outcome; what failed before it did not arrive.
"""

from __future__ import annotations

import hashlib
import secrets as randomness
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from edi.channels import names
from edi.channels.sftp import Settings
from edi.channels.sftp.conversation import RefusedError
from edi.channels.sftp.packets import BrokenError
from edi.channels.sftp.session import FSYNC, Session
from edi.channels.sftp.ssh import Connection, tried
from edi.engine.ports import Delivery, Sent
from edi.errors import ChannelError, TemporaryChannelError, UnknownOutcomeError


@dataclass(slots=True, kw_only=True)
class SftpOutbound:
    """Puts files into one folder on the server."""

    name: str
    settings: Settings
    connection: Connection
    _left_behind: dict[str, bytes] = field(default_factory=dict)
    """Identity of a delivery whose rename was not answered, and the temporary name it had."""

    def send(self, delivery: Delivery) -> Sent:
        """Write beside, flush, check the size, rename; the same content already there counts as sent."""
        plain = self._plain_name(delivery)
        temporary = self._temporary(plain)
        with self.connection.guarded(f"writing {plain!r} into {self.settings.folder!r}"):
            session = self.connection.session()
            if delivery.identity in self._left_behind and (there := self._there(session, delivery)):
                return Sent(remote_name=there, note=f"{there} was already there with the same content")
            self._write(session, temporary, delivery.payload)
            return self._rename(session, temporary, delivery)

    def _plain_name(self, delivery: Delivery) -> str:
        template = self.settings.name
        if template is None:
            return names.safe(delivery.filename)
        return names.render(template, delivery.attributes, identity=delivery.identity, filename=delivery.filename)

    def _names(self, delivery: Delivery) -> Iterator[str]:
        """The names it may get: the plain one, then the one with a token of its content, made only when it is wanted."""
        plain = self._plain_name(delivery)
        yield plain
        if self.settings.exists == "suffix":
            yield names.suffixed(plain, hashlib.sha256(delivery.payload).hexdigest()[:8])

    def _temporary(self, name: str) -> bytes:
        """Another one each time: two attempts must never write into one file."""
        return self._path(self.settings.temporary.replace("{name}", f"{name}-{randomness.token_hex(4)}"))

    def _path(self, name: str) -> bytes:
        return f"{self.settings.folder}/{name}".encode()

    def _write(self, session: Session, temporary: bytes, payload: bytes) -> None:
        try:
            size = session.write_new(temporary, payload)
        except RefusedError:
            _remove(session, temporary)
            raise
        if size != len(payload):
            _remove(session, temporary)
            raise TemporaryChannelError(
                f"{self.name}: the server kept {size} of {len(payload)} bytes", hint="is its disk full, or a quota used up?"
            )

    def _rename(self, session: Session, temporary: bytes, delivery: Delivery) -> Sent:
        for final in self._names(delivery):
            try:
                session.rename(temporary, self._path(final))
            except RefusedError as refusal:
                self._check_taken(session, temporary, final, refusal)
                if _holds(session, self._path(final), delivery.payload):
                    _remove(session, temporary)
                    return Sent(remote_name=final, note=f"{final} was already there with the same content")
            except (BrokenError, TimeoutError) as error:
                self._left_behind[delivery.identity] = temporary
                raise UnknownOutcomeError(
                    f"{self.name}: the connection failed while {final!r} got its name: {error or 'closed'}"
                ) from error
            else:
                self._left_behind.pop(delivery.identity, None)
                flushed = " and flushed" if FSYNC in session.extensions else ""
                return Sent(remote_name=final, note=f"wrote{flushed} {len(delivery.content)} bytes, renamed to {final}")
        _remove(session, temporary)
        raise ChannelError(
            f"{self.name}: {self._plain_name(delivery)!r} is there with other content and was not overwritten",
            hint="ask the partner to take the file away, or set `exists: suffix`",
        )

    def _check_taken(self, session: Session, temporary: bytes, final: str, refusal: RefusedError) -> None:
        """Go on only if the rename was refused because the name is taken."""
        if not session.exists(self._path(final)):
            _remove(session, temporary)
            raise refusal

    def _there(self, session: Session, delivery: Delivery) -> str | None:
        return next((final for final in self._names(delivery) if _holds(session, self._path(final), delivery.payload)), None)

    def look(self, delivery: Delivery) -> bool | None:
        """After an unknown outcome, by size and content.

        True also if both names are gone: only our rename removes the temporary one, so the partner took the file (F-S24).
        """
        with self.connection.guarded(f"looking for {self._plain_name(delivery)!r}"):
            session = self.connection.session()
            if self._there(session, delivery):
                return True
            temporary = self._left_behind.get(delivery.identity)
            if temporary is None:
                return None
            if not session.exists(temporary):
                return True
            _remove(session, temporary)
            del self._left_behind[delivery.identity]
            return False

    def probe(self) -> Iterator[str]:
        """Connect, log in, find the folder."""
        yield from tried(self.connection, self.settings.folder)
        yield "whether we may write there shows when something is sent"

    def close(self) -> None:
        """Hang up; the next call connects again."""
        self.connection.close()


def _remove(session: Session, path: bytes) -> None:
    """Remove what we wrote, if the server lets us; a dot file that stays harms nobody."""
    with suppress(RefusedError):
        session.remove(path)


def _holds(session: Session, path: bytes, payload: bytes) -> bool:
    """True if a plain file with exactly these bytes lies there."""
    try:
        about = session.about(path)
        if not about.is_plain_file or about.size != len(payload):
            return False
        return session.read_file(path, len(payload)).payload == payload
    except RefusedError:
        return False
