"""Where an interchange begins and how its bytes are to be cut: junk, byte order mark, UNA, and what UNB says of syntax.

Everything here looks ahead only; nothing is taken from the scanner but what stands before UNB.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from edi.errors import FormatError
from edi.findings import Finding, Location
from edi.formats.edifact.charset import UNKNOWN, Charset, charset_of
from edi.formats.edifact.codes import finding
from edi.formats.edifact.scanner import Scanner
from edi.formats.edifact.syntax import LEVEL_A, LEVEL_B_SEPARATORS, Delimiters, Segment, Syntax, syntax_of
from edi.limits import KIB

START = re.compile(rb"UNA[^\r\n]{4,8}?\s*UNB|UNB[+\x1d]|UNB[^\w\s]UNO[A-Z]|UNA[^\w\s]{2}[.,]|UIB[+]")
"""Where an interchange begins among other bytes."""

MESSAGE_START = re.compile(rb"\s*(UN[HG]|[A-Z]{3})\+")
"""A message, or even segments, without an interchange around."""

JUNK_BYTES_MAX = 64 * KIB
"""How far we look for the beginning: mail headers and job banners are shorter."""

_HEADER = re.compile(rb"UN[BGH]|UIB")

SYNTAX_VERSIONS = ("1", "2", "3", "4")

_BLANK = b" \t\r\n\x00\x1a"
"""Nothing, as files end in it: line ends, padding, and the end-of-file mark of old systems."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How the interchange at hand is to be read."""

    syntax: Syntax
    version: str
    charset: Charset
    before: bytes
    """What stood before its first segment; taken from the scanner."""
    has_header: bool
    header: Segment
    """UNB as far as it can be seen ahead; without elements and with number 0 if there is none."""
    findings: tuple[Finding, ...]


def find_start(ahead: bytes) -> int | None:
    """Index of the first byte of an interchange (of a bare message, if one stands at the very beginning); None if there is none."""
    bare = ahead.lstrip(b"\xef\xbb\xbf" + _BLANK)
    skipped = len(ahead) - len(bare)
    if bare[:3] in (b"UNA", b"UNB", b"UIB") and not bare[3:4].isalnum():
        return skipped
    start = START.search(ahead)
    if start:
        return start.start()
    return skipped if MESSAGE_START.match(bare) else None


def is_blank(rest: bytes) -> bool:
    """True if the bytes are nothing but what files end in."""
    return not rest.strip(_BLANK)


def open_interchange(scanner: Scanner, *, source: str | None, first: bool) -> Opening | None:
    """How to read what comes next; None if nothing but blanks or foreign bytes remain.

    Raises FormatError if the very first bytes are not EDIFACT.
    """
    ahead = scanner.peek(4 * KIB)
    start = find_start(ahead)
    if start is None:
        ahead = scanner.peek(JUNK_BYTES_MAX)
        start = find_start(ahead)
    if start is None:
        if first:
            raise _not_edifact(ahead, source)
        return None
    base = scanner.offset
    before = ahead[:start]
    findings = _junk_findings(before, base, source)
    una, has_una, unb_at = _read_una(ahead, start)
    before = scanner.take(unb_at)
    header = scanner.peek(KIB)
    delimiters, complaints = _delimiters(una if has_una else None, header, Location(source=source, offset=base + start, tag="UNA"))
    identifier, version = _read_syntax(header, delimiters)
    charset = charset_of(identifier)
    effective = version if version in SYNTAX_VERSIONS else "3"
    marks = delimiters.decimal if has_una and effective < "4" else ".,"
    syntax = syntax_of(delimiters.for_version(effective), charset.encoding, marks)
    has_header = header.startswith((b"UNB", b"UIB"))
    if has_header and not header.startswith(b"UIB"):
        complaints += _syntax_findings(identifier, version, charset, Location(source=source, offset=base + unb_at, tag="UNB", element=1))
    return Opening(
        syntax=syntax,
        version=effective,
        charset=charset,
        before=before,
        has_header=has_header,
        header=Segment.found(syntax.cut(header)[0], syntax, number=1, offset=scanner.offset) if has_header else Segment("UNB"),
        findings=(*findings, *complaints),
    )


def text_after(rest: bytes, offset: int, source: str | None) -> Finding:
    """What is said of foreign bytes after the last interchange."""
    text = rest.decode("latin-1")
    where = Location(source=source, offset=offset)
    return finding(
        "edifact.text_after", f"{len(rest)} bytes stood after the interchange, beginning {text[:40]!r}", where, value=text[:1000]
    )


def _not_edifact(ahead: bytes, source: str | None) -> FormatError:
    name = f"{source}: " if source else ""
    if is_blank(ahead):
        return FormatError(f"{name}edifact.empty: the file holds nothing", hint="ask for the file again; it was cut or never filled")
    if b"U\x00N\x00" in ahead or b"\x00U\x00N" in ahead:
        return FormatError(
            f"{name}edifact.not_edifact: the bytes are UTF-16", hint="no EDIFACT syntax uses UTF-16; ask for UTF-8 under UNOW"
        )
    return FormatError(
        f"{name}edifact.not_edifact: no interchange begins in the first {len(ahead)} bytes, they start with {ahead[:20]!r}",
        hint="EDIFACT begins with UNA or UNB; was another kind of file sent?",
    )


