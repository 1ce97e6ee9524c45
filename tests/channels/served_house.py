"""The engine's house with channels that lead to real servers; secrets lie in files as an operator has them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy import select

from edi.cli.assembly import WorkspaceChannels, settings_models
from edi.engine import inbound
from edi.engine.engine import Engine
from edi.store.store import Store
from edi.store.tables import outbound, transmission
from edi.workspace.loader import load
from tests.engine.house import House
from tests.servers.openssh import OpenSSH


class ServedHouse(House):
    """As `House`; `secrets` are files under `secrets/`."""

    def __init__(self, folder: Path, *, url: str | None = None, changes: Mapping[str, str], secrets: Mapping[str, str]) -> None:
        for name, text in secrets.items():
            place = folder / "secrets" / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
            place.chmod(0o600)
        super().__init__(folder, url=url, changes=changes)

    def again(self, *, start: bool = True) -> Engine:
        self.engine = self.beside()
        if start:
            self.engine.start()
        return self.engine

    def beside(self, store: str = "store") -> Engine:
        """One more engine on the same files and database; with a folder of its own it is another node."""
        workspace = load(self.folder, kinds=settings_models())
        channels = WorkspaceChannels(workspace)
        return Engine(Store(self.folder / store, self.url), workspace, channels, self.clock, self.translator, random=lambda: 0.5)

    def crash(self, step: str, channel: str = "acme-in") -> None:
        """Die at a step of a poll, and start again."""

        def die(name: str) -> None:
            if name == step:
                raise KeyboardInterrupt

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(inbound, "failpoint", die)
            with pytest.raises(KeyboardInterrupt):
                self.engine.poll(channel)
        self.engine.close()
        self.again()

    def rows(self, table: str = "transmission") -> list[tuple[str, str | None]]:
        """State and reason of each row."""
        found = {"transmission": transmission, "outbound": outbound}[table]
        with self.engine.context.store.reading() as view:
            query = select(found.c.state, found.c.reason).order_by(found.c.id)
            return [(row.state, row.reason) for row in view.connection.execute(query)]


def sftp_channel(channel: str, direction: str, server: OpenSSH, folder: Path, *, port: int | None = None, **more: object) -> str:
    """The YAML of an SFTP channel on a server."""
    keys = {
        "channel": channel,
        "kind": "sftp",
        "direction": direction,
        "partner": "acme",
        "host": "127.0.0.1",
        "port": port or server.port,
        "user": server.user,
        "key": "'${file:secrets/key}'",
        "host_key": server.host_key,
        "folder": folder,
        "timeout": "5s",
        **({"ready": "{stable: 0s}"} if direction == "in" else {}),
        **more,
    }
    return "".join(f"{key}: {value}\n" for key, value in keys.items())
