"""Mailboxes: what is in them, the raw bytes of one mail, and putting it away; by IMAP and by POP3."""

from __future__ import annotations

import imaplib
import poplib
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Protocol

from edi.channels.email.account import Account
from edi.channels.reasons import unreachable
from edi.errors import ChannelError, TemporaryChannelError

if TYPE_CHECKING:
    from imap_tools import BaseMailBox

Entry = tuple[str, int]
"""The server's name for a mail, and its size in bytes. Names hold for one connection only; UIDs may be given out anew (M8)."""


class Mailbox(Protocol):
    """An open mailbox."""

    def entries(self) -> list[Entry]: ...

    def raw(self, keys: list[str]) -> dict[str, bytes]:
        """The mails as they lie there, not marked as seen; without those that are gone."""

    def remove(self, keys: list[str]) -> None: ...

    def move(self, keys: list[str], folder: str) -> None: ...

    def close(self) -> None: ...


_PASSING = ("EOF", "[IN-USE]", "[SYS/TEMP]", "[LOGIN-DELAY]")
"""POP3 answers that another time may not give (RFC 2449, RFC 3206); EOF is what poplib calls a lost connection."""


@contextmanager
def failures(account: Account, doing: str) -> Iterator[None]:
    """Turns what a mail server can do to us into the channel errors."""
    from imap_tools import ImapToolsError  # noqa: PLC0415 -- wanted only when a connection is used

    try:
        yield
    except poplib.error_proto as error:
        if any(word in _said(error) for word in _PASSING):
            raise TemporaryChannelError(f"{account.channel}: {account} broke off {doing}: {_said(error)}") from error
        raise refused(account, doing, _said(error)) from error
    except TimeoutError as error:
        raise TemporaryChannelError(f"{account.channel}: {account} did not answer in time while {doing}") from error
    except (imaplib.IMAP4.abort, EOFError, ConnectionResetError, BrokenPipeError) as error:
        raise TemporaryChannelError(f"{account.channel}: {account} hung up while {doing}") from error
    except (imaplib.IMAP4.error, ImapToolsError) as error:
        raise refused(account, doing, _said(error)) from error
    except OSError as error:
        raise unreachable(account.channel, str(account), error) from error


def refused(account: Account, doing: str, said: str) -> ChannelError:
    """A server's no, with who can do something about it."""
    hint = "ask whoever runs the mail server"
    if "auth" in said.lower():
        doing, hint = f"user {account.settings.user!r}", "check `user` and `password`, or the token command"
    elif "nonexistent" in said.lower() or "exist" in said.lower():
        hint = "check `mailbox`, or make the folder"
    return ChannelError(f"{account.channel}: {account} refused {doing}: {said}", hint=hint)


def _said(error: Exception) -> str:
    """What the server said, one line, bounded; imap-tools puts it into a list of bytes."""
    text = str(error.args[0].decode("utf-8", "replace") if error.args and isinstance(error.args[0], bytes) else error)
    if quoted := re.search(r"Data: \[b'(.*)'\]$", text):
        text = quoted[1]
    return "".join(character for character in text if character.isprintable())[:200]


def open_mailbox(account: Account) -> Mailbox:
    """Connect, log in, open the folder."""
    with failures(account, f"opening {account.settings.mailbox!r}"):
        return ImapMailbox(account) if account.settings.protocol == "imap" else Pop3Mailbox(account)


