"""Compiled mappings kept from one process to the next: a folder that only its owner may touch, every entry sealed with a key beside it.

Entries hold code, so nothing is taken that this account did not seal with this very program (T02). What is missing, damaged, foreign or
old is made again; where nothing can be written, nothing is kept.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import edi
from edi import shipped
from edi.limits import PROGRAM_BYTES_MAX, PROGRAMS_KEPT_MAX
from edi.ports import NoProgramCache, ProgramCache

KEY_BYTES: Final = 32
SEAL_BYTES: Final = hashlib.sha256().digest_size
MAKERS: Final = ("mapping", "documents", "formats")
"""The parts of the program that decide what a mapping comes to."""


def account_folder() -> Path:
    """Where this account keeps what can be made again: below XDG_CACHE_HOME, or `.cache` of the home folder."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "edi"


@dataclass(frozen=True, slots=True)
class FolderCache:
    """Implements `edi.ports.ProgramCache`."""

    folder: Path
    owner: str = ""
    """Whose mappings they are, and with which tables; empty for the shipped ones alone."""

    def get(self, name: str) -> bytes | None:
        """What was kept under the name, if it is whole and ours."""
        key = _sealing_key(self.folder)
        try:
            sealed = _own_bytes(self._place(name), PROGRAM_BYTES_MAX) if key else b""
        except OSError:
            return None
        seal, content = sealed[:SEAL_BYTES], sealed[SEAL_BYTES:]
        return content if key and hmac.compare_digest(seal, self._seal(key, name, content)) else None

    def put(self, name: str, content: bytes) -> None:
        """Keep it, whole or not at all."""
        key = _sealing_key(self.folder)
        if not key or len(content) + SEAL_BYTES > PROGRAM_BYTES_MAX:
            return
        with suppress(OSError):
            self._make_room()
            _write(self._place(name), self._seal(key, name, content) + content)

    def _place(self, name: str) -> Path:
        workspace = self.owner.partition("\n")[0]
        return self.folder / hashlib.sha256(f"{workspace}\0{name}".encode()).hexdigest()

    def _seal(self, key: bytes, name: str, content: bytes) -> bytes:
        return hmac.digest(key, f"{self.owner}\0{name}\0".encode() + content, "sha256")

    def _make_room(self) -> None:
        """Nobody misses what was not asked for: with too many entries, all go."""
        entries = list(self.folder.iterdir())
        for entry in entries if len(entries) >= PROGRAMS_KEPT_MAX else ():
            entry.unlink(missing_ok=True)


def programs_of(workspace: Path | None = None) -> ProgramCache:
    """The account's cache, for the mappings of a workspace with its tables of now, or the shipped ones alone."""
    owner = "\n".join([str(workspace), *_files(str(workspace / "schemas"))]) if workspace else ""
    try:
        return FolderCache(account_folder() / "programs", owner)
    except RuntimeError:  # the account has no home folder
        return NoProgramCache()


@lru_cache(maxsize=8)
def _sealing_key(folder: Path) -> bytes | None:
    """The account's key, mixed with everything of the program that an entry depends on; None where nothing can be kept safely."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        program = _program()
        if program is None or not _is_ours(folder.stat()):
            return None
        return hmac.digest(_key(folder.with_name(folder.name + ".key")), program, "sha256")
    except OSError:
        return None


def _key(place: Path) -> bytes:
    """The account's key; made where there is none. Raises OSError where it cannot be had, or is not ours alone."""
    if not place.exists():
        with suppress(FileExistsError):
            _write(place, secrets.token_bytes(KEY_BYTES), replace=False)
    key = _own_bytes(place, KEY_BYTES)
    if len(key) != KEY_BYTES:
        raise OSError(f"{place} holds no key")
    return key


def _is_ours(found: os.stat_result) -> bool:
    """True if nobody else can have written there."""
    return found.st_uid == os.geteuid() and not stat.S_IMODE(found.st_mode) & 0o077


def _own_bytes(place: Path, size_max: int) -> bytes:
    """The content of a file of ours; nothing if it is too large. Raises OSError, also for what others can write."""
    with place.open("rb") as file:
        found = os.fstat(file.fileno())
        if not _is_ours(found) or not stat.S_ISREG(found.st_mode):
            raise PermissionError(f"{place} is not ours alone")
        return file.read() if found.st_size <= size_max else b""


def _write(place: Path, content: bytes, *, replace: bool = True) -> None:
    """A whole file of mode 600, whoever writes beside us. Raises FileExistsError if it is there and not to be replaced."""
    made = place.with_name(f"{place.name}.{secrets.token_hex(8)}")
    handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        made.replace(place) if replace else os.link(made, place)
    finally:
        made.unlink(missing_ok=True)


def _program() -> bytes | None:
    """What tells this program from others: the interpreter, our own files and the shipped tables, each by size and time of change.

    None if one of them changed since this process began: what it runs is then neither the old program nor the new one.
    """
    package = Path(edi.__file__).parent
    folders = [*(package / name for name in MAKERS), Path(str(shipped.starter())) / "schemas"]
    files = [line for folder in folders for line in _files(str(folder))]
    if any(int(line.rpartition(" ")[2]) > edi.STARTED_NS for line in files):
        return None
    return hashlib.sha256("\n".join([sys.version, edi.__version__, *files]).encode()).digest()


def _files(folder: str) -> Iterator[str]:
    """A line for every file below a folder; none where there is no such folder."""
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda one: one.name):
            if entry.is_dir():
                yield from _files(entry.path)
            elif not entry.name.endswith(".pyc"):
                found = entry.stat()
                yield f"{entry.path} {found.st_size} {found.st_mtime_ns}"
