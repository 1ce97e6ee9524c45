"""The operator's own tables under `schemas/`, looked up before the shipped ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edi import shipped
from edi.errors import ConfigError
from edi.limits import RECEIVED_BYTES_MAX


@dataclass(frozen=True, slots=True)
class WorkspaceTables:
    """Implements `edi.ports.TableSource` over a workspace folder."""

    folder: Path
    version: str = ""
    """The workspace's digest: directories are cached by their source, and a changed table must not be an old one."""

    def read(self, *path: str) -> bytes | None:
        """The bytes of the operator's file, else of the shipped one; None if neither has it."""
        own = self._own(path)
        if own is not None:
            return own
        return shipped.read_bytes(*path) if shipped.exists(*path) else None

    def _own(self, path: tuple[str, ...]) -> bytes | None:
        place = self.folder.joinpath(*path)
        # A name that came out of a message (a release, a code list) must not walk through the disk.
        if any(part in {"", ".", ".."} or "/" in part or "\0" in part for part in path) or not place.is_file():
            return None
        if place.stat().st_size > RECEIVED_BYTES_MAX:
            raise ConfigError(f"the table {'/'.join(path)!r} is larger than {RECEIVED_BYTES_MAX} bytes")
        return place.read_bytes()
