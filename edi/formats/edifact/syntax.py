"""EDIFACT syntax (ISO 9735-1): service characters, and the way from bytes to segments and back.

Rule 1: this file knows characters only; what UNB or UNH mean is `envelope`, what may follow what is `structure`.
Rule 2: nothing is lost: a segment keeps its bytes as found, `raw`, and is written back as it came.
Rule 3: every walk is linear in the length of its input, whatever the input holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import AnyStr

from edi.errors import FormatError

Components = list[str]
"""The component values of one data element, unescaped, at least one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delimiters:
    """The service characters in force, as UNA gives them (ISO 9735, section 5 and annex B); empty text: not in use."""

    component: str = ":"
    element: str = "+"
    decimal: str = "."
    release: str = "?"
    repetition: str = ""
    """Syntax version 4 only, `*` there by default; before, the character is text whatever UNA says."""
    terminator: str = "'"

    @classmethod
    def from_una(cls, una: str) -> Delimiters:
        """The delimiters in `UNA:+.? '`; a blank means: not in use."""
        component, element, decimal, release, repetition, terminator = tuple(una[3:9])
        return cls(
            component=component,
            element=element,
            decimal=decimal,
            release=release.strip(" "),
            repetition=repetition.strip(" "),
            terminator=terminator,
        )

    def to_una(self) -> str:
        """The service string advice that announces these delimiters, nine characters."""
        return f"UNA{self.component}{self.element}{self.decimal}{self.release or ' '}{self.repetition or ' '}{self.terminator}"

    def for_version(self, syntax_version: str) -> Delimiters:
        """The same under a syntax version ("1" ... "4"): before 4 there is no repetition separator."""
        if syntax_version < "4":
            return replace(self, repetition="")
        return self if self.repetition else replace(self, repetition="*")

    @property
    def separators(self) -> str:
        """The characters that must be released in data."""
        return self.component + self.element + self.release + self.repetition + self.terminator


LEVEL_A = Delimiters()
"""What holds without UNA."""

LEVEL_B_SEPARATORS = Delimiters(component="\x1f", element="\x1d", release="", terminator="\x1c")
"""The information separators IS1, IS3 and IS4 that level B offers (ISO 9735, 5.2)."""


