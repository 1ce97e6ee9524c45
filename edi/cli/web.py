"""`edi web`: serves the pages that web.yaml names, in a process of its own: they stay up while the engine works, stops or is replaced."""

from __future__ import annotations

import signal
import threading
from typing import Annotated

import typer


def web(
    context: typer.Context,
    json_log: Annotated[bool, typer.Option("--json-log", help="Log lines as JSON, for log collectors.")] = False,
) -> None:
    """Serve the partners' status page, and the operators' page if web.yaml names it, until SIGTERM or Ctrl-C.

    With `pages: daemon` in web.yaml, which is how it is without the line, `edi run` serves them; `pages: apart` leaves them to `edi web`.
    A reverse proxy in front of them speaks TLS. SIGHUP makes it read the workspace again, as it does with `edi run`.
    """
    from edi.cli import assembly, logs
    from edi.cli.reload import reload_pages, reloading
    from edi.web.doors import Doors, pages_alone

    logs.set_up(as_json=json_log)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    troubles: list[BaseException] = []

    def failed(error: BaseException) -> None:
        troubles.append(error)
        stop.set()

    with (
        assembly.engine(assembly.workspace(context)) as engine,
        Doors(engine, pages_alone) as doors,
        reloading(lambda: reload_pages(engine, doors.reopen), failed),
    ):
        stop.wait()
    if troubles:
        raise troubles[0]
