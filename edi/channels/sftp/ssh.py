"""One SSH connection to one server, kept open and reused, and opened again when it died.

Rule 1: the server's key is the pinned one, or nothing is sent: no user name, no password, no file (threat T18).
Rule 2: whatever goes wrong comes out as one of the three channel errors, with the channel's name in it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import logging
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from threading import RLock
from typing import TYPE_CHECKING

from edi.channels.kind import SecretReader
from edi.channels.sftp.conversation import RefusedError
from edi.channels.sftp.packets import BrokenError, Status
from edi.channels.sftp.session import FSYNC, Session
from edi.errors import ChannelError, ConfigError, TemporaryChannelError, UnknownOutcomeError, UntrustedError

if TYPE_CHECKING:
    import paramiko

CONNECT_SECONDS = 15.0
IDLE_SECONDS = 20.0
"""After so long a kept connection is asked whether it still lives before it is used."""

_QUIET = "edi.channels.sftp.quiet"
logging.getLogger(_QUIET).disabled = True

_CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes192-ctr", "aes256-ctr")
"""GCM first, since it is the fastest; nothing that Terrapin (CVE-2023-48795) can cut, no CBC."""
_DIGESTS = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512")
_RSA = ("rsa-sha2-512", "rsa-sha2-256")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where to connect, as whom, and how both sides prove who they are."""

    channel: str
    host: str
    port: int
    user: str
    host_keys: tuple[str, ...]
    """Pinned, as `ssh-ed25519 AAAA...`; any one of them will do, so that a key can be changed over."""
    key: str | None
    passphrase: str | None
    password: str | None
    agent: bool
    timeout_seconds: float

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(slots=True)
class Connection:
    """Opens when first used; `session` gives the live one."""

    server: Server
    secrets: SecretReader
    _transport: paramiko.Transport | None = None
    _session: Session | None = None
    _used: float = 0.0
    lock: RLock = field(default_factory=RLock)

    def session(self) -> Session:
        """A session that answers; opens a connection if there is none or the kept one died."""
        with self.lock:
            if self._session is not None and self._lives():
                self._used = time.monotonic()
                return self._session
            self.close()
            with failures(self.server.channel, f"connecting to {self.server}"):
                self._open()
            assert self._session is not None
            self._used = time.monotonic()
            return self._session

    def _lives(self) -> bool:
        if self._transport is None or not self._transport.is_active() or self._session is None:
            return False
        if time.monotonic() - self._used < IDLE_SECONDS:
            return True
        try:
            self._session.real_path(b".")
        except (BrokenError, RefusedError, TimeoutError):
            return False
        return True

    def _open(self) -> None:
        from edi.channels.sftp.pieces import Pieces  # noqa: PLC0415 -- it brings paramiko

        transport = handshake(self.server)
        try:
            _log_in(transport, self.server, self.secrets)
            channel = transport.open_session(timeout=self.server.timeout_seconds)
            channel.settimeout(self.server.timeout_seconds)
            # It does what paramiko's own does, for which there is no protocol.
            channel.in_buffer = Pieces()  # type: ignore[assignment]
            channel.invoke_subsystem("sftp")
            self._session = Session(channel)
        except BaseException:
            transport.close()
            raise
        self._transport = transport

    @contextmanager
    def guarded(self, doing: str) -> Iterator[None]:
        """For a block that asks the server: one at a time, errors translated, and a connection that failed is let go."""
        with self.lock:
            try:
                with failures(self.server.channel, doing):
                    yield
            except (TemporaryChannelError, UnknownOutcomeError) as error:
                if not isinstance(error.__cause__, RefusedError):
                    self.close()
                raise

    def close(self) -> None:
        """Hang up; harmless when repeated."""
        with self.lock:
            if self._transport is not None:
                self._transport.close()
            self._transport = self._session = None


