"""How a mail server is reached: its address, its certificate, our password or token."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

from edi.channels.email import Settings
from edi.channels.kind import SecretReader
from edi.errors import ChannelError, ConfigError, TemporaryChannelError

TOKEN_SECONDS_MAX = 30


@dataclass(frozen=True, slots=True)
class Account:
    """One user on one server."""

    channel: str
    settings: Settings
    secrets: SecretReader
    folder: Path

    def __str__(self) -> str:
        return f"{self.settings.host}:{self.settings.server_port}"

    def tls(self) -> ssl.SSLContext:
        """Certificates are always checked."""
        ca = self.settings.ca
        try:
            context = ssl.create_default_context(cafile=str(self.folder / ca) if ca else None)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(f"{self.channel}: {ca!r} holds no certificates that can be read", hint="give a PEM file") from error
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    def password(self) -> str | None:
        """The password; None if there is none."""
        return self.secrets(self.settings.password) if self.settings.password else None

    def token(self) -> str | None:
        """What the token command prints; None if there is no command."""
        command = self.settings.token_command
        if not command:
            return None
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=TOKEN_SECONDS_MAX, check=False)  # noqa: S603 -- the operator's own program
        except (OSError, subprocess.TimeoutExpired) as error:
            said = error.strerror if isinstance(error, OSError) else f"it took longer than {TOKEN_SECONDS_MAX} seconds"
            raise TemporaryChannelError(f"{self.channel}: {command[0]!r} gave no token: {said}", hint="check `token_command`") from error
        token = done.stdout.strip()
        if done.returncode or token.split() != [token] or not token.isascii():
            raise ChannelError(f"{self.channel}: {command[0]!r} gave no token and ended with {done.returncode}", hint="run it by hand")
        return token
