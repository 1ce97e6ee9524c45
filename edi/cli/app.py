"""The command `edi`: which verbs there are. A verb's module is imported when it is asked for, so that `edi` starts at once."""

from __future__ import annotations

import gc
import importlib
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

import edi
from edi.cli.output import COULD_NOT_RUN

VERBS = {
    **{
        name: name
        for name in (
            "demo",
            "init",
            "check",
            "run",
            "poll",
            "send",
            "convert",
            "inspect",
            "validate",
            "contrl",
            "fmt",
            "diff",
            "status",
            "top",
            "failures",
            "messages",
            "transmissions",
            "acks",
            "show",
            "trace",
            "explain",
            "replay",
            "patch",
            "render",
            "web",
        )
    },
    **dict.fromkeys(("hold", "release", "discard", "cancel", "ignore", "retry", "resend", "resubmit", "waive"), "acts"),
}
"""Command to the module of `edi.cli` that holds it as a function of the same name; in the order of the help page."""

FAMILIES = ("mapping", "channel", "alerts", "api", "guide", "directory", "ubl", "rules", "audit", "cert", "partner", "db", "store", "link")
"""Modules of `edi.cli` that hold several, `edi mapping check` ..., as a typer application named `app`."""


# Click says 2 where the words of a call are off; here 2 is "ran, and something failed". Its class is private to Typer, its child is not.
_usage_error = typer.BadParameter.__mro__[1]
_usage_error.exit_code = COULD_NOT_RUN  # type: ignore[attr-defined]


class Verbs(TyperGroup):
    """Finds commands by name among the modules of this package. (Typer keeps its Click to itself, so its types have no public names.)"""

    def list_commands(self, ctx: Any) -> list[str]:
        return [*VERBS, *FAMILIES]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in VERBS:
            verb = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
            verb.command(name=cmd_name)(getattr(importlib.import_module(f"edi.cli.{VERBS[cmd_name]}"), cmd_name))
            return get_command(verb)
        if cmd_name in FAMILIES:
            command = get_command(importlib.import_module(f"edi.cli.{cmd_name}").app)
            command.name = cmd_name
            return command
        return None


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
        # What is loaded by now stays to the end; looking through it again and again is a tenth of a short command's time.
        gc.freeze()
        # A message is some ten thousand lists and dicts and no cycle; at Python's 700 the collector takes a tenth of its translation.
        gc.set_threshold(20_000)
        gc.enable()
