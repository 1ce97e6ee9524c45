"""What one interchange consists of: UNB..UNZ around UNG..UNE around UNH..UNT, as found (ISO 9735, 6.1).

These are records of what stood there. Whether it is right is said by the findings beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from edi.errors import LimitError
from edi.findings import Finding
from edi.formats.edifact.syntax import Delimiters, Segment, Syntax
from edi.limits import SEGMENTS_IN_MESSAGE_MAX


@dataclass(frozen=True, slots=True)
class InterchangeParty:
    """S002 or S003: who sends or receives an interchange."""

    id: str
    """0004 or 0010, a GLN under qualifier 14."""
    qualifier: str = ""
    """0007."""
    address: str = ""
    """0008 or 0014, for routing within the organisation."""

    def components(self) -> list[str]:
        """As it stands in UNB, trailing empty values left out."""
        return _trimmed([self.id, self.qualifier, self.address])


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageIdentifier:
    """S009: which message this is; 0065, 0052, 0054, 0051, 0057."""

    type: str
    """0065, e.g. ORDERS."""
    version: str = ""
    """0052, D in the directories since 1993."""
    release: str = ""
    """0054, e.g. 96A."""
    agency: str = ""
    """0051, UN."""
    association: str = ""
    """0057, the guide of an industry, e.g. EAN008."""

    def __str__(self) -> str:
        return ":".join(self.components())

    @property
    def directory(self) -> str:
        """The directory's name, e.g. `D.96A`."""
        return f"{self.version}.{self.release}"

    def components(self) -> list[str]:
        return _trimmed([self.type, self.version, self.release, self.agency, self.association])

    @classmethod
    def from_text(cls, text: str) -> MessageIdentifier:
        """The identifier written as `ORDERS:D:96A:UN:EAN008`; what is left out is empty."""
        return cls.from_components(text.split(":"))

    @classmethod
    def from_components(cls, components: Sequence[str]) -> MessageIdentifier:
        type_, version, release, agency, association = [*components, "", "", "", "", ""][:5]
        return cls(type=type_, version=version, release=release, agency=agency, association=association)


@dataclass(slots=True, kw_only=True, eq=False)
class FunctionalGroup:
    """UNG..UNE: messages of one type (ISO 9735, 6.1)."""

    header: Segment
    trailer: Segment | None = None
    """None while the group is being read, and if UNE was missing."""
    message_count: int = 0
    findings: tuple[Finding, ...] = ()

    @property
    def reference(self) -> str:
        """0048."""
        return self.header.get(5)

    @property
    def message_type(self) -> str:
        """0038."""
        return self.header.get(1)

    @property
    def sender(self) -> InterchangeParty:
        return InterchangeParty(self.header.get(2, 1), self.header.get(2, 2))

    @property
    def recipient(self) -> InterchangeParty:
        return InterchangeParty(self.header.get(3, 1), self.header.get(3, 2))


@dataclass(slots=True, kw_only=True, eq=False)
class Message:
    """UNH..UNT, both included (ISO 9735, 6.1 and 6.2)."""

    reference: str
    """0062."""
    identifier: MessageIdentifier
    segments: list[Segment]
    findings: tuple[Finding, ...] = ()
    """What the envelope says of this message, and characters it should not hold; `validation` adds the rest."""
    group: FunctionalGroup | None = None
    syntax: Syntax = field(default_factory=Syntax)
    syntax_version: str = "3"
    let_go: int = 0
    """How many of its segments were checked and let go already, UNH not among them: only where a file is validated as a stream."""

    def add(self, segment: Segment) -> None:
        """Append a segment, and number it. Raises LimitError for one too many."""
        self.segments.append(segment)
        segment.number = number = self.let_go + len(self.segments)
        if number > SEGMENTS_IN_MESSAGE_MAX:
            raise LimitError(
                f"edifact.limit: message {self.reference} has more than {SEGMENTS_IN_MESSAGE_MAX} segments", hint="send several messages"
            )

    @property
    def segment_count(self) -> int:
        """All its segments, UNH and UNT included, those let go too."""
        return self.let_go + len(self.segments)

    @property
    def header(self) -> Segment:
        """UNH."""
        return self.segments[0]

    @property
    def trailer(self) -> Segment | None:
        """UNT; None if it was missing."""
        return self.segments[-1] if self.segments[-1].tag == "UNT" else None

    @property
    def body(self) -> list[Segment]:
        """What stands between UNH and UNT."""
        return self.segments[1:-1] if self.trailer else self.segments[1:]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Interchange:
    """UNB..UNZ as found (ISO 9735, 6.1), with all its segments in order, so that it can be written back byte for byte."""

    header: Segment
    """UNB; without elements and with number 0 if there was none."""
    messages: tuple[Message, ...]
    trailer: Segment | None
    """UNZ; None if it was missing."""
    groups: tuple[FunctionalGroup, ...] = ()
    findings: tuple[Finding, ...] = ()
    """About the interchange and its groups, not about single messages."""
    syntax: Syntax
    syntax_version: str = "3"
    """0002: the version that reading followed."""
    segments: tuple[Segment, ...] = ()
    """Every segment, also those outside messages."""
    before: bytes = b""
    """What stood before UNB: junk, byte order mark, UNA."""
    after: bytes = b""
    """What stood after the last terminator."""
    source: str | None = None

    @property
    def delimiters(self) -> Delimiters:
        return self.syntax.delimiters

    @property
    def has_header(self) -> bool:
        return self.header.number > 0

    @property
    def syntax_identifier(self) -> str:
        """0001, e.g. UNOC."""
        return self.header.get(1, 1)

    @property
    def sender(self) -> InterchangeParty:
        """S002."""
        return InterchangeParty(self.header.get(2, 1), self.header.get(2, 2), self.header.get(2, 3))

    @property
    def recipient(self) -> InterchangeParty:
        """S003."""
        return InterchangeParty(self.header.get(3, 1), self.header.get(3, 2), self.header.get(3, 3))

    @property
    def prepared(self) -> str:
        """S004: date and time as sent, `YYMMDDhhmm`, from version 4 on `YYYYMMDDhhmm`; local time of the sender."""
        return self.header.get(4, 1) + self.header.get(4, 2)

    @property
    def control_reference(self) -> str:
        """0020."""
        return self.header.get(5)

    @property
    def application_reference(self) -> str:
        """0026."""
        return self.header.get(7)

    @property
    def priority(self) -> str:
        """0029."""
        return self.header.get(8)

    @property
    def acknowledgement_request(self) -> str:
        """0031: 1 a CONTRL is asked for, 2 only a receipt."""
        return self.header.get(9)

    @property
    def agreement_id(self) -> str:
        """0032."""
        return self.header.get(10)

    @property
    def test(self) -> bool:
        """0035: true if the interchange is a test."""
        return self.header.get(11) in ("1", "2", "3", "4")

    def all_findings(self) -> tuple[Finding, ...]:
        """Those of the interchange and those of its messages."""
        return self.findings + tuple(finding for message in self.messages for finding in message.findings)


def _trimmed(values: list[str]) -> list[str]:
    while len(values) > 1 and not values[-1]:
        values.pop()
    return values
