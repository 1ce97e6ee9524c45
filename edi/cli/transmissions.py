"""`edi transmissions`: the files themselves, in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from edi.cli.options import AsJson, Since

if TYPE_CHECKING:
    from edi.store.queries import OutboundLine, TransmissionLine


def transmissions(
    context: typer.Context,
    out: Annotated[bool, typer.Option("--out", help="What was or will be sent, instead of what came.")] = False,
    partner: Annotated[str | None, typer.Option("--partner", help="Only this partner's.")] = None,
    channel: Annotated[str | None, typer.Option("--channel", help="Only through this channel.")] = None,
    number: Annotated[str | None, typer.Option("--number", help="With --out: only this business number.")] = None,
    since: Since = None,
    count: Annotated[int, typer.Option("--count", "-n", help="At most so many, the newest first.", min=1, max=10_000)] = 50,
    as_json: AsJson = False,
) -> None:
    """List transmissions, the newest first: every exchange of bytes through a channel."""
    from edi.cli import assembly, output
    from edi.store import queries

    wanted = queries.Filter(partner=partner, channel=channel, number=number, since=since)
    with assembly.reading(context) as view:
        sent = queries.outbounds(view, wanted, count_max=count) if out else ()
        came = () if out else queries.transmissions(view, wanted, count_max=count)
    if as_json:
        output.as_json(sent if out else came)
    elif not sent and not came:
        output.say("no transmission fits")
    elif out:
        columns = ("", "made", "channel", "partner", "kind", "number", "reference", "delivery", "attempts", "name", "why")
        output.table(columns, map(_sent, sent))
    else:
        output.table(("", "received", "channel", "partner", "name", "bytes", "format", "processing", "why"), map(_received, came))


def _sent(one: OutboundLine) -> tuple[object, ...]:
    from edi.cli import output
    from edi.engine.states import Machine, word

    return (
        one.name,
        output.moment(one.made),
        one.channel,
        one.partner,
        one.kind,
        one.number,
        one.control_reference,
        word(Machine.OUTBOUND, one.state),
        one.attempts,
        one.remote_name or one.filename,
        one.reason,
    )


def _received(one: TransmissionLine) -> tuple[object, ...]:
    from edi.cli import output
    from edi.engine.states import Machine, word

    return (
        one.name,
        output.moment(one.received),
        one.channel,
        one.partner,
        one.filename,
        one.size,
        one.format,
        word(Machine.TRANSMISSION, one.state),
        one.reason,
    )
