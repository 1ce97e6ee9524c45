"""`edi retry`, `edi resend`, `edi resubmit`: deliveries once more, one by one or all that fit; what would leave is shown first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from edi.cli.acts import Json, Reason, Why, condition, each
from edi.cli.options import Yes

if TYPE_CHECKING:
    from edi.engine.operator import Act, Operator
    from edi.store.queries import OutboundLine
    from edi.store.store import Reading

Names = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="One or several deliveries: O7.")]
Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="KEY=VALUE",
        help="Instead: all not delivered yet with this partner, channel, kind, number or route; state=acknowledged: those that were.",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would leave the house.")]
SHOWN_MAX = 50
DONE = frozenset({"acknowledged", "cancelled"})


def retry(
    context: typer.Context,
    names: Names = None,
    where: Where = None,
    why: Why = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Try deliveries that wait (O7) now instead of later. First shows them, and asks."""
    chosen = _chosen(context, "retry", names, where, yes=yes, dry_run=dry_run, as_json=as_json)
    each(context, chosen, why, lambda operator, name, act: operator.retry(name, act), "due now", as_json)


def resend(
    context: typer.Context,
    names: Names = None,
    where: Where = None,
    why: Why = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Send the same bytes under the same identity again (O7): the receiver knows that it is the same. First shows what, and asks."""
    chosen = _chosen(context, "resend", names, where, yes=yes, dry_run=dry_run, as_json=as_json)
    each(context, chosen, why, lambda operator, name, act: operator.resend(name, act), "queued again", as_json)


def resubmit(
    context: typer.Context,
    why: Reason,
    names: Names = None,
    where: Where = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Send the document of O7 under a new identity, linked to the old one: EDIFACT with new control references, UBL with a new UUID where it
    has one. What holds no identity of its own goes out with the same bytes under another file name, and that is said. First shows what, and
    asks.
    """
    chosen = _chosen(context, "resubmit", names, where, yes=yes, dry_run=dry_run, as_json=as_json)
    each(context, chosen, why, _again, "", as_json)


def _again(operator: Operator, name: str, act: Act) -> str:
    new = operator.resubmit(name, act)
    note = operator.note_on(new) if new else None
    return f"goes out again as {new}" + (f", {note}" if note else "")


def _chosen(
    context: typer.Context, verb: str, names: list[str] | None, where: list[str] | None, *, yes: bool, dry_run: bool, as_json: bool
) -> list[str]:
    """What it is to be done to, shown and agreed; ends the command where nothing is. What cannot be done is refused when it is tried."""
    from edi.cli import assembly, output
    from edi.engine.states import Machine, word
    from edi.engine.verbs import verb as known
    from edi.store import queries
    from edi.store.naming import split_name

    if bool(names) == bool(where):
        raise typer.BadParameter("name either IDs or --where")
    meant = known(verb, Machine.OUTBOUND)
    assert meant is not None, "a verb for deliveries"
    with assembly.reading(context) as view:
        chosen = names or _fitting(view, meant.states, where or [])
        found = [split_name(name) for name in chosen]
        lines = [queries.outbound_of(view, one[1]) if one is not None and one[0] == "O" else None for one in found]
    there = [line for line in lines if line is not None and line.state in meant.states]
    if not as_json:
        output.say(f"{len(there)} of {len(chosen)} would go to {verb}{':' if there else ''}")
        for line in there[:SHOWN_MAX]:
            output.say(f"  {_shown(line)}, {word(Machine.OUTBOUND, line.state)} now")
        if len(there) > SHOWN_MAX:
            output.say(f"  and {len(there) - SHOWN_MAX} more")
    if dry_run and as_json:
        output.as_json(there)
    if dry_run or not chosen:
        raise typer.Exit
    if there and not output.agreed(f"{verb} {len(there)}?", yes=yes):
        raise typer.Exit
    return list(chosen)


def _shown(line: OutboundLine) -> str:
    return f"{line.name} {line.kind} {line.number or ''} through {line.channel} as {line.filename}"


def _fitting(view: Reading, states: frozenset[str], where: list[str]) -> list[str]:
    """Deliveries that fit every condition and that the verb is for; without a state those that did not come to their end."""
    from edi.store import selection

    conditions = dict(condition(text) for text in where)
    wanted = {conditions["state"]} if "state" in conditions else states - DONE
    return list(selection.held(view, conditions, messages=(), transmissions=(), outbounds=wanted & states))
