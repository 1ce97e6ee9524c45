"""The one place where XML bytes become a tree. Any DOCTYPE is refused before a parser sees it; every size has a bound.

Nothing else in the project calls an XML parser on bytes from outside (threat T06). No DTD is loaded, no entity expanded,
no network touched, no XInclude processed; processing instructions such as `xml-stylesheet` stay what they are.
"""

from __future__ import annotations

import codecs
import re
from typing import Any, Final

from lxml import etree

from edi.errors import ConfigError
from edi.findings import Finding, Location, Outcome
from edi.limits import XML_ATTRIBUTES_MAX, XML_BYTES_MAX, XML_DEPTH_MAX, XML_TEXT_BYTES_MAX

Element = Any
"""An lxml element."""

_PARSER_OPTIONS: Final[dict[str, Any]] = {
    "resolve_entities": False,
    "load_dtd": False,
    "dtd_validation": False,
    "attribute_defaults": False,
    "no_network": True,
    "huge_tree": False,
    "collect_ids": False,
    "encoding": "utf-8",
}

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_FIRST_BYTES: Final = (
    (b"\x00\x00\x00<", "utf-32-be"),
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"\x00<", "utf-16-be"),
    (b"<\x00", "utf-16-le"),
)
"""XML 1.0 appendix F: how a document without byte order mark begins."""

_DECLARATION: Final = re.compile(rb"""\A<\?xml\s[^>]*?\bencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["']""")
_BYTE_CHARSETS: Final = frozenset(
    {"utf-8", "ascii", "iso8859-1", *(f"iso8859-{part}" for part in range(2, 17)), *(f"cp{page}" for page in range(1250, 1259))}
)
"""What a declaration may name: one byte each for the ASCII characters, so that markup looks the same in all of them."""


def parse(data: bytes, *, source: str | None = None) -> Outcome[Element]:
    """The root element, or the findings why there is none (`xml.empty`, `xml.encoding`, `xml.dtd_forbidden`, ...)."""
    decoded = decode(data, source=source)
    return Outcome(None, decoded.findings) if decoded.value is None else parse_decoded(decoded.value, source=source)


def parse_decoded(data: bytes, *, source: str | None = None) -> Outcome[Element]:
    """As `parse`, for bytes that `decode` gave back."""
    problem = _doctype(data, source)
    if problem:
        return Outcome(None, (problem,))
    parser = etree.XMLParser(**_PARSER_OPTIONS)
    try:
        root: Element = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        return Outcome(None, (_syntax_finding(error, parser.error_log, source),))
    if root.getroottree().docinfo.doctype:
        raise AssertionError("a document type passed the check before parsing")
    problems = _over_limits(root, data, source)
    return Outcome(None if problems else root, problems)


def decode(data: bytes, *, source: str | None = None) -> Outcome[bytes]:
    """The document as UTF-8 without byte order mark; its encoding declaration is not changed and no longer counts."""
    where = Location(source=source)
    if len(data) > XML_BYTES_MAX:
        text = f"the document has {len(data)} bytes, more than the {XML_BYTES_MAX} we read"
        return Outcome(None, (Finding(code="xml.limit", text=text, where=where),))
    if not data.strip(b" \t\r\n\x00") or data.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n") == b"":
        return Outcome(None, (Finding(code="xml.empty", text="the document is empty", where=where, hint="ask for it again"),))
    encoding, body = _encoding(data)
    if encoding in {"utf-8", "ascii"}:
        return _checked_utf8(body, encoding, where)
    try:
        return Outcome(_transcoded(body, encoding))
    except LookupError:
        text = f"the encoding {encoding!r} is none of those XML documents are exchanged in"
        return Outcome(None, (Finding(code="xml.encoding", text=text, where=where, value=encoding, hint="send UTF-8"),))
    except UnicodeDecodeError as error:
        return Outcome(None, (_undecodable(body, encoding, error, where),))


