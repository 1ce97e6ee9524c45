"""One daemon per workspace and host: a lock file held with flock, which the kernel releases when its holder dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType

from edi.errors import StoreError


class AlreadyRunningError(StoreError):
    """The operator stops the other daemon, or does without this one (exit code 3)."""


class DaemonLock:
    """Held while it is entered. Entering raises AlreadyRunningError if another process holds it."""

    def __init__(self, folder: Path, host: str = "") -> None:
        """`host`: one daemon for each of that name, where several hosts share a database and perhaps a folder."""
        self._place = folder / (f"daemon-{host}.lock" if host else "daemon.lock")
        self._handle: int | None = None

    def __enter__(self) -> DaemonLock:
        self._place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(self._place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(handle, 32, 0).decode("ascii", "replace").strip()
            os.close(handle)
            raise AlreadyRunningError(
                f"another engine (process {holder or 'unknown'}) already runs in this workspace", hint="stop it first, or let it work"
            ) from error
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode("ascii"), 0)
        self._handle = handle
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
