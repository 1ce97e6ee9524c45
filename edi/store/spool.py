"""What is too large for memory while it is worked on: files without a name, in the store's own folder, gone with the process."""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, Final, Self

from edi.slices import CHUNK, Slice

IN_MEMORY_BYTES_MAX: Final = 1 << 20
"""What is longer goes to a file."""
FOLDER: Final = "incoming"


class FileBytes:
    """The bytes of an open file, read where they are asked for; it is closed when nobody asks any more."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._size = os.fstat(descriptor).st_size
        weakref.finalize(self, os.close, descriptor)

    @classmethod
    def open(cls, place: Path) -> FileBytes:
        """Those of a file that no longer changes. Raises OSError if it cannot be opened."""
        return cls(os.open(place, os.O_RDONLY | os.O_CLOEXEC))

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, part: slice) -> bytes:
        start, end, _step = part.indices(self._size)
        pieces = []
        while start < end and (piece := os.pread(self._descriptor, end - start, start)):
            pieces.append(piece)
            start += len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def find(self, what: bytes, start: int, end: int) -> int:
        """Piece by piece, each with so much of the next that nothing is missed between them."""
        while start < end:
            found = self[start : min(start + CHUNK + len(what) - 1, end)].find(what)
            if found >= 0:
                return start + found
            start += CHUNK
        return -1


class Growing:
    """Bytes that come piece by piece: in memory while they are few, else in a file that only this process can find."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: list[bytes] = []
        self._file: BinaryIO | None = None
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, piece: bytes) -> None:
        """One more piece. Raises OSError where the disk takes no more."""
        self.size += len(piece)
        self._held.append(piece)
        if self._file is None and self.size > IN_MEMORY_BYTES_MAX:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115 -- closed by __exit__
        if self._file is not None:
            for one in self._held:
                write_all(self._file.fileno(), one)
            self._held.clear()

    def done(self) -> Slice:
        """All of it, to be read as often as one likes."""
        if self._file is None:
            return Slice.of(b"".join(self._held))
        return Slice.of(FileBytes(os.dup(self._file.fileno())))


class Spool:
    """Puts together what comes in pieces."""

    def __init__(self, store: Path) -> None:
        self._folder = store / FOLDER

    def growing(self) -> Growing:
        """For pieces that nobody can hand over as one iterable."""
        return Growing(self._folder)

    def __call__(self, chunks: Iterable[bytes]) -> Slice:
        """All chunks, one after the other."""
        with self.growing() as all_of_it:
            for chunk in chunks:
                all_of_it.add(chunk)
            return all_of_it.done()


def write_all(descriptor: int, data: bytes) -> None:
    """The system may write less than it is asked to."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
