"""`edi partner`: is the partner's side ready for us? And a link for one of its people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edi.cli import link
from edi.cli.options import family

if TYPE_CHECKING:
    from edi.channels.as2 import Settings
    from edi.workspace.workspace import Workspace

app = family("Try out a partner's side, and let their people in.")


app.command("link")(link.make)


@app.command("test")
def try_partner(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The partner, as its file in partners/ is named.")],
    file: Annotated[Path | None, typer.Option("--file", help="Send this document instead of a line of text.")] = None,
    all_profiles: Annotated[
        bool, typer.Option("--all-profiles", help="If it is not understood, send it again with every other quirk profile.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Send without asking, for scripts.")] = False,
) -> None:
    """Send the partner a test message by AS2 and say in words what their side did: certificates, connection, receipt.

    Nothing of it stands in the store. Exit code 0: their receipt proves that they have it; 2: it does not, and the reason was shown.
    """
    from edi.cli import assembly, output
    from edi.errors import ConfigError

    loaded = assembly.workspace(context)
    channels = _channels(loaded, name)
    if not channels:
        raise ConfigError(f"no channel of kind as2 sends to {name!r}", hint="edi channel test NAME tries a channel of another kind")
    content = _read(file) if file else None
    if not output.agreed(f"Send a test message to {name}?", yes=yes):
        return
    good = [_try(loaded, channel, settings, content, all_profiles=all_profiles) for channel, settings in channels.items()]
    if not all(good):
        raise typer.Exit(output.SOMETHING_FAILED)


def _channels(loaded: Workspace, partner: str) -> dict[str, Settings]:
    from edi.channels.as2 import Settings

    return {
        name: one.settings
        for name, one in sorted(loaded.channels.items())
        if one.partner == partner and one.direction != "in" and isinstance(one.settings, Settings)
    }


def _read(file: Path) -> tuple[bytes, str]:
    from edi.errors import ConfigError

    try:
        return file.read_bytes(), file.name
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from error


def _try(loaded: Workspace, channel: str, settings: Settings, content: tuple[bytes, str] | None, *, all_profiles: bool) -> bool:
    """True if some profile was understood; says which."""
    from edi.channels.as2.agreement import PROFILES
    from edi.cli import output

    agreed = settings.quirks if isinstance(settings.quirks, str) else "own"
    if _one(loaded, channel, settings, content):
        output.say(f"{channel}: works with the profile {agreed!r}")
        return True
    for profile in PROFILES if all_profiles else ():
        if profile == agreed:
            continue
        output.say(f"{channel}: once more with the profile {profile!r}")
        if _one(loaded, channel, settings.model_copy(update={"quirks": profile}), content):
            output.say(f"{channel}: their software understands us with `quirks: {profile}`; write that into the channel's file")
            return True
    return False


def _one(loaded: Workspace, channel: str, settings: Settings, content: tuple[bytes, str] | None) -> bool:
    from edi.channels.as2 import outbound
    from edi.channels.as2.preflight import TEST_TEXT, trial
    from edi.cli import output
    from edi.errors import ChannelError, ConfigError

    data, filename = content or (TEST_TEXT, "edi-test.txt")
    kind = "application/octet-stream" if content else "text/plain"
    end = outbound(channel, settings, loaded.secret, folder=loaded.folder)
    try:
        for sentence in end.probe():
            output.say(f"{channel}: {sentence}")
        for sentence in trial(end, data, kind, filename):
            output.say(f"{channel}: {sentence}")
    except (ChannelError, ConfigError) as error:
        output.complain(error)
        return False
    finally:
        end.close()
    return True
