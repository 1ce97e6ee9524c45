"""`edi failures`: what failed, one line per cause; 400 failures of one cause are one line."""

from __future__ import annotations

from typing import Annotated

import typer

from edi.cli.options import AsJson


def failures(
    context: typer.Context,
    cause: Annotated[
        str | None, typer.Argument(metavar="[CAUSE]", help="Instead: the transmissions that failed of this cause, or of the same as M5.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show failures grouped by cause, the most frequent first. `edi replay --failures CAUSE` processes one group again.

    Exit code 2 if there are any.
    """
    from edi.cli import assembly, output
    from edi.store import overview, selection

    with assembly.reading(context) as view:
        groups = overview.failures(view)
        names = selection.of_cause(view, cause) if cause else ()
    if cause is not None:
        output.as_json(names) if as_json else output.say("\n".join(names) or f"nothing failed of {cause!r}")
    elif as_json:
        output.as_json(groups)
    elif groups:
        output.table(
            ("cause", "failures", "first", "last", "example", "why"),
            [(one.fingerprint, one.count, output.moment(one.first), output.moment(one.last), one.example, one.reason) for one in groups],
        )
    else:
        output.say("nothing failed")
    if names or (groups and cause is None):
        raise typer.Exit(output.SOMETHING_FAILED)
