"""`edi diff A B`: what differs between two EDIFACT files, segment by segment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edi.cli.options import AsJson


def diff(
    left: Annotated[Path, typer.Argument(help="The first file.")],
    right: Annotated[Path, typer.Argument(help="The second file.")],
    everything: Annotated[bool, typer.Option("--all", help="Also the segments that are the same.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare two EDIFACT files by segments and values; delimiters and line ends do not count.

    Exit code 0: no difference; 2: there are differences.
    """
    from edi.cli import output
    from edi.cli.files import read_file
    from edi.formats.edifact.compare import diff as compare
    from edi.formats.edifact.reader import read

    sides = [
        [segment for interchange in read(read_file(file), source=file.name).value or () for segment in interchange.segments]
        for file in (left, right)
    ]
    changes = list(compare(*sides))
    if as_json:
        shown = [
            {
                "kind": change.kind,
                "left": str(change.left) if change.left else None,
                "right": str(change.right) if change.right else None,
                "values": change.values,
            }
            for change in changes
            if everything or change.kind != "same"
        ]
        output.as_json(shown)
    else:
        for change in changes:
            if change.kind == "same" and everything:
                output.say(f"  {change.left}")
            if change.kind in {"removed", "changed"}:
                output.say(f"- {change.left}")
            if change.kind in {"added", "changed"}:
                output.say(f"+ {change.right}")
            for value in change.values:
                output.say(f"    element {value.element} component {value.component}: {value.left!r} -> {value.right!r}")
    if any(change.kind != "same" for change in changes):
        raise typer.Exit(output.SOMETHING_FAILED)
