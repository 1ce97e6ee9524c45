"""`edi patch ID`: correct what a partner sent, beside the untouched original, and process it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edi.cli.options import Yes


def patch(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="ID", help="T12, or a message M5 of it.")],
    why: Annotated[str, typer.Option("--why", help="The reason, for the audit trail.")],
    segment: Annotated[
        int | None, typer.Option("--segment", help="Which segment, as findings count: from 1 in the message, UNH being 1.", min=1)
    ] = None,
    message: Annotated[int, typer.Option("--message", help="Of which message of the file, from 1.", min=1)] = 1,
    replace: Annotated[str | None, typer.Option("--replace", help="What the segment becomes.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="Instead: what the whole file becomes.", exists=True, dir_okay=False)] = None,
    yes: Yes = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")] = False,
) -> None:
    """Correct a received file and process it as released; what came is kept as it was.

    Shows what changes, and asks. The patch is kept with its author and reason; a later replay starts from it.
    """
    from edi.cli import assembly, logs, output
    from edi.engine import patching
    from edi.engine.operator import Act

    if (file is None) == (segment is None or replace is None):
        raise typer.BadParameter("name either --segment and --replace, or --file")
    logs.set_up(quiet=True)
    with assembly.engine(assembly.workspace(context)) as engine:
        before = engine.operator.current(name)
        after = file.read_bytes() if file else patching.with_segment(before, segment or 0, replace or "", message=message)
        for line in patching.difference(before, after):
            output.say(line)
        if dry_run:
            return
        if not output.agreed(f"Process {name} with this change?", yes=yes):
            return
        done = engine.operator.patch(name, after, Act(who=assembly.operator_name(), why=why))
        report = engine.settle()
    output.say(f"T{done.transmission_id} is {done.state} now; {report.delivered} delivered" + (f", {done.held} held" if done.held else ""))
    if not report.ok or done.held or done.state in {"quarantined", "conflict"}:
        raise typer.Exit(output.SOMETHING_FAILED)
