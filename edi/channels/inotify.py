"""Being told by the kernel that a folder has a new file: inotify, where there is one. Polling stays: network folders tell nothing."""

from __future__ import annotations

import ctypes
import os
import select
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

CLOSE_WRITE: Final = 0x8
MOVED_TO: Final = 0x80
SELF: Final = 0x400 | 0x800
GONE: Final = SELF | 0x2000 | 0x8000
"""The folder itself was deleted, moved or unmounted, or the watch has ended."""
ONLY_FOLDERS: Final = 0x01000000
EVENT: Final = struct.Struct("=iIII")
WAIT_SECONDS: Final = 0.5
SETTLE_SECONDS: Final = 0.1
"""Files often come in flocks; one look takes them all."""
AGAIN_SECONDS: Final = 5.0


def watch(folder: Path, wake: Callable[[], None], stop: threading.Event) -> None:
    """Call `wake` when a file in the folder was finished or moved there, until `stop` is set; returns at once without inotify."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "inotify_init1"):
        return
    while not stop.is_set():
        handle = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if handle < 0:
            return  # too many watches on this machine; the schedule polls
        try:
            if libc.inotify_add_watch(handle, os.fsencode(folder), CLOSE_WRITE | MOVED_TO | SELF | ONLY_FOLDERS) >= 0:
                wake()  # what came before the watch stood
                _listen(handle, wake, stop)
        finally:
            os.close(handle)
        stop.wait(AGAIN_SECONDS)


def _listen(handle: int, wake: Callable[[], None], stop: threading.Event) -> None:
    """Until `stop` is set or the folder is gone."""
    while not stop.is_set():
        if not select.select([handle], [], [], WAIT_SECONDS)[0]:
            continue
        stop.wait(SETTLE_SECONDS)
        seen = _masks(os.read(handle, 65_536))
        if seen & (CLOSE_WRITE | MOVED_TO):
            wake()
        if seen & GONE:
            return


def _masks(events: bytes) -> int:
    """All that happened, in one mask; an event has watch, mask, cookie, length, and a name of that length."""
    found, at = 0, 0
    while at + 16 <= len(events):
        _, mask, _, length = EVENT.unpack_from(events, at)
        found |= mask
        at += EVENT.size + length
    return found
