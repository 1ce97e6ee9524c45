"""How the command line speaks: tables for people, JSON for programs, nothing a terminal would obey."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any, TypeVar

import typer

from edi.findings import Finding, Severity

Item = TypeVar("Item")

DONE = 0
COULD_NOT_RUN = 1
SOMETHING_FAILED = 2
ALREADY_RUNNING = 3


def clean(text: object) -> str:
    """The text with control characters shown, so that a partner's file cannot steer the terminal (T23)."""
    shown = str(text)
    if shown.isprintable():
        return shown
    return "".join(
        character if character.isprintable() or character == "\n" else character.encode("unicode_escape").decode("ascii")
        for character in shown
    )


def say(text: object = "") -> None:
    """One line for the person at the terminal."""
    sys.stdout.write(clean(text) + "\n")


def complain(text: object) -> None:
    """One line on standard error."""
    sys.stderr.write(clean(text) + "\n")


def agreed(question: str, *, yes: bool) -> bool:
    """True if `--yes` was said, or the person at the terminal says so. Raises typer.Exit where nobody can be asked."""
    if yes:
        return True
    if not sys.stdin.isatty():
        complain("nobody can be asked here: --yes does it")
        raise typer.Exit(COULD_NOT_RUN)
    if typer.confirm(question):
        return True
    say("nothing was done")
    return False


def coloured(lines: Iterable[Iterable[tuple[str, str]]]) -> None:
    """Lines of spans, each text with its graphic rendition (`1;35`, empty: as it is), which only a terminal that wants colour gets.

    Rich would take longer to load, and to print a large tree, than all the rest of the work.
    """
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    shown = ("".join(f"\x1b[{style}m{clean(text)}\x1b[0m" if colour and style else clean(text) for text, style in spans) for spans in lines)
    typer.echo("\n".join(shown), color=colour)


def as_json(value: object) -> None:
    """The value as JSON on standard output, for programs."""
    sys.stdout.write(json.dumps(plain(value), ensure_ascii=False, indent=2) + "\n")


def plain(value: Any) -> Any:  # noqa: PLR0911 -- one return per type
    """The value as JSON can say it: dataclasses as objects, decimals and times as text."""
    match value:
        case None | bool() | int() | str() if not isinstance(value, Enum):
            return value
        case Enum():
            return value.value
        case datetime() | date():
            return value.isoformat()
        case Decimal():
            return format(value, "f")
        case PurePath():
            return str(value)
        case bytes():
            return value.decode("utf-8", "backslashreplace")
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case Sequence() | set() | frozenset():
            return [plain(item) for item in value]
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {entry.name: plain(getattr(value, entry.name)) for entry in dataclasses.fields(value)}
        case _:
            return str(value)


def problems(found: Sequence[object], fine: str, *, as_json: bool, failed: int = SOMETHING_FAILED) -> None:
    """What a check found, and its exit code; `fine` is said where it found nothing."""
    if as_json:
        json_ready = [item if isinstance(item, str) or dataclasses.is_dataclass(item) else str(item) for item in found]
        sys.stdout.write(json.dumps({"ok": not found, "problems": plain(json_ready)}, ensure_ascii=False, indent=2) + "\n")
    else:
        for item in found:
            say(getattr(item, "text", item))
        if not found:
            say(fine)
    if found:
        raise SystemExit(failed)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None) -> None:
    """A table for people; columns that are empty in every row are left out."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    filled = [[clean("" if cell is None else cell) for cell in row] for row in rows]
    used = [index for index, _ in enumerate(columns) if any(row[index] for row in filled)]
    shown = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False)
    for index in used:
        shown.add_column(columns[index], overflow="fold")
    for row in filled:
        shown.add_row(*(Text(row[index], style=STYLES.get(row[index], "")) for index in used))
    console = Console()
    if not console.is_terminal:
        console = Console(width=160)
    console.print(shown)


def moment(stored: str | None) -> str:
    """A stored moment (UTC) in the time zone of this terminal, to the second."""
    if not stored:
        return ""
    return datetime.fromisoformat(stored).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def local_moments(text: str) -> str:
    """The text with the stored moments in it as this terminal's time."""
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z", lambda found: moment(found[0]), text)


def compact(detail: object) -> str:
    """A JSON object as `key=value` pairs."""
    value = json.loads(detail) if isinstance(detail, str) else detail
    if isinstance(value, Mapping):
        return " ".join(f"{key}={item}" for key, item in value.items() if item not in (None, ""))
    return str(value)


STYLES: Mapping[str, str] = {
    "done": "green",
    "delivered": "green",
    "accepted": "green",
    "quarantined": "bold red",
    "held": "bold red",
    "failed": "bold red",
    "rejected": "bold red",
    "overdue": "bold red",
    "unknown": "yellow",
    "retrying": "yellow",
    "duplicate": "yellow",
}

MARKS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def findings(found: Iterable[Finding], *, indent: str = "") -> None:
    """Every finding with its place, code and hint."""
    for finding in found:
        place = str(finding.where)
        say(f"{indent}{MARKS[finding.severity]} {finding.code}" + (f"  {place}" if place else ""))
        say(f"{indent}  {finding.text}")
        if finding.expected:
            say(f"{indent}  expected: {finding.expected}")
        if finding.hint:
            say(f"{indent}  hint: {finding.hint}")


def command(workspace: PurePath) -> str:
    """How this program is called from here for a workspace that is not the current folder."""
    called = PurePath(sys.argv[0])
    name = (
        "python -m edi"
        if called.name == "__main__.py"
        else str(called)
        if len(called.parts) > 1 and not called.is_absolute()
        else called.name
    )
    return f"{name} -w {workspace}"


@contextmanager
def working(text: str) -> Iterator[None]:
    """Shows a person that something goes on, while it goes on; programs and logs see nothing of it."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(clean(text)):
        yield


def progress(items: Sequence[Item], text: str) -> Iterator[Item]:
    """The items one by one, with a bar for the person at the terminal; programs and logs see nothing of it."""
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(items, clean(text), console=Console(stderr=True))
