"""SIGHUP: a running daemon reads its workspace again, and takes it as a whole or not at all (P39, F-U04).

The files are checked as `edi check` does it, with everything that routes use compiled; servers are opened anew with them; only then the
engine works with them. If anything is wrong the old ones stay, and the log, the audit trail, alerts and `edi status` say why.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from edi.engine.context import Context
    from edi.engine.engine import Engine

LOG = structlog.get_logger("edi.cli")


@contextmanager
def reloading(engine: Engine, reopen: Callable[[Context], None], failed: Callable[[BaseException], None]) -> Iterator[None]:
    """While it is entered, SIGHUP reloads. `reopen` opens the servers for other files, or leaves them as they were and raises ConfigError."""
    asked, ended = threading.Event(), threading.Event()

    def work() -> None:
        while True:
            asked.wait()
            asked.clear()
            if ended.is_set():
                return
            try:
                reload(engine, reopen)
            except BaseException as error:  # noqa: BLE001 -- a thread has no caller; the daemon ends with it
                failed(error)
                return

    thread = threading.Thread(target=work, name="reload", daemon=True)
    thread.start()
    before = signal.signal(signal.SIGHUP, lambda _number, _frame: asked.set())
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)
        ended.set()
        asked.set()
        thread.join(60)


def reload(engine: Engine, reopen: Callable[[Context], None]) -> bool:
    """Take the files as they are now; False, with everything as it was, if they are not right."""
    from edi.cli import assembly
    from edi.engine import configuration
    from edi.engine.translate import Mappings
    from edi.errors import ConfigError
    from edi.workspace.loader import load

    folder = engine.context.workspace.folder
    try:
        loaded = load(folder, kinds=assembly.settings_models(), compile_mappings="routed")
        loaded.require_environment()
        candidate = engine.candidate(loaded, assembly.WorkspaceChannels(loaded), Mappings(loaded, engine.context.clock))
        reopen(candidate)
    except ConfigError as error:
        for line in str(error).splitlines():
            LOG.warning("workspace_refused", problem=line.strip())
        why = error.message.partition("\n")[0]
        configuration.note_refused(engine.context, f"{why}; edi check shows all of it")
        return False
    engine.take(candidate)
    LOG.info("workspace_taken", digest=loaded.digest[:12], channels=len(loaded.channels), partners=len(loaded.partners))
    return True
