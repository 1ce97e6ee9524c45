"""`edi show ID`: one thing, whole."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from edi.cli.options import AsJson

if TYPE_CHECKING:
    from edi.store.store import Reading
    from edi.store.trace import Step

PREVIEW_BYTES = 4000
LAID_OUT_BYTES = 1_000_000
"""More is shown as it is: nobody waits for a large file to be read."""


def show(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="T12 what came, I3 an interchange of it, M5 a message, D4 a document, O7 what was or will be sent, A2 an answer owed to us.",
        ),
    ],
    raw: Annotated[bool, typer.Option("--bytes", help="Only its exact bytes, as they were received, made or sent.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show one thing: its state and what to do about it, findings, what was not carried over, what came of it, and its bytes."""
    from edi.cli import assembly, output
    from edi.errors import EdiError
    from edi.store.trace import branch

    with assembly.reading(context) as view:
        found = _find(view, name)
        if found is None:
            raise EdiError(f"nothing here is called {name!r}", hint="edi messages lists what there is")
        details, payload_sha256 = found
        payload = view.payload(payload_sha256) if payload_sha256 else None
        steps = () if raw or as_json else branch(view, name.upper())
    if raw:
        sys.stdout.buffer.write(payload or b"")
    elif as_json:
        output.as_json({**details, "payload": payload})
    else:
        _print(steps, details, payload)


def _find(view: Reading, name: str) -> tuple[dict[str, object], str | None] | None:  # noqa: PLR0911 -- one return a kind
    """What there is to say, and which bytes belong to it."""
    from edi.engine import status
    from edi.store import queries, trace
    from edi.store.given import answers_given
    from edi.store.naming import split_name

    named = split_name(name.upper())
    if named is None:
        return None
    letter, row = named
    match letter:
        case "T":
            line = queries.transmission_of(view, row)
            return None if line is None else ({"transmission": line}, line.payload_sha256)
        case "M":
            detail = queries.message_detail(view, row)
            if detail is None:
                return None
            whole = queries.transmission_of(view, int(detail.line.transmission[1:]))
            found = {"status": status.of_message(detail.line), "message": detail, "our_answers": answers_given(view, row)}
            return found, whole.payload_sha256 if whole else None
        case "O":
            out = queries.outbound_of(view, row)
            if out is None:
                return None
            return {"status": status.of_outbound(out), "output": out, "attempts": queries.attempts(view, row)}, out.payload_sha256
        case "D":
            document = queries.document_of(view, row)
            return None if document is None else ({"document": document}, document.payload_sha256)
        case "I" | "A":
            steps = trace.branch(view, name.upper())
            return ({steps[0].what: steps[0]}, steps[0].payload_sha256) if steps else None
        case _:
            return None


def _print(steps: tuple[Step, ...], details: dict[str, object], payload: bytes | None) -> None:
    """For people: what it is, what is known, what is wrong, what can be done, what came of it, its bytes."""
    from edi.cli import output
    from edi.cli.trace import sentence
    from edi.findings import Finding

    output.say(f"{steps[0].name}  {sentence(steps[0])}")
    for value in details.values():
        for key, item in _facts(value):
            output.say(f"  {key:<18} {item}")
    found = [one for value in details.values() for one in getattr(value, "findings", ()) if isinstance(one, Finding)]
    if found:
        output.say("findings")
        output.findings(sorted(found, key=lambda one: one.severity), indent="  ")
    _print_advice(steps[0], details)
    if steps[1:]:
        output.say("what came of it")
        for step in steps[1:]:
            output.say(f"  {output.moment(step.at)}  {'   ' * (step.depth - steps[0].depth - 1)}{step.name:<4} {sentence(step)}")
    if payload:
        _print_bytes(payload)


def _facts(value: object) -> list[tuple[str, object]]:
    """Label and value of what is known; what the heading, the findings and the steps say already is left out."""
    from edi.cli import output
    from edi.store.queries import AttemptLine, MessageDetail, OutboundLine
    from edi.store.trace import Step

    match value:
        case Step():
            return []
        case MessageDetail():
            lost = [("not carried over", " ".join(place)) for place in value.unmapped]
            return [*_facts(value.line), *((("findings"), len(value.findings)) for _ in value.findings[:1]), *lost]
        case tuple() if all(isinstance(one, OutboundLine) for one in value):
            return [
                ("our answer", f"{one.name}: {one.kind} through {one.channel}, {one.state}")
                for one in value
                if isinstance(one, OutboundLine)
            ]
        case tuple():
            return [
                (
                    f"attempt {one.number}",
                    f"{output.moment(one.started)}: {one.outcome or 'under way'}" + (f", {one.note}" if one.note else ""),
                )
                for one in value
                if isinstance(one, AttemptLine)
            ]
        case _:
            plain = output.plain(value)
            return [
                (key.replace("_", " "), output.local_moments(str(item)))
                for key, item in plain.items()
                if item not in (None, "", False, "not_expected") and not isinstance(item, list) and key not in SAID_ELSEWHERE
            ]


SAID_ELSEWHERE = {"name", "state", "attempts"}


def _print_advice(step: Step, details: dict[str, object]) -> None:
    from edi.cli import output
    from edi.cli.trace import machine
    from edi.engine.verbs import advice
    from edi.store.queries import MessageDetail

    message = details.get("message")
    file = message.line.transmission if isinstance(message, MessageDetail) else step.name if step.name.startswith("T") else None
    known = machine(step.what)
    rows = advice(known, step.state, name=step.name, file=file) if known else ()
    if rows:
        output.say("what you can do")
    for command, purpose in rows:
        output.say(f"  {command:<58} {purpose}" if command else f"  {purpose}")


def _print_bytes(payload: bytes) -> None:
    """The beginning of it; EDIFACT that can be read with a segment on each line, whatever the file has."""
    from edi.cli import output

    output.say(f"bytes ({len(payload)})")
    shown = _laid_out(payload)
    for line in shown[:PREVIEW_BYTES].decode("latin-1" if shown.startswith(b"UN") else "utf-8", "replace").splitlines():
        output.say(f"  {line}")
    if len(shown) > PREVIEW_BYTES:
        output.say("  … (--bytes shows all)")


def _laid_out(payload: bytes) -> bytes:
    from edi.errors import FormatError
    from edi.formats.edifact.layout import lines
    from edi.formats.edifact.reader import looks_like, read

    if not looks_like(payload) or len(payload) > LAID_OUT_BYTES:
        return payload
    try:
        return b"".join(lines(interchange, "\n") for interchange in read(payload).value or ()) or payload
    except FormatError:
        return payload
