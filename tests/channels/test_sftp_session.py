"""The SFTP session against servers that misbehave: nothing is believed, nothing is asked without bound (threat T19)."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from edi.channels import sftp
from edi.channels.sftp.conversation import RefusedError
from edi.channels.sftp.packets import PACKET_BYTES_MAX, BrokenError, Reply, Request, Status
from edi.channels.sftp.receiving import SftpInbound
from edi.channels.sftp.session import CHUNK_BYTES, Session
from edi.channels.sftp.ssh import Connection

pytestmark = pytest.mark.storeless

Answer = bytes | None


def reply(kind: int, number: int, body: bytes = b"") -> bytes:
    return struct.pack(">IBI", 5 + len(body), kind, number) + body


def string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def status(number: int, code: int, said: bytes = b"no") -> bytes:
    return reply(Reply.STATUS, number, struct.pack(">I", code) + string(said) + string(b""))


def attributes(size: int) -> bytes:
    return struct.pack(">IQII", 0x1 | 0x4, size, 0, 0o100644)[:12] + struct.pack(">I", 0o100644)


class Server:
    """Plays the other end of the stream: `answer(kind, number, body)` gives bytes, or None to hang up."""

    def __init__(self, answer: Callable[[int, int, bytes], Answer], greeting: bytes = struct.pack(">IBI", 5, 2, 3)) -> None:
        self.answer, self.greeting = answer, greeting
        self.waiting = bytearray()
        self.asked: list[tuple[int, bytes]] = []
        self._received = bytearray()

    def sendall(self, data: bytes) -> None:
        self._received += data
        while len(self._received) >= 4 and len(self._received) >= 4 + int.from_bytes(self._received[:4]):
            length = int.from_bytes(self._received[:4])
            body = bytes(self._received[4 : 4 + length])
            del self._received[: 4 + length]
            if body[0] == Request.INIT:
                self.waiting += self.greeting
            else:
                self.asked.append((body[0], body[5:]))
                self.waiting += self.answer(body[0], int.from_bytes(body[1:5]), body[5:]) or b""

    def recv(self, count: int) -> bytes:
        taken = bytes(self.waiting[:count])
        del self.waiting[:count]
        return taken


def holding(size: int, content: Callable[[int, int], bytes]) -> Callable[[int, int, bytes], Answer]:
    """A server with one file; `content(offset, count)` is what a READ gives, empty for its end."""

    def answer(kind: int, number: int, body: bytes) -> Answer:
        match kind:
            case Request.OPEN:
                return reply(Reply.HANDLE, number, string(b"h"))
            case Request.READ:
                offset, count = struct.unpack(">QI", body[-12:])
                data = content(offset, count)
                return reply(Reply.DATA, number, string(data)) if data else status(number, Status.END)
            case Request.FSTAT | Request.LSTAT:
                return reply(Reply.ATTRIBUTES, number, attributes(size))
        return status(number, Status.OK)

    return answer


@pytest.mark.parametrize(
    "greeting",
    [
        b"",
        b"\0\0\0",
        b"SSH-2.0-x\r\n",
        struct.pack(">IBI", 5, 2, 2),
        struct.pack(">IBI", 5, 101, 3),
        struct.pack(">I", 2**31),
        struct.pack(">IB", 1, 2),
    ],
)
def test_a_server_that_does_not_speak_sftp_is_named(greeting: bytes) -> None:
    with pytest.raises(BrokenError):
        Session(Server(lambda kind, number, body: None, greeting))


def test_a_packet_longer_than_any_server_sends_is_refused_before_it_is_read() -> None:
    """T19."""
    server = Server(lambda kind, number, body: struct.pack(">I", PACKET_BYTES_MAX + 1))

    with pytest.raises(BrokenError, match="announced a packet of 524289 bytes"):
        Session(server).about(b"x")


def test_a_file_that_never_ends_is_read_no_further_than_announced() -> None:
    """T19."""
    server = Server(holding(100, lambda offset, count: b"x" * count))

    read = Session(server).read_file(b"x", 100)

    assert len(read.payload) == 101


def test_a_server_that_gives_more_than_asked_is_cut_off() -> None:
    """T19."""
    server = Server(holding(100, lambda offset, count: b"x" * (count + 1)))

    with pytest.raises(BrokenError, match="where 101 were asked for"):
        Session(server).read_file(b"x", 100)


@pytest.mark.parametrize("piece", [1, 7, 1000, CHUNK_BYTES - 1])
def test_a_server_that_gives_less_than_asked_is_asked_again(piece: int) -> None:
    content = bytes(range(256)) * (300 if piece > 100 else 2)
    server = Server(holding(len(content), lambda offset, count: content[offset : offset + min(count, piece)]))

    assert Session(server).read_file(b"x", len(content)).payload == content


def test_a_file_that_shrank_comes_short_and_without_a_gap() -> None:
    content = bytes(range(256)) * 400
    server = Server(holding(200_000, lambda offset, count: content[offset : offset + count]))

    assert Session(server).read_file(b"x", 200_000).payload == content


@pytest.mark.parametrize("body", [b"", b"\0", struct.pack(">I", 2**31), struct.pack(">I", 1000) + b"x"])
def test_an_answer_cut_short_is_named(body: bytes) -> None:
    for kind in (Reply.HANDLE, Reply.STATUS):
        server = Server(lambda asked, number, _, kind=kind: reply(kind, number, body))
        with pytest.raises((BrokenError, RefusedError)):
            Session(server).read_file(b"x", 10)


def test_answers_that_nobody_asked_for_are_not_collected() -> None:
    def answer(kind: int, number: int, body: bytes) -> Answer:
        return b"".join(status(number + more, Status.OK) for more in range(1, 1000))

    with pytest.raises(BrokenError, match="which was not asked"):
        Session(Server(answer)).about(b"x")


def test_a_refused_write_leaves_no_answer_behind_for_the_next_question() -> None:
    def answer(kind: int, number: int, body: bytes) -> Answer:
        if kind == Request.WRITE:
            return status(number, Status.FAILURE, b"quota")
        return holding(7, lambda offset, count: b"")(kind, number, body)

    session = Session(Server(answer))
    for length in (10, CHUNK_BYTES * 100):
        with pytest.raises(RefusedError, match="quota"):
            session.write_new(b"x", b"x" * length)
        assert session.about(b"y").size == 7


def test_small_files_of_which_some_are_refused_keep_their_places() -> None:
    def answer(kind: int, number: int, body: bytes) -> Answer:
        if kind == Request.OPEN and b"gone" in body:
            return status(number, Status.NO_SUCH_FILE)
        return holding(3, lambda offset, count: b"UNB")(kind, number, body)

    first, second, third = Session(Server(answer)).read_small([(b"a", 3), (b"gone", 3), (b"c", 3)])

    assert isinstance(second, RefusedError)
    assert not isinstance(first, RefusedError)
    assert not isinstance(third, RefusedError)
    assert (first.payload, third.payload) == (b"UNB", b"UNB")


def test_a_listing_left_in_the_middle_does_not_disturb_the_next_question() -> None:
    def answer(kind: int, number: int, body: bytes) -> Answer:
        if kind == Request.OPENDIR:
            return reply(Reply.HANDLE, number, string(b"h"))
        if kind == Request.READDIR:
            return reply(Reply.NAME, number, struct.pack(">I", 1) + string(b"a.edi") + string(b"long") + attributes(3))
        return holding(9, lambda offset, count: b"")(kind, number, body)

    session = Session(Server(answer))
    listing = session.listing(b".")
    assert next(listing)[0] == b"a.edi"
    listing.close()

    assert session.about(b"y").size == 9


@pytest.mark.parametrize("name", [b"../../etc/cron.d/x", b"/etc/passwd", b"a/b.edi", b"", b"nul\0.edi"])
def test_a_listed_name_that_leads_out_of_the_folder_is_noticed_and_never_used(name: bytes) -> None:
    given = iter([name])

    def answer(kind: int, number: int, body: bytes) -> Answer:
        if kind == Request.OPENDIR:
            return reply(Reply.HANDLE, number, string(b"h"))
        if kind == Request.READDIR:
            listed = next(given, None)
            if listed is None:
                return status(number, Status.END)
            return reply(Reply.NAME, number, struct.pack(">I", 1) + string(listed) + string(b"long") + attributes(3) + struct.pack(">I", 0))
        return status(number, Status.OK)

    server = Server(answer)
    inbound = over(Session(server))

    assert list(inbound.offers()) == []
    assert [reason for _, reason in inbound.notices] == ["is no name inside the folder and was left alone"]
    assert {kind for kind, _ in server.asked} == {Request.OPENDIR, Request.READDIR, Request.CLOSE}


class Connected(Connection):
    open: Session

    def session(self) -> Session:
        return self.open


def over(session: Session) -> SftpInbound:
    """A receiving end whose connection is already there."""
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIUplv0uzc1eECD6yzrY1FagEESHmV0PypwjvnaRFLVB"
    keys = {"host": "x", "user": "u", "password": "${env:P}", "host_key": key, "ready": {"stable": "0s"}}
    settings = sftp.Settings.model_validate(keys)
    connection = Connected(sftp.connection("acme-in", settings, lambda reference: reference).server, lambda reference: reference)
    connection.open = session
    return SftpInbound(name="acme-in", settings=settings, connection=connection)