def tried(connection: Connection, folder: str) -> Iterator[str]:
    """Sentences about a connection that was opened and a folder that was looked at."""
    server = connection.server
    with connection.guarded(f"looking at {folder!r}"):
        session = connection.session()
        yield f"connected to {server} as {server.user!r}; its key is the pinned one"
        about = session.about(session.real_path(folder.encode()))
        if not about.is_folder:
            raise ChannelError(f"{server.channel}: {folder!r} is no folder there", hint="change `folder`")
        flush = "flushes files to its disk when asked" if FSYNC in session.extensions else "cannot flush files to its disk"
        yield f"the folder {folder!r} is there; the server {flush}"


@contextmanager
def failures(channel: str, doing: str) -> Iterator[None]:
    """Turns what a connection can do to us into the channel errors; the text says what we were doing."""
    import paramiko  # noqa: PLC0415 -- a third of a second, wanted only when a connection is used

    try:
        yield
    except RefusedError as refusal:
        raise refused(channel, doing, refusal) from refusal
    except TimeoutError as error:
        raise TemporaryChannelError(f"{channel}: no answer while {doing}") from error
    except (socket.gaierror, ConnectionRefusedError) as error:
        raise TemporaryChannelError(f"{channel}: {doing} failed: {error.strerror}", hint="check `host` and `port`") from error
    except (BrokenError, EOFError, OSError, paramiko.SSHException) as error:
        raise TemporaryChannelError(f"{channel}: the connection failed while {doing}: {error or 'it was closed'}") from error


def refused(channel: str, doing: str, refusal: RefusedError) -> ChannelError:
    """A missing permission is for people; most other refusals (quota, a busy server) may pass."""
    text = f"{channel}: {doing} was refused: {refusal.said}"
    if refusal.code == Status.PERMISSION_DENIED:
        return ChannelError(text, hint="ask the server's operator for the permission, or change the channel's folder")
    if refusal.code == Status.NO_SUCH_FILE:
        return TemporaryChannelError(text, hint="does the folder exist there?")
    return TemporaryChannelError(text)


# -- the server proves who it is ----------------------------------------------------------------


def handshake(server: Server) -> paramiko.Transport:
    """An encrypted connection to the server with the pinned key; nothing about us was said on it yet."""
    transport = negotiate(server.host, server.port, _types(server.host_keys))
    shown = line_of(transport.get_remote_server_key())
    if shown in {_without_comment(key) for key in server.host_keys}:
        return transport
    transport.close()
    if not server.host_keys:
        raise UntrustedError(
            f"{server.channel}: {server} shows a key nobody has pinned: {described(shown)}",
            hint=f"compare it with what the partner tells you, then: edi channel trust {server.channel}",
        )
    pinned = "; ".join(described(_without_comment(key)) for key in server.host_keys)
    raise UntrustedError(
        f"{server.channel}: {server} shows another key than the pinned one: {described(shown)}; pinned: {pinned}; nothing was sent",
        hint=f"ask the partner whether the key was changed; if so: edi channel trust {server.channel}",
    )


def negotiate(host: str, port: int, types: tuple[str, ...] = ()) -> paramiko.Transport:
    """Connect and agree on keys, preferring the given kinds of host key; whether to trust is the caller's business."""
    import paramiko  # noqa: PLC0415 -- as above

    plug = socket.create_connection((host, port), CONNECT_SECONDS)
    plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    transport = paramiko.Transport(plug, strict_kex=True)
    # It logs tracebacks of every broken connection; ours are told in one sentence by the error.
    transport.set_log_channel(_QUIET)
    try:
        options = transport.get_security_options()
        options.ciphers = [cipher for cipher in _CIPHERS if cipher in options.ciphers]
        options.digests = [digest for digest in _DIGESTS if digest in options.digests]
        wanted = [kind for kind in types if kind in options.key_types]
        options.key_types = wanted + [kind for kind in options.key_types if kind not in wanted]
        transport.banner_timeout = transport.auth_timeout = CONNECT_SECONDS
        _agree(transport)
    except BaseException:
        transport.close()
        raise
    return transport


def _agree(transport: paramiko.Transport) -> None:
    transport.start_client(timeout=CONNECT_SECONDS)
    if not transport.initial_kex_done:
        raise TimeoutError  # paramiko's wait ends without a word when the time is up


