"""Writes a workspace to begin with: the shipped partners, channels, mappings and routes, and what a server needs."""

from __future__ import annotations

import shutil
import sys
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from edi import shipped
from edi.errors import ConfigError

COPIED: Final = ("partners", "channels", "mappings")
"""Folders of the starter that are copied. Tables are not: what the workspace lacks comes from the program."""

ADDED: Final = {
    "README.md": "README.md",
    ".gitignore": "gitignore",
    "secrets/README.md": "secrets.md",
    "deploy/edi.service": "edi.service",
    "deploy/Containerfile": "Containerfile",
}
"""Path in the workspace to the template."""

FOLDERS: Final = ("data/acme/inbox", "data/acme/outbox", "data/erp/incoming", "data/erp/outgoing", "data/nordwind/outbox")
"""What the starter's channels read and write; a channel never makes a folder, since a missing one is a missing mount."""

SECRET_FOLDER_MODE: Final = 0o700


def init(folder: Path) -> tuple[str, ...]:
    """Write the starter workspace into a new or empty folder; the paths written, relative to it, in order.

    Raises ConfigError if something is there already: a workspace is never overwritten.
    """
    target = folder.absolute()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ConfigError(f"{str(folder)!r} is not empty", hint="name a new folder; edi init never overwrites")
    written = {**_starter(), **_added(target)}
    try:
        _make(target, written)
    except OSError as error:
        raise ConfigError(f"{str(folder)!r} could not be written: {error.strerror}", hint="name a folder you may write") from error
    return tuple(sorted(written))


def _starter() -> dict[str, bytes]:
    """The shipped files by path."""
    found = {"routes.yaml": shipped.read_bytes("routes.yaml")}
    for name in COPIED:
        found |= _below((name,))
    return found


def _below(folder: tuple[str, ...]) -> dict[str, bytes]:
    """The YAML and CSV files of a shipped folder and of those in it."""
    found: dict[str, bytes] = {}
    for entry in shipped.names(*folder):
        if entry.endswith((".yaml", ".csv")):
            found["/".join((*folder, entry))] = shipped.read_bytes(*folder, entry)
        else:
            found |= _below((*folder, entry))
    return found


def _added(target: Path) -> dict[str, bytes]:
    templates: Traversable = files("edi.workspace").joinpath("starter")
    words = {b"@FOLDER@": str(target).encode(), b"@EDI@": _command().encode()}
    found = {path: templates.joinpath(name).read_bytes() for path, name in ADDED.items()}
    return {path: _filled(text, words) for path, text in found.items()}


def _filled(text: bytes, words: dict[bytes, bytes]) -> bytes:
    for word, value in words.items():
        text = text.replace(word, value)
    return text


def _command() -> str:
    """How `edi` is called on this machine, for a unit that has no PATH of ours."""
    return shutil.which("edi") or f"{sys.executable} -m edi"


def _make(target: Path, written: dict[str, bytes]) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for path, content in written.items():
        place = target / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    for folder in FOLDERS:
        (target / folder).mkdir(parents=True, exist_ok=True)
    (target / "secrets").chmod(SECRET_FOLDER_MODE)
