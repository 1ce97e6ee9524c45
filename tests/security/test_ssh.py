"""SSH with somebody in between: another key gets nothing, and nothing is slipped in before the keys are agreed (T18: Terrapin)."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from edi.channels.sftp.ssh import negotiate
from edi.errors import ChannelError
from tests.channels.sftp_rig import SftpRig
from tests.channels.test_sftp import make_key
from tests.servers.openssh import OpenSSH

pytestmark = [pytest.mark.server, pytest.mark.storeless]
IGNORE = struct.pack(">IB", 12, 6) + b"\2" + struct.pack(">I", 0) + b"\0" * 6
"""An SSH_MSG_IGNORE as it travels before there are keys: without any protection."""
KEXINIT = 20

Meddling = Callable[[bytes], bytes]


@contextmanager
def between(port: int, meddle: Meddling) -> Iterator[tuple[int, list[bytes]]]:
    """A port to the server; what it says before the keys are agreed goes through `meddle`, packet by packet. What the client said."""
    said: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def upwards(client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                said.append(data)
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)

    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=pass_on, args=(client,), daemon=True).start()

    def pass_on(client: socket.socket) -> None:
        with suppress(OSError), client, socket.create_connection(("127.0.0.1", port), 20) as server:
            threading.Thread(target=upwards, args=(client, server), daemon=True).start()
            downwards(client, server)

    def downwards(client: socket.socket, server: socket.socket) -> None:
        stream = server.makefile("rb")
        client.sendall(stream.readline())  # the banner
        kind = 0
        while kind != 21:  # SSH_MSG_NEWKEYS: from here on it is encrypted
            length = stream.read(4)
            body = stream.read(int.from_bytes(length))
            kind = body[1]
            client.sendall(meddle(length + body))
        while data := stream.read1(65536):
            client.sendall(data)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], said
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(20)


def unchanged(packet: bytes) -> bytes:
    return packet


def slipped_in(packet: bytes) -> bytes:
    """One packet more, which moves the count by which packets are protected: the first step of Terrapin."""
    return packet + IGNORE if packet[5] == KEXINIT else packet


def test_t18_a_packet_slipped_in_before_the_keys_are_agreed_ends_the_connection(sshd: OpenSSH) -> None:
    with between(sshd.port, unchanged) as (port, _):
        negotiate("127.0.0.1", port).close()
    with (
        between(sshd.port, slipped_in) as (port, _),
        pytest.raises(Exception, match=r"(?i)strict|order|unexpected|expecting|sequence") as caught,
    ):
        negotiate("127.0.0.1", port).close()

    assert "MessageOrder" in type(caught.value).__name__ or "SSH" in type(caught.value).__name__


def test_t18_we_offer_strict_keys_and_none_of_the_ciphers_that_terrapin_needs(sshd: OpenSSH) -> None:
    with between(sshd.port, unchanged) as (port, said):
        negotiate("127.0.0.1", port).close()
    offered = next(data for data in said if b"diffie-hellman" in data or b"curve25519" in data)

    assert b"kex-strict-c-v00@openssh.com" in offered
    assert [] == [weak for weak in (b"chacha20", b"-cbc", b"arcfour", b"hmac-md5", b"hmac-sha1", b"group1-sha1") if weak in offered]


def test_t18_f_s10_a_server_with_another_key_gets_no_byte_of_ours(sftp_rig: SftpRig, tmp_path: Path) -> None:
    """T18: neither the user's name nor a key's signature travels, encrypted or not: after the keys were agreed nothing is said."""
    other = make_key(tmp_path / "other")
    with between(sftp_rig.server.port, unchanged) as (port, said):
        with pytest.raises(ChannelError, match="another key than the pinned one"):
            list(sftp_rig.inbound(host_key=other, port=port).offers())
        refused, asked = sum(map(len, said)), list(sftp_rig.secrets_asked)
        said.clear()
        list(sftp_rig.inbound(port=port).offers())
        logged_in = sum(map(len, said))

    assert [] == asked
    assert refused < logged_in - 300, "a log-in is longer than what was said to the stranger"
