"""SFTP version 3 (draft-ietf-secsh-filexfer-02) as bytes: requests built, replies taken apart; nothing is sent here.

Names stay bytes: the protocol says nothing about their charset, and partners' servers send what their disks hold.
"""

from __future__ import annotations

import stat
import struct
from dataclasses import dataclass
from enum import IntEnum


class Request(IntEnum):
    """Packet types we send."""

    INIT = 1
    OPEN = 3
    CLOSE = 4
    READ = 5
    WRITE = 6
    LSTAT = 7
    FSTAT = 8
    OPENDIR = 11
    READDIR = 12
    REMOVE = 13
    MKDIR = 14
    REALPATH = 16
    RENAME = 18
    EXTENDED = 200


class Reply(IntEnum):
    """Packet types that come back."""

    VERSION = 2
    STATUS = 101
    HANDLE = 102
    DATA = 103
    NAME = 104
    ATTRIBUTES = 105
    EXTENDED = 201


class Status(IntEnum):
    """Codes of a STATUS reply."""

    OK = 0
    END = 1
    NO_SUCH_FILE = 2
    PERMISSION_DENIED = 3
    FAILURE = 4
    BAD_MESSAGE = 5
    NO_CONNECTION = 6
    CONNECTION_LOST = 7
    UNSUPPORTED = 8


OPEN_READ = 0x01
OPEN_NEW = 0x02 | 0x08 | 0x20
"""Write, create, and fail if it is there."""

PACKET_BYTES_MAX = 512 * 1024
"""OpenSSH sends at most 256 KiB; a longer one is no SFTP."""

_HAS_SIZE, _HAS_OWNER, _HAS_PERMISSIONS, _HAS_TIMES = 0x1, 0x2, 0x4, 0x8


@dataclass(frozen=True, slots=True)
class Attributes:
    """What the server says about a file; None for what it leaves out."""

    size: int | None = None
    permissions: int | None = None
    modified: int | None = None
    """Seconds since 1970 by the server's clock."""

    @property
    def is_plain_file(self) -> bool:
        """True for a plain file, and where the server does not say what it is."""
        return self.permissions is None or stat.S_IFMT(self.permissions) in {0, stat.S_IFREG}

    @property
    def is_folder(self) -> bool:
        return self.permissions is not None and stat.S_ISDIR(self.permissions)


class BrokenError(Exception):
    """The connection ended, or the other side spoke no SFTP; nothing more can be asked on it."""


def packet(kind: Request, number: int, *fields: bytes | int) -> bytes:
    """One request: bytes become length-prefixed strings, ints 32-bit numbers."""
    body = b"".join(struct.pack(">I", field) if isinstance(field, int) else struct.pack(">I", len(field)) + field for field in fields)
    return struct.pack(">IBI", 5 + len(body), kind, number) + body


def read_packet(number: int, handle: bytes, offset: int, count: int) -> bytes:
    """A READ request."""
    return struct.pack(f">IBII{len(handle)}sQI", 21 + len(handle), Request.READ, number, len(handle), handle, offset, count)


def write_packet(number: int, handle: bytes, offset: int, data: bytes | memoryview) -> bytes:
    """A WRITE request."""
    head = struct.pack(
        f">IBII{len(handle)}sQI", 21 + len(handle) + len(data), Request.WRITE, number, len(handle), handle, offset, len(data)
    )
    return head + bytes(data)


def hello() -> bytes:
    """The first packet: we speak version 3."""
    return struct.pack(">IBI", 5, Request.INIT, 3)


class Fields:
    """Reads the fields of one reply in order."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes, at: int = 0) -> None:
        self._data = data
        self._at = at

    def number(self) -> int:
        """A 32-bit number."""
        return self._unpacked(">I", 4)

    def long(self) -> int:
        """A 64-bit number."""
        return self._unpacked(">Q", 8)

    def _unpacked(self, form: str, width: int) -> int:
        try:
            (value,) = struct.unpack_from(form, self._data, self._at)
        except struct.error as error:
            raise BrokenError("the server does not speak SFTP: a reply ended in the middle of a field") from error
        self._at += width
        return int(value)

    def string(self) -> bytes:
        """A length-prefixed string."""
        length = self.number()
        value = self._data[self._at : self._at + length]
        if len(value) != length:
            raise BrokenError("the server does not speak SFTP: a reply ended in the middle of a field")
        self._at += length
        return value

    @property
    def is_over(self) -> bool:
        return self._at >= len(self._data)

    def attributes(self) -> Attributes:
        """An ATTRS structure."""
        flags = self.number()
        size = self.long() if flags & _HAS_SIZE else None
        if flags & _HAS_OWNER:
            self.long()
        permissions = self.number() if flags & _HAS_PERMISSIONS else None
        modified = None
        if flags & _HAS_TIMES:
            self.number()
            modified = self.number()
        if flags & 0x80000000:
            for _ in range(self.number()):
                self.string()
                self.string()
        return Attributes(size, permissions, modified)

    def names(self) -> list[tuple[bytes, Attributes]]:
        """The entries of a NAME reply."""
        found = []
        for _ in range(self.number()):
            name = self.string()
            self.string()  # the long form, as `ls -l` prints it: for people
            found.append((name, self.attributes()))
        return found
