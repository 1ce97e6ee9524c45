"""Channel kind `sftp`: files on a partner's SSH server, in and out, over one connection that is kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field, field_validator, model_validator

from edi.channels.kind import KindSettings, SecretReader
from edi.channels.settings import After, Exists, NameTemplate, Ready, Seconds, Secret

if TYPE_CHECKING:
    from edi.channels.sftp.receiving import SftpInbound
    from edi.channels.sftp.sending import SftpOutbound
    from edi.channels.sftp.ssh import Connection

KIND = "sftp"


def _host_key(line: str) -> str:
    from edi.channels.sftp.ssh import check_host_key  # noqa: PLC0415 -- settings stay cheap to import

    return check_host_key(line)


HostKey = Annotated[str, AfterValidator(_host_key)]


class Settings(KindSettings):
    """Keys of a channel of kind `sftp`."""

    host: str = Field(min_length=1)
    port: int = Field(default=22, ge=1, le=65535)
    user: str = Field(min_length=1)
    key: Secret | None = None
    passphrase: Secret | None = None
    password: Secret | None = None
    agent: bool = False
    """Try the keys of a running ssh-agent too."""
    host_key: HostKey | tuple[HostKey, ...] = Field(default=(), validate_default=True)
    """Pinned; without one nothing is sent. Several while a partner changes keys."""
    timeout: Seconds = 30
    """So long we wait for any one answer."""

    folder: str = "."
    pattern: tuple[str, ...] | str = "*"
    ignore: tuple[str, ...] = ()
    ready: Ready = Ready.model_validate({"stable": "10s"})
    after: After = "remove"

    name: NameTemplate | None = None
    exists: Exists = "suffix"
    temporary: str = ".{name}.part"
    """Pattern of the name under which a file is written; `temporary: '{name}.part'` for servers that refuse leading dots."""

    @property
    def patterns(self) -> tuple[str, ...]:
        return (self.pattern,) if isinstance(self.pattern, str) else self.pattern

    @property
    def host_keys(self) -> tuple[str, ...]:
        return (self.host_key,) if isinstance(self.host_key, str) else self.host_key

    @field_validator("host_key")
    @classmethod
    def _pinned(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        if not value:
            raise ValueError("no host key is pinned; `edi channel trust NAME` shows the server's and sets it")
        return value

    @model_validator(mode="after")
    def _some_proof(self) -> Settings:
        if not (self.key or self.password or self.agent):
            raise ValueError("one of `key`, `password` and `agent` says how we log in")
        if "{name}" not in self.temporary or "/" in self.temporary or self.temporary == "{name}":
            raise ValueError("`temporary` is a name made from {name}, e.g. `.{name}.part`")
        return self


def inbound(name: str, settings: Settings, secrets: SecretReader, *, folder: Path) -> SftpInbound:  # noqa: ARG001 -- every kind is handed it
    """The receiving end."""
    from edi.channels.sftp.receiving import SftpInbound  # noqa: PLC0415 -- settings stay cheap to import

    return SftpInbound(name=name, settings=settings, connection=connection(name, settings, secrets))


def outbound(name: str, settings: Settings, secrets: SecretReader, *, folder: Path) -> SftpOutbound:  # noqa: ARG001 -- every kind is handed it
    """The sending end."""
    from edi.channels.sftp.sending import SftpOutbound  # noqa: PLC0415 -- settings stay cheap to import

    return SftpOutbound(name=name, settings=settings, connection=connection(name, settings, secrets))


def connection(name: str, settings: Settings, secrets: SecretReader) -> Connection:
    """A connection for the settings; nothing is opened yet."""
    from edi.channels.sftp.ssh import Connection, Server  # noqa: PLC0415 -- settings stay cheap to import

    server = Server(
        channel=name,
        host=settings.host,
        port=settings.port,
        user=settings.user,
        host_keys=settings.host_keys,
        key=settings.key,
        passphrase=settings.passphrase,
        password=settings.password,
        agent=settings.agent,
        timeout_seconds=float(settings.timeout),
    )
    return Connection(server, secrets)
