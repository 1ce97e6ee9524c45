"""What a partner refuses, traced to the field of the document, the mapping line that wrote it, and the value it came from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from edi.engine.context import Context
from edi.engine.provenance import Arrival, Way, provenance
from edi.errors import EdiError
from edi.findings import Finding, Location
from edi.formats.edifact.aperak import ApplicationError
from edi.store.store import AnyRow, Reading

LINE_REFERENCES = frozenset({"LI", "LIN"})
"""1153 of a reference to one line of what we sent."""


def traced(context: Context, view: Reading, row: AnyRow, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings about an output of ours, with where the refused values came from in their hints, as far as that can be told."""
    if not any(finding.where.segment for finding in findings):
        return tuple(findings)
    ways = _ways(context, view, row)
    return tuple(_with_origin(finding, list(_at(ways, finding.where))) for finding in findings)


def of_lines(
    context: Context, view: Reading, row: AnyRow, errors: Sequence[ApplicationError], findings: Sequence[Finding]
) -> list[Finding]:
    """APERAK: findings whose error names a line of ours, with that line's place in the document; in the order of the errors."""
    found = list(findings)
    named = [next((one.value for one in error.references if one.qualifier in LINE_REFERENCES), "") for error in errors]
    if not any(named):
        return found
    ways = _ways(context, view, row)
    for index, line_id in enumerate(named):
        way = next(
            (one for one in ways if line_id and one.path.startswith("lines[") and one.path.endswith("].id") and one.value == line_id), None
        )
        if way is not None and way.arrivals:
            where = way.arrivals[0].where
            found[index] = _with_origin(replace(found[index], where=where), [(way, way.arrivals[0])])
    return found


def _ways(context: Context, view: Reading, row: AnyRow) -> tuple[Way, ...]:
    """A refusal is recorded even if nobody can say where the value came from."""
    if row.message_id is None or row.mapping is None:
        return ()
    try:
        return provenance(context, view, row.message_id, outbound_id=row.id).ways
    except EdiError:
        return ()


def _at(ways: Iterable[Way], where: Location) -> Iterable[tuple[Way, Arrival]]:
    """What stands at a place of the output: the component, else whatever is in the element, else in the segment."""
    here = [(way, arrival) for way in ways for arrival in way.arrivals if where.segment and arrival.where.segment == where.segment]
    for exact in (
        [pair for pair in here if (pair[1].where.element, pair[1].where.component) == (where.element, where.component or 1)],
        [pair for pair in here if pair[1].where.element == where.element],
        here,
    ):
        if exact:
            return exact
    return []


def _with_origin(finding: Finding, found: Sequence[tuple[Way, Arrival]]) -> Finding:
    if not found:
        return finding
    way, arrival = found[0]
    exact = arrival.where.element == finding.where.element or finding.where.element is None
    about = "it is" if exact else "it stands beside"
    came = f"; it came from {way.where} {way.wire!r} ({way.line})" if str(way.where) else ""
    origin = f"{about} {way.path} {way.value!r}, written by {arrival.line}{came}"
    others = ", ".join(dict.fromkeys(other.path for other, _ in found[1:4]))
    beside = f"; also there: {others}" if others else ""
    return replace(finding, hint=f"{origin}{beside}" + (f"; {finding.hint}" if finding.hint else ""))
