"""Files that appear whole or not at all, and never over another one.

Rule 1: bytes are on the disk before the name is (P1: rename without fsync leaves names without content after a power cut).
Rule 2: a name that is taken stays as it is.
"""

from __future__ import annotations

import ctypes
import errno
import os
import re
import time
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Final

from edi.limits import WATCHED_FILES_MAX

LEFT_SECONDS_MIN: Final = 24 * 3600.0
"""No write takes so long, whatever the clocks of a shared folder say."""
_LEFT: Final = re.compile(r"\..+\.[0-9a-f]{8}\.part", re.DOTALL)
_NO_REPLACE = 1
_HERE = -100
_UNSUPPORTED = {errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP}


def write_temporary(path: Path, payload: bytes) -> None:
    """Write a new file and flush it to disk; it is removed again if that fails."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(payload)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise


def sweep(folder: Path) -> None:
    """Remove what writers that were killed left under temporary names: only ours, by name and owner, and only after a day."""
    old = time.time() - LEFT_SECONDS_MIN
    with os.scandir(folder) as entries:
        for entry in islice(entries, WATCHED_FILES_MAX):
            if not _LEFT.fullmatch(entry.name) or not entry.is_file(follow_symlinks=False):
                continue
            found = entry.stat(follow_symlinks=False)
            if found.st_uid == os.geteuid() and found.st_mtime < old:
                Path(entry.path).unlink(missing_ok=True)


def publish(temporary: Path, final: Path) -> None:
    """Give the file its name; raises FileExistsError if the name is taken.

    A rename where the file system can refuse to replace, since watchers of a folder wait for renames; else a link.
    """
    if not _rename_new(temporary, final):
        os.link(temporary, final)
        with suppress(OSError):
            temporary.unlink()


def _rename_new(source: Path, target: Path) -> bool:
    """False if this system or file system has no rename that refuses to replace."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    if call(_HERE, os.fsencode(source), _HERE, os.fsencode(target), _NO_REPLACE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _UNSUPPORTED:
        return False
    raise OSError(number, os.strerror(number), str(target))


def sync_folder(folder: Path) -> None:
    """Flush the folder's names to disk; network folders that cannot are left to their server."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
    finally:
        os.close(descriptor)
