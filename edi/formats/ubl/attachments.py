"""Files inside a document (`EmbeddedDocumentBinaryObject`): found, checked, decoded in pieces.

One longer than `CUT_BYTES_MIN` never reaches the XML parser: it is cut out of the bytes first, and its element then holds
a mark instead, which is no base64 on purpose, so that nobody takes it for the content.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from edi.findings import Finding, Location, Severity
from edi.formats.ubl.names import CBC
from edi.limits import MIB, XML_TEXT_BYTES_MAX

Element = Any
"""An lxml element."""

CUT_BYTES_MIN: Final = 8 * MIB
"""Below the bound for one text (`XML_TEXT_BYTES_MAX`), so that what is not cut always fits."""
assert CUT_BYTES_MIN < XML_TEXT_BYTES_MAX

_ELEMENT: Final = f"{{{CBC}}}EmbeddedDocumentBinaryObject"
_START: Final = re.compile(rb"""<(?:[A-Za-z_][\w.-]*:)?EmbeddedDocumentBinaryObject(?:\s(?:[^<>"']|"[^"]*"|'[^']*')*)?(?<!/)>""")
_PIECE: Final = 4 * 65536
"""Characters decoded at a time; a multiple of four."""
_SPACE: Final = b" \t\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Content taken out of the bytes; the element's text became `mark`."""

    mark: str
    content: memoryview


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One file. Its name is the sender's and must never be used as a path: see `safe_name`."""

    path: str
    """XPath of the element."""
    filename: str
    media_type: str
    encoded: memoryview
    """As in the document: base64, maybe with white space."""

    @property
    def safe_name(self) -> str:
        """The last part of the sender's name without anything a file system or a terminal could take badly."""
        last = re.split(r"[/\\]", self.filename)[-1]
        return re.sub(r"[^\w. ()+-]", "_", last).lstrip(".").strip()[:120] or "attachment"

    def pieces(self) -> Iterator[bytes]:
        """The file, decoded in pieces of bounded size. Raises ValueError where it is no base64."""
        rest = b""
        for start in range(0, len(self.encoded), _PIECE):
            text = rest + bytes(self.encoded[start : start + _PIECE]).translate(None, _SPACE)
            whole = len(text) - len(text) % 4
            if b"=" in text[:whole].rstrip(b"=") or (b"=" in text[:whole] and start + _PIECE < len(self.encoded)):
                self._refuse_inner_padding(text, start)
            yield binascii.a2b_base64(text[:whole], strict_mode=True) if whole else b""
            rest = text[whole:]
        if rest:
            raise binascii.Error("the length is no multiple of four characters")

    def _refuse_inner_padding(self, text: bytes, start: int) -> None:
        following = bytes(self.encoded[start + _PIECE : start + _PIECE + _PIECE]).strip(_SPACE)
        if following or b"=" in text.rstrip(b"="):
            raise binascii.Error("padding stands before the end")

    def decode(self) -> bytes:
        """The whole file. Raises ValueError where it is no base64."""
        return b"".join(self.pieces())


def cut(data: bytes) -> tuple[bytes, tuple[Cut, ...]]:
    """The document without its long attachments, and these; `data` itself if there is none."""
    if len(data) < CUT_BYTES_MIN or b"EmbeddedDocumentBinaryObject" not in data:
        return data, ()
    kept: list[bytes | memoryview] = []
    cuts: list[Cut] = []
    view = memoryview(data)
    position = 0
    for match in _START.finditer(data):
        end = data.find(b"<", match.end())
        if match.end() < position or end - match.end() < CUT_BYTES_MIN:
            continue
        mark = f"attachment:{len(cuts) + 1}"
        kept += [view[position : match.end()], mark.encode()]
        cuts.append(Cut(mark=mark, content=view[match.end() : end]))
        position = end
    if not cuts:
        return data, ()
    kept.append(view[position:])
    return b"".join(kept), tuple(cuts)


def of_document(root: Element, cuts: tuple[Cut, ...], *, source: str | None = None) -> tuple[tuple[Attachment, ...], tuple[Finding, ...]]:
    """All attachments in document order, and findings about their names, their base64 and their kind."""
    contents = {entry.mark: entry.content for entry in cuts}
    tree = root.getroottree()
    found: list[Attachment] = []
    findings: list[Finding] = []
    for element in root.iter(_ELEMENT):
        text = element.text or ""
        attachment = Attachment(
            path=tree.getpath(element),
            filename=element.get("filename", ""),
            media_type=element.get("mimeCode", ""),
            encoded=contents.get(text, memoryview(text.encode())),
        )
        found.append(attachment)
        findings += check(attachment, Location(source=source, line=element.sourceline, path=attachment.path))
    return tuple(found), tuple(findings)


def check(attachment: Attachment, where: Location) -> Iterator[Finding]:
    """What is odd about one attachment."""
    if re.search(r"[/\\\x00-\x1f]|^\.\.?$", attachment.filename):
        text = f"the attachment is named {attachment.filename!r}, which is a path or holds control characters"
        hint = f"it is kept as {attachment.safe_name!r}"
        yield Finding(code="ubl.attachment_name", text=text, where=where, value=attachment.filename, hint=hint, severity=Severity.WARNING)
    try:
        pieces = attachment.pieces()
        start = next(pieces, b"")
        for _ in pieces:
            pass
    except ValueError as error:
        text = f"the content of attachment {attachment.filename!r} is no base64: {error}"
        yield Finding(code="ubl.attachment_base64", text=text, where=where, hint="ask the sender to encode it again")
        return
    kind = _kind_of(start)
    if kind and not any(word in attachment.media_type.lower() for word in _WORDS[kind]):
        text = f"the attachment {attachment.filename!r} is announced as {attachment.media_type!r} but begins like {_NAMES[kind]}"
        severity = Severity.ERROR if kind in _PROGRAMS else Severity.WARNING
        yield Finding(
            code="ubl.attachment_type",
            text=text,
            where=where,
            value=attachment.media_type,
            severity=severity,
            hint="do not open it before asking the sender",
        )


_STARTS: Final = (
    (b"%PDF", "pdf"),
    (b"MZ", "windows"),
    (b"\x7fELF", "elf"),
    (b"#!", "script"),
    (b"\x89PNG", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"PK\x03\x04", "zip"),
)
_NAMES: Final = {
    "pdf": "a PDF file",
    "windows": "a Windows program",
    "elf": "a program",
    "script": "a script",
    "png": "a PNG image",
    "jpeg": "a JPEG image",
    "zip": "a ZIP archive",
}
_PROGRAMS: Final = frozenset({"windows", "elf", "script"})
_WORDS: Final = {
    "pdf": ("pdf",),
    "windows": ("msdownload", "octet-stream", "executable"),
    "elf": ("octet-stream", "executable"),
    "script": ("text/", "script", "octet-stream"),
    "png": ("png", "octet-stream"),
    "jpeg": ("jp", "octet-stream"),
    "zip": ("zip", "officedocument", "opendocument", "octet-stream"),
}
"""Words in a media type that agree with how the file begins."""


def _kind_of(start: bytes) -> str | None:
    return next((kind for mark, kind in _STARTS if start.startswith(mark)), None)
