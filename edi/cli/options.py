"""What many commands have in common: options that mean the same everywhere, and how a family of commands is made."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from edi.errors import ConfigError


def family(text: str) -> typer.Typer:
    """Several commands under one name, `edi cert check`, ..., with what the help page says of them."""
    return typer.Typer(help=text, no_args_is_help=True, rich_markup_mode=None, add_completion=False)


def day(text: str) -> str:
    """The day as files and the memory hold it, `2027-01-31`. Raises ConfigError for what is none."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise ConfigError(f"{text!r} is no day", hint="write it as 2027-01-31") from error


def day_or_none(text: str | None) -> str | None:
    return day(text) if text else None


AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking, for scripts.")]
Since = Annotated[str | None, typer.Option("--since", help="On or after this day: 2026-11-24.", callback=day_or_none)]
Until = Annotated[str | None, typer.Option("--until", help="Before this day.", callback=day_or_none)]
