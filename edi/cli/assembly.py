"""Puts the house together: the one place where files, memory, channels and clock meet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from pydantic import BaseModel

    from edi.channels import ChannelKind
    from edi.workspace.workspace import Workspace


def folder(context: typer.Context) -> Path:
    """The workspace folder: `--workspace`, else the nearest one upwards. Raises ConfigError if there is none."""
    from edi.workspace.loader import find

    given: Path | None = context.find_root().obj
    return find(given if given is not None else Path.cwd())


def workspace(context: typer.Context) -> Workspace:
    """The operator's files, checked. Raises WorkspaceError with every problem."""
    from edi.workspace.loader import load

    return load(folder(context), kinds=settings_models())


def settings_models() -> Mapping[str, type[BaseModel]]:
    """The settings model of every channel kind."""
    from edi.channels import kinds

    return _Settings(kinds())


class _Settings(Mapping[str, "type[BaseModel]"]):
    """Asks a kind for its settings when a file names it: nothing is imported for kinds that nobody uses."""

    def __init__(self, kinds: Mapping[str, ChannelKind]) -> None:
        self._kinds = kinds

    def __getitem__(self, name: str) -> type[BaseModel]:
        return self._kinds[name].Settings

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def __len__(self) -> int:
        return len(self._kinds)
