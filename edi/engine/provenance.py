"""Where the values of stored documents come from and where they went: stored bytes are read again with the mapping of then, if its text is kept.

Both sides are traced, what came and what we made of it, and joined on the path in the document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from edi.engine import patching
from edi.engine.content import ReadMessage
from edi.engine.context import Context
from edi.engine.mapping_versions import kept_files, name_of
from edi.engine.planning import terms_with
from edi.engine.reading import EdifactContent, read
from edi.errors import EdiError, StoreError
from edi.findings import Location
from edi.mapping.canonical import leaves, unindexed
from edi.mapping.result import Reading as Read
from edi.mapping.result import Trace, Unmapped
from edi.mapping.source import shipped_files
from edi.mapping.spoke import Spoke, load
from edi.ports import CrossReference
from edi.store import mapping_texts
from edi.store.store import AnyRow, Reading
from edi.store.tables import document, interchange, message, outbound, transmission
from edi.workspace.xref import CrossReferences


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Where a value stands in something we made."""

    output: str
    """`O7`."""
    where: Location
    wire: str
    line: str
    table: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One value: from the bytes that came, through the document, to what we made."""

    path: str
    value: str
    where: Location
    wire: str
    line: str
    """Of the reading mapping: `orders-eancom.map.yaml:52`."""
    table: str
    """The row of a code table that turned it: `units: PCE = C62`; empty if none did."""
    arrivals: tuple[Arrival, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """A mapping that was used again."""

    version: str
    """With which the stored document was made."""
    of_then: bool
    """False: its text is not kept, so the mapping of now was used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """All ways of one message."""

    message: str
    transmission: str
    mappings: tuple[Used, ...]
    ways: tuple[Way, ...]
    unmapped: tuple[Unmapped, ...]
    notes: tuple[str, ...]
    """What could not be followed, and why."""


class Spokes:
    """Mappings by version, each loaded once: from its kept text, otherwise as it is now."""

    def __init__(self, context: Context, view: Reading) -> None:
        self._context = context
        self._view = view
        self._loaded: dict[str, tuple[Spoke, Used]] = {}
        self._tables: dict[str, CrossReferences] = {}

    def get(self, version: str) -> tuple[Spoke, Used]:
        """Raises ConfigError if it cannot be loaded, StoreError if none is named."""
        if not version:
            raise StoreError("no mapping was recorded", hint="what could not be read has no way to show; edi show names the findings")
        if version not in self._loaded:
            text = mapping_texts.text_of(self._view, version)
            workspace = self._context.workspace
            files = kept_files(text) if text is not None else (lambda name: workspace.mapping_text(name) or shipped_files(name))
            spoke = load(name_of(version), files, tables=workspace.table_source)
            self._loaded[version] = spoke, Used(version=version, of_then=text is not None)
            self._tables[version] = CrossReferences.of_kept(text) if text is not None else workspace.xref
        return self._loaded[version]

    def tables(self, version: str, partner: str | None, moment: str) -> CrossReference:
        """The partner's cross-references of that day, as they were kept with the mapping."""
        return self._tables[version].on(datetime.fromisoformat(moment).date(), partner)


def provenance(context: Context, view: Reading, message_id: int, *, outbound_id: int | None = None) -> Provenance:
    """The ways of a message's values; with an output, those of the document it was made from, to that output alone."""
    spokes = Spokes(context, view)
    rows = _outputs(view, message_id, outbound_id)
    wanted = rows[0].document_id if outbound_id is not None and rows else None
    row, version = _message(view, message_id, wanted)
    spoke, used = spokes.get(version)
    found = _traced(spoke, _stored_message(context, view, row), spokes.tables(version, row.partner, row.received))
    if found is None:
        raise StoreError(f"M{message_id} cannot be read with {version} any more", hint=f"edi replay M{message_id} --dry-run says why")
    notes: list[str] = []
    mappings = [used]
    arrivals: list[tuple[AnyRow, Spoke, Sequence[Trace]]] = []
    for one in rows:
        try:
            write, how = spokes.get(one.mapping or "")
            xref = spokes.tables(one.mapping, one.partner, one.made)
            arrivals.append((one, write, output_traces(context, view, one, write, xref)))
            mappings.append(how)
        except EdiError as error:
            notes.append(f"O{one.id} cannot be followed: {error.message}")
    ways = tuple(_way(spoke, trace, arrivals) for trace in found.traces)
    return Provenance(
        message=f"M{message_id}",
        transmission=f"T{row.transmission_id}",
        mappings=tuple(dict.fromkeys(mappings)),
        ways=ways,
        unmapped=found.unmapped,
        notes=tuple(notes),
    )


def output_traces(context: Context, view: Reading, row: AnyRow, spoke: Spoke, xref: CrossReference) -> Sequence[Trace]:
    """Where each value stands in the stored bytes of an output, by reading them back."""
    found = read(view.payload(row.payload_sha256), source=row.filename, tables=context.workspace.table_source)
    for whole in found.interchanges:
        for one in whole.messages:
            if row.message_reference is None or one.reference == row.message_reference:
                result = _traced(spoke, one, xref)
                return result.traces if result is not None else ()
    return ()


def wanted(ways: Iterable[Way], *, path: str | None = None, segment: int | None = None) -> tuple[Way, ...]:
    """Those at or below a path, with or without indexes, of the input's segment."""
    return tuple(way for way in ways if (segment is None or way.where.segment == segment) and (path is None or _is_at(way.path, path)))


