"""An SFTP channel on a real server behind the fault proxy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from edi.channels import sftp
from edi.channels.sftp.receiving import SftpInbound
from edi.channels.sftp.sending import SftpOutbound
from edi.channels.sftp.ssh import Connection
from tests.servers.openssh import OpenSSH
from tests.servers.process import account
from tests.servers.proxy import Direction, Fault, How, Proxy


@dataclass
class SftpRig:
    """`through` is the port that channels connect to: the server's own, or a proxy's."""

    server: OpenSSH
    proxy: Proxy
    folder: Path
    made: list[SftpInbound | SftpOutbound] = field(default_factory=list)
    secrets_asked: list[str] = field(default_factory=list)

    def settings(self, **keys: object) -> sftp.Settings:
        values: dict[str, object] = {
            "host": "127.0.0.1",
            "port": self.proxy.port,
            "user": self.server.user,
            "key": "${file:key}",
            "host_key": self.server.host_key,
            "folder": str(self.folder),
            "ready": {"stable": 0},
            "timeout": "5s",
        }
        return sftp.Settings.model_validate(values | keys)

    def secret(self, reference: str) -> str:
        self.secrets_asked.append(reference)
        return self.server.private_key

    def connection(self, **keys: object) -> Connection:
        return sftp.connection("acme-in", self.settings(**keys), self.secret)

    def inbound(self, **keys: object) -> SftpInbound:
        pauses: Callable[[float], None] = keys.pop("pause", lambda seconds: None)  # type: ignore[assignment]
        monotonic: Callable[[], float] = keys.pop("monotonic", lambda: 0.0)  # type: ignore[assignment]
        settings = self.settings(**keys)
        end = SftpInbound(
            name="acme-in",
            settings=settings,
            connection=sftp.connection("acme-in", settings, self.secret),
            pause=pauses,
            monotonic=monotonic,
        )
        self.made.append(end)
        return end

    def outbound(self, **keys: object) -> SftpOutbound:
        end = sftp.outbound("acme-out", self.settings(**keys), self.secret, folder=Path())
        self.made.append(end)
        return end

    def put(self, name: str, payload: bytes) -> None:
        self.put_unfinished(name, payload)
        (self.folder / f"{name}.part").rename(self.folder / name)

    def put_unfinished(self, name: str, payload: bytes) -> None:
        (self.folder / f"{name}.part").write_bytes(payload)
        account().own(self.folder / f"{name}.part")

    def lies_there(self) -> Mapping[str, bytes]:
        return {path.name: path.read_bytes() for path in self.folder.iterdir() if path.suffix != ".part"}

    def cuts(self) -> Iterable[AbstractContextManager[object]]:
        """At many places: in the greeting, the key exchange, the login, and within the calls."""
        for after in (0, 10, 100, 1500, 2500, 3000, 3300, 3600, 4000, 4500, 60_000, 120_000, 125_000, 130_000):
            yield self.proxy.breaking(Fault("to_server", after))
        for after in (0, 20, 300, 1700, 2200, 2700, 3000, 3400, 3700, 4000, 40_000, 125_000):
            yield self.proxy.breaking(Fault("to_client", after, "end"))

    @contextmanager
    def cut_from_now(self, direction: Direction, after: int, how: How = "reset") -> Iterator[None]:
        """On a connection that is already open: after so many more bytes."""
        with self.proxy.breaking(Fault(direction, after, how)):
            yield

    def close(self) -> None:
        for end in self.made:
            end.close()
