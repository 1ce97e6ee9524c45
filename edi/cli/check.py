"""`edi check`: every problem of every file of the workspace, in one pass."""

from __future__ import annotations

from typing import Annotated

import typer


def check(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="The problems as JSON, for editors.")] = False,
) -> None:
    """Check all files of the workspace: partners, channels, routes, mappings, guides and tables.

    Every problem is shown with file, line and column, what is wrong and what to do. Nothing is changed, and nothing is connected to
    but the databases of cross-reference tables, which are only read.
    Exit code 0: no problem; 1: there are problems.
    """
    from edi.cli import assembly, output
    from edi.web import settings as web
    from edi.workspace.loader import examine

    folder = assembly.folder(context)
    with output.working("checking every file, compiling every mapping"):
        workspace, found = examine(folder, kinds=assembly.settings_models(), compile_mappings=True)
    served, of_pages = web.examine(folder)
    problems = (*found, *of_pages)
    if as_json:
        output.as_json(problems)
    else:
        for problem in problems:
            output.say(problem)
            output.say()
    if problems or workspace is None:
        files = len({problem.file for problem in problems})
        output.complain(f"{len(problems)} problem{'s' * (len(problems) != 1)} in {files} file{'s' * (files != 1)} of {folder}")
        raise typer.Exit(output.COULD_NOT_RUN)
    if not as_json:
        for one in workspace.xref.declared.values():
            why = f"no mapping asks for {one.name!r}" if one.can_be_asked else f"{one.query.database} is not set here"
            output.say(f"{one.path}: not asked, as {why}")
        if warning := served.as2.warning():
            output.say(f"{web.FILE}: {warning}")
        counts = (
            (len(workspace.partners), "partner"),
            (len(workspace.channels), "channel"),
            (len(workspace.routes), "route"),
            (len(workspace.mappings), "mapping"),
        )
        output.say(f"{folder}: " + ", ".join(f"{count} {noun}{'s' * (count != 1)}" for count, noun in counts) + "; no problem found")
