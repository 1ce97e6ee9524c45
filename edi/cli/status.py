"""`edi status`: what an operator needs to know at three in the morning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from datetime import datetime

    from edi.channels.certificates import Expiring
    from edi.engine.silence import Silence
    from edi.store.store import Reading


def status(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Show what is queued, held, failed and overdue, failures grouped by cause, who has been silent for too long, and which certificates end.

    Exit code 2 if anything waits for a person.
    """
    from datetime import UTC, datetime

    from edi.cli import assembly, output
    from edi.engine.states import HELD, Machine, word
    from edi.store import overview, queries

    with assembly.reading(context) as view:
        counts = overview.counts(view)
        failures = overview.failures(view)
        silent, unread = _silent(context, view, datetime.now(UTC))
        overdue = queries.acknowledgements(view, states={"overdue", "rejected"})
    ending, unloaded = _ending(context, datetime.now(UTC))
    waiting = {name: {state: count for state, count in counts[name].items() if state in HELD[Machine(name)]} for name in counts}
    if as_json:
        output.as_json(
            {
                "counts": counts,
                "waiting_for_a_person": waiting,
                "failures": failures,
                "acknowledgements": overdue,
                "silent": silent,
                "certificates": [{"text": one.text, "days": one.days} for one in ending],
            }
        )
    else:
        rows = [
            (name, state, word(Machine(name), state), count, "waits for a person" if state in waiting[name] else "")
            for name, states in counts.items()
            for state, count in sorted(states.items())
        ]
        output.table(("", "state", "shown as", "count", ""), rows) if rows else output.say("nothing has come yet")
        if failures:
            output.table(
                ("failures", "last", "example", "why"),
                [(group.count, output.moment(group.last), group.example, group.reason) for group in failures],
                title="By cause",
            )
        if overdue:
            output.table(
                ("", "for", "number", "partner", "state", "deadline"),
                [
                    (one.name, one.outbound, one.number, one.partner, f"{one.kind} {one.state}", output.moment(one.deadline))
                    for one in overdue
                ],
                title="Acknowledgements",
            )
        for one in silent:
            output.say(output.local_moments(one.text))
        if unread:
            output.complain(f"who is silent could not be said: {unread}")
        for expiring in ending:
            output.say(expiring.text)
        if unloaded:
            output.complain(f"which certificates end could not be said: {unloaded}")
    if any(waiting.values()) or silent or ending:
        raise typer.Exit(output.SOMETHING_FAILED)


def _silent(context: typer.Context, view: Reading, now: datetime) -> tuple[tuple[Silence, ...], str | None]:
    """Who is silent; or why that cannot be said: the operator's files are being edited."""
    from edi.cli import assembly
    from edi.engine.silence import silences
    from edi.errors import ConfigError

    try:
        return silences(assembly.workspace(context), view, now), None
    except ConfigError as error:
        return (), error.message


def _ending(context: typer.Context, now: datetime) -> tuple[tuple[Expiring, ...], str | None]:
    """Which certificates need somebody; or why that cannot be said."""
    from edi.channels.certificates import expiring, listed
    from edi.cli import assembly
    from edi.errors import ConfigError

    try:
        return expiring(listed(assembly.workspace(context), now), now), None
    except ConfigError as error:
        return (), error.message
