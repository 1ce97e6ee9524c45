"""`edi status`: what an operator needs to know at three in the morning."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from edi.cli.options import AsJson

if TYPE_CHECKING:
    from edi.engine.alerts import Known
    from edi.store.store import Reading


def status(
    context: typer.Context,
    as_json: AsJson = False,
) -> None:
    """Show what is queued, held, failed and overdue, and what needs somebody: failures by cause, late answers, silence, certificates,
    channels that do not answer, the disk. Alerts (`edi alerts`) tell the same.

    Exit code 2 if anything waits for a person.
    """
    from datetime import UTC, datetime

    from edi.cli import assembly, output
    from edi.cli.alerts import show
    from edi.cli.glance import age, queues
    from edi.engine.states import HELD, Machine, word
    from edi.store import overview, queries

    with assembly.reading(context) as view:
        counts = overview.counts(view)
        overdue = queries.acknowledgements(view, states={"overdue", "rejected"})
        known, unread = _known(context, view)
        failures = overview.failures(view) if as_json or unread else ()  # otherwise they stand among what needs somebody
        queued = queues(view, datetime.now(UTC))
    waiting = {name: {state: count for state, count in counts[name].items() if state in HELD[Machine(name)]} for name in counts}
    if as_json:
        found = {"counts": counts, "waiting_for_a_person": waiting, "queues": queued, "failures": failures}
        output.as_json({**found, "acknowledgements": overdue, "needs_you": known})
    else:
        rows = [
            (name, state, word(Machine(name), state), overview.shown(count), "waits for a person" if state in waiting[name] else "")
            for name, states in counts.items()
            for state, count in sorted(states.items())
        ]
        output.table(("", "state", "shown as", "count", ""), rows) if rows else output.say("nothing has come yet")
        if queued:
            lines = [(one.work, one.channel, one.count, age(one.oldest_seconds), one.circuit) for one in queued]
            output.table(("waits to", "channel", "count", "oldest due", "circuit"), lines, title="Queues")
        show(known)
        if failures:
            columns = ("failures", "last", "example", "why")
            output.table(columns, [(group.count, output.moment(group.last), group.example, group.reason) for group in failures])
        if overdue:
            output.table(
                ("", "for", "number", "partner", "state", "deadline"),
                [
                    (one.name, one.outbound, one.number, one.partner, f"{one.kind} {one.state}", output.moment(one.deadline))
                    for one in overdue
                ],
                title="Acknowledgements",
            )
        if unread:
            output.complain(f"who is silent and which certificates end could not be said: {unread}")
    if any(waiting.values()) or known:
        raise typer.Exit(output.SOMETHING_FAILED)


def _known(context: typer.Context, view: Reading) -> tuple[tuple[Known, ...], str | None]:
    """What needs somebody, as alerts tell it; or why that cannot be said: the operator's files are being edited."""
    from datetime import UTC, datetime

    from edi.channels import certificates
    from edi.cli import assembly
    from edi.engine.alerts import now_known
    from edi.errors import ConfigError

    try:
        return now_known(assembly.workspace(context), view, datetime.now(UTC), (certificates.causes,)), None
    except ConfigError as error:
        return (), error.message
