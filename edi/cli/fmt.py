"""`edi fmt FILE`: EDIFACT laid out for reading, values untouched."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def fmt(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file with EDIFACT interchanges.")],
    joined: Annotated[bool, typer.Option("--joined", help="All in one line, as the standard has it.")] = False,
    indent: Annotated[bool, typer.Option("--indent", help="Indented by segment group, to be read and not to be sent.")] = False,
) -> None:
    """Write EDIFACT one segment a line, joined, or indented by group; values stay as they were."""
    from edi.cli import assembly, output
    from edi.cli.files import read_file
    from edi.formats.edifact.inspect import directory_of
    from edi.formats.edifact.layout import indented, lines
    from edi.formats.edifact.reader import read

    for interchange in read(read_file(file), source=file.name).value or ():
        if not indent:
            sys.stdout.buffer.write(lines(interchange, "" if joined else "\n"))
            continue
        output.say(interchange.header)
        for message in interchange.messages:
            directory = directory_of(message, assembly.tables(context))
            spec = directory.message(message.identifier.type) if directory else None
            if spec is None:
                for segment in message.segments:
                    output.say(segment)
                continue
            for line in indented(message, spec):
                output.say(f"{'   ' * line.depth}{line.segment}" + (f"    <- {line.group}" if line.group else ""))
