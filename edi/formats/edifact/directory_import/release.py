"""One release as the published files say it, ready to be merged into a table set."""

from __future__ import annotations

from dataclasses import dataclass, field

from edi.formats.edifact.directory_types import MessageType


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """An element or composite where a composite or a segment uses it."""

    id: str
    mandatory: bool
    repeats: int = 1
    format: str | None = None
    """As printed at the place of use; None for a composite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A composite or a segment: its name and what it uses, in order."""

    name: str
    uses: tuple[Use, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseTables:
    """Everything that one release defines."""

    release: str
    elements: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Format and name."""
    composites: dict[str, Entry] = field(default_factory=dict)
    segments: dict[str, Entry] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    messages: dict[str, MessageType] = field(default_factory=dict)
