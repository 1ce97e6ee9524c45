"""`edi channel`: what channels there are, whether they work, and whose keys they trust."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edi.cli.options import AsJson, family

if TYPE_CHECKING:
    from edi.cli.host_keys import Shown

app = family("Channels: list them, try them, pin the key of a partner's server.")

Name = Annotated[str, typer.Argument(help="The channel, as its file in channels/ is named.")]


@app.command("list")
def list_(
    context: typer.Context,
    as_json: AsJson = False,
) -> None:
    """List the channels of the workspace: kind, direction, partner, schedule and place."""
    from edi.channels.place import place_of
    from edi.cli import assembly, output

    workspace = assembly.workspace(context)
    rows = [
        {
            "channel": name,
            "kind": file.kind,
            "direction": file.direction,
            "partner": file.partner or "",
            "status": file.status,
            "place": place_of(file.settings),
        }
        for name, file in sorted(workspace.channels.items())
    ]
    if as_json:
        output.as_json(rows)
    elif rows:
        output.table(tuple(rows[0]), [tuple(row.values()) for row in rows])
    else:
        output.say("no channels yet; a file in channels/ makes one")


@app.command("test")
def try_(
    context: typer.Context,
    name: Name,
    as_json: AsJson = False,
) -> None:
    """Try a channel: connect, log in, look. Nothing is taken, nothing is sent, nothing is changed on the other side.

    Exit code 0: it works; 2: it does not, and the reason was shown.
    """
    from edi.channels.probe import probe
    from edi.cli import assembly, output
    from edi.errors import ChannelError, ConfigError

    workspace = assembly.workspace(context)
    file = workspace.channels.get(name)
    if file is None:
        raise ConfigError(f"there is no channel {name!r}", hint=f"one of: {', '.join(sorted(workspace.channels))}")
    channels = assembly.WorkspaceChannels(workspace)
    seen: list[str] = []
    trouble: ChannelError | None = None
    try:
        for sentence in probe(channels, name, file.direction):
            seen.append(sentence)
            if not as_json:
                output.say(sentence)
    except ChannelError as error:
        trouble = error
    finally:
        channels.close()
    if as_json:
        output.as_json({"channel": name, "works": trouble is None, "seen": seen, "problem": str(trouble) if trouble else None})
    elif trouble is not None:
        output.complain(trouble)
    if trouble is not None:
        raise typer.Exit(output.SOMETHING_FAILED) from trouble


@app.command()
def trust(
    context: typer.Context,
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Pin the key without asking; compare the fingerprint before.")] = False,
) -> None:
    """Show the key that the channel's server has now beside the pinned one, and pin it after you agreed.

    Compare the fingerprint with what the partner told you by another way than this connection.
    Exit code 0: the shown key is pinned now, or was before; 2: it was not pinned.
    """
    from edi.cli import assembly, host_keys, output

    path = assembly.folder(context) / "channels" / f"{name}.yaml"
    shown = host_keys.look(path)
    _say(shown)
    if shown.is_pinned:
        output.say("the server shows the pinned key; nothing to do")
        return
    if not output.agreed("Is this the key that the partner told you? Pin it?", yes=yes):
        raise typer.Exit(output.SOMETHING_FAILED)
    host_keys.pin(path, shown.key)
    output.say(f"pinned in {Path('channels') / path.name}")


def _say(shown: Shown) -> None:
    from edi.cli import output

    output.say(f"server:  {shown.server}")
    output.say(f"shows:   {shown.fingerprint}")
    for pinned in shown.pinned or ("nothing",):
        output.say(f"pinned:  {pinned}")
