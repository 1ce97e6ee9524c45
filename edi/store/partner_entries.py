"""What a partner's view of the memory gives out: entries of the list, and all there is about one of them."""

from __future__ import annotations

from dataclasses import dataclass

from edi.findings import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked for; empty does not matter."""

    number: str = ""
    """Business number or control reference; `*` at its end stands for anything."""
    kind: str = ""
    direction: str = ""
    since: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One document, or one file that could not be read into documents."""

    name: str
    """`M5` a received document, `O7` one we sent, `T3` a file that holds no document we could read."""
    at: str
    """When it was received, or made."""
    direction: str
    """in | out, as we see it."""
    kind: str | None
    number: str | None
    type: str
    reference: str | None
    """Control reference 0020 of its interchange."""
    state: str
    """As stored, of a message, an outbound transmission or a transmission."""
    deliveries: tuple[str, ...] = ()
    """Stored states: of what we made of it for our own house, or of the sending."""
    answers: tuple[tuple[str, str], ...] = ()
    """Kind and stored state: of our answer (received), or of the partner's (sent)."""
    test: bool = False
    filename: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An acknowledgement, ours or the partner's."""

    kind: str
    state: str
    reference: str | None
    at: str | None
    payload_sha256: str | None = None
    name: str | None = None
    """`O8` of ours; None of the partner's."""
    is_shown: bool = True
    """False: it speaks of more than this person may see, so it cannot be downloaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One thing of the timeline."""

    at: str
    subject: str
    """The letter of the row it happened to: M, O or T."""
    event: str
    """The stored state it got, or another word of the audit trail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """All there is about one entry."""

    entry: Entry
    findings: tuple[Finding, ...]
    timeline: tuple[Happened, ...]
    answers: tuple[Answer, ...]
    document_sha256: str | None
    """The canonical document; None if none was made."""
    payload_sha256: str | None
    """The exact bytes, as received or as sent; None if they hold what the link does not show."""
    filename: str
    orders: tuple[str, ...] = ()
    """Numbers of the orders it belongs to."""