@dataclass(frozen=True, eq=False)
class Syntax:
    """How the bytes of one interchange are cut and read: its delimiters and its character encoding."""

    delimiters: Delimiters = LEVEL_A
    encoding: str = "latin-1"
    """A Python codec name."""
    decimal_marks: str = ".,"
    """Those a number may use: both, or before version 4 the one that UNA gives (ISO 9735, 10.1)."""

    def cut(self, chunk: bytes) -> list[bytes]:
        """The raw segments in a chunk, terminators left out; the last one is unfinished, often empty."""
        parts = split(chunk, self.terminator, self.release)
        if self.encoding.startswith("iso2022") and _SHIFT_OUT.search(chunk):
            return _join_after([index for index, part in enumerate(parts) if _is_shifted(part)], parts, self.terminator)
        return parts

    def read(self, raw: bytes) -> tuple[list[Components], dict[int, list[Components]] | None]:
        """The elements of one segment, and the further repetitions by element index (None: there are none).

        Line ends are no data: senders wrap lines although ISO 9735 has none. Bytes that the encoding
        does not know come out as lone surrogates, so that they are neither lost nor mistaken.
        """
        return self.read_text(self.decode(raw))

    def read_text(self, text: str) -> tuple[list[Components], dict[int, list[Components]] | None]:
        """The same for a segment that is decoded already."""
        marks = self.delimiters
        if "\n" in text or "\r" in text:
            text = self._line_ends.sub(r"\1", text)
        if (marks.release and marks.release in text) or (marks.repetition and marks.repetition in text):
            return self._read_exactly(text)
        return [element.split(marks.component) for element in text.split(marks.element)[1:]], None

    def write(self, tag: str, elements: Sequence[Components], repeats: dict[int, list[Components]] | None = None) -> bytes:
        """The bytes of one segment without its terminator. Characters the encoding lacks raise FormatError."""
        marks = self.delimiters
        parts = [tag]
        for index, element in enumerate(elements):
            parts.append(self._write_element(element))
            if repeats and index in repeats:
                parts[-1] = marks.repetition.join([parts[-1], *map(self._write_element, repeats[index])])
        return self._encode(marks.element.join(parts))

    def decode(self, raw: bytes) -> str:
        """The text of one segment or several; bytes that are no text come out as lone surrogates."""
        try:
            return raw.decode(self.encoding, "surrogateescape")
        except UnicodeDecodeError:
            # Double-byte text that breaks off: seven-bit bytes have no surrogates, so all of it is shown as it stands.
            return raw.decode("ascii", "surrogateescape")

    def _read_exactly(self, text: str) -> tuple[list[Components], dict[int, list[Components]] | None]:
        marks = self.delimiters
        elements: list[Components] = []
        repeats: dict[int, list[Components]] = {}
        for index, element in enumerate(split(text, marks.element, marks.release)[1:]):
            occurrences = split(element, marks.repetition, marks.release) if marks.repetition else [element]
            first, *further = [[self.unescape(part) for part in split(each, marks.component, marks.release)] for each in occurrences]
            elements.append(first)
            if further:
                repeats[index] = further
        return elements, repeats or None

    def _write_element(self, components: Components) -> str:
        return self.delimiters.component.join([self.escape(component) for component in components])

    def escape(self, text: str) -> str:
        """The text with a release character before each service character, and before line ends, which are no data otherwise."""
        return text if text.isalnum() and self._letters_are_data else self._special.sub(self._released, text)

    def unescape(self, text: str) -> str:
        """The text without its release characters; one that releases nothing, at the very end, stays."""
        return self._release.sub(r"\1", text) if self.delimiters.release else text

    def _released(self, special: re.Match[str]) -> str:
        if not self.delimiters.release:
            raise FormatError(
                f"the value {special.string!r} holds {special[0]!r}, and no release character is in force to keep it from being read as a separator",
                hint="agree on other delimiters with the partner, or take the character out of the value",
            )
        return self.delimiters.release + special[0]

    def _encode(self, text: str) -> bytes:
        try:
            return text.encode(self.encoding, "surrogateescape")
        except UnicodeEncodeError as error:
            raise FormatError(
                f"the character {text[error.start]!r} of {text!r} does not exist in {self.encoding}",
                hint="agree on a larger character set (UNB 0001), or let such characters be transliterated",
            ) from error

    @cached_property
    def terminator(self) -> bytes:
        return self.delimiters.terminator.encode(self.encoding)

    @cached_property
    def release(self) -> bytes:
        return self.delimiters.release.encode(self.encoding)

    @cached_property
    def element_separator(self) -> bytes:
        return self.delimiters.element.encode(self.encoding)

    @cached_property
    def _special(self) -> re.Pattern[str]:
        return re.compile(f"[{re.escape(self.delimiters.separators)}\r\n]")

    @cached_property
    def _letters_are_data(self) -> bool:
        """False: UNA made a letter or a digit a separator."""
        return not any(mark.isalnum() for mark in self.delimiters.separators)

    @cached_property
    def _release(self) -> re.Pattern[str]:
        return re.compile(f"{re.escape(self.delimiters.release)}(.)", re.DOTALL)

    @cached_property
    def _line_ends(self) -> re.Pattern[str]:
        # A released line end is data: whoever writes `?` before it means it.
        released = f"{re.escape(self.delimiters.release)}." if self.delimiters.release else "(?!)"
        return re.compile(f"({released})|[\r\n]+", re.DOTALL)


