"""`edi run`: the daemon, or one pass of it."""

from __future__ import annotations

import os
import signal
import threading
from datetime import UTC, datetime
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from edi.engine.engine import Engine, Report
    from edi.engine.workers import Factory


def run(
    context: typer.Context,
    once: Annotated[
        bool, typer.Option("--once", help="One pass: poll every channel, process and deliver until nothing is left to do, then end.")
    ] = False,
    as_root: Annotated[bool, typer.Option("--as-root", help="Run although this is root: for containers that hold nothing else.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --once: what was done, as JSON.")] = False,
    workers: Annotated[
        int, typer.Option("--workers", help="Process in so many processes beside this one, which polls and delivers.", min=0, max=64)
    ] = 0,
    host: Annotated[
        str | None,
        typer.Option("--host", envvar="EDI_HOST", help="This machine's name among those that share a PostgreSQL; each has its own."),
    ] = None,
    json_log: Annotated[bool, typer.Option("--json-log", help="Log lines as JSON, for log collectors.")] = False,
) -> None:
    """Poll channels by their schedules, process what came, deliver and retry, until SIGTERM or Ctrl-C.

    Where a channel of kind as2 receives, partners' messages are taken too, at the address `as2: listen` of web.yaml names;
    where it has `api:`, programs hand over documents there, and where it has `health:`, monitoring asks /health, /ready and /metrics.

    SIGHUP makes it read the workspace again: right as a whole it is taken without a stop, otherwise the old one stays and `edi status` says why.
    Nothing else makes it notice changed files.

    Ending is safe at any moment: what was received is kept, what was in flight is looked at again. A second SIGTERM ends at once.
    Exit codes: 0 ended as asked; 1 could not run; 2 (with --once) something failed or is held; 3 another one is running.
    """
    from edi.cli import assembly, logs, output
    from edi.engine import configuration
    from edi.engine import workers as workers_module
    from edi.engine.clock import check_clock
    from edi.errors import ConfigError
    from edi.store.dialect import is_shared
    from edi.store.lock import AlreadyRunningError, DaemonLock

    if os.geteuid() == 0 and not as_root:
        raise ConfigError(
            "edi run does not run as root", hint="use an account of its own, or --as-root in a container that holds nothing else"
        )
    os.umask(0o077)
    logs.set_up(as_json=json_log, quiet=once)
    check_clock(datetime.now(UTC))
    loaded = assembly.workspace(context, compile_mappings="routed")
    loaded.require_environment()
    try:
        place = loaded.folder / assembly.STORE_FOLDER
        name = workers_module.host(host) if is_shared(assembly.database_url(place)) else ""
        with DaemonLock(place, name), assembly.engine(loaded) as engine:
            engine.start()
            if once:
                with output.working("polling, processing, delivering"):
                    report = engine.run_once()
                _tell_once(engine)
                _show(report, as_json=as_json)
            else:
                configuration.note(engine.context)
                _until_told(engine, workers=workers, factory=assembly.WorkerFactory(engine, json_log))
    except AlreadyRunningError as error:
        output.complain(error)
        raise typer.Exit(output.ALREADY_RUNNING) from error


def _tell_once(engine: Engine) -> None:
    """Alerts of a pass; trouble with them is none of the pass's own."""
    from edi.cli import output
    from edi.errors import ChannelError, ConfigError
    from edi.web import telling

    try:
        telling.once(engine.context)
    except (ChannelError, ConfigError) as error:
        output.complain(f"alerts could not be sent: {error}")


def _until_told(engine: Engine, *, workers: int, factory: Factory) -> None:
    stop = threading.Event()

    def told(number: int, _: FrameType | None) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, told)
    troubles: list[BaseException] = []

    def failed(error: BaseException) -> None:
        troubles.append(error)
        stop.set()

    from edi.cli.reload import reload, reloading
    from edi.web.doors import Doors, of_daemon
    from edi.web.telling import telling

    doors = Doors(engine, of_daemon(engine, failed))
    with telling(lambda: engine.context, failed=failed), doors, reloading(lambda: reload(engine, doors.reopen), failed):
        engine.run_forever(stop, workers=workers, factory=factory)
    if troubles:
        raise troubles[0]


def _show(report: Report, *, as_json: bool) -> None:
    from edi.cli import output

    if as_json:
        output.as_json(report)
    else:
        counts = (
            (report.received, "received"),
            (report.processed, "processed"),
            (report.delivered, "delivered"),
            (report.held, "held"),
            (report.postponed, "to be tried again"),
            (report.refused, "refused"),
        )
        output.say(", ".join(f"{count} {word}" for count, word in counts if count) or "nothing to do")
        for problem in report.problems:
            output.complain(problem)
        if report.held:
            output.say("held: edi messages --held shows them, edi show ID says why")
    if not report.ok:
        raise typer.Exit(output.SOMETHING_FAILED)
