"""What is to become of a received transmission, worked out from its bytes and the operator's files; nothing is written yet.

A plan is a value: the same bytes, files and mappings give the same plan. What depends on the store (duplicates, numbers) is decided
where the plan is recorded.
"""

from __future__ import annotations

from dataclasses import dataclass

from edi.engine.content import Document, ReadInterchange, ReadMessage, Unmapped, Written
from edi.findings import Finding
from edi.store.payloads import Packed
from edi.workspace.model import Agreement


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One output of a message, ready but for its envelope."""

    position: int
    """From 1, among the destinations of the route."""
    channel: str
    mapping: str
    """Name and version."""
    written: Written
    partner: str | None
    """Who receives it; None: our own house."""
    agreement: Agreement | None
    """With the receiver, for this kind; None if there is none."""
    whole: Packed | None = None
    """What will be sent, where no envelope is put around it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePlan:
    """One message and where it goes."""

    message: ReadMessage
    state: str
    """invalid | unroutable | map_failed | routed | settled (an acknowledgement)."""
    reason: str | None = None
    """Why it goes nowhere, in one sentence."""
    findings: tuple[Finding, ...] = ()
    partner: str | None = None
    test: bool = False
    agreement: Agreement | None = None
    """With the sender, for this kind."""
    route: str | None = None
    mapping: str | None = None
    document: Document | None = None
    kept: Packed | None = None
    """The document as the store keeps it; there is one whenever there is a document."""
    unmapped: tuple[Unmapped, ...] = ()
    outputs: tuple[Output, ...] = ()

    @property
    def number(self) -> str | None:
        """The business number: the document's, otherwise what could be seen before."""
        found = self.document.get("number") if self.document else None
        return found if isinstance(found, str) and found else self.message.number

    @property
    def document_kind(self) -> str | None:
        """The document's kind, otherwise the message's."""
        found = self.document.get("kind") if self.document else None
        return found if isinstance(found, str) else self.message.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class InterchangePlan:
    """One interchange, its verdict as far as the bytes tell, and its messages."""

    interchange: ReadInterchange
    state: str
    """accepted | accepted_in_part | rejected | held_test | unreportable."""
    findings: tuple[Finding, ...] = ()
    """Of the interchange itself, the engine's own included."""
    partner: str | None = None
    """Who sent it, as far as the envelope or the channel tells."""
    test: bool = False
    reason: str | None = None
    messages: tuple[MessagePlan, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The whole transmission."""

    format: str | None
    state: str
    """accepted | quarantined."""
    findings: tuple[Finding, ...] = ()
    reason: str | None = None
    interchanges: tuple[InterchangePlan, ...] = ()