@lru_cache(maxsize=64)
def syntax_of(delimiters: Delimiters, encoding: str, decimal_marks: str = ".,") -> Syntax:
    """The syntax of an interchange; most have the same one, and what it has compiled is kept with it."""
    return Syntax(delimiters, encoding, decimal_marks)


class Segment:
    """One segment: its tag, its elements, and where it stood. Treat it as a value; make a new one to change it.

    `elements[0]` is the first element after the tag, a list of component values; they are cut out of
    `raw` when first asked for, since most readers need few of them.
    """

    __slots__ = ("_elements", "_repeats", "attached", "number", "offset", "raw", "syntax", "tag")

    def __init__(
        self,
        tag: str,
        elements: Sequence[Components] = (),
        *,
        number: int = 0,
        offset: int = 0,
        repeats: dict[int, list[Components]] | None = None,
    ) -> None:
        self.tag = tag
        self.number = number
        """From 1: in the message, counting UNH; outside messages in the interchange. 0: never read."""
        self.offset = offset
        """Bytes from 0, of the tag's first byte."""
        self.raw: bytes | None = None
        """As found, with line ends before it, without terminator; None if it was made here."""
        self.attached = b""
        """The object of octets after UNO's terminator (ISO 9735-8)."""
        self.syntax: Syntax | None = None
        self._elements: list[Components] | None = list(elements)
        self._repeats = repeats

    @classmethod
    def found(cls, raw: bytes, syntax: Syntax, *, number: int, offset: int) -> Segment:
        """The segment that stands in `raw`; `offset` is that of `raw` itself, line ends before the tag included."""
        bare = raw.lstrip(BETWEEN_SEGMENTS)
        segment = cls.known(read_tag(bare, syntax), raw, syntax, offset + len(raw) - len(bare))
        segment.number = number
        return segment

    @classmethod
    def known(cls, tag: str, raw: bytes, syntax: Syntax, offset: int) -> Segment:
        """The same where the tag is known already and `offset` is that of its first byte; it has no number yet."""
        segment = cls.__new__(cls)
        segment.tag = tag
        segment.number = 0
        segment.offset = offset
        segment.raw = raw
        segment.attached = b""
        segment.syntax = syntax
        segment._elements = None  # noqa: SLF001 -- of our own instance
        segment._repeats = None  # noqa: SLF001
        return segment

    @property
    def elements(self) -> list[Components]:
        if self._elements is None:
            assert self.raw is not None
            assert self.syntax is not None
            self._elements, self._repeats = self.syntax.read(self.raw)
        return self._elements

    @property
    def repeats(self) -> dict[int, list[Components]] | None:
        """Further repetitions (syntax version 4) by element index from 0; None nearly always."""
        return self._repeats if self.elements else None

    def get(self, element: int, component: int = 1) -> str:
        """The value at positions counted from 1; empty where there is none."""
        if element <= len(self.elements):
            components = self.elements[element - 1]
            if component <= len(components):
                return components[component - 1]
        return ""

    def occurrences(self, element: int) -> list[Components]:
        """All repetitions of an element (position from 1), the first one included; empty if it is absent."""
        if element > len(self.elements):
            return []
        further = self.repeats.get(element - 1, []) if self.repeats else []
        return [self.elements[element - 1], *further]

    def __eq__(self, other: object) -> bool:
        """Same tag and same values; where they stood does not matter."""
        if not isinstance(other, Segment):
            return NotImplemented
        return (self.tag, self.elements, self.repeats) == (other.tag, other.elements, other.repeats)

    __hash__ = None  # type: ignore[assignment]  # holds lists

    def __repr__(self) -> str:
        return f"Segment({self.tag!r}, {self.elements!r}, number={self.number}, offset={self.offset})"

    def __str__(self) -> str:
        """As an EDI person writes it, with the usual service characters."""
        return USUAL.write(self.tag, self.elements, self.repeats).decode(USUAL.encoding, "replace")