def _junk_findings(junk: bytes, base: int, source: str | None) -> tuple[Finding, ...]:
    where = Location(source=source, offset=base)
    if is_blank(junk):
        return ()
    if junk.strip(_BLANK) == b"\xef\xbb\xbf":
        return (finding("edifact.byte_order_mark", "a byte order mark stood before the interchange", where),)
    text = junk.decode("latin-1")
    return (finding("edifact.text_before", f"{len(junk)} bytes stood before the interchange, beginning {text[:40]!r}", where, value=text),)


def _read_una(ahead: bytes, start: int) -> tuple[bytes, bool, int]:
    """The service string between UNA and what follows, whether there is one, and where the header begins."""
    if ahead[start : start + 3] != b"UNA":
        return b"", False, start
    following = _HEADER.search(ahead, start + 3, start + 18)
    if following is None:
        return ahead[start + 3 : start + 9], True, min(start + 9, len(ahead))
    # A line end may itself be the terminator, so six characters are taken before line ends are dropped.
    service = ahead[start + 3 : following.start()]
    return (service[:6] if is_blank(service[6:]) else service.rstrip(b"\r\n")), True, following.start()


def _delimiters(una: bytes | None, header: bytes, where: Location) -> tuple[Delimiters, tuple[Finding, ...]]:
    if una is None:
        if _LINES.match(header):
            text = "segments end with lines, without a terminator"
            return replace(LEVEL_A, terminator="\n"), (finding("edifact.terminator_guessed", text, where, expected=LEVEL_A.terminator),)
        return (LEVEL_B_SEPARATORS if header[3:4] == b"\x1d" else _guess(header)), ()
    if not _is_usable(una):
        text = una.decode("latin-1")
        complaint = finding(
            "edifact.una_malformed", f"UNA gave {text!r}, not six different service characters", where, value=text, expected=":+.? '"
        )
        return _guess(header), (complaint,)
    delimiters = Delimiters.from_una("UNA" + una.decode("latin-1"))
    if delimiters.decimal not in ".,":
        mark = delimiters.decimal
        complaint = finding("edifact.decimal_mark", f"UNA gave {mark!r} as decimal mark", where, value=mark, expected=". or ,")
        return replace(delimiters, decimal="."), (complaint,)
    return delimiters, ()


_LINES = re.compile(rb"UNB\+[^'\n]*\n(UN[HG]\+)[^'\n]*\n([A-Z]{3}\+)[^'\n]*\n")
"""Three segments without terminator, each on a line of its own."""


def _is_usable(una: bytes) -> bool:
    if len(una) != 6 or not una.isascii():
        return False
    separators = [una[0:1], una[1:2], una[3:4], una[5:6]]
    used = [each for each in separators if each != b" "]
    return len(set(used)) == len(used) and len(used) >= 3 and not any(each.isalnum() for each in used) and una[1:2] != b" "


def _guess(header: bytes) -> Delimiters:
    """The delimiters that UNB itself shows: `UNB+UNOC:3+`; the usual ones where it shows none."""
    shown = re.match(rb"UNB([^\w\s])UNO[A-Z]([^\w\s])\d\1", header)
    if not shown:
        return LEVEL_A
    element, component = shown[1].decode("latin-1"), shown[2].decode("latin-1")
    return Delimiters(component=component, element=element) if len({element, component, *"?'"}) == 4 else LEVEL_A


def _read_syntax(header: bytes, delimiters: Delimiters) -> tuple[str, str]:
    """0001 and 0002 of a UNB that may not be whole; both empty where there is no UNB."""
    text = header.decode("latin-1")
    if not text.startswith(("UNB", "UIB")):
        return "", ""
    parts = text.partition(delimiters.terminator)[0].split(delimiters.element)
    identifier, _, rest = (parts[1] if len(parts) > 1 else "").partition(delimiters.component)
    return identifier.strip(), rest.partition(delimiters.component)[0].strip()


def _syntax_findings(identifier: str, version: str, charset: Charset, where: Location) -> tuple[Finding, ...]:
    findings = []
    if charset is UNKNOWN and len(identifier) == 4 and identifier.isalpha() and not identifier.upper().startswith("UNO"):
        text = f"UNB 0001 says {identifier!r}, a character set of the agency {identifier[:3]!r}"
        findings.append(finding("edifact.syntax_agency", text, replace(where, component=1), value=identifier))
    elif charset is UNKNOWN:
        findings.append(
            finding(
                "edifact.syntax_identifier",
                f"UNB 0001 says {identifier!r}, which names no character set we know",
                replace(where, component=1),
                value=identifier,
                expected="UNOA",
            )
        )
    if version not in SYNTAX_VERSIONS:
        findings.append(
            finding(
                "edifact.syntax_version",
                f"UNB 0002 says {version!r}; versions 1 to 4 exist",
                replace(where, component=2),
                value=version,
                expected="3",
            )
        )
    return tuple(findings)