def stored_messages(context: Context, view: Reading, message_ids: Iterable[int]) -> Iterable[tuple[str, ReadMessage]]:
    """`M5` and the message as it came, for each that can still be read; those whose bytes were deleted are left out."""
    for message_id in message_ids:
        with suppress(StoreError):
            yield f"M{message_id}", _stored_message(context, view, _message(view, message_id, None)[0])


def _is_at(found: str, path: str) -> bool:
    return any(one == path or one.startswith((path + ".", path + "[")) for one in (found, unindexed(found)))


# -- reading again ----------------------------------------------------------------------------------------------------


def _message(view: Reading, message_id: int, document_id: int | None) -> tuple[AnyRow, str]:
    """The message with where its bytes are, and the version of the mapping its document was read with."""
    query = (
        select(
            message.c.id,
            message.c.position,
            message.c.partner,
            message.c.transmission_id,
            message.c.document_id,
            interchange.c.position.label("interchange_position"),
            transmission.c.received,
        )
        .join(interchange, interchange.c.id == message.c.interchange_id)
        .join(transmission, transmission.c.id == message.c.transmission_id)
        .where(message.c.id == message_id)
    )
    row = view.connection.execute(query).one_or_none()
    if row is None:
        raise StoreError(f"there is no message M{message_id}", hint="`edi messages` lists what there is")
    which = document_id if document_id is not None else row.document_id
    version = view.connection.execute(select(document.c.mapping).where(document.c.id == which)).scalar_one_or_none()
    return row, version or ""


def _stored_message(context: Context, view: Reading, row: AnyRow) -> ReadMessage:
    whole = view.connection.execute(select(transmission).where(transmission.c.id == row.transmission_id)).one()
    # What was patched was processed as patched; the offsets are those of the patch.
    found = read(patching.current(view, whole), source=whole.filename, tables=context.workspace.table_source, terms=terms_with(context))
    for interchange_read in found.interchanges:
        for one in interchange_read.messages:
            if (interchange_read.position, one.position) == (row.interchange_position, row.position):
                return one
    raise StoreError(f"M{row.id} is not found in the bytes of T{row.transmission_id} any more", hint="edi inspect shows what they hold")


def _outputs(view: Reading, message_id: int, outbound_id: int | None) -> Sequence[AnyRow]:
    query = select(outbound).where(outbound.c.message_id == message_id, outbound.c.mapping.is_not(None)).order_by(outbound.c.id)
    if outbound_id is not None:
        query = query.where(outbound.c.id == outbound_id)
    return view.connection.execute(query).all()


def _traced(spoke: Spoke, one: ReadMessage, xref: CrossReference) -> Read | None:
    """The message read with every value's place; None if it cannot be read."""
    content, release = one.content, None
    if isinstance(content, EdifactContent):
        release, content = content.message.identifier.directory, content.tree
        if content is None:
            return None
    found = spoke.read(content, trace=True, xref=xref, release=release).value
    if found is not None and spoke.document_itself:
        return Read(document=found.document, traces=_own(spoke, found))
    return found


def _own(spoke: Spoke, found: Read) -> tuple[Trace, ...]:
    """The document itself is its own wire."""
    place = f"{spoke.definition.place.file.rpartition('/')[2]}:{spoke.definition.place.line}"
    return tuple(
        Trace(path=path, value=value, where=Location(path=path), wire=str(value), line=place, pattern="body: document")
        for path, value in leaves(found.document)
        if path != "kind"
    )


# -- joining ----------------------------------------------------------------------------------------------------------


def _way(spoke: Spoke, trace: Trace, outputs: Sequence[tuple[AnyRow, Spoke, Sequence[Trace]]]) -> Way:
    arrivals = []
    for row, write, traces in outputs:
        met = _met(trace, traces)
        if met is not None:
            arrivals.append(Arrival(output=f"O{row.id}", where=met.where, wire=met.wire, line=met.line, table=table_row(write, met)))
    return Way(
        path=trace.path,
        value=str(trace.value),
        where=trace.where,
        wire=trace.wire,
        line=trace.line,
        table=table_row(spoke, trace),
        arrivals=tuple(arrivals),
    )


def _met(trace: Trace, traces: Sequence[Trace]) -> Trace | None:
    """The same field in the output. Outputs may order a list otherwise: then it is the only item with this value."""
    same = next((one for one in traces if one.path == trace.path), None)
    if same is not None and same.value == trace.value:
        return same
    alike = [one for one in traces if unindexed(one.path) == unindexed(trace.path) and one.value == trace.value]
    return alike[0] if len(alike) == 1 else same


_TABLE = re.compile(r"\{~?/?(?P<path>[^{}|!]+)!?\|(?:[^{}]*\|)?(?P<codec>codes|xref)\((?P<table>\w+)(?:\.(?P<column>\w+))?[^{}]*\}")


def table_row(spoke: Spoke, trace: Trace) -> str:
    """`units: PCE = C62`: the row of a code or cross-reference table between wire and document; empty if there is none."""
    for found in _TABLE.finditer(trace.pattern):
        leaf = re.split(r"[.\]]", found["path"])[-1]
        if leaf != re.split(r"[.\]]", trace.path)[-1]:
            continue
        name = found["table"]
        if found["codec"] == "xref":
            return f"xref {name}: {trace.wire} = {trace.value}"
        table = spoke.definition.tables.get(name)
        column = table.columns.get(found["column"] or "") if table is not None else None
        listed = column is not None and (
            column.reading.get(trace.wire) == str(trace.value) or column.writing.get(str(trace.value)) == trace.wire
        )
        return f"{name}: {trace.wire} = {trace.value}" + ("" if listed else " (no row: `other`)")
    return ""
