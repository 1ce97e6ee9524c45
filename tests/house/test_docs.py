"""The documentation cannot rot: every command has help and stands in the reference, and what the README tells people to type works."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from typer.main import get_command

from edi.cli.app import COMMANDS, app

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs/reference/commands.md"


def commands(command: Any, path: tuple[str, ...] = ("edi",)) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, command
    if hasattr(command, "list_commands"):
        context = typer.Context(command, info_name=path[-1])
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None, name
            yield from commands(child, (*path, name))


def reference() -> str:
    """The page of all commands, from their own help."""
    parts = ["# Commands\n\nWritten from the commands' own help; `edi COMMAND --help` says the same.\n"]
    for path, command in commands(get_command(app)):
        parts.append(f"{'#' * min(len(path) + 1, 4)} `{' '.join(path)}`\n\n{(command.help or '').strip()}\n")
        rows = [row for parameter in command.params if (row := parameter_row(parameter, command))]
        if rows:
            parts.append("| | |\n|---|---|\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def parameter_row(parameter: Any, command: Any) -> str | None:
    record = parameter.get_help_record(typer.Context(command))
    if record is None:
        record = (parameter.make_metavar(typer.Context(command)), getattr(parameter, "help", None) or "")
    if "--help" in record[0]:
        return None
    text = re.sub(r"\s+", " ", record[1]).replace("|", "\\|")
    return f"| `{record[0]}` | {text} |".replace("|  |", "| |")


def test_every_command_has_help() -> None:
    silent = [" ".join(path) for path, command in commands(get_command(app)) if not (command.help or "").strip()]

    assert silent == []


def test_every_option_and_argument_has_help() -> None:
    silent = [
        f"{' '.join(path)} {parameter.name}"
        for path, command in commands(get_command(app))
        for parameter in command.params
        if parameter.name != "help" and not (getattr(parameter, "help", None) or "").strip()
    ]

    assert silent == []


def test_the_help_page_says_each_command_in_a_line() -> None:
    command = get_command(app)
    page = command.get_help(typer.Context(command, info_name="edi", terminal_width=80))
    lines = [line for name in COMMANDS for line in page.splitlines() if re.match(rf"  {name} +\S", line)]

    assert len(lines) == len(set(COMMANDS)) == len(COMMANDS)
    assert [line for line in lines if len(line) > 80 or "..." in line] == []


def test_every_command_stands_in_the_reference() -> None:
    if os.environ.get("EDI_UPDATE"):
        REFERENCE.write_text(reference())

    assert REFERENCE.read_text() == reference(), "run the tests with EDI_UPDATE=1 and read the difference"
