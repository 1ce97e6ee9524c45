"""`edi init FOLDER`: a workspace to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def init(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
) -> None:
    """Write a workspace to begin with: partners, channels, mappings, routes, and what a server needs.

    It is right as it stands (`edi check`) and works with folders on this machine until you write your partners into it.
    Nothing that exists is overwritten.
    """
    from edi.cli import output
    from edi.workspace.init import init as write

    written = write(folder)
    for path in written:
        output.say(f"  {path}")
    output.say(f"{len(written)} files written to {folder}")
    output.say()
    output.say("next:")
    output.say(f"  cd {folder}")
    output.say("  edi check            # every problem of every file, with line and column")
    output.say("  edi run --once       # poll, process and deliver until nothing is left to do")
    output.say("  edi messages         # what came and where it went")
