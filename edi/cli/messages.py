"""`edi messages`: what came, and how it stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from edi.cli.options import AsJson, Since, Until

if TYPE_CHECKING:
    from edi.store.queries import MessageLine, TransmissionLine


def messages(
    context: typer.Context,
    number: Annotated[str | None, typer.Argument(help="Business number, e.g. an order number; a * at its end stands for anything.")] = None,
    partner: Annotated[str | None, typer.Option("--partner", help="Only this partner's.")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="Only this kind: order, invoice, ...")] = None,
    channel: Annotated[str | None, typer.Option("--channel", help="Only what came through this channel.")] = None,
    since: Since = None,
    until: Until = None,
    held: Annotated[bool, typer.Option("--held", help="Only what waits for a person, files that could not be read included.")] = False,
    count: Annotated[int, typer.Option("--count", "-n", help="At most so many, the newest first.", min=1, max=10_000)] = 50,
    as_json: AsJson = False,
) -> None:
    """List messages, the newest first, with their three statuses: processing, delivery, acknowledgement."""
    from dataclasses import replace

    from edi.cli import assembly, output
    from edi.engine import status
    from edi.engine.states import HELD, Machine
    from edi.store.queries import Filter, transmissions
    from edi.store.queries import messages as find

    wanted = Filter(partner=partner, channel=channel, since=since, until=until)
    with assembly.reading(context) as view:
        states = HELD[Machine.MESSAGE] | {"invalid"} if held else None
        lines = find(view, replace(wanted, kind=kind, number=number, states=states), count_max=count)
        stopped = replace(wanted, states=HELD[Machine.TRANSMISSION])
        files = transmissions(view, stopped, count_max=count) if number is None and kind is None else ()
    if as_json:
        told = [{**output.plain(line), "status": status.of_message(line)} for line in lines]
        output.as_json({"messages": told, "held_transmissions": files})
    elif not lines and not files:
        output.say("no message fits" if any((number, partner, kind, channel, since, until, held)) else "nothing has come yet")
    else:
        _show(lines)
        _show_files(files)


def _show(lines: Sequence[MessageLine]) -> None:
    from edi.cli import output
    from edi.engine import status

    columns = ("", "received", "partner", "kind", "number", "processing", "delivery", "acknowledgement", "file in", "why")
    rows = [
        (
            line.name,
            output.moment(line.received),
            line.partner or "?",
            line.kind or line.type,
            line.number,
            state.processing,
            state.delivery,
            "" if state.acknowledgement == "not_expected" else state.acknowledgement,
            line.transmission,
            line.reason,
        )
        for line in lines
        for state in (status.of_message(line),)
    ]
    if rows:
        output.table(columns, rows)


def _show_files(files: Sequence[TransmissionLine]) -> None:
    from edi.cli import output

    rows = [
        (one.name, output.moment(one.received), one.channel, one.filename, one.state, one.reason or _first(one.findings)) for one in files
    ]
    if rows:
        output.table(("held file", "received", "channel", "name", "state", "why"), rows)


def _first(found: tuple[object, ...]) -> str:
    from edi.findings import Finding

    return next((one.text for one in found if isinstance(one, Finding)), "")
