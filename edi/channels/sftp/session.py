"""What channels ask an SFTP server: folders listed, files read whole, written new, renamed, removed.

Sending ahead is what makes small files fast: a file is read with two waits for the server, written with three.
Rule: never more bytes are asked for than the server announced (threat T19).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import RLock

from edi.channels.sftp.conversation import Conversation, RefusedError, Stream
from edi.channels.sftp.packets import (
    OPEN_NEW,
    OPEN_READ,
    Attributes,
    BrokenError,
    Reply,
    Request,
    Status,
    read_packet,
    write_packet,
)

CHUNK_BYTES = 32 * 1024
"""What every server must give in one READ."""
WRITE_BYTES = 32_000
"""What we send in one WRITE: with its head it fits into one packet of SSH, which takes 32 KiB."""
LARGE_CHUNK_BYTES = 255 * 1024
"""What we ask for in one READ where the server says that it gives as much, as OpenSSH does."""
AHEAD_MAX = 32
"""Requests without an answer: 1 MiB under way, 8 MiB with large chunks."""
LISTING_AHEAD = 4

FSYNC = b"fsync@openssh.com"
LIMITS = b"limits@openssh.com"


@dataclass(frozen=True, slots=True)
class FileRead:
    """A file's bytes and what the server said about it after reading."""

    payload: bytes
    open_file: Attributes
    under_its_name: Attributes | None
    """What stands under the name now; None if nothing."""


