"""What reading received bytes gives, the same shape for every format: interchanges with messages, each with its findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from edi.findings import Finding, Outcome

if TYPE_CHECKING:
    # The models of the workspace take longer to load than most files to read.
    from edi.workspace.model import Route

Document = dict[str, object]
"""A canonical document in flight: absent values have no key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """S002 or S003 of an interchange, or the like of another envelope."""

    id: str
    qualifier: str = ""

    def __str__(self) -> str:
        return f"{self.id}:{self.qualifier}" if self.qualifier else self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMessage:
    """One message as found, and what is wrong with it."""

    position: int
    """From 1, in the interchange."""
    syntax: str
    """edifact | ubl | json."""
    type: str
    """As agreements name it: `ORDERS:D:96A:UN:EAN008`, `Invoice:2.1`, `json:order`."""
    kind: str | None
    """The document kind; None if the type is none of ours, `contrl` and `aperak` for acknowledgements."""
    content: object
    """What the spokes of its syntax read."""
    reference: str | None = None
    """0062."""
    number: str | None = None
    """The business number, for people, as far as it can be seen before mapping."""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadInterchange:
    """One interchange as found; a UBL or JSON document is one of one message."""

    position: int
    """From 1, in the transmission."""
    syntax: str
    payload: bytes
    """Its own bytes."""
    sender: Address | None = None
    recipient: Address | None = None
    control_reference: str | None = None
    test: bool = False
    prepared: str | None = None
    acknowledgement_requested: bool = False
    messages: tuple[ReadMessage, ...] = ()
    findings: tuple[Finding, ...] = ()
    """About the interchange itself, not about single messages."""
    source: object = None
    """The format's own record of it, from which an acknowledgement is made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmapped:
    """Something that was read and found no place."""

    where: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A message as a canonical document."""

    document: Document
    unmapped: tuple[Unmapped, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A document in an output syntax, without envelope, numbers and times."""

    syntax: str
    type: str
    body: object
    """EDIFACT: the segments between UNH and UNT; otherwise the whole bytes."""
    canonical: bytes
    """Bytes that are equal for equal content; their hash tells whether a replay says something else."""
    content_type: str
    suffix: str
    """Of a file: `.edi`, `.xml`, `.json`."""
    value: object = None
    """JSON: what the bytes say; None for other syntaxes."""


class Translator(Protocol):
    """Turns messages into documents and documents into outputs, by the names of mappings."""

    def read(self, mapping: str, message: ReadMessage, *, partner: str | None) -> Outcome[Reading]:
        """`partner`: whose cross-references hold. Raises ConfigError if the mapping cannot be loaded."""

    def write(self, mapping: str, document: Document, *, message_type: str | None, partner: str | None) -> Outcome[Written]:
        """`message_type`: as agreed with the receiver; None: the mapping's own."""

    def losses(self, route: Route, mapping: str, document: Document) -> tuple[Finding, ...]:
        """What the document would lose in an output of the route that the route does not accept to lose."""

    def holds(self, expression: str, document: Document) -> bool:
        """Whether a condition of a route holds for a document."""

    def version(self, mapping: str) -> str:
        """Name and content hash of a mapping: what the audit trail says was used."""

    def text(self, mapping: str) -> str | None:
        """Every file the mapping was loaded from, as one text; None if there is nothing to keep."""

    def as_of(self, texts: Mapping[str, str]) -> Translator:
        """One that loads the named mappings from kept texts and the others as this one does."""
