"""`edi top`: the store at work, looked at again and again; `--once` shows it a single time, for programs and logs too."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Group
    from rich.table import Table

    from edi.cli.glance import Glance


def top(
    context: typer.Context,
    every: Annotated[float, typer.Option("--every", help="Seconds between two looks.", min=0.2, max=3600)] = 2.0,
    once: Annotated[bool, typer.Option("--once", help="Show it a single time and end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, a single time, for programs.")] = False,
) -> None:
    """Watch the engine work: what waits where and for how long, how fast it goes, what needs you, what came last. Ctrl-C ends it.

    Without a terminal it is shown a single time.
    """
    from edi.cli import assembly, output
    from edi.cli.glance import Watch

    loaded = assembly.workspace(context)
    opened = assembly.store(loaded.folder)
    try:
        watch = Watch(loaded, opened)
        if as_json:
            output.as_json(watch.look())
        elif once or not sys.stdout.isatty():
            output.say(_plain(watch.look()))
        else:
            _live(watch, every)
    except KeyboardInterrupt:
        pass
    finally:
        opened.close()


def _live(watch: Any, every: float) -> None:
    from rich.live import Live

    with Live(_screen(watch.look()), screen=True, auto_refresh=False) as live:
        while True:
            time.sleep(every)
            live.update(_screen(watch.look()), refresh=True)


def _plain(found: Glance) -> str:
    from io import StringIO

    from rich.console import Console

    written = StringIO()
    Console(file=written, width=160).print(_screen(found))
    return "\n".join(line.rstrip() for line in written.getvalue().splitlines())


def _screen(found: Glance) -> Group:
    from rich.console import Group
    from rich.text import Text

    from edi.cli import output
    from edi.cli.glance import age

    pace = f"{found.events_per_second:.1f} changes/s" if found.events_per_second is not None else f"{found.events} changes so far"
    head = f"{found.workspace}   {output.moment(found.at)}   {pace}   {found.received_today} received, {found.sent_today} sent in 24 h"
    parts: list[Any] = [Text(output.clean(head), style="bold")]
    if found.on_hold:
        parts.append(Text(output.clean(f"the outbox is on hold: {found.on_hold}"), style="bold red"))
    queues = [(one.work, one.channel, one.count, age(one.oldest_seconds), one.circuit) for one in found.queues]
    parts.append(_table("Waits", ("work", "channel", "count", "oldest", "circuit"), queues) if queues else Text("nothing waits"))
    if found.needs_you:
        needs = [(one.cause.topic, output.local_moments(one.cause.text)) for one in found.needs_you[:12]]
        parts.append(_table("Needs you", ("", "what"), needs))
    newest = [
        (one.name, output.moment(one.received), one.partner, one.kind, one.number, one.state, one.reason) for one in found.newest[:12]
    ]
    parts.append(_table("Newest", ("", "received", "partner", "kind", "number", "state", "why"), newest))
    return Group(*parts)


def _table(title: str, columns: tuple[str, ...], rows: Sequence[Sequence[object]]) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from edi.cli import output

    shown = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        shown.add_column(column, overflow="ellipsis", no_wrap=True)
    for row in rows:
        cells = [output.clean("" if cell is None else cell).replace("\n", " ") for cell in row]
        shown.add_row(*(Text(cell, style=output.STYLES.get(cell, "")) for cell in cells))
    return shown
