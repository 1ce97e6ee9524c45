"""The charset doctor: which character set an interchange declares, which it really follows, and what each policy would make of it.

Nothing is changed here; the report says what reading and writing with each policy would do, with every character counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from edi.findings import Location
from edi.formats.edifact.charset import LARGER, Charset, Policy, charset_of, transliterate
from edi.formats.edifact.envelope import Interchange
from edi.formats.edifact.reader import read
from edi.formats.edifact.syntax import Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """One character that the declared set does not hold."""

    character: str
    """As it is meant, if the bytes follow another encoding; a byte that is no text is shown as `\\xfc`."""
    count: int
    nearest: str
    """What `transliterate` puts in its place; `?` where nothing is like it: then it is lost."""
    first: str
    """Where it stood first."""

    @property
    def is_lost(self) -> bool:
        """True if transliterating would leave nothing of it."""
        return self.nearest == "?" and self.character != "?"


@dataclass(frozen=True, slots=True, kw_only=True)
class CharsetReport:
    """What is to be known about the characters of one interchange."""

    control_reference: str
    declared: str
    """0001."""
    declared_name: str
    found: str
    """The codec the bytes follow; the declared one's where nothing speaks against it."""
    follows_declaration: bool
    characters: int
    """All characters of values."""
    foreign: tuple[Foreign, ...]
    """Most frequent first."""
    larger: str | None
    """The smallest set that holds everything, if that is not the declared one; None if no set does or none is needed."""

    @property
    def foreign_count(self) -> int:
        """How many characters the declared set does not hold."""
        return sum(each.count for each in self.foreign)

    @property
    def lost_count(self) -> int:
        """How many of them transliterating would lose."""
        return sum(each.count for each in self.foreign if each.is_lost)

    @property
    def outcomes(self) -> Mapping[Policy, str]:
        """What each policy does, in one sentence each."""
        if self.follows_declaration and not self.foreign:
            return dict.fromkeys(Policy, "nothing is to be done")
        count = self.foreign_count
        reads = f"read as {self.found}" if not self.follows_declaration else "read as declared"
        raised = f"written as {self.larger}" if self.larger else "written as declared" if not count else "not written: no set holds them"
        return {
            Policy.STRICT: f"read as declared, {count} characters reported, not written" if count else "read as declared, reported",
            Policy.REPAIR: f"{reads}; {raised}; no character lost",
            Policy.TRANSLITERATE: f"{reads}; written as {self.declared} with {count} characters replaced, {self.lost_count} of them lost",
        }

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        counts = {"foreign_count": self.foreign_count, "lost_count": self.lost_count}
        return {**asdict(self), **counts, "policies": {str(policy): text for policy, text in self.outcomes.items()}}


def examine(data: bytes, *, source: str | None = None) -> tuple[CharsetReport, ...]:
    """One report for each interchange of the bytes. Raises FormatError if they are not EDIFACT."""
    return tuple(_report(each) for each in read(data, source=source, policy=Policy.REPAIR).value or ())


def _report(interchange: Interchange) -> CharsetReport:
    declared = charset_of(interchange.syntax_identifier)
    counts: Counter[str] = Counter()
    first: dict[str, str] = {}
    total = 0
    for value, where in _values(interchange):
        total += len(value)
        if not value.isascii() or declared.characters is not None or not value.isprintable():
            for character in _foreign(value, declared, interchange.syntax.delimiters.separators):
                counts[character] += 1
                first.setdefault(character, str(where))
    foreign = tuple(
        Foreign(character=_shown(each), count=count, nearest=transliterate(each, declared)[0], first=first[each])
        for each, count in counts.most_common()
    )
    return CharsetReport(
        control_reference=interchange.control_reference,
        declared=declared.identifier or interchange.syntax_identifier,
        declared_name=declared.name,
        found=interchange.syntax.encoding,
        follows_declaration=interchange.syntax.encoding == declared.encoding,
        characters=total,
        foreign=foreign,
        larger=_larger(counts, declared),
    )


def _foreign(value: str, charset: Charset, service: str) -> Iterator[str]:
    return (each for each in value if not charset.holds(each) and each not in service and each not in "\r\n")


def _values(interchange: Interchange) -> Iterator[tuple[str, Location]]:
    for segment in interchange.segments:
        for element, component, value in _of(segment):
            yield value, Location(offset=segment.offset, segment=segment.number, tag=segment.tag, element=element, component=component)


def _of(segment: Segment) -> Iterator[tuple[int, int, str]]:
    for element in range(1, len(segment.elements) + 1):
        for components in segment.occurrences(element):
            yield from ((element, component, value) for component, value in enumerate(components, 1) if value)


def _larger(counts: Counter[str], declared: Charset) -> str | None:
    """The next larger set that holds all of them; None if none are foreign, or none holds them."""
    if not counts:
        return None
    start = LARGER.index(declared.identifier) + 1 if declared.identifier in LARGER else len(LARGER) - 1
    return next((name for name in LARGER[start:] if all(charset_of(name).holds(each) for each in counts)), None)


def _shown(character: str) -> str:
    """A byte that could not be read stands in text as a lone surrogate; it is shown as the byte it was."""
    code = ord(character)
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else character
