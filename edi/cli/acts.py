"""What an operator does with one thing: hold, release, discard, cancel, ignore, waive. Each is audited with who and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from edi.engine.operator import Act, Operator

Names = Annotated[list[str], typer.Argument(metavar="ID...", help="One or several, as `edi messages` names them: T12, M5, O7, A2.")]
Why = Annotated[str | None, typer.Option("--why", help="The reason, for the audit trail.")]
Reason = Annotated[str, typer.Option("--why", help="The reason, for the audit trail.")]
Json = Annotated[bool, typer.Option("--json", help="What became of each, as JSON, for programs.")]


def hold(context: typer.Context, names: Names, why: Why = None, as_json: Json = False) -> None:
    """Keep queued outputs back (O7) until they are released; `all` holds the whole outbox."""
    each(
        context,
        names,
        why,
        lambda operator, name, act: operator.hold_all(act) if name == "all" else operator.hold(name, act),
        "held",
        as_json,
    )


def release(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="One or several: T12, M5, O7.")] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where", metavar="KEY=VALUE", help="Instead: all that is held with this partner, channel, kind, number, route or state."
        ),
    ] = None,
    why: Why = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="With --where: do it without asking, for scripts.")] = False,
    as_json: Json = False,
) -> None:
    """Let go on what was held: T12 or M5 is processed as looked at, O7 is queued again, or leaves before its turn where it waits in order;
    `all` releases the outbox.
    """
    if bool(names) == bool(where):
        raise typer.BadParameter("name either IDs or --where")
    names = names or _chosen(context, where or [], yes=yes, quiet=as_json)

    def act(operator: Operator, name: str, by: Act) -> None:
        if name == "all":
            operator.release_all(by)
        else:
            operator.release(name, by)

    each(context, names, why, act, "released", as_json)


def discard(context: typer.Context, names: Names, why: Reason, as_json: Json = False) -> None:
    """Give up quarantined files (T12), with a reason; their bytes stay in the archive."""
    each(context, names, why, lambda operator, name, act: operator.discard(name, act), "discarded", as_json)


def cancel(context: typer.Context, names: Names, why: Reason, as_json: Json = False) -> None:
    """Never send O7, or never process M5, which is held."""
    each(context, names, why, lambda operator, name, act: operator.cancel(name, act), "cancelled", as_json)


def ignore(context: typer.Context, names: Names, why: Reason, as_json: Json = False) -> None:
    """Put away what nobody needs to look at any more: discards T12, cancels M5 and O7, waives A2; it is no failure any more."""
    each(context, names, why, lambda operator, name, act: operator.ignore(name, act), "ignored", as_json)


def waive(context: typer.Context, names: Names, why: Reason, as_json: Json = False) -> None:
    """Wait no more for an acknowledgement (A2)."""
    each(context, names, why, lambda operator, name, act: operator.waive(name, act), "waived", as_json)


def _chosen(context: typer.Context, where: list[str], *, yes: bool, quiet: bool) -> list[str]:
    """All that is held and fits; asks first. Killed in the middle, asking again goes on with what is still held."""
    from edi.cli import assembly, output
    from edi.engine.states import HELD, Machine
    from edi.store import selection

    conditions = dict(condition(text) for text in where)
    with assembly.reading(context) as view:
        found = selection.held(
            view,
            conditions,
            messages=HELD[Machine.MESSAGE] - {"dead_letter"},
            transmissions=HELD[Machine.TRANSMISSION],
            outbounds={"held"},
        )
    if not quiet:
        output.say(
            f"{len(found)} are held: {', '.join(found[:20])}{' ...' if len(found) > 20 else ''}" if found else "nothing that fits is held"
        )
    return list(found) if found and output.agreed(f"Release {len(found)}?", yes=yes) else []


def condition(text: str) -> tuple[str, str]:
    """`partner=acme` as key and value."""
    key, separator, value = text.partition("=")
    if not separator:
        raise typer.BadParameter(f"{text!r} is no condition; write partner=acme")
    return key, value


Doing = Callable[["Operator", str, "Act"], object]
"""Does it to one; text that it returns says what came of it."""


def each(context: typer.Context, names: list[str], why: str | None, act: Doing, done: str, as_json: bool) -> None:
    """Do it to each; what cannot be done to one is said, and does not stop the others."""
    from edi.cli import assembly, output
    from edi.engine.operator import Act, RefusedError

    results: list[dict[str, object]] = []
    with assembly.engine(assembly.workspace(context)) as engine:
        for name in output.progress(names, "working") if len(names) > 1 else names:
            try:
                said = act(engine.operator, name, Act(who=assembly.operator_name(), why=why))
            except RefusedError as error:
                results.append({"name": name, "done": False, "said": str(error)})
            else:
                results.append({"name": name, "done": True, "said": said if isinstance(said, str) else done})
            if not as_json:
                _say(results[-1])
    if as_json:
        output.as_json(results)
    if not all(one["done"] for one in results):
        raise typer.Exit(output.SOMETHING_FAILED)


def _say(result: dict[str, object]) -> None:
    from edi.cli import output

    if result["done"]:
        output.say(f"{result['name']} {result['said']}")
    else:
        output.complain(result["said"])