def cut_elements(segments: Sequence[Segment]) -> None:
    """Cut the elements of a whole message at once, for whoever will look into nearly all of them: faster than each when it is asked.

    Only where that is plain splitting: segments with release characters, repetitions or line ends in them are left to be cut when asked.
    """
    waiting = [segment for segment in segments if segment._elements is None]  # noqa: SLF001 -- of this file
    syntaxes = {segment.syntax for segment in waiting}
    syntax = syntaxes.pop() if len(syntaxes) == 1 else None
    if syntax is None or syntax.encoding.startswith(("iso2022", "euc")):
        return
    raws = [segment.raw or b"" for segment in waiting]
    if b"\n" in raws[-1] or b"\r" in raws[-1]:
        raws = [raw.lstrip(BETWEEN_SEGMENTS) for raw in raws]
    text = syntax.decode(b"\n".join(raws))
    lines = text.split("\n")
    if len(lines) != len(raws) or "\r" in text:
        return
    marks = syntax.delimiters
    component, element = marks.component, marks.element
    odd = [mark for mark in (marks.release, marks.repetition) if mark and mark in text]
    for segment, line in zip(waiting, lines, strict=True):
        if not odd or (odd[0] not in line and odd[-1] not in line):
            segment._elements = [one.split(component) for one in line.split(element)[1:]]  # noqa: SLF001 -- as above


BETWEEN_SEGMENTS = b" \t\r\n"
"""What senders put between segments although ISO 9735 has nothing there."""

USUAL = Syntax(Delimiters(repetition="*"), "utf-8")


def read_tag(bare: bytes, syntax: Syntax) -> str:
    """The tag at the start of a segment: what stands before the first separator, three letters as a rule.

    Explicit nesting (`DDD:1:2`, ISO 9735 section 9.1) follows the tag after component separators and is no part of it.
    """
    if bare[3:4] == syntax.element_separator:
        return _text(bare[:3])
    head = bare.partition(syntax.element_separator)[0].partition(syntax.delimiters.component.encode(syntax.encoding))[0]
    return head.translate(None, b"\r\n").decode("latin-1")


@lru_cache(maxsize=1024)
def _text(tag: bytes) -> str:
    return tag.translate(None, b"\r\n").decode("latin-1")


def split(text: AnyStr, separator: AnyStr, release: AnyStr) -> list[AnyStr]:
    """The parts between those separators that are not released; release characters stay in the parts."""
    if not release or release not in text:
        return text.split(separator)
    parts: list[AnyStr] = []
    data: list[int] = []
    start = 0
    for index in _released(text, separator, release):
        parts += text[start:index].split(separator)
        data.append(len(parts) - 1)
        start = index + len(separator)
    parts += text[start:].split(separator)
    return _join_after(data, parts, separator) if data else parts


def _released(text: AnyStr, separator: AnyStr, release: AnyStr) -> Iterator[int]:
    """Indexes of the separators that are data. Release characters are few, so finding them costs next to nothing."""
    index = text.find(release)
    while index >= 0:
        index += len(release)
        if text.startswith(separator, index):
            yield index
        # Whatever stands there is data, a second release character too.
        index = text.find(release, index + 1)


def _join_after(indexes: list[int], parts: list[AnyStr], separator: AnyStr) -> list[AnyStr]:
    """The parts, each one at the given ascending indexes joined with the next: the separator between them was data."""
    joined = set(indexes)
    whole: list[AnyStr] = []
    done = 0
    for index in indexes:
        if index < done:
            continue
        end = index
        while end in joined:
            end += 1
        whole += parts[done:index]
        whole.append(separator.join(parts[index : end + 1]))
        done = end + 1
    return whole + parts[done:]


_SHIFT_OUT = re.compile(rb"\x1b\$")


def _is_shifted(part: bytes) -> bool:
    """True if a part ends within double-byte text (ISO 2022), where any byte may look like a separator."""
    return part.rfind(b"\x1b$") > part.rfind(b"\x1b(")
