"""Questions to an SFTP server and its answers, over an open stream: questions may be sent ahead, answers are matched by number.

Rule: a number whose answer nobody wants is remembered as such, so that answers never pile up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from edi.channels.sftp.packets import PACKET_BYTES_MAX, BrokenError, Fields, Reply, Request, Status, hello, packet


class Stream(Protocol):
    """A paramiko channel, or anything that carries bytes both ways."""

    def sendall(self, s: bytes, /) -> object: ...

    def recv(self, nbytes: int, /) -> bytes:
        """May give fewer bytes, or more."""


class RefusedError(Exception):
    """The server answered with a status that is not OK."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(said)
        self.code = code
        self.said = said


class Conversation:
    """Numbered questions and their answers. Not for several threads at once: whoever asks holds a lock."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._buffer = b""
        self._taken = 0
        self._number = 0
        self._answers: dict[int, tuple[int, Fields]] = {}
        self._unwanted: set[int] = set()
        self.extensions = self._greet()

    def _greet(self) -> frozenset[bytes]:
        self._send(hello())
        kind, fields = self._next_packet()
        if kind != Reply.VERSION or fields.number() < 3:
            raise BrokenError("the server does not speak SFTP version 3")
        offered = set()
        while not fields.is_over:
            offered.add(fields.string())
            fields.string()
        return frozenset(offered)

    def _send(self, data: bytes) -> None:
        try:
            self._stream.sendall(data)
        except TimeoutError:
            raise
        except (OSError, EOFError) as error:
            raise BrokenError(str(error) or "the connection was closed") from error

    def _ask(self, kind: Request, *fields: bytes | int) -> int:
        self._number += 1
        self._send(packet(kind, self._number, *fields))
        return self._number

    def _answer(self, number: int) -> tuple[int, Fields]:
        while number not in self._answers:
            kind, fields = self._next_packet()
            came = fields.number()
            if came in self._unwanted:
                self._unwanted.discard(came)
            elif came > self._number or came in self._answers:
                raise BrokenError(f"the server answered question {came}, which was not asked")
            else:
                self._answers[came] = (kind, fields)
        return self._answers.pop(number)

    def _forget(self, number: int) -> None:
        if self._answers.pop(number, None) is None:
            self._unwanted.add(number)

    def _next_packet(self) -> tuple[int, Fields]:
        length = int.from_bytes(self._take(4))
        if not 1 <= length <= PACKET_BYTES_MAX:
            raise BrokenError(f"the server does not speak SFTP: it announced a packet of {length} bytes")
        body = self._take(length)
        return body[0], Fields(body, 1)

    def _take(self, count: int) -> bytes:
        have = len(self._buffer) - self._taken
        if have < count:
            pieces = [self._buffer[self._taken :]]
            while have < count:
                pieces.append(self._received(count - have))
                have += len(pieces[-1])
            self._buffer, self._taken = b"".join(pieces), 0
        self._taken += count
        return self._buffer[self._taken - count : self._taken]

    def _received(self, missing: int) -> bytes:
        try:
            more = self._stream.recv(missing)
        except TimeoutError:
            raise
        except (OSError, EOFError) as error:
            raise BrokenError(str(error) or "the connection was closed") from error
        if not more:
            raise BrokenError("the server closed the connection")
        return more

    def _expect(self, number: int, kind: Reply) -> Fields:
        came, fields = self._answer(number)
        if came == Reply.STATUS and kind != Reply.STATUS:
            self._check(fields)
            raise BrokenError("the server said OK where it should have answered")
        if came != kind:
            raise BrokenError(f"the server answered with packet type {came} instead of {kind.name}")
        return fields

    def _check(self, fields: Fields) -> None:
        code = fields.number()
        if code != Status.OK:
            said = "" if fields.is_over else fields.string().decode("utf-8", "replace")
            raise RefusedError(code, said or f"status {code}")

    def _done(self, number: int) -> None:
        self._check(self._expect(number, Reply.STATUS))

    def _packet(self, kind: Request, *fields: bytes | int) -> tuple[int, bytes]:
        self._number += 1
        return self._number, packet(kind, self._number, *fields)

    def _send_all(self, packets: Iterable[tuple[int, bytes]]) -> list[int]:
        numbered = list(packets)
        self._send(b"".join(data for _, data in numbered))
        return [number for number, _ in numbered]

    def _or_refusal(self, ask: Callable[[int], bytes], number: int) -> bytes | RefusedError:
        try:
            return ask(number)
        except RefusedError as refusal:
            return refusal
