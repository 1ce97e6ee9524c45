"""Questions people ask of the store, answered as values: what came, what became of it, where it is now.

Rows are named as people name them (`T12`, `M5`, `O7`). States are the stored ones; `edi.engine.status` says them in words.
All take a `Reading` (`with store.reading() as view:`), and none changes anything.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select

from edi.findings import Finding
from edi.store import listing
from edi.store.findings_text import from_json, places_from_json
from edi.store.listing import Page, newest, states_of
from edi.store.store import AnyRow, Reading
from edi.store.tables import acknowledgement_expected, attempt, document, interchange, message, outbound, transmission

LINES_MAX = 50
Filter = listing.Filter
ALL = Filter()


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundLine:
    """One outbound transmission."""

    name: str
    kind: str
    number: str | None
    partner: str | None
    channel: str
    state: str
    made: str
    due: str | None
    sent: str | None
    attempts: int
    filename: str
    remote_name: str | None
    control_reference: str | None
    message: str | None
    """`M5` it comes from; None for our acknowledgements."""
    resubmit_of: str | None
    reason: str | None
    payload_sha256: str
    size: int
    test: bool
    acknowledgements: tuple[tuple[str, str], ...] = ()
    """Kind and state of what the partner owes for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageLine:
    """One inbound message, or a document our own house handed over."""

    name: str
    transmission: str
    received: str
    changed: str
    channel: str
    partner: str | None
    kind: str | None
    type: str
    number: str | None
    reference: str | None
    control_reference: str | None
    route: str | None
    state: str
    reason: str | None
    test: bool
    outputs: tuple[OutboundLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TransmissionLine:
    """One inbound transmission."""

    name: str
    received: str
    channel: str
    partner: str | None
    filename: str
    size: int
    format: str | None
    state: str
    confirmation: str
    reason: str | None
    payload_sha256: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgementLine:
    """One acknowledgement a partner owes, or owed."""

    name: str
    outbound: str
    partner: str | None
    kind: str
    level: str
    state: str
    deadline: str
    settled: str | None
    by: str | None
    number: str | None
    """Of the document it is for."""


def messages(view: Reading, wanted: Filter = ALL, *, count_max: int = LINES_MAX, before: int | None = None) -> tuple[MessageLine, ...]:
    """The newest first; `before`: those behind the message of that id, for the next page."""
    return _message_lines(view, newest(view, _message_query(), wanted, message, message.c.received, Page(count_max, before)))


def message_of(view: Reading, message_id: int) -> MessageLine | None:
    """One message; None if there is none."""
    lines = _message_lines(view, view.connection.execute(_message_query().where(message.c.id == message_id)).all())
    return lines[0] if lines else None


def outbounds(view: Reading, wanted: Filter = ALL, *, count_max: int = LINES_MAX, before: int | None = None) -> tuple[OutboundLine, ...]:
    """The newest first; `before`: those behind the one of that id, for the next page."""
    return _outbound_lines(view, newest(view, select(outbound), wanted, outbound, outbound.c.made, Page(count_max, before)))


def transmissions(
    view: Reading, wanted: Filter = ALL, *, count_max: int = LINES_MAX, before: int | None = None
) -> tuple[TransmissionLine, ...]:
    """The newest first; kind and number do not count here."""
    rows = newest(view, select(transmission), wanted, transmission, transmission.c.received, Page(count_max, before))
    return tuple(transmission_line(row) for row in rows)


def acknowledgements(
    view: Reading, *, states: Collection[str] | None = None, partner: str | None = None, count_max: int = LINES_MAX
) -> tuple[AcknowledgementLine, ...]:
    """What partners owe, the nearest deadline first."""
    table = acknowledgement_expected
    query = (
        select(table, outbound.c.number).join(outbound, outbound.c.id == table.c.outbound_id).order_by(table.c.deadline).limit(count_max)
    )
    if partner is not None:
        query = query.where(table.c.partner == partner)
        states = list(states_of(view, table, partner)) if states is None else states
    # One state after the other, as `newest` does.
    parts = [query] if states is None else [query.where(table.c.state == state) for state in sorted(states)]
    found = [row for part in parts for row in view.connection.execute(part)]
    return tuple(
        AcknowledgementLine(
            name=f"A{row.id}",
            outbound=f"O{row.outbound_id}",
            partner=row.partner,
            kind=row.kind,
            level=row.level,
            state=row.state,
            deadline=row.deadline,
            settled=row.settled,
            by=_named("M", row.message_id),
            number=row.number,
        )
        for row in sorted(found, key=lambda row: (row.deadline, row.id))[:count_max]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLine:
    """A canonical document a message was read into."""

    name: str
    kind: str
    number: str | None
    issued: str | None
    mapping: str
    made: str
    payload_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDetail:
    """All there is about one message."""

    line: MessageLine
    findings: tuple[Finding, ...]
    unmapped: tuple[tuple[str, str], ...]
    """Where and what was read and found no place."""
    documents: tuple[DocumentLine, ...]
    """The newest first."""


def message_detail(view: Reading, message_id: int) -> MessageDetail | None:
    """One message with findings and documents; None if there is none."""
    line = message_of(view, message_id)
    row = view.connection.execute(select(message.c.findings, message.c.unmapped).where(message.c.id == message_id)).one_or_none()
    if line is None or row is None:
        return None
    query = select(document).where(document.c.message_id == message_id).order_by(document.c.id.desc())
    documents = tuple(_document_line(one) for one in view.connection.execute(query))
    return MessageDetail(line=line, findings=from_json(row.findings), unmapped=places_from_json(row.unmapped), documents=documents)


def document_of(view: Reading, document_id: int) -> DocumentLine | None:
    """One canonical document; None if there is none."""
    row = view.connection.execute(select(document).where(document.c.id == document_id)).one_or_none()
    return _document_line(row) if row else None


def _document_line(row: AnyRow) -> DocumentLine:
    return DocumentLine(
        name=f"D{row.id}",
        kind=row.kind,
        number=row.number,
        issued=row.issued,
        mapping=row.mapping,
        made=row.made,
        payload_sha256=row.payload_sha256,
    )


def transmission_of(view: Reading, transmission_id: int) -> TransmissionLine | None:
    """One inbound transmission; None if there is none."""
    row = view.connection.execute(select(transmission).where(transmission.c.id == transmission_id)).one_or_none()
    return transmission_line(row) if row else None


def outbound_of(view: Reading, outbound_id: int) -> OutboundLine | None:
    """One outbound transmission; None if there is none."""
    rows = view.connection.execute(select(outbound).where(outbound.c.id == outbound_id)).all()
    return _outbound_lines(view, rows)[0] if rows else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptLine:
    """One try to send."""

    number: int
    started: str
    finished: str | None
    outcome: str | None
    note: str | None


def attempts(view: Reading, outbound_id: int) -> tuple[AttemptLine, ...]:
    """Every try to send a transmission, in order."""
    query = select(attempt).where(attempt.c.outbound_id == outbound_id).order_by(attempt.c.number)
    return tuple(
        AttemptLine(number=row.number, started=row.started, finished=row.finished, outcome=row.outcome, note=row.note)
        for row in view.connection.execute(query)
    )


def transmission_line(row: AnyRow) -> TransmissionLine:
    """The line of a whole transmission row."""
    return TransmissionLine(
        name=f"T{row.id}",
        received=row.received,
        channel=row.channel,
        partner=row.partner,
        filename=row.filename,
        size=row.size,
        format=row.format,
        state=row.state,
        confirmation=row.confirmation,
        reason=row.reason,
        payload_sha256=row.payload_sha256,
        findings=from_json(row.findings),
    )


def _message_query() -> Select[*tuple[object, ...]]:
    return select(message, interchange.c.control_reference).join(interchange, interchange.c.id == message.c.interchange_id)


def _message_lines(view: Reading, rows: Sequence[AnyRow]) -> tuple[MessageLine, ...]:
    mine = select(outbound).where(outbound.c.message_id.in_([row.id for row in rows])).order_by(outbound.c.id)
    outputs = _outbound_lines(view, view.connection.execute(mine).all()) if rows else ()
    return tuple(
        MessageLine(
            name=f"M{row.id}",
            transmission=f"T{row.transmission_id}",
            received=row.received,
            changed=row.changed,
            channel=row.channel,
            partner=row.partner,
            kind=row.kind,
            type=row.type,
            number=row.number,
            reference=row.reference,
            control_reference=row.control_reference,
            route=row.route,
            state=row.state,
            reason=row.reason,
            test=bool(row.test),
            outputs=tuple(one for one in outputs if one.message == f"M{row.id}"),
        )
        for row in rows
    )


def _outbound_lines(view: Reading, rows: Sequence[AnyRow]) -> tuple[OutboundLine, ...]:
    table = acknowledgement_expected
    owed: dict[int, list[tuple[str, str]]] = {}
    query = select(table.c.outbound_id, table.c.kind, table.c.state).where(table.c.outbound_id.in_([row.id for row in rows]))
    for one in view.connection.execute(query) if rows else ():
        owed.setdefault(one.outbound_id, []).append((one.kind, one.state))
    return tuple(
        OutboundLine(
            name=f"O{row.id}",
            kind=row.kind,
            number=row.number,
            partner=row.partner,
            channel=row.channel,
            state=row.state,
            made=row.made,
            due=row.due,
            sent=row.sent,
            attempts=row.attempts,
            filename=row.filename,
            remote_name=row.remote_name,
            control_reference=row.control_reference,
            message=_named("M", row.message_id),
            resubmit_of=_named("O", row.resubmit_of),
            reason=row.reason,
            payload_sha256=row.payload_sha256,
            size=row.size,
            test=bool(row.test),
            acknowledgements=tuple(owed.get(row.id, ())),
        )
        for row in rows
    )


def _named(letter: str, row_id: int | None) -> str | None:
    return f"{letter}{row_id}" if row_id is not None else None
