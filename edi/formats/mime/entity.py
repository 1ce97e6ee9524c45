"""Entities and their parts."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from quopri import decodestring
from typing import Final

from edi.errors import FormatError, LimitError
from edi.formats.mime.headers import HEADER_BYTES_MAX, Headers, Parameters, parameters, read_headers
from edi.slices import Slice

PARTS_MAX: Final = 1_000
"""Parts of one multipart. The AS2 profile for multiple attachments knows tens."""
DEPTH_MAX: Final = 10
"""Signed inside compressed inside encrypted inside a mail is five."""

QUOTED_LINE_BYTES_MAX: Final = 64 * 1024
"""RFC 2045 allows 76; some programs never end one."""

_LINE = re.compile(rb"(--)?[ \t]*(\r?\n|\Z)")
"""Behind a boundary."""
_CLEAN = re.compile(rb"[^A-Za-z0-9+/=]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """Headers and body of one MIME entity, as slices of the received bytes."""

    headers: Headers
    raw: Slice
    """Headers, blank line and body: what a signature covers."""
    body: Slice
    depth: int = 0

    @property
    def content_type(self) -> Parameters:
        """`text/plain` where nothing is said (RFC 2045 section 5.2)."""
        return parameters(self.headers.get("content-type") or "text/plain")

    @property
    def filename(self) -> str | None:
        """As the sender wrote it: data, never a place in our file system (T01)."""
        found = parameters(self.headers.get("content-disposition")).get("filename") or self.content_type.get("name")
        return found or None

    @property
    def encoding(self) -> str:
        """Content-Transfer-Encoding, in lower case; binary where nothing is said."""
        return self.headers.get("content-transfer-encoding", "binary").strip().lower() or "binary"

    @property
    def is_plain(self) -> bool:
        """True if the body stands there as it is meant."""
        return self.encoding in {"7bit", "8bit", "binary"}

    def parts(self) -> tuple[Entity, ...]:
        """The parts of a multipart; a FormatError where it has no boundary, no parts or no end.

        Preamble and epilogue are passed over. The line end before a boundary belongs to the boundary.
        """
        boundary = self.content_type.get("boundary", "")
        if not boundary or len(boundary) > 200:
            raise FormatError("the multipart names no boundary", hint='its Content-Type needs boundary="..."')
        if self.depth >= DEPTH_MAX:
            raise LimitError(f"parts are nested more than {DEPTH_MAX} deep")
        return tuple(entity(part, self.depth + 1) for part in _split(self.body, b"--" + boundary.encode("utf-8", "replace")))

    def decoded(self) -> Iterator[bytes]:
        """The body without its transfer encoding, in pieces; FormatError `mime.base64` and the like in words."""
        if self.is_plain:
            return self.body.chunks()
        match self.encoding:
            case "base64":
                return _base64(self.body)
            case "quoted-printable":
                return _quoted(self.body)
            case other:
                raise FormatError(f"the transfer encoding {other!r} is not known", hint="use base64, quoted-printable or binary")

    def content(self) -> bytes:
        """`decoded` in one piece, for small parts."""
        return b"".join(self.decoded())


def parse(data: bytes | Slice, *, headers: Headers | None = None) -> Entity:
    """The entity that the bytes are; with `headers` given (as HTTP does) the bytes are its body alone."""
    whole = Slice.of(data)
    if headers is not None:
        return Entity(headers=headers, raw=whole, body=whole)
    return entity(whole)


def entity(raw: Slice, depth: int = 0) -> Entity:
    """The entity in a slice: header fields up to the first blank line, then the body."""
    head = raw.head(HEADER_BYTES_MAX)
    if head.startswith((b"\r\n", b"\n")):
        end, body = 0, 2 if head.startswith(b"\r\n") else 1
    else:
        blank = re.search(rb"\r?\n\r?\n", head)
        if blank is None and len(raw) > HEADER_BYTES_MAX:
            raise LimitError(f"the header fields are longer than {HEADER_BYTES_MAX} bytes")
        end, body = (blank.start(), blank.end()) if blank else (len(head), len(head))
    return Entity(headers=read_headers(head[:end]), raw=raw, body=raw.sub(body), depth=depth)


def _split(body: Slice, delimiter: bytes) -> Iterator[Slice]:
    start: int | None = None
    count = at = 0
    while True:
        found = _delimiter(body, delimiter, at)
        if found is None:
            raise FormatError("the multipart has no closing boundary", hint="it was cut off; ask for it again")
        before, after, closing = found
        if start is not None:
            count += 1
            if count > PARTS_MAX:
                raise LimitError(f"a multipart has more than {PARTS_MAX} parts")
            yield body.sub(start, max(before, start))
        if closing:
            if start is None:
                raise FormatError("the multipart has no parts")
            return
        start = at = after


def _delimiter(body: Slice, delimiter: bytes, at: int) -> tuple[int, int, bool] | None:
    """The next boundary line: where the part before it ends, where the next begins, whether it is the closing one."""
    while (found := body.find(delimiter, at)) >= 0:
        at = found + len(delimiter)
        first = max(found - 2, 0)
        around = bytes(body.sub(first, at + 1000))
        line = _LINE.match(around, at - first)
        if line is None or (found and around[found - first - 1 : found - first] != b"\n"):
            continue
        before = found - (2 if around.startswith(b"\r\n") and found > 1 else min(found, 1))
        return before, first + line.end(), line[1] is not None
    return None


def _base64(body: Slice) -> Iterator[bytes]:
    rest = b""
    for chunk in body.chunks():
        if b"=" in rest:
            rest = rest.rstrip(b"=")
        clean = rest + _CLEAN.sub(b"", chunk)
        usable = len(clean) - len(clean) % 4
        rest = clean[usable:]
        yield _decoded64(clean[:usable])
    if rest:
        yield _decoded64(rest + b"=" * (-len(rest) % 4))


def _quoted(body: Slice) -> Iterator[bytes]:
    rest = b""
    for chunk in body.chunks():
        text = rest + chunk
        end = text.rfind(b"\n") + 1
        rest = text[end:]
        if len(rest) > QUOTED_LINE_BYTES_MAX:
            raise LimitError(f"a line of quoted-printable is longer than {QUOTED_LINE_BYTES_MAX} bytes")
        yield decodestring(text[:end])
    yield decodestring(rest)


def _decoded64(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise FormatError("the base64 of a part is damaged", hint="it was cut or changed on the way; ask for it again") from error
