"""The command `edi`: which verbs there are. A verb's module is imported when it is asked for, so that `edi` starts at once."""

from __future__ import annotations

import gc
import importlib
import re
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command

import edi
from edi.cli.output import COULD_NOT_RUN
from edi.engine.garbage import look_less_often

GROUPS: Final = {
    "To begin": ("demo", "init", "check"),
    "Work": ("run", "web", "poll", "send"),
    "See what came of it": ("status", "top", "failures", "alerts", "messages", "transmissions", "acks", "show", "trace", "explain"),
    "Act": ("release", "hold", "retry", "resend", "resubmit", "replay", "patch", "discard", "cancel", "ignore", "waive"),
    "Files by themselves": ("convert", "validate", "inspect", "render", "contrl", "fmt", "diff"),
    "Partners and connections": ("partner", "channel", "cert", "link", "api"),
    "Formats and mappings": ("mapping", "guide", "directory", "ubl", "rules"),
    "Memory": ("audit", "store", "db"),
}
"""All commands, as the help page shows them."""

FAMILIES: Final = frozenset(
    {"alerts", "api", "audit", "cert", "channel", "db", "directory", "guide", "link", "mapping", "partner", "rules", "store", "ubl"}
)
"""Modules of `edi.cli` that hold several, `edi mapping check` ..., as a typer application named `app`."""

TOGETHER: Final = {
    **dict.fromkeys(("hold", "release", "discard", "cancel", "ignore", "waive"), "acts"),
    **dict.fromkeys(("retry", "resend", "resubmit"), "again"),
}
"""Commands that share a module; every other stands in one of its own name."""

COMMANDS: Final = tuple(name for group in GROUPS.values() for name in group)

# Click says 2 where the words of a call are off; here 2 is "ran, and something failed". Its class is private to Typer, its child is not.
_usage_error = typer.BadParameter.__mro__[1]
_usage_error.exit_code = COULD_NOT_RUN  # type: ignore[attr-defined]


class Verbs(TyperGroup):
    """Finds commands by name among the modules of this package. (Typer keeps its Click to itself, so its types have no public names.)"""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"edi.cli.{TOGETHER.get(cmd_name, cmd_name)}")
        if cmd_name in FAMILIES:
            command = get_command(module.app)
            command.name = cmd_name
            return command
        verb = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
        verb.command(name=cmd_name)(getattr(module, cmd_name))
        return get_command(verb)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        for title, names in GROUPS.items():
            room = formatter.width - max(map(len, names)) - 4
            with formatter.section(title):
                formatter.write_dl([(name, _in_short(self.get_command(ctx, name).help or "", room)) for name in names])


def _in_short(text: str, room: int) -> str:
    """The first sentence; where it is too long, up to its colon, or as many of its clauses as there is room for."""
    sentence = re.split(r"(?<=[.;])\s", " ".join(text.split()))[0].rstrip(".;")
    if len(sentence) > room:
        sentence = sentence.partition(":")[0]
    while len(sentence) > room and "," in sentence:
        sentence = sentence.rpartition(",")[0]
    return sentence


app = typer.Typer(
    name="edi",
    cls=Verbs,
    help="Exchange orders, order responses, despatch advices and invoices with partners: EDIFACT, UBL and ERP JSON.\n\n"
    "Exit codes: 0 done, 1 could not run, 2 ran and something failed or is held, 3 already running.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"edi {edi.__version__}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    workspace: Annotated[
        Path | None,
        typer.Option(
            "--workspace",
            "-w",
            help="The workspace folder; without it, the nearest one upwards that has a routes.yaml.",
            envvar="EDI_WORKSPACE",
        ),
    ] = None,
    version: Annotated[bool, typer.Option("--version", help="Show the version and end.", is_eager=True, callback=_show_version)] = False,  # noqa: ARG001 -- its callback acts
) -> None:
    context.obj = workspace
    if not gc.isenabled():
        look_less_often()