def _types(host_keys: tuple[str, ...]) -> tuple[str, ...]:
    """Kinds of the pinned keys, so that a server with several shows that one; RSA keys sign under other names."""
    kinds = tuple(key.split()[0] for key in host_keys)
    return tuple(name for kind in kinds for name in (_RSA if kind == "ssh-rsa" else (kind,)))


def line_of(key: paramiko.PKey) -> str:
    """The key as it is pinned: type and base64."""
    return f"{key.get_name()} {key.get_base64()}"


def _without_comment(line: str) -> str:
    return " ".join(line.split()[:2])


def described(line: str) -> str:
    """Type and SHA-256 fingerprint, as OpenSSH prints them."""
    kind, _, encoded = line.partition(" ")
    return f"{kind} {fingerprint(encoded)}"


def fingerprint(encoded: str) -> str:
    """`SHA256:...` of a base64 key."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(base64.b64decode(encoded)).digest()).decode().rstrip("=")


def check_host_key(line: str) -> str:
    """The line, if it is a host key as OpenSSH writes it."""
    parts = line.split()
    try:
        good = len(parts) >= 2 and base64.b64decode(parts[1], validate=True)[4:].startswith(parts[0].encode())
    except (binascii.Error, ValueError):
        good = False
    if not good:
        raise ValueError(f"{line[:40]!r} is no host key; write it as `ssh-ed25519 AAAA...`, or let `edi channel trust` write it")
    return line


# -- we prove who we are ------------------------------------------------------------------------


def _log_in(transport: paramiko.Transport, server: Server, secrets: SecretReader) -> None:
    import paramiko  # noqa: PLC0415 -- as above

    tried = []
    how = ""
    try:
        for how, prove in _proofs(server, secrets):
            tried.append(how)
            try:
                if isinstance(prove, str):
                    transport.auth_password(server.user, prove)
                else:
                    transport.auth_publickey(server.user, prove)
            except paramiko.AuthenticationException as error:
                if transport.is_active():
                    continue
                raise BrokenError("the server hung up while we logged in") from error
            if transport.is_authenticated():
                return
    except paramiko.SSHException as error:
        if transport.is_active():
            raise
        raise BrokenError(f"the server hung up while we logged in: {error}") from error
    if not tried:
        raise ChannelError(f"{server.channel}: the ssh-agent has no key for us", hint="is it running, SSH_AUTH_SOCK set, a key added?")
    raise ChannelError(
        f"{server.channel}: {server} refused user {server.user!r} with {' and '.join(tried)}",
        hint=f"check `user` and {_DOUBTFUL[how]} with the server's operator; trying again may lock the account",
    )


_DOUBTFUL = {"the key": "`key`", "a key of the agent": "the agent's keys", "the password": "`password`"}


def _proofs(server: Server, secrets: SecretReader) -> Iterator[tuple[str, paramiko.PKey | str]]:
    import paramiko  # noqa: PLC0415 -- as above

    if server.key is not None:
        passphrase = secrets(server.passphrase) if server.passphrase else None
        yield "the key", private_key(secrets(server.key), passphrase, server.channel)
    if server.agent:
        with closing(paramiko.Agent()) as agent:
            for key in agent.get_keys():
                yield "a key of the agent", key
    if server.password is not None:
        yield "the password", secrets(server.password)


def private_key(text: str, passphrase: str | None, channel: str) -> paramiko.PKey:
    """The key in OpenSSH's or PEM form; raises ConfigError, which never quotes it."""
    import paramiko  # noqa: PLC0415 -- as above

    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(text.strip() + "\n"), password=passphrase)
        except paramiko.PasswordRequiredException as error:
            raise ConfigError(f"{channel}: the private key has a passphrase", hint="add `passphrase: ${env:NAME}`") from error
        except (paramiko.SSHException, ValueError, IndexError, TypeError):
            continue
    raise ConfigError(
        f"{channel}: the secret behind `key` is no private key we can read", hint="give an ed25519, ECDSA or RSA key as OpenSSH writes it"
    )
