"""What we say about somebody's data: findings, which are values and are collected, never raised.

Rule 1: a finding names what is wrong, where, and what to do; it quotes the value.
Rule 2: a finding carries the partner's answer code (CONTRL 0085, ...), so that acknowledgements write themselves.
Rule 3: whatever stops *us* is an error (`edi.errors`), never a finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Generic, TypeVar

X = TypeVar("X")


class Severity(StrEnum):
    """How much a finding weighs: an `error` makes the thing unusable, the others do not."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where in somebody's data; every coordinate the fields use, None where it has no meaning.

    EDIFACT fills `offset`, `segment`, `tag`, `group`, `element`, `repetition`, `component`;
    XML and JSON fill `line`, `column` and `path`; operators' files fill `source`, `line`, `column`.
    """

    source: str | None = None
    """The file or part, as the reader of the message knows it."""
    offset: int | None = None
    """Bytes from 0, of the segment's first byte."""
    segment: int | None = None
    """Segment number from 1: in the message counting UNH, outside messages in the interchange."""
    tag: str | None = None
    group: str | None = None
    """Group path by trigger with repetition from 1, e.g. `SG26[3]/SG32[1]`."""
    message: str | None = None
    """Message reference 0062, where inside a message."""
    element: int | None = None
    """Data element position in the segment from 1 (the tag is not counted)."""
    repetition: int | None = None
    component: int | None = None
    """Component position in the composite from 1."""
    line: int | None = None
    column: int | None = None
    path: str | None = None
    """XPath or canonical document path."""

    def __str__(self) -> str:
        return ", ".join(part for part in (self.source, self._in_segment(), self._in_text()) if part)

    def _in_segment(self) -> str:
        words = []
        if self.message is not None:
            words.append(f"message {self.message}")
        if self.segment is not None:
            words.append(f"segment {self.segment}" + (f" {self.tag}" if self.tag else ""))
        elif self.tag:
            words.append(self.tag)
        if self.element is not None:
            words.append(f"element {self.element}")
        if self.repetition is not None and self.repetition > 1:
            words.append(f"repetition {self.repetition}")
        if self.component is not None:
            words.append(f"component {self.component}")
        return " ".join(words)

    def _in_text(self) -> str:
        words = []
        if self.line is not None:
            words.append(f"line {self.line}")
        if self.column is not None:
            words.append(f"column {self.column}")
        if self.path:
            words.append(self.path)
        return " ".join(words)


NOWHERE = Location()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is odd or wrong in somebody's data."""

    code: str
    """Stable and published: `area.reason`, e.g. `edifact.segment_missing`."""
    text: str
    """One sentence in past or present tense, quoting the value with !r; no blame."""
    severity: Severity = Severity.ERROR
    where: Location = NOWHERE
    value: str | None = None
    """The value found, whole, for programs; the text may shorten it."""
    expected: str | None = None
    hint: str | None = None
    """What the reader can do, one sentence."""
    answer: str | None = None
    """Code of the acknowledgement that says this to the partner: ISO 9735 0085 for EDIFACT."""
    level: str | None = None
    """Where the acknowledgement says it: UCI, UCF, UCM, UCS or UCD."""

    def __str__(self) -> str:
        place = str(self.where)
        sentence = f"{place}: {self.text}" if place else self.text
        return sentence + (f"\n  hint: {self.hint}" if self.hint else "")

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR

    def at(self, **coordinates: object) -> Finding:
        """The same finding with more coordinates filled in."""
        return replace(self, where=replace(self.where, **coordinates))  # type: ignore[arg-type]  # names checked by dataclass


@dataclass(frozen=True, slots=True)
class Outcome(Generic[X]):
    """What a pure step gives back: the thing, if we could make it, and everything we noticed.

    `value` is None if and only if it could not be made; then `findings` says why.
    """

    value: X | None
    findings: tuple[Finding, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """True if the thing was made and nothing found is an error."""
        return self.value is not None and not has_errors(self.findings)

    def __iter__(self) -> Iterator[object]:
        """Unpacks as `value, findings`."""
        return iter((self.value, self.findings))


def has_errors(findings: Iterable[Finding]) -> bool:
    """True if any finding is an error."""
    return any(finding.is_error for finding in findings)
