"""Says where a value came from and where a component went; decodes a pattern against the directory, so that nobody counts colons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from edi.formats.edifact import directory as directories
from edi.formats.edifact.directory import CompositeType, Directory
from edi.mapping.bindings import EdifactBinding
from edi.mapping.bound import BoundAnything, BoundCalculation, BoundConstant, BoundField, BoundPart, BoundSegment, walk_bound
from edi.mapping.canonical import unindexed
from edi.mapping.result import Reading, Trace
from edi.mapping.spoke import Spoke
from edi.mapping.spoke_edifact import EdifactSide
from edi.ports import TableSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One value with its way."""

    path: str
    value: str
    wire: str
    where: str
    line: str
    pattern: str
    then: str = ""
    """Where the same value stands in the output, if one was given."""


def explain(reading: Reading, *, path: str | None = None, segment: int | None = None, written: Sequence[Trace] = ()) -> list[Explanation]:
    """The way of each value: all, those at or below a path (with or without indexes), or those of one input segment.

    `written` are the traces of an output, joined on the canonical path.
    """
    outputs = {trace.path: trace for trace in written}
    return [_explained(trace, outputs.get(trace.path)) for trace in reading.traces if _wanted(trace, path, segment)]


def _wanted(trace: Trace, path: str | None, segment: int | None) -> bool:
    if segment is not None and trace.where.segment != segment:
        return False
    if path is None:
        return True
    return any(one == path or one.startswith((path + ".", path + "[")) for one in (trace.path, unindexed(trace.path)))


def _explained(trace: Trace, output: Trace | None) -> Explanation:
    return Explanation(
        path=trace.path,
        value=str(trace.value),
        wire=trace.wire,
        where=str(trace.where),
        line=trace.line,
        pattern=trace.pattern,
        then=f"{output.where} {output.wire!r} ({output.line})" if output is not None else "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """One part of a pattern with what the directory calls its place."""

    place: str
    """`C243.4` or `2`, positions from 1."""
    element: str
    """`C243.5278 Duty/tax/fee rate`"""
    format: str
    part: str
    """What the mapping says there: a constant with its meaning, a field, a calculation."""


def decode(spoke: Spoke, line: int, *, release: str | None = None, tables: TableSource | None = None) -> list[Decoded]:
    """Every part of the segment pattern in a line of the mapping, with its element; empty if no pattern stands there."""
    binding, side = spoke.binding, spoke.side
    if not isinstance(binding, EdifactBinding) or not isinstance(side, EdifactSide):
        return []
    chosen = side.release_for(release)
    directory = directories.load(chosen, association=side.syntax.association_of(chosen), tables=tables)
    for bound in binding.bound[chosen].values():
        for one in walk_bound(bound):
            if one.entry.place.line == line:
                return list(_decoded(one, directory))
    return []


def _decoded(one: BoundSegment, directory: Directory) -> Iterable[Decoded]:
    segment = directory.segment(one.tag)
    for index, part in one.parts():
        if segment is None or index >= len(segment.elements):
            continue
        kind = segment.elements[index].type
        if isinstance(kind, CompositeType):
            element = kind.components[part.position].type
            place, name = f"{index + 1}.{part.position + 1}", f"{kind.id}.{element.id} {element.name}"
        else:
            element, place, name = kind, str(index + 1), f"{kind.id} {kind.name}"
        yield Decoded(place=place, element=name, format=element.format, part=_said(part, directory, element.id))


def _said(part: BoundPart, directory: Directory, element_id: str) -> str:
    codes = directory.codes(element_id) or {}
    match part:
        case BoundConstant():
            known = [f"{text} = {codes[text]}" if text in codes else text for text in part.alternatives]
            return " | ".join(known) + (" (written along)" if part.passive else "")
        case BoundField():
            return "{" + part.target.dotted + "}" + (f" over {part.conversion.span} components" if part.conversion.span > 1 else "")
        case BoundCalculation():
            return "{=" + part.expression.text + "}"
        case BoundAnything():
            return "* (knowingly dropped)"
