"""Puts the house together: the one place where files, memory, channels and clock meet."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

if TYPE_CHECKING:
    from pydantic import BaseModel

    from edi.channels import ChannelKind
    from edi.engine.engine import Engine
    from edi.engine.ports import Inbound, Outbound
    from edi.store.store import Reading, Store, Transaction
    from edi.workspace.model import ChannelFile
    from edi.workspace.tables import WorkspaceTables
    from edi.workspace.workspace import Workspace


def folder(context: typer.Context) -> Path:
    """The workspace folder: `--workspace`, else the nearest one upwards. Raises ConfigError if there is none."""
    from edi.workspace.place import find

    given: Path | None = context.find_root().obj
    return find(given if given is not None else Path.cwd())


def tables(context: typer.Context) -> WorkspaceTables | None:
    """The workspace's own tables before the shipped ones; None, which stands for these, where no workspace is around."""
    from edi.errors import ConfigError
    from edi.workspace.tables import WorkspaceTables

    try:
        return WorkspaceTables(folder(context))
    except ConfigError:
        if context.find_root().obj is not None:
            raise
        return None


def workspace(context: typer.Context, *, compile_mappings: bool | Literal["routed"] = False) -> Workspace:
    """The operator's files, checked. Raises WorkspaceError with every problem; the daemon also asks for those of mappings."""
    from edi.workspace.loader import load

    return load(folder(context), kinds=settings_models(), compile_mappings=compile_mappings)


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


class WorkspaceChannels:
    """The channels of a workspace, opened when they are asked for and kept (implements `edi.engine.ports.Channels`)."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._inbound: dict[str, Inbound] = {}
        self._outbound: dict[str, Outbound] = {}
        self._lock = threading.Lock()

    def inbound(self, name: str) -> Inbound:
        from edi.channels import kinds

        with self._lock:
            if name not in self._inbound:
                channel = self._channel(name, "in")
                self._inbound[name] = kinds()[channel.kind].inbound(
                    name, channel.settings, self._workspace.secret, folder=self._workspace.folder
                )
            return self._inbound[name]

    def outbound(self, name: str) -> Outbound:
        from edi.channels import kinds

        with self._lock:
            if name not in self._outbound:
                channel = self._channel(name, "out")
                self._outbound[name] = kinds()[channel.kind].outbound(
                    name, channel.settings, self._workspace.secret, folder=self._workspace.folder
                )
            return self._outbound[name]

    def _channel(self, name: str, direction: str) -> ChannelFile:
        from edi.errors import ConfigError

        channel = self._workspace.channels.get(name)
        if channel is None:
            raise ConfigError(f"there is no channel {name!r}", hint=f"one of: {', '.join(sorted(self._workspace.channels))}")
        if channel.direction not in {direction, "both"}:
            verb = "receive" if direction == "in" else "send"
            raise ConfigError(f"channel {name!r} does not {verb}", hint=f"its file says direction: {channel.direction}")
        return channel

    def close(self) -> None:
        with self._lock:
            for receiving in self._inbound.values():
                receiving.close()
            for sending in self._outbound.values():
                sending.close()
            self._inbound.clear()
            self._outbound.clear()


STORE_FOLDER = "var"
"""Where a workspace keeps its memory."""


def database_url(place: Path) -> str:
    """Where the memory lies: `EDI_DATABASE`, else a file in the store's folder."""
    from edi.store.dialect import sqlite_url
    from edi.store.store import DATABASE_NAME

    return os.environ.get("EDI_DATABASE") or sqlite_url(place / DATABASE_NAME)


def store(folder: Path) -> Store:
    """The memory of the workspace. Raises StoreError where it is not durable."""
    from edi.store.store import Store

    return Store(folder / STORE_FOLDER, os.environ.get("EDI_DATABASE"))


@contextmanager
def reading(context: typer.Context) -> Iterator[Reading]:
    """One view of the memory, without the operator's files: works while they are being edited."""
    from edi.errors import ConfigError

    place = folder(context)
    if "EDI_DATABASE" not in os.environ and not (place / STORE_FOLDER).is_dir():
        raise ConfigError(f"{place} has no memory yet", hint="edi run --once makes a first pass")
    opened = store(place)
    try:
        with opened.reading() as view:
            yield view
    finally:
        opened.close()


@contextmanager
def writing(folder: Path) -> Iterator[Transaction]:
    """One transaction over the workspace's memory, in the name of who sits at the terminal."""
    from edi.engine.clock import SystemClock

    opened = store(folder)
    try:
        with opened.writing(f"operator:{operator_name()}", SystemClock().now()) as transaction:
            yield transaction
    finally:
        opened.close()


@contextmanager
def engine(loaded: Workspace) -> Iterator[Engine]:
    """The engine over a workspace; closed afterwards."""
    opened = new_engine(loaded)
    try:
        yield opened
    finally:
        opened.close()


def new_engine(loaded: Workspace) -> Engine:
    """An engine over a workspace; whoever asks closes it."""
    import structlog

    from edi.cli import logs
    from edi.engine.clock import SystemClock
    from edi.engine.engine import Engine
    from edi.engine.translate import Mappings

    if not structlog.is_configured():
        logs.set_up(quiet=True)  # structlog's own way to show a crash prints the values of variables, and so secrets
    clock = SystemClock()
    return Engine(store(loaded.folder), loaded, WorkspaceChannels(loaded), clock, Mappings(loaded, clock))


class WorkerFactory:
    """Makes the engines of worker processes, from the files that the daemon works with: what is being edited meanwhile is none of theirs."""

    def __init__(self, daemon: Engine, json_log: bool) -> None:
        self._daemon: Engine | None = daemon
        self._workspace: Workspace | None = None
        self._json_log = json_log

    def __getstate__(self) -> tuple[Workspace, bool]:
        """For a new process: the files as they were taken; mappings are compiled there."""
        import dataclasses

        assert self._daemon is not None, "only the daemon starts workers"
        return dataclasses.replace(self._daemon.context.workspace, loaded={}), self._json_log

    def __setstate__(self, state: tuple[Workspace, bool]) -> None:
        self._daemon = None
        self._workspace, self._json_log = state

    def __call__(self) -> Engine:
        from edi.cli import logs

        logs.set_up(as_json=self._json_log)
        assert self._workspace is not None, "called in a worker"
        return new_engine(self._workspace)


def operator_name() -> str:
    """Who acts, for the audit trail: the account at the terminal."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
