"""`edi replay ID`: process stored bytes again."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from edi.cli.options import Yes

if TYPE_CHECKING:
    from edi.engine.operator import Effect, Preview
    from edi.workspace.workspace import Workspace


class Mappings(Enum):
    """Whose mappings a replay uses."""

    NOW = "now"
    THEN = "then"


def replay(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[ID]", help="T12, or a message M5 of it.")] = None,
    failures: Annotated[
        str | None,
        typer.Option(
            "--failures", metavar="CAUSE", help="Instead: all that failed of a cause that `edi failures` shows, or of the same as M5."
        ),
    ] = None,
    as_of: Annotated[
        Mappings, typer.Option("--as-of", help="Which mappings: those of now, or those it was first processed with.")
    ] = Mappings.NOW,
    yes: Yes = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would leave the house.")] = False,
    why: Annotated[str | None, typer.Option("--why", help="The reason, for the audit trail.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The preview as JSON; with --yes also what was done.")] = False,
) -> None:
    """Process what was received again, with the mappings of now or of then; routes, partners and cross-references are those of now.

    First shows which mappings changed since, and what would leave the house, and asks. What was sent already is recognised and never sent again; an output that would say
    something else now is shown with the difference and left alone (`edi resubmit` sends it under a new identity).
    """
    from edi.cli import assembly, logs, output
    from edi.engine.operator import Act

    logs.set_up(quiet=True)
    if (name is None) == (failures is None):
        raise typer.BadParameter("name either one ID or --failures CAUSE")
    loaded = assembly.workspace(context)
    if name is None:
        _replay_group(loaded, failures or "", as_of, why, yes=yes, dry_run=dry_run)
        return
    with assembly.engine(loaded) as engine:
        with output.working("rehearsing"):
            preview = engine.operator.replay_preview(name, as_of=as_of.value)
        if not as_json:
            _show(preview)
        elif not yes:
            output.as_json(preview)
        if dry_run:
            return
        count = len(preview.leaves_the_house)
        if not output.agreed(f"Process {preview.transmission} again and send {count} document{'s' * (count != 1)}?", yes=yes):
            return
        with output.working("processing and delivering"):
            done = engine.operator.replay(preview.transmission, Act(who=assembly.operator_name(), why=why), as_of=as_of.value)
            report = engine.settle()
    if as_json:
        output.as_json({"preview": preview, "done": done, "report": report})
    else:
        output.say(
            f"{preview.transmission} is {done.state} now; {report.delivered} delivered" + (f", {report.held} held" if report.held else "")
        )
    if not report.ok or done.state in {"quarantined", "conflict"}:
        raise typer.Exit(output.SOMETHING_FAILED)


def _replay_group(loaded: Workspace, cause: str, as_of: Mappings, why: str | None, *, yes: bool, dry_run: bool) -> None:
    """Each by itself: killed in the middle, asking again goes on with those that still fail."""
    from edi.cli import assembly, output
    from edi.engine.operator import Act
    from edi.errors import EdiError
    from edi.store import selection

    with assembly.engine(loaded) as engine:
        with engine.context.store.reading() as view:
            names = selection.of_cause(view, cause)
        leaving, failed = 0, 0
        for name in output.progress(names, "rehearsing"):
            leaving += len(engine.operator.replay_preview(name, as_of=as_of.value).leaves_the_house)
        output.say(f"{len(names)} transmissions failed alike ({cause}); {leaving} documents would leave the house.")
        if dry_run or not names:
            return
        if not output.agreed(f"Process {len(names)} transmissions again and send {leaving} documents?", yes=yes):
            return
        for name in output.progress(names, "processing"):
            try:
                done = engine.operator.replay(name, Act(who=assembly.operator_name(), why=why), as_of=as_of.value)
            except EdiError as error:
                output.complain(error)
                failed += 1
            else:
                failed += done.held > 0 or done.state in {"quarantined", "conflict"}
        report = engine.settle()
    output.say(f"{len(names) - failed} went through, {failed} failed again; {report.delivered} delivered")
    if failed or not report.ok:
        raise typer.Exit(output.SOMETHING_FAILED)


def _show(preview: Preview) -> None:
    from edi.cli import output

    leaving = preview.leaves_the_house
    output.say(f"{preview.transmission} would be {preview.state}, with the mappings of {preview.as_of}.")
    for one in preview.mappings:
        if one.changed:
            kept = "" if one.text is not None else " (its text was not kept)"
            output.say(f"  mapping {one.name} changed since: {one.then}{kept}, now {one.now or 'it cannot be loaded'}")
    for effect in preview.effects:
        output.say(f"  {VERDICTS[effect.verdict]} {_named(effect)}")
        if effect.verdict == "differs":
            for line in _difference(effect):
                output.say(f"      {line}")
    for reason in preview.reasons:
        output.say(f"  goes nowhere: {reason}")
    output.say(f"{len(leaving)} document{'s' * (len(leaving) != 1)} would leave the house.")


VERDICTS = {
    "new": "would be sent:   ",
    "same": "was sent before: ",
    "differs": "was sent before, would say something else now:",
}


def _named(effect: Effect) -> str:
    known = f" ({effect.outbound})" if effect.outbound else ""
    return f"{effect.kind} {effect.number or ''} through {effect.channel} as {effect.filename}{known}"


def _difference(effect: Effect) -> list[str]:
    import difflib

    before, after = ((side or b"").decode("latin-1").replace("'", "'\n").splitlines() for side in (effect.before, effect.after))
    changed = [line for line in difflib.unified_diff(before, after, lineterm="", n=0) if not line.startswith(("---", "+++", "@@"))]
    return changed[:40] + (["…"] if len(changed) > 40 else [])