class ImapMailbox:
    """A folder of an IMAP account."""

    def __init__(self, account: Account) -> None:
        self._box = logged_in(account)
        try:
            self._box.folder.set(account.settings.mailbox)
        except BaseException:
            self.close()
            raise

    def entries(self) -> list[Entry]:
        """Every mail with its size, seen or not: other programs may read the mailbox too (F-E03)."""
        _, lines = self._box.client.uid("FETCH", "1:*", "(UID RFC822.SIZE)")
        found = []
        for line in lines:
            text = (line if isinstance(line, bytes) else b"").decode("ascii", "replace")
            uid, size = re.search(r"\bUID (\d+)", text), re.search(r"\bRFC822\.SIZE (\d+)", text)
            if uid and size:
                found.append((uid[1], int(size[1])))
        return found

    def raw(self, keys: list[str]) -> dict[str, bytes]:
        _, lines = self._box.client.uid("FETCH", ",".join(keys), "(UID BODY.PEEK[])")
        found: dict[str, bytes] = {}
        waiting: bytes | None = None
        for line in lines:
            # A server may say the UID before the mail or after it.
            head = line[0] if isinstance(line, tuple) else line
            waiting = bytes(line[1]) if isinstance(line, tuple) else waiting
            uid = re.search(rb"\bUID (\d+)", head or b"")
            if uid is not None and waiting is not None:
                found[uid[1].decode()] = waiting
                waiting = None
        return found

    def remove(self, keys: list[str]) -> None:
        self._box.delete(keys)

    def move(self, keys: list[str], folder: str) -> None:
        if not self._box.folder.exists(folder):
            self._box.folder.create(folder)
        if "MOVE" in self._box.client.capabilities:
            self._box.client.uid("MOVE", ",".join(keys), _quoted(folder))
        else:
            # Half done, this leaves a copy in each folder; the claim recognises the one that stayed (F-E04).
            self._box.copy(keys, folder)
            self._box.delete(keys)

    def close(self) -> None:
        with suppress(Exception):
            self._box.logout()
        with suppress(Exception):
            self._box.client.shutdown()


def _quoted(folder: str) -> str:
    from imap_tools.utils import encode_folder  # noqa: PLC0415 -- as above

    return bytes(encode_folder(folder)).decode("ascii")


def logged_in(account: Account) -> BaseMailBox:
    """A connection on which no folder is open yet."""
    import imap_tools  # noqa: PLC0415 -- as above

    settings = account.settings
    place = {"host": settings.host, "port": settings.server_port, "timeout": settings.timeout}
    box: BaseMailBox
    match settings.tls:
        case "implicit":
            box = imap_tools.MailBox(**place, ssl_context=account.tls())
        case "starttls":
            box = imap_tools.MailBoxStartTls(**place, ssl_context=account.tls())
        case "none":
            box = imap_tools.MailBoxUnencrypted(**place)
    try:
        token = account.token()
        if token is not None:
            box.xoauth2(settings.user or "", token, initial_folder=None)
        else:
            box.login(settings.user or "", account.password() or "", initial_folder=None)
    except BaseException:
        with suppress(Exception):
            box.client.shutdown()
        raise
    return box


class Pop3Mailbox:
    """A POP3 account; what is removed goes when the connection is closed well."""

    def __init__(self, account: Account) -> None:
        settings = account.settings
        self._pop = _greeted(account)
        try:
            if settings.tls == "starttls":
                self._pop.stls(account.tls())
            self._pop.user(settings.user or "")
            self._pop.pass_(account.password() or account.token() or "")
        except BaseException:
            self._pop.close()
            raise

    def entries(self) -> list[Entry]:
        """Message numbers, which hold for this connection."""
        return [(line.split()[0].decode(), int(line.split()[1])) for line in self._pop.list()[1]]

    def raw(self, keys: list[str]) -> dict[str, bytes]:
        return {key: b"".join(line + b"\r\n" for line in self._pop.retr(int(key))[1]) for key in keys}

    def remove(self, keys: list[str]) -> None:
        for key in keys:
            self._pop.dele(int(key))

    def move(self, keys: list[str], folder: str) -> None:
        raise AssertionError(f"POP3 has no folder {folder!r}; the settings refuse it")

    def close(self) -> None:
        try:
            self._pop.quit()
        except (poplib.error_proto, OSError, EOFError):
            self._pop.close()


def _greeted(account: Account) -> poplib.POP3:
    """A connection with its greeting read. poplib leaves the socket open if there is none, so it is made in two steps."""
    settings = account.settings
    secure = settings.tls == "implicit"
    pop: poplib.POP3 = poplib.POP3_SSL.__new__(poplib.POP3_SSL) if secure else poplib.POP3.__new__(poplib.POP3)
    try:
        if isinstance(pop, poplib.POP3_SSL):
            poplib.POP3_SSL.__init__(pop, settings.host, settings.server_port, timeout=settings.timeout, context=account.tls())
        else:
            poplib.POP3.__init__(pop, settings.host, settings.server_port, timeout=settings.timeout)
    except BaseException:
        if getattr(pop, "file", None) is not None:
            pop.close()
        raise
    return pop
