"""Power-cut replay: trace one run's file operations, then build what a disk would hold after a cut behind each of them.

Two models of what survives. `posix`: a file's bytes survive up to its last fsync, a name only when its folder was fsynced afterwards.
`ordered`: as ext4 behaves, an fsync of a new file also makes its name durable. In both, what was renamed without fsync is a name with
whatever bytes were durable then.
"""

from __future__ import annotations

import codecs
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Model = Literal["posix", "ordered"]
CALLS = "fsync,fdatasync,rename,renameat,renameat2,write,pwrite64,unlink,unlinkat,ftruncate,openat,open,link,linkat"
_LINE = re.compile(r"^(?:\[pid\s+\d+\]|\d+)?\s*(\w+)\((.*)\)\s+= (-?\d+)(?:<([^>]*)>)?")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True, slots=True)
class Operation:
    """One file operation that succeeded."""

    name: str
    path: str
    data: bytes = b""
    offset: int | None = None
    target: str = ""
    truncates: bool = False


@dataclass(slots=True)
class Disk:
    """What programs see, and what would survive."""

    model: Model
    seen: dict[str, int] = field(default_factory=dict)
    """Path to inode."""
    kept: dict[str, int] = field(default_factory=dict)
    bytes_seen: dict[int, bytearray] = field(default_factory=dict)
    bytes_kept: dict[int, bytes] = field(default_factory=dict)
    count: int = 0

    def put(self, path: str, data: bytes) -> None:
        """A file that was there, durably, before the run."""
        self.count += 1
        self.seen[path] = self.kept[path] = self.count
        self.bytes_seen[self.count] = bytearray(data)
        self.bytes_kept[self.count] = data

    def apply(self, operation: Operation) -> None:
        getattr(self, f"_{operation.name}")(operation)

    def survivors(self) -> dict[str, bytes]:
        """Path to bytes after a cut now."""
        return {path: self.bytes_kept.get(inode, b"") for path, inode in self.kept.items()}

    def _open(self, operation: Operation) -> None:
        if operation.path not in self.seen:
            self.count += 1
            self.seen[operation.path] = self.count
            self.bytes_seen[self.count] = bytearray()
        elif operation.truncates:
            self.bytes_seen[self.seen[operation.path]].clear()

    def _write(self, operation: Operation) -> None:
        data = self.bytes_seen[self.seen[operation.path]]
        start = len(data) if operation.offset is None else operation.offset
        data.extend(bytes(max(0, start - len(data))))
        data[start : start + len(operation.data)] = operation.data

    def _truncate(self, operation: Operation) -> None:
        data = self.bytes_seen[self.seen[operation.path]]
        size = operation.offset or 0
        del data[size:]
        data.extend(bytes(size - len(data)))

    def _rename(self, operation: Operation) -> None:
        self.seen[operation.target] = self.seen.pop(operation.path)

    def _link(self, operation: Operation) -> None:
        self.seen[operation.target] = self.seen[operation.path]

    def _unlink(self, operation: Operation) -> None:
        self.seen.pop(operation.path, None)

    def _sync(self, operation: Operation) -> None:
        inode = self.seen.get(operation.path)
        if inode is not None:
            self.bytes_kept[inode] = bytes(self.bytes_seen[inode])
            if self.model == "ordered":
                self.kept[operation.path] = inode
            return
        prefix = operation.path.rstrip("/") + "/"
        for path in [path for path in self.kept if path.startswith(prefix) and "/" not in path[len(prefix) :]]:
            del self.kept[path]
        for path, inode in self.seen.items():
            if path.startswith(prefix) and "/" not in path[len(prefix) :]:
                self.kept[path] = inode


def trace(command: list[str], root: Path, log: Path, environment: dict[str, str]) -> list[Operation]:
    """The file operations of a run below a folder, in order. The shared-memory index of SQLite does not count: it is rebuilt."""
    traced = ["strace", "-f", "-y", "-xx", "-s", "4000000", "-e", f"trace={CALLS}", "-o", str(log), *command]
    subprocess.run(traced, check=True, env=environment, capture_output=True, timeout=240)
    with log.open() as lines:
        return [one for line in lines for one in _operations(line) if one.path.startswith(str(root)) and not one.path.endswith("-shm")]


def _operations(line: str) -> Iterator[Operation]:
    found = _LINE.match(line)
    if found is None or int(found[3]) < 0:
        return
    call, arguments = found[1], found[2]
    descriptor = re.match(r"\d+<([^>]*)>", arguments)
    path = _unescape(descriptor[1]).decode() if descriptor else ""
    texts = [_unescape(text) for text in _TEXT.findall(re.sub(r"<[^>]*>", "", arguments))]
    if call in {"fsync", "fdatasync"}:
        yield Operation("sync", path)
    elif call == "write":
        yield Operation("write", path, data=texts[0] if texts else b"")
    elif call == "pwrite64":
        yield Operation("write", path, data=texts[0], offset=int(arguments.rsplit(",", 1)[1]))
    elif call == "ftruncate":
        yield Operation("truncate", path, offset=int(arguments.rsplit(",", 1)[1]))
    elif call in {"open", "openat"} and "O_CREAT" in arguments:
        yield Operation("open", _whole(path, texts[0]), truncates="O_TRUNC" in arguments)
    elif call in {"unlink", "unlinkat"} and "AT_REMOVEDIR" not in arguments:
        yield Operation("unlink", _whole(path, texts[0]))
    elif call.startswith(("rename", "link")):
        folders = [_unescape(one).decode() for one in re.findall(r"(?:\d+|AT_FDCWD)<([^>]*)>", arguments)]
        before, after = folders if len(folders) == 2 else ("", "")
        yield Operation("rename" if call.startswith("rename") else "link", _whole(before, texts[0]), target=_whole(after, texts[1]))


def _unescape(text: str) -> bytes:
    decoded, _length = codecs.escape_decode(text.encode())  # type: ignore[attr-defined]  # strace writes C escapes
    assert isinstance(decoded, bytes)
    return decoded


def _whole(folder: str, name: bytes) -> str:
    text = name.decode("utf-8", "surrogateescape")
    return text if text.startswith("/") else f"{folder.rstrip('/')}/{text}"
