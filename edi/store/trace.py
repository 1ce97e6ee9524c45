"""The chain of one document: file → interchange → message → document → output → attempts → acknowledgements, and who did what when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from sqlalchemy import select

from edi.findings import Finding
from edi.store import audit, queries
from edi.store.audit import Event
from edi.store.findings_text import from_json
from edi.store.naming import split_name
from edi.store.store import Reading
from edi.store.tables import acknowledgement_expected, document, interchange, message, outbound, transmission


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One link of the chain."""

    depth: int
    """From 0: what it hangs on is the last step before it with a smaller depth."""
    name: str
    """`T12`, `I3`, `M5`, `D4`, `O7`, `A2`."""
    what: str
    """transmission | interchange | message | document | output | answer | acknowledgement."""
    at: str
    state: str
    text: str
    """One line for people."""
    findings: tuple[Finding, ...] = ()
    payload_sha256: str | None = None
    """Its exact bytes: `view.payload(...)`."""
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Everything around one inbound transmission."""

    steps: tuple[Step, ...]
    events: tuple[Event, ...]
    """The audit trail of all its rows, in order."""


def find(view: Reading, wanted: str) -> tuple[int, ...]:
    """Transmissions behind `T12`, `I3`, `M5`, `D4`, `O7`, `A2`, a business number or a control reference; the newest first."""
    letter, row = split_name(wanted) or ("", 0)
    if letter in _BY_LETTER:
        query, column = _BY_LETTER[letter]
        found = view.connection.execute(query.where(column == row)).scalars().all()
        if any(one is not None for one in found):
            return tuple(one for one in found if one is not None)
    ids: set[int] = set()
    for column, where in (
        (message.c.transmission_id, message.c.number),
        (outbound.c.transmission_id, outbound.c.number),
        (outbound.c.transmission_id, outbound.c.control_reference),
        (interchange.c.transmission_id, interchange.c.control_reference),
    ):
        ids |= {one for one in view.connection.execute(select(column).where(where == wanted).limit(50)).scalars() if one is not None}
    return tuple(sorted(ids, reverse=True))


def chain(view: Reading, transmission_id: int) -> Chain | None:
    """The chain of one inbound transmission; None if there is none."""
    line = queries.transmission_of(view, transmission_id)
    if line is None:
        return None
    steps = [_transmission(line), *_interchanges(view, transmission_id)]
    names = [step.name for step in steps]
    return Chain(steps=tuple(steps), events=tuple(entry.event for entry in audit.entries(view.connection, names)))


def branch(view: Reading, name: str) -> tuple[Step, ...]:
    """The step called `name`, and what hangs on it; empty if there is none."""
    if name[:1] == "O":
        return tuple(_output(view, int(name[1:]), depth=0, what="output"))
    for transmission_id in find(view, name):
        found = chain(view, transmission_id)
        steps = found.steps if found else ()
        for index, step in enumerate(steps):
            if step.name == name:
                return (step, *_below(step, steps[index + 1 :]))
    return ()


def _below(top: Step, steps: tuple[Step, ...]) -> Iterable[Step]:
    return takewhile(lambda step: step.depth > top.depth, steps)


def _transmission(line: queries.TransmissionLine) -> Step:
    whose = f" from {line.partner}" if line.partner else ""
    return Step(
        depth=0,
        name=line.name,
        what="transmission",
        at=line.received,
        state=line.state,
        text=f"{line.filename} through {line.channel}{whose}, {line.format or 'of unknown format'}" + _because(line.reason),
        findings=line.findings,
        payload_sha256=line.payload_sha256,
        size=line.size,
    )


def _interchanges(view: Reading, transmission_id: int) -> Iterable[Step]:
    table = interchange
    received = view.connection.execute(select(transmission.c.received).where(transmission.c.id == transmission_id)).scalar_one()
    for row in view.connection.execute(select(table).where(table.c.transmission_id == transmission_id).order_by(table.c.position)).all():
        parties = f" {row.sender} → {row.recipient}" if row.sender else ""
        reference = f" {row.control_reference}" if row.control_reference else ""
        again = f", the same as I{row.duplicate_of}" if row.duplicate_of else ""
        yield Step(
            depth=1,
            name=f"I{row.id}",
            what="interchange",
            at=received,
            state=row.state,
            text=f"{row.syntax} interchange{reference}{parties}{', test' if row.test else ''}{again}",
            findings=from_json(row.findings),
            payload_sha256=row.payload_sha256,
        )
        yield from _answers(view, transmission_id, row.id)
        for (message_id,) in view.connection.execute(
            select(message.c.id).where(message.c.interchange_id == row.id).order_by(message.c.position)
        ).all():
            yield from _message(view, message_id)


def _answers(view: Reading, transmission_id: int, interchange_id: int) -> Iterable[Step]:
    """What we answered to an interchange."""
    mine = (outbound.c.transmission_id == transmission_id) & outbound.c.message_id.is_(None)
    for (outbound_id,) in view.connection.execute(
        select(outbound.c.id).where(mine, outbound.c.effect.startswith(f"I{interchange_id}|"))
    ).all():
        yield from _output(view, outbound_id, depth=2, what="answer")


def _message(view: Reading, message_id: int) -> Iterable[Step]:
    detail = queries.message_detail(view, message_id)
    if detail is None:
        return
    line = detail.line
    route = f" by route {line.route}" if line.route else ""
    text = f"{line.type}{f' {line.reference}' if line.reference else ''}: {line.kind or 'no kind we know'} {line.number or ''}{route}"
    yield Step(
        depth=2,
        name=line.name,
        what="message",
        at=line.changed,
        state=line.state,
        text=text + _because(line.reason),
        findings=detail.findings,
    )
    for one in detail.documents[:1]:
        shown = f"{one.kind} {one.number or ''} read by {one.mapping}"
        yield Step(depth=3, name=one.name, what="document", at=one.made, state="made", text=shown, payload_sha256=one.payload_sha256)
    for output in line.outputs:
        yield from _output(view, int(output.name[1:]), depth=3, what="output")


def _output(view: Reading, outbound_id: int, *, depth: int, what: str) -> Iterable[Step]:
    line = queries.outbound_of(view, outbound_id)
    if line is None:
        return
    row = view.connection.execute(select(outbound.c.findings).where(outbound.c.id == outbound_id)).one()
    where = f" as {line.remote_name or line.filename} through {line.channel}"
    reference = f" reference {line.control_reference}" if line.control_reference else ""
    yield Step(
        depth=depth,
        name=line.name,
        what=what,
        at=line.sent or line.made,
        state=line.state,
        text=f"{line.kind} {line.number or ''}{reference}{where}{f', attempt {line.attempts}' if line.attempts > 1 else ''}"
        + _because(line.reason),
        findings=from_json(row.findings),
        payload_sha256=line.payload_sha256,
        size=line.size,
    )
    table = acknowledgement_expected
    for one in view.connection.execute(select(table).where(table.c.outbound_id == outbound_id).order_by(table.c.id)):
        text = f"{one.kind} by {one.deadline}" if one.settled is None else f"{one.kind} came as M{one.message_id}"
        yield Step(depth=depth + 1, name=f"A{one.id}", what="acknowledgement", at=one.settled or one.deadline, state=one.state, text=text)


def _because(reason: str | None) -> str:
    """In one line; a hint behind it is for `edi show`."""
    return f" ({reason.splitlines()[0]})" if reason else ""


_BY_LETTER: Final = {
    "T": (select(transmission.c.id), transmission.c.id),
    "I": (select(interchange.c.transmission_id), interchange.c.id),
    "M": (select(message.c.transmission_id), message.c.id),
    "D": (select(message.c.transmission_id).join(document, document.c.message_id == message.c.id), document.c.id),
    "O": (select(outbound.c.transmission_id), outbound.c.id),
    "A": (
        select(outbound.c.transmission_id).join(acknowledgement_expected, acknowledgement_expected.c.outbound_id == outbound.c.id),
        acknowledgement_expected.c.id,
    ),
}
"""By the letter of a name: what gives its transmission, and the column its number is in."""
