"""Character sets of EDIFACT: what UNB 0001 declares, which characters that allows, and what was really sent.

Rule 1: no character is lost in silence: what a set does not hold is a finding, and its bytes are kept.
Rule 2: what was declared holds; what was found instead is said, and followed only where the caller chose `repair`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class Policy(StrEnum):
    """What to do with characters that the declared set does not hold."""

    STRICT = "strict"
    """Report each; read as declared, refuse to write."""
    REPAIR = "repair"
    """Reading: follow the bytes where they plainly are UTF-8 or Windows-1252. Writing: declare the next larger set."""
    TRANSLITERATE = "transliterate"
    """Writing: put the nearest characters of the set, and say which. Reading: as `repair`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charset:
    """One value of 0001."""

    identifier: str
    name: str
    encoding: str
    """Python codec that reads it."""
    characters: str | None = None
    """All it holds, where that is less than the codec's."""

    def holds(self, character: str) -> bool:
        """True if data may hold the character; control characters may not."""
        if self.characters is not None:
            return character in self.characters
        return unicodedata.category(character) not in ("Cc", "Cs") and _encodes(character, self.encoding)


_A = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,-()/='+:?!\"%&*;<>"
_B = _A + "abcdefghijklmnopqrstuvwxyz"

CHARSETS = {
    charset.identifier: charset
    for charset in (
        Charset(identifier="UNOA", name="ISO 646, capitals", encoding="latin-1", characters=_A),
        Charset(identifier="UNOB", name="ISO 646", encoding="latin-1", characters=_B),
        Charset(identifier="UNOC", name="ISO 8859-1 (Western European)", encoding="latin-1"),
        Charset(identifier="UNOD", name="ISO 8859-2 (Central European)", encoding="iso8859-2"),
        Charset(identifier="UNOE", name="ISO 8859-5 (Cyrillic)", encoding="iso8859-5"),
        Charset(identifier="UNOF", name="ISO 8859-7 (Greek)", encoding="iso8859-7"),
        Charset(identifier="UNOG", name="ISO 8859-3 (Southern European)", encoding="iso8859-3"),
        Charset(identifier="UNOH", name="ISO 8859-4 (Northern European)", encoding="iso8859-4"),
        Charset(identifier="UNOI", name="ISO 8859-6 (Arabic)", encoding="iso8859-6"),
        Charset(identifier="UNOJ", name="ISO 8859-8 (Hebrew)", encoding="iso8859-8"),
        Charset(identifier="UNOK", name="ISO 8859-9 (Turkish)", encoding="iso8859-9"),
        Charset(identifier="UNOL", name="ISO 8859-15 (Western European with euro sign)", encoding="iso8859-15"),
        Charset(identifier="UNOW", name="ISO 10646, UTF-8", encoding="utf-8"),
        Charset(identifier="UNOX", name="ISO 2022 with code extension", encoding="iso2022_jp_2"),
        Charset(identifier="UNOY", name="ISO 10646, UTF-8", encoding="utf-8"),
        Charset(identifier="KECA", name="KS X 1001 (Korean)", encoding="euc_kr"),
    )
}
"""By identifier. UNOA and UNOB are read as Latin-1, so that what they should not hold is still readable."""

UNKNOWN = Charset(identifier="", name="not declared", encoding="latin-1")

LARGER = ("UNOA", "UNOB", "UNOC", "UNOW")
"""The order in which a writer looks for a set that holds everything."""


def charset_of(syntax_identifier: str) -> Charset:
    """The set that 0001 names; one that holds everything Latin-1 does if it names none we know."""
    return CHARSETS.get(syntax_identifier.strip().upper(), UNKNOWN)


@lru_cache(maxsize=32)
def plain_bytes(charset: Charset, service_characters: str) -> bytes:
    """All bytes that stand for characters of the set, and line ends: what else is found must be looked at.

    Exact for single-byte sets. For the others only control characters are left out; their decoders find the rest.
    """
    allowed = {ord(character) for character in service_characters if ord(character) < 256} | {10, 13}
    if charset.encoding in ("utf-8", "euc_kr", "iso2022_jp_2"):
        allowed |= set(range(0x20, 0x100)) - {0x7F}
        if charset.encoding == "iso2022_jp_2":
            allowed |= {0x1B}
    else:
        allowed |= {byte for byte in range(256) if _holds_byte(charset, byte)}
    return bytes(sorted(allowed))


def foreign_characters(text: str, charset: Charset, service_characters: str) -> str:
    """Those characters of a value that the set does not hold, each once, in order of appearance; bytes that could not be read are shown as U+DCxx."""
    return "".join(
        dict.fromkeys(each for each in text if not charset.holds(each) and each not in service_characters and each not in "\r\n")
    )


def found_encoding(sample: bytes, charset: Charset) -> str | None:
    """The codec that the bytes plainly follow although another was declared; None if the declared one may be right.

    Text beyond ASCII that is well-formed UTF-8 is UTF-8: other encodings do not produce it by accident.
    """
    if sample.isascii():
        return None
    if charset.encoding == "utf-8":
        return None if _decodes(sample, "utf-8") else "cp1252"
    if charset.encoding in ("iso2022_jp_2", "euc_kr"):
        return None
    if _decodes(sample, "utf-8"):
        return "utf-8"
    if charset.encoding == "latin-1" and _C1.search(sample) and _decodes(sample, "cp1252"):
        return "cp1252"
    return None


def transliterate(text: str, charset: Charset) -> tuple[str, str]:
    """The text with characters the set holds, and those that were replaced.

    German umlauts and their like become two letters; accents are dropped; small letters become capitals where
    the set has no others; `?` stands for what has no likeness.
    """
    replaced = "".join(dict.fromkeys(each for each in text if not charset.holds(each)))
    if not replaced:
        return text, ""
    return "".join(each if charset.holds(each) else _nearest(each, charset) for each in text), replaced


def _nearest(character: str, charset: Charset) -> str:
    for candidate in _candidates(character):
        if candidate and all(charset.holds(each) for each in candidate):
            return candidate
        if candidate and all(charset.holds(each) for each in candidate.upper()):
            return candidate.upper()
    return "?"


def _candidates(character: str) -> Iterator[str]:
    yield _LIKENESS.get(character, "")
    yield "".join(each for each in unicodedata.normalize("NFKD", character) if not unicodedata.combining(each))


_LIKENESS = {
    "ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe",
    "ø": "oe", "Ø": "Oe", "å": "aa", "Å": "Aa", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i",
    "€": "EUR", "£": "GBP", "¥": "JPY", "§": "Par.", "©": "(C)", "®": "(R)", "°": " ", "×": "x", "µ": "u",
    "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "…": "...",
    "\t": " ", "\n": " ", "\r": " ", "_": "-", "[": "(", "]": ")", "{": "(", "}": ")", "#": "Nr ", "@": "(AT)", "|": "/", "\\": "/", "~": "-", "`": "'", "´": "'",
}  # fmt: skip

_C1 = re.compile(rb"[\x80-\x9f]")


def _holds_byte(charset: Charset, byte: int) -> bool:
    try:
        return charset.holds(bytes([byte]).decode(charset.encoding))
    except UnicodeDecodeError:
        return False


def _encodes(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        sample.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