def _encoding(data: bytes) -> tuple[str, bytes]:
    """The encoding by byte order mark, first bytes or declaration, and the bytes after the mark."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name, data[len(mark) :]
    for start, name in _FIRST_BYTES:
        if data.startswith(start):
            return name, data
    if data.startswith(b"\x4c\x6f\xa7\x94"):
        return "EBCDIC", data
    declared = _DECLARATION.match(data[:1024].lstrip())
    if declared is None:
        return "utf-8", data
    name = declared.group(1).decode("ascii")
    try:
        return codecs.lookup(name).name, data
    except LookupError:
        return name, data


def _transcoded(body: bytes, encoding: str) -> bytes:
    if not encoding.startswith(("utf-16-", "utf-32-")) and encoding not in _BYTE_CHARSETS:
        raise LookupError(encoding)
    return body.decode(encoding).encode()


def _checked_utf8(body: bytes, encoding: str, where: Location) -> Outcome[bytes]:
    if body.isascii():
        return Outcome(body)
    try:
        body.decode(encoding)
    except UnicodeDecodeError as error:
        return Outcome(None, (_undecodable(body, encoding, error, where),))
    return Outcome(body)


def _undecodable(body: bytes, encoding: str, error: UnicodeDecodeError, where: Location) -> Finding:
    line = body.count(b"\n", 0, error.start) + 1
    found = body[error.start : error.start + 1].hex().upper()
    text = f"byte {found} is no {encoding.upper()} character, though the document says it is written in {encoding.upper()}"
    found_at = Location(source=where.source, offset=error.start, line=line)
    return Finding(code="xml.encoding", text=text, where=found_at, value=found, hint="declare the encoding the file is really written in")


def _doctype(data: bytes, source: str | None) -> Finding | None:
    """A finding if a document type declaration stands before the root element, the only place XML has for one."""
    position = _skip_prolog(data)
    if data[position : position + 2] != b"<!":
        return None
    line = data.count(b"\n", 0, position) + 1
    text = "the document has a document type declaration (DOCTYPE), which can pull in files and addresses"
    return Finding(
        code="xml.dtd_forbidden", text=text, where=Location(source=source, line=line), hint="send the document without it; UBL needs none"
    )


def _skip_prolog(data: bytes) -> int:
    """Where the first thing begins that is no white space, comment or processing instruction."""
    position = 0
    while True:
        while data[position : position + 1] in {b" ", b"\t", b"\r", b"\n"}:
            position += 1
        if data.startswith(b"<!--", position):
            end = data.find(b"-->", position + 4)
            step = 3
        elif data.startswith(b"<?", position):
            end = data.find(b"?>", position + 2)
            step = 2
        else:
            return position
        if end < 0:
            return position
        position = end + step


_CODES: Final = {
    etree.ErrorTypes.ERR_DOCUMENT_EMPTY: "xml.not_well_formed",
    etree.ErrorTypes.ERR_INVALID_CHAR: "xml.character",
    etree.ErrorTypes.ERR_INVALID_CHARREF: "xml.character",
    etree.ErrorTypes.ERR_INVALID_ENCODING: "xml.encoding",
    etree.ErrorTypes.ERR_UNSUPPORTED_ENCODING: "xml.encoding",
    etree.ErrorTypes.ERR_DOCUMENT_END: "xml.multiple_roots",
}
_LIMIT_WORDS: Final = re.compile(r"huge|too long|too big|[Ee]xcessive|limit|[Mm]aximum")


def _syntax_finding(error: etree.XMLSyntaxError, log: Any, source: str | None) -> Finding:
    """The first thing the parser stumbled over; what follows it is mostly its consequence."""
    entry = next(iter(log), None)
    message = (entry.message if entry else error.msg or "").strip()
    code = _CODES.get(entry.type, "xml.not_well_formed") if entry else "xml.not_well_formed"
    if _LIMIT_WORDS.search(message):
        code = "xml.limit_depth" if "depth" in message else "xml.limit"
    where = Location(source=source, line=entry.line if entry else error.lineno, column=entry.column if entry else None)
    text, hint = _SAYINGS[code]
    return Finding(code=code.removesuffix("_depth"), text=text.format(message=message), where=where, hint=hint)


_SAYINGS: Final = {
    "xml.not_well_formed": ("the document is no well-formed XML: {message}", "the file was cut or written by hand; ask for it again"),
    "xml.character": (
        "the document holds a character that XML does not allow: {message}",
        "control characters must be taken out before sending",
    ),
    "xml.encoding": ("the document cannot be decoded: {message}", "send UTF-8"),
    "xml.multiple_roots": ("something follows the end of the root element: {message}", "send one document in a file"),
    "xml.limit": (f"one text or attribute is longer than {XML_TEXT_BYTES_MAX} bytes", "send large attachments beside the document"),
    "xml.limit_depth": (f"elements stand more than {XML_DEPTH_MAX} deep in each other", None),
}

_TOO_DEEP: Final[Any] = etree.XPath("/*" * (XML_DEPTH_MAX + 1))
_ANY_TOO_MANY: Final[Any] = etree.XPath(f"boolean(/descendant::*/@*[{XML_ATTRIBUTES_MAX + 1}])")
"""Five times as fast as finding out which, since libxml2 stops counting there."""
_TOO_MANY_ATTRIBUTES: Final[Any] = etree.XPath(f"//*[@*[{XML_ATTRIBUTES_MAX + 1}]]")


def _over_limits(root: Element, data: bytes, source: str | None) -> tuple[Finding, ...]:
    """Findings for nesting and numbers of attributes that libxml2 itself would let pass."""
    deep = _TOO_DEEP(root)
    if deep:
        text = f"elements stand more than {XML_DEPTH_MAX} deep in each other"
        return (Finding(code="xml.limit", text=text, where=Location(source=source, line=deep[0].sourceline)),)
    if data.count(b"=") <= XML_ATTRIBUTES_MAX or not _ANY_TOO_MANY(root):
        return ()
    many = _TOO_MANY_ATTRIBUTES(root)[0]
    text = f"the element <{many.tag}> has {len(many.attrib)} attributes; we read up to {XML_ATTRIBUTES_MAX}"
    return (Finding(code="xml.limit", text=text, where=Location(source=source, line=many.sourceline)),)


def parse_schema(content: bytes, *, source: str) -> Element:
    """The root of a schema file the operator names; unlike partners' documents it may declare entities of its own.

    Raises ConfigError if it is no XML.
    """
    options = _PARSER_OPTIONS | {"resolve_entities": "internal", "encoding": None}
    try:
        return etree.fromstring(content, etree.XMLParser(**options))
    except etree.XMLSyntaxError as error:
        raise ConfigError(f"{source} line {error.lineno}: {error.msg}") from error
