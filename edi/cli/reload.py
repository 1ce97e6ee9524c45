"""SIGHUP: `edi run` and `edi web` read their workspace again, and take it as a whole or not at all (P39, F-U04).

The files are checked as `edi check` does it, with everything that routes use compiled; servers are changed to them; only then the engine
works with them. If anything is wrong the old ones stay, and the log says why; of the daemon the audit trail, alerts and `edi status` too.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

import structlog

if TYPE_CHECKING:
    from pathlib import Path

    from edi.engine.context import Context
    from edi.engine.engine import Engine
    from edi.workspace.workspace import Workspace

LOG = structlog.get_logger("edi.cli")


Reopen: TypeAlias = "Callable[[Context], None]"
"""Changes the servers to other files, or leaves them as they were and raises ConfigError."""


@contextmanager
def reloading(reload: Callable[[], object], failed: Callable[[BaseException], None]) -> Iterator[None]:
    """While it is entered, SIGHUP reloads, in a thread of its own."""
    asked, ended = threading.Event(), threading.Event()

    def work() -> None:
        while True:
            asked.wait()
            asked.clear()
            if ended.is_set():
                return
            try:
                reload()
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


def reload(engine: Engine, reopen: Reopen) -> bool:
    """Take the files as they are now; False, with everything as it was, if they are not right."""
    from edi.engine import configuration

    refused = _take(engine, reopen, _read_for_work)
    if refused is None:
        configuration.note(engine.context)
    else:
        configuration.note_refused(engine.context, f"{refused}; edi check shows all of it")
    return refused is None


def reload_pages(engine: Engine, reopen: Reopen) -> bool:
    """The same for pages in a process of their own; which files the engine works with, the daemon alone says."""
    return _take(engine, reopen, _read) is None


def _take(engine: Engine, reopen: Reopen, read: Callable[[Path], Workspace]) -> str | None:
    """Why the files were refused, in one line; None if they were taken."""
    from edi.cli import assembly
    from edi.engine.translate import Mappings
    from edi.errors import ConfigError

    try:
        loaded = read(engine.context.workspace.folder)
        candidate = engine.candidate(loaded, assembly.WorkspaceChannels(loaded), Mappings(loaded, engine.context.clock))
        reopen(candidate)
    except ConfigError as error:
        for line in str(error).splitlines():
            LOG.warning("workspace_refused", problem=line.strip())
        return error.message.partition("\n")[0]
    engine.take(candidate)
    LOG.info("workspace_taken", digest=loaded.digest[:12], channels=len(loaded.channels), partners=len(loaded.partners))
    return None


def _read(folder: Path) -> Workspace:
    from edi.cli import assembly
    from edi.workspace.loader import load

    return load(folder, kinds=assembly.settings_models(), compile_mappings="routed")


def _read_for_work(folder: Path) -> Workspace:
    """Channels need their secrets."""
    loaded = _read(folder)
    loaded.require_environment()
    return loaded
