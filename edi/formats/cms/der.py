"""The outermost layers of BER and DER, read and written as a stream; the small structures in them are `asn1`'s.

A message of any size has a few hundred bytes of structure around its content. Those are read here, the content flows through.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from edi.formats.cms.failure import CmsError, Reason

SEQUENCE: Final = 0x30
SET: Final = 0x31
OCTETS: Final = 0x04
OCTETS_CONSTRUCTED: Final = 0x24
INTEGER: Final = 0x02
OID: Final = 0x06
UTC_TIME: Final = 0x17
EXPLICIT_0: Final = 0xA0
IMPLICIT_0: Final = 0x80
END: Final = 0x00

STRUCTURE_BYTES_MAX: Final = 1 << 20
"""One structure held whole: recipients, certificates, signatures. Ten thousand recipients take 4 MB and are refused."""
DEPTH_MAX: Final = 64
CHUNK: Final = 1 << 18


def length(size: int) -> bytes:
    """A definite length, in as few bytes as DER wants."""
    if size < 0x80:
        return bytes([size])
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def wrap(tag: int, *parts: bytes) -> bytes:
    """Tag, length and the parts."""
    return bytes([tag]) + length(sum(map(len, parts))) + b"".join(parts)


def broken(what: str) -> CmsError:
    """For structures that end early or are none."""
    return CmsError(Reason.PROCESSING, f"the protected part {what}", hint="it was cut or changed on the way; ask for it again")


@dataclass(frozen=True, slots=True)
class Header:
    """Tag and length of one value; `size` is None for indefinite length."""

    tag: int
    size: int | None
    raw: bytes


class Source:
    """Chunks, read by number of bytes. It never holds more than one chunk and what was asked for."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = b""
        self._start = 0
        self.offset = 0
        """Bytes read so far."""

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes; CmsError where the source ends before."""
        piece = self._rest[self._start : self._start + size]
        if len(piece) == size:
            self._start += size
            self.offset += size
            return piece
        pieces = list(self.stream(size))
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def stream(self, size: int) -> Iterator[bytes]:
        """The next `size` bytes in pieces."""
        while size:
            if self._start >= len(self._rest):
                self._rest, self._start = next(self._chunks, b""), 0
                if not self._rest:
                    raise broken("ends in the middle")
            piece = self._rest[self._start : self._start + size] if self._start or size < len(self._rest) else self._rest
            self._start += len(piece)
            self.offset += len(piece)
            size -= len(piece)
            yield piece

    def header(self) -> Header:
        """The next tag and length."""
        raw = self.read(2)
        tag, first = raw
        if tag & 0x1F == 0x1F:
            raise broken("has a tag that CMS does not know")
        if first == 0x80:
            return Header(tag, None, raw)
        if first < 0x80:
            return Header(tag, first, raw)
        if first & 0x7F > 8:
            raise broken("has a length of more than eight bytes")
        octets = self.read(first & 0x7F)
        return Header(tag, int.from_bytes(octets, "big"), raw + octets)

    def expect(self, *tags: int) -> Header:
        """The next header, which must have one of these tags."""
        header = self.header()
        if header.tag not in tags:
            raise broken(f"has tag {header.tag:#04x} where {' or '.join(f'{tag:#04x}' for tag in tags)} belongs")
        return header

    def whole(self, header: Header, depth: int = 0) -> bytes:
        """The value with its header, made definite; for structures that are small by nature."""
        if depth > DEPTH_MAX:
            raise broken(f"is nested more than {DEPTH_MAX} deep")
        if header.size is not None:
            if header.size > STRUCTURE_BYTES_MAX:
                raise broken(f"has a structure of {header.size} bytes")
            content = self.read(header.size)
            return header.raw + content
        parts, total = [], 0
        while (inner := self.header()).tag != END:
            parts.append(self.whole(inner, depth + 1))
            total += len(parts[-1])
            if total > STRUCTURE_BYTES_MAX:
                raise broken(f"has a structure of more than {STRUCTURE_BYTES_MAX} bytes")
        return wrap(header.tag, *parts)

    def content(self, header: Header, depth: int = 0) -> Iterator[bytes]:
        """The octets of an OCTET STRING, in one piece or cut into many (BER), as pieces."""
        if depth > DEPTH_MAX:
            raise broken(f"is nested more than {DEPTH_MAX} deep")
        if not header.tag & 0x20:
            if header.size is None:
                raise broken("has a primitive value of indefinite length")
            yield from self.stream(header.size)
        elif header.size is None:
            while (inner := self.header()).tag != END:
                yield from self.content(inner, depth + 1)
        else:
            end = self.offset + header.size
            while self.offset < end:
                yield from self.content(self.header(), depth + 1)

    def close(self, *headers: Header) -> None:
        """Read the end marks of these values, innermost first, where their length was indefinite."""
        for header in headers:
            if header.size is None and self.read(2) != b"\0\0":
                raise broken("does not end where it should")
