"""CompressedData (RFC 3274, used by RFC 5402): zlib around the content, opened only up to a bound."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Final

from edi.formats.cms import der
from edi.formats.cms.der import Source
from edi.formats.cms.failure import CmsError, Reason

CONTENT_TYPE: Final = bytes.fromhex("060b2a864886f70d0109100109")
DATA: Final = bytes.fromhex("06092a864886f70d010701")
ZLIB: Final = bytes.fromhex("060b2a864886f70d0109100308")
VERSION_0: Final = b"\x02\x01\x00"

RATIO_MAX: Final = 200
"""Inflated to deflated bytes. EDI compresses 5 to 20 times; zlib can be made to give 1,029."""
RATIO_COUNTS_FROM: Final = 1 << 20
"""Small documents full of blanks may pass the ratio; they cannot hurt."""
RATIO_LARGE_MAX: Final = 50
LARGE: Final = 64 << 20
"""From here on the ratio is nearer to what documents have: half a gigabyte costs a second, and must be worth it."""


def compress(chunks: Iterable[bytes], *, level: int = 6) -> Iterator[bytes]:
    """CompressedData around the content, as BER with indefinite lengths, since nobody knows the size before."""
    yield (
        b"\x30\x80"
        + CONTENT_TYPE
        + b"\xa0\x80\x30\x80"
        + VERSION_0
        + der.wrap(der.SEQUENCE, ZLIB)
        + b"\x30\x80"
        + DATA
        + b"\xa0\x80\x24\x80"
    )
    packer = zlib.compressobj(level)
    for chunk in chunks:
        if piece := packer.compress(chunk):
            yield der.wrap(der.OCTETS, piece)
    yield der.wrap(der.OCTETS, packer.flush())
    yield b"\0\0" * 6


def decompress(chunks: Iterable[bytes], *, size_max: int) -> Iterator[bytes]:
    """The content; CmsError `decompression-failed` where it is damaged, of another kind, or grows past a bound."""
    source = Source(chunks)
    outer = source.expect(der.SEQUENCE)
    if source.whole(source.expect(der.OID)) != CONTENT_TYPE:
        raise CmsError(Reason.DECOMPRESSION, "the part is not compressed data")
    explicit = source.expect(der.EXPLICIT_0)
    data = source.expect(der.SEQUENCE)
    source.whole(source.expect(der.INTEGER))
    algorithm = source.whole(source.expect(der.SEQUENCE))
    if ZLIB not in algorithm:
        raise CmsError(Reason.DECOMPRESSION, "the part is compressed with another method than zlib", hint="RFC 3274 knows only zlib")
    encapsulated = source.expect(der.SEQUENCE)
    source.whole(source.expect(der.OID))
    inner = source.expect(der.EXPLICIT_0)
    octets = source.expect(der.OCTETS, der.OCTETS_CONSTRUCTED)
    yield from _inflate(source.content(octets), size_max)
    source.close(inner, encapsulated, data, explicit, outer)


def _inflate(pieces: Iterable[bytes], size_max: int) -> Iterator[bytes]:
    unpacker = zlib.decompressobj()
    taken = given = 0
    for piece in pieces:
        taken += len(piece)
        for out in _unpack(unpacker, piece):
            given += len(out)
            if given > size_max or given > max(RATIO_COUNTS_FROM, taken * (RATIO_MAX if given <= LARGE else RATIO_LARGE_MAX)):
                raise CmsError(
                    Reason.DECOMPRESSION,
                    f"{taken} compressed bytes gave {given} and more",
                    hint="send the document uncompressed or in parts",
                )
            yield out
    if not unpacker.eof:
        raise CmsError(Reason.DECOMPRESSION, "the compressed data ends early")


def _unpack(unpacker: zlib._Decompress, piece: bytes) -> Iterator[bytes]:
    """What one piece inflates to, in chunks, so that a bomb is seen before it fills the memory."""
    while True:
        try:
            out = unpacker.decompress(piece, der.CHUNK)
        except zlib.error as error:
            raise CmsError(Reason.DECOMPRESSION, "the compressed data is damaged") from error
        if out:
            yield out
        piece = unpacker.unconsumed_tail
        if not piece and len(out) < der.CHUNK:
            return
