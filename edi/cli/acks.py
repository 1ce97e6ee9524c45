"""`edi acks`: what partners owe us."""

from __future__ import annotations

from typing import Annotated

import typer

from edi.cli.options import AsJson


def acks(
    context: typer.Context,
    partner: Annotated[str | None, typer.Option("--partner", help="Only this partner's.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those that are late.")] = False,
    count: Annotated[int, typer.Option("--count", "-n", help="At most so many, the nearest deadline first.", min=1, max=10_000)] = 50,
    as_json: AsJson = False,
) -> None:
    """List acknowledgements that partners owe or owed: receipts, CONTRL, APERAK, order responses."""
    from edi.cli import assembly, output
    from edi.engine.states import Machine, word
    from edi.store import queries

    with assembly.reading(context) as view:
        lines = queries.acknowledgements(view, states={"overdue"} if overdue else None, partner=partner, count_max=count)
    if as_json:
        output.as_json(lines)
    elif not lines:
        output.say("no acknowledgement is expected" if not overdue else "no acknowledgement is overdue")
    else:
        output.table(
            ("", "level", "kind", "for", "number", "partner", "status", "deadline", "settled by"),
            [
                (
                    one.name,
                    one.level,
                    one.kind,
                    one.outbound,
                    one.number,
                    one.partner,
                    word(Machine.ACKNOWLEDGEMENT, one.state),
                    output.moment(one.deadline),
                    one.by,
                )
                for one in lines
            ],
        )
