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
    A reverse proxy in front of them speaks TLS.
    """
    from edi.cli import assembly, logs
    from edi.errors import ConfigError
    from edi.web.settings import load
    from edi.web.status.serving import serving

    logs.set_up(as_json=json_log)
    loaded = assembly.workspace(context)
    settings = load(loaded.folder)
    if settings.status is None and settings.ops is None:
        raise ConfigError("web.yaml names no page to serve", hint="write web.yaml: `status: {url: 'https://edi.example/status'}`")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with assembly.engine(loaded) as engine, serving(engine.context, settings):
        stop.wait()
