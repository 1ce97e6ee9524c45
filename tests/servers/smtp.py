"""SMTP servers on loopback: msmtpd, another people's program; and one that follows a script, to fail at a chosen step."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.packages import libraries, program
from tests.servers.process import Process, account, free_port, scratch

PACKAGES = ("msmtp-mta", "msmtp", "libgsasl18", "libntlm0", "libidn12", "libsecret-1-0", "libglib2.0-0", "libgcrypt20", "libgpg-error0")


@dataclass(slots=True)
class Msmtpd:
    """A running server; it hands each mail to a program that keeps it in a folder."""

    port: int
    kept: Path
    process: Process

    def mails(self) -> list[bytes]:
        """Every mail it took, oldest first."""
        return [path.read_bytes() for path in sorted(self.kept.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)]


@contextmanager
def msmtpd() -> Iterator[Msmtpd]:
    """A server for the time of the block."""
    path = program("msmtpd", PACKAGES, ("usr/bin/msmtpd", "usr/sbin/msmtpd"))
    place = scratch("msmtpd")
    kept = place / "kept"
    kept.mkdir()
    keep = place / "keep.sh"
    keep.write_text(f'#!/bin/sh\nset -e\nname="{kept}/$$"\ncat > "$name.part"\nmv "$name.part" "$name.eml"\n')
    keep.chmod(0o755)
    account().own(place)
    port = free_port()
    environment = {"LD_LIBRARY_PATH": libraries(path)} if libraries(path) else {}
    process = Process((str(path), "--interface=127.0.0.1", f"--port={port}", f"--command={keep} %F"), place, environment)
    try:
        process.start(port)
        yield Msmtpd(port, kept, process)
        process.stop()
    finally:
        Process((), place).stop()


@dataclass(slots=True)
class Scripted:
    """Answers by a table from step to reply; `drop` hangs up there, and after `final` it has the mail and says nothing.

    Steps: banner EHLO STARTTLS AUTH MAIL RCPT DATA content final QUIT.
    """

    replies: Mapping[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    offers: tuple[str, ...] = ("SIZE 10000000",)
    mails: list[bytes] = field(default_factory=list)
    spoken: list[str] = field(default_factory=list)
    port: int = 0

    def serve(self, plug: socket.socket) -> None:
        """One connection."""
        with contextlib.ExitStack() as left, contextlib.suppress(OSError, _HangUpError):
            left.callback(plug.close)
            self._talk(plug, left)

    def _talk(self, plug: socket.socket, left: contextlib.ExitStack) -> None:
        file = left.enter_context(plug.makefile("rb"))
        self._reply(plug, "banner", "220 ready")
        while line := file.readline():
            text = line.decode("ascii", "replace").strip()
            self.spoken.append(text)
            verb = text.split(" ")[0].upper()
            if verb == "EHLO":
                self._reply(plug, verb, "\r\n".join(f"250-{word}" for word in ("scripted", *self.offers)) + "\r\n250 HELP")
            elif verb == "STARTTLS" and self.tls is not None:
                self._reply(plug, verb, "220 go ahead")
                secure = self.tls.wrap_socket(plug, server_side=True, do_handshake_on_connect=False)
                left.callback(secure.close)
                secure.do_handshake()
                plug = secure
                file = left.enter_context(plug.makefile("rb"))
            elif verb == "DATA":
                self._reply(plug, verb, "354 go on")
                if not self.replies.get(verb, "354").startswith("354"):
                    continue
                self.mails.append(self._content(file))
                self._reply(plug, "final", "250 taken")
            elif verb == "QUIT":
                self._reply(plug, verb, "221 bye")
                return
            else:
                self._reply(plug, verb, "250 ok")

    def _content(self, file: object) -> bytes:
        lines = []
        while (line := file.readline()) not in {b".\r\n", b""}:  # type: ignore[attr-defined]
            if self.replies.get("content") == "drop":
                raise _HangUpError
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return b"".join(lines)

    def _reply(self, plug: socket.socket, step: str, usual: str) -> None:
        text = self.replies.get(step, usual)
        if text == "drop":
            raise _HangUpError
        plug.sendall(text.encode() + b"\r\n")


class _HangUpError(Exception):
    pass


@contextmanager
def scripted(**keys: object) -> Iterator[Scripted]:
    """A scripted server for the time of the block."""
    server = Scripted(**keys)  # type: ignore[arg-type]
    listener = socket.create_server(("127.0.0.1", 0))
    server.port = listener.getsockname()[1]

    def accept() -> None:
        while True:
            try:
                plug, _ = listener.accept()
            except OSError:
                return
            plug.settimeout(10)
            threading.Thread(target=server.serve, args=(plug,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)
