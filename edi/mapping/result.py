"""What reading and writing give back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from edi.findings import Location
from edi.formats.edifact.syntax import Segment
from edi.mapping.codecs.base import Value

Document: TypeAlias = dict[str, Value]
"""A canonical document in flight: absent values have no key, decimals are `Decimal`."""
Output: TypeAlias = "list[Segment] | bytes | Value"
"""EDIFACT: the segments between UNH and UNT. UBL, CSV: bytes. JSON: the value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Where one value of the document stands on the wire, and the mapping line that carries it."""

    path: str
    """With indexes from 0: `lines[0].unit`."""
    value: Value
    where: Location
    wire: str
    """As the wire has it."""
    line: str
    """`orders-eancom.map.yaml:52`"""
    pattern: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmapped:
    """Something of the message that no pattern took and no `ignore` names."""

    where: Location
    value: str
    segment: str
    """EDIFACT: the whole segment as text; else the path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    document: Document
    traces: Sequence[Trace] = ()
    unmapped: tuple[Unmapped, ...] = ()
    """Only with `trace=True`."""
    components: int = 0
    """Filled components (EDIFACT) or values (XML, JSON) of the message, with `trace=True`."""
    ignored: int = 0
    """Of these, how many an `ignore` names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    output: Output
    release: str = ""
    """EDIFACT: the directory it was written for."""
    traces: Sequence[Trace] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a mapping may use that is not in the document: fixed by whoever calls, so that the same input gives the same output."""

    values: Mapping[str, str] = field(default_factory=dict)
    """`ctx.name`; `now` is the moment, ISO 8601."""
    numbers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """`seq('name')` takes these one after the other."""
