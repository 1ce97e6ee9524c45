"""`edi demo`: three documents through a new workspace, told step by step."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from edi.engine.engine import Engine, Report

DOCUMENTS = (
    ("acme-order-4711.edi", "acme-in", "an EANCOM order from Acme, a buyer"),
    ("faulty-order.edi", "acme-in", "an order with a fault in it"),
    ("erp-invoice-acme.json", "erp-in", "an invoice from our ERP, to Acme, who takes EDIFACT"),
    ("erp-invoice-nord.json", "erp-in", "an invoice from our ERP, to Nordwind, who takes UBL"),
)
"""File in `edi/demo/`, the channel it comes through, and what it is."""

SETTLE_SECONDS_MAX = 30.0


def demo(
    folder: Annotated[
        Path, typer.Argument(help="Where the demonstration's workspace goes; a number is added if it is there already.")
    ] = Path("edi-demo"),
) -> None:
    """Try the engine: make a workspace, put three kinds of documents into it, run it until nothing is left to do, and tell what happened."""
    from edi.cli import assembly, logs, output
    from edi.store.lock import DaemonLock
    from edi.workspace.init import init
    from edi.workspace.loader import load

    logs.set_up(quiet=True)
    place = _new(folder)
    init(place)
    output.say(f"A workspace was written to {place}: partners, channels, mappings, routes.")
    loaded = load(place.resolve(), kinds=assembly.settings_models())
    with DaemonLock(loaded.folder / assembly.STORE_FOLDER), assembly.engine(loaded) as engine:
        engine.start()
        _put_documents(engine)
        output.say()
        output.say("The engine runs until nothing is left to do ...")
        report = _run(engine)
        output.say(
            f"{report.received} files received, {report.processed} processed, {report.delivered} documents and answers delivered, {report.held} held."
        )
        _tell(engine)
    _next(place)


def _new(folder: Path) -> Path:
    """The folder, or the first of `folder-2`, `folder-3`, ... that is not there: nobody's files are touched."""
    candidates = (folder, *(folder.with_name(f"{folder.name}-{number}") for number in range(2, 10_000)))
    return next(candidate for candidate in candidates if not candidate.exists())


def _put_documents(engine: Engine) -> None:
    from edi.cli import output

    output.say()
    for name, channel, what in DOCUMENTS:
        inbox = inbox_of(engine, channel)
        inbox.mkdir(parents=True, exist_ok=True)
        (inbox / name).write_bytes(files("edi").joinpath("demo", name).read_bytes())
        output.say(f"  {inbox.relative_to(engine.context.workspace.folder) / name}  {what}")


def inbox_of(engine: Engine, channel: str) -> Path:
    """The folder a directory channel reads."""
    workspace = engine.context.workspace
    return workspace.folder / str(getattr(workspace.channels[channel].settings, "folder", "."))


def _run(engine: Engine) -> Report:
    """Passes until everything put in was taken; files are taken when they have stood still for a moment."""
    import time

    from edi.cli import output
    from edi.engine.engine import Report

    total, until = Report(), time.monotonic() + SETTLE_SECONDS_MAX
    while total.received < len(DOCUMENTS) and time.monotonic() < until:
        with output.working("polling, processing, delivering"):
            report = engine.run_once()
        for name in ("received", "processed", "held", "delivered", "postponed", "refused"):
            setattr(total, name, getattr(total, name) + getattr(report, name))
        total.problems += report.problems
        if total.received < len(DOCUMENTS):
            time.sleep(0.2)
    return total


def _tell(engine: Engine) -> None:
    """The chain of every file, in the order they came."""
    from edi.cli import output
    from edi.cli.trace import show_chain
    from edi.store import queries
    from edi.store.trace import chain

    with engine.context.store.reading() as view:
        for line in reversed(queries.transmissions(view)):
            found = chain(view, int(line.name[1:]))
            if found is not None:
                output.say()
                show_chain(found)


def _next(place: Path) -> None:
    from edi.cli import output

    output.say()
    output.say("What was written lies in:")
    for written in sorted(path for path in (place / "data").rglob("*") if path.is_file()):
        output.say(f"  {place / written.relative_to(place)}")
    command = output.command(place)
    output.say()
    output.say("Try next:")
    for verb, what in (
        ("messages", "everything that came, with its three statuses"),
        ("trace 4711", "the chain of one order number"),
        ("messages --held", "what waits for a person, and why"),
        ("show O1", "one document as it was sent"),
        ("replay T1 --dry-run", "what would leave the house if it was processed again"),
        ("check", "the workspace's files; change one and see"),
        ("run --as-root" if os.geteuid() == 0 else "run", "the daemon: put a file into data/acme/inbox and watch"),
    ):
        output.say(f"  {f'{command} {verb}':<44} {what}")