class Session(Conversation):
    """Asks an SFTP server about files; safe to use from several threads, one request at a time each."""

    def __init__(self, stream: Stream) -> None:
        super().__init__(stream)
        self._lock = RLock()
        self._read_bytes = self._read_limit() if LIMITS in self.extensions else CHUNK_BYTES

    def _read_limit(self) -> int:
        """OpenSSH tells how much it gives in one READ (PROTOCOL, 4.8); 0 means that it does not say."""
        try:
            fields = self._expect(self._ask(Request.EXTENDED, LIMITS), Reply.EXTENDED)
        except RefusedError:
            return CHUNK_BYTES
        fields.long()
        return max(CHUNK_BYTES, min(LARGE_CHUNK_BYTES, fields.long()))

    def about(self, path: bytes) -> Attributes:
        """What the name stands for, links not followed."""
        with self._lock:
            return self._expect(self._ask(Request.LSTAT, path), Reply.ATTRIBUTES).attributes()

    def exists(self, path: bytes) -> bool:
        """True if something stands under the name."""
        with self._lock:
            return self._present(self._ask(Request.LSTAT, path)) is not None

    def real_path(self, path: bytes) -> bytes:
        """The absolute path by the server's reckoning."""
        with self._lock:
            return self._expect(self._ask(Request.REALPATH, path), Reply.NAME).names()[0][0]

    def remove(self, path: bytes) -> None:
        """Remove a file."""
        with self._lock:
            self._done(self._ask(Request.REMOVE, path))

    def make_folder(self, path: bytes) -> None:
        """Make a folder."""
        with self._lock:
            self._done(self._ask(Request.MKDIR, path, 0))

    def rename(self, old: bytes, new: bytes) -> None:
        """Plain rename, which a name that is taken refuses (OpenSSH: status FAILURE)."""
        with self._lock:
            self._done(self._ask(Request.RENAME, old, new))

    def listing(self, path: bytes) -> Iterator[tuple[bytes, Attributes]]:
        """Entries of a folder without `.` and `..`, a batch at a time; other questions may be asked in between."""
        with self._lock:
            handle = self._expect(self._ask(Request.OPENDIR, path), Reply.HANDLE).string()
            asked = deque(self._ask(Request.READDIR, handle) for _ in range(LISTING_AHEAD))
        try:
            while asked:
                with self._lock:
                    batch = self._batch(asked.popleft())
                    if batch is None:
                        break
                    asked.append(self._ask(Request.READDIR, handle))
                for name, attributes in batch:
                    if name not in {b".", b".."}:
                        yield name, attributes
        finally:
            with self._lock, suppress(BrokenError, TimeoutError):
                for number in asked:
                    self._forget(number)
                self._forget(self._ask(Request.CLOSE, handle))

    def _batch(self, number: int) -> list[tuple[bytes, Attributes]] | None:
        try:
            return self._expect(number, Reply.NAME).names()
        except RefusedError as refusal:
            if refusal.code == Status.END:
                return None
            raise

    def read_file(self, path: bytes, size: int) -> FileRead:
        """The bytes of a file that was announced with `size` bytes; at most one byte more is asked for."""
        with self._lock:
            handle = self._expect(self._ask(Request.OPEN, path, OPEN_READ, 0), Reply.HANDLE).string()
            try:
                return self._read_open(path, handle, size)
            finally:
                self._forget(self._ask(Request.CLOSE, handle))

    def read_small(self, files: Sequence[tuple[bytes, int]]) -> list[FileRead | RefusedError]:
        """Several files of at most one chunk each, with two waits for all; a refusal stands in the place of its file."""
        with self._lock:
            opened = self._send_all(self._packet(Request.OPEN, path, OPEN_READ, 0) for path, _ in files)
            handles = [self._or_refusal(self._handle, number) for number in opened]
            asked = self._send_all(
                question
                for (path, size), handle in zip(files, handles, strict=True)
                if isinstance(handle, bytes)
                for question in self._small_questions(path, size, handle)
            )
            waiting = iter(asked)
            return [
                handle if isinstance(handle, RefusedError) else self._small_answers(size, handle, [next(waiting) for _ in range(4)])
                for (_, size), handle in zip(files, handles, strict=True)
            ]

    def _small_questions(self, path: bytes, size: int, handle: bytes) -> Iterator[tuple[int, bytes]]:
        self._number += 1
        yield self._number, read_packet(self._number, handle, 0, size + 1)
        yield self._packet(Request.FSTAT, handle)
        yield self._packet(Request.LSTAT, path)
        yield self._packet(Request.CLOSE, handle)

    def _small_answers(self, size: int, handle: bytes, numbers: Sequence[int]) -> FileRead | RefusedError:
        content, open_file, named, closed = numbers
        self._forget(closed)
        try:
            data = self._expect(content, Reply.DATA).string()
        except RefusedError as refusal:
            data = b""
            if refusal.code != Status.END:
                self._forget(open_file)
                self._forget(named)
                return refusal
        if len(data) > size + 1:
            raise BrokenError(f"the server gave {len(data)} bytes where {size + 1} were asked for")
        return FileRead(data, self._expect(open_file, Reply.ATTRIBUTES).attributes(), self._present(named))

    def _handle(self, number: int) -> bytes:
        return self._expect(number, Reply.HANDLE).string()

    def _read_open(self, path: bytes, handle: bytes, size: int) -> FileRead:
        pieces: list[bytes] = []
        asked: deque[tuple[int, int, int]] = deque()
        offset = ended = 0
        after: tuple[int, int] | None = None
        while after is None or asked:
            if len(asked) <= AHEAD_MAX // 2 and offset <= size:
                # The last request asks for one byte more than announced, which tells us whether the file has grown.
                begins = range(offset, size + 1, self._read_bytes)[: AHEAD_MAX - len(asked)]
                asked += self._ask_reads(handle, [(begin, min(self._read_bytes, size + 1 - begin)) for begin in begins])
                offset = begins[-1] + self._read_bytes
            if after is None and offset > size:
                after = (self._ask(Request.FSTAT, handle), self._ask(Request.LSTAT, path))
            if asked and not ended:
                number, begin, count = asked.popleft()
                piece = self._piece(number, handle, begin, count)
                pieces.append(piece)
                ended = len(piece) < count
            elif asked:
                self._forget(asked.popleft()[0])
        open_file = self._expect(after[0], Reply.ATTRIBUTES).attributes()
        return FileRead(b"".join(pieces), open_file, self._present(after[1]))

    def _ask_reads(self, handle: bytes, pieces: Sequence[tuple[int, int]]) -> list[tuple[int, int, int]]:
        """Ask for pieces, each an offset and a count, in one message; their numbers stand before them."""
        numbered = [(self._number + index, *piece) for index, piece in enumerate(pieces, 1)]
        self._number += len(pieces)
        self._send(b"".join(read_packet(number, handle, offset, count) for number, offset, count in numbered))
        return numbered

    def _piece(self, number: int, handle: bytes, offset: int, count: int) -> bytes:
        """The bytes of one request; servers may give fewer than asked for, so the rest is asked for again."""
        got = b""
        while True:
            try:
                data = self._expect(number, Reply.DATA).string()
            except RefusedError as refusal:
                if refusal.code == Status.END:
                    return got
                raise
            if not data or len(got) + len(data) > count:
                raise BrokenError(f"the server gave {len(data)} bytes where {count - len(got)} were asked for")
            got += data
            if len(got) == count:
                return got
            ((number, _, _),) = self._ask_reads(handle, [(offset + len(got), count - len(got))])

    def _present(self, number: int) -> Attributes | None:
        try:
            return self._expect(number, Reply.ATTRIBUTES).attributes()
        except RefusedError as refusal:
            if refusal.code == Status.NO_SUCH_FILE:
                return None
            raise

    def write_new(self, path: bytes, payload: bytes) -> int:
        """Write a file that must not be there yet, flush it where the server can, and say how many bytes it has."""
        with self._lock:
            handle = self._expect(self._ask(Request.OPEN, path, OPEN_NEW, 0), Reply.HANDLE).string()
            asked: deque[int] = deque()
            view = memoryview(payload)
            for offset in range(0, len(payload), WRITE_BYTES):
                self._number += 1
                self._send(write_packet(self._number, handle, offset, view[offset : offset + WRITE_BYTES]))
                asked.append(self._number)
                if len(asked) >= AHEAD_MAX:
                    self._written(asked.popleft(), asked, handle)
            if FSYNC in self.extensions:
                asked.append(self._ask(Request.EXTENDED, FSYNC, handle))
            about = self._ask(Request.FSTAT, handle)
            closed = self._ask(Request.CLOSE, handle)
            try:
                while asked:
                    self._done(asked.popleft())
            except RefusedError:
                for number in (*asked, about, closed):
                    self._forget(number)
                raise
            size = self._expect(about, Reply.ATTRIBUTES).attributes().size
            self._done(closed)
            return len(payload) if size is None else size

    def _written(self, number: int, asked: deque[int], handle: bytes) -> None:
        try:
            self._done(number)
        except RefusedError:
            for other in asked:
                self._forget(other)
            self._forget(self._ask(Request.CLOSE, handle))
            raise
