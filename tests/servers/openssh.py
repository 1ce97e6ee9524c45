"""OpenSSH's sshd as an ordinary user on a loopback port, with keys made at the start."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.packages import libraries, program
from tests.servers.process import Process, account, free_port, scratch

PACKAGES = ("openssh-server", "openssh-sftp-server", "openssh-client", "libwrap0")


@dataclass(slots=True)
class OpenSSH:
    """A running sshd that serves SFTP."""

    port: int
    user: str
    host_key: str
    """As a channel pins it: `ssh-ed25519 AAAA...`."""
    private_key: str
    """Of the user who may log in, as OpenSSH writes it."""
    private_key_path: Path
    folder: Path
    """A folder that the user may write to, empty at the start."""
    process: Process

    def new_folder(self, name: str) -> Path:
        """One more folder that the user may write to."""
        made = self.folder / name
        made.mkdir()
        account().own(made)
        return made


def sshd_path() -> Path:
    """The server; raises Missing where it cannot be had."""
    return program("sshd", PACKAGES, ("usr/sbin/sshd",))


def sftp_path() -> Path:
    """The command `sftp`, for comparison."""
    return program("sftp", PACKAGES, ("usr/bin/sftp",))


def ssh_path() -> Path:
    """The command `ssh`, which `sftp` starts."""
    return program("ssh", PACKAGES, ("usr/bin/ssh",))


@contextmanager
def openssh(*more: str, file_kibibytes_max: int | None = None) -> Iterator[OpenSSH]:
    """A server for the time of the block; `more` are lines for its configuration; longer files cannot be written, as with a quota."""
    sshd = sshd_path()
    place = scratch("sshd")
    try:
        server = _configured(place, sshd, more, file_kibibytes_max)
        server.process.start(server.port)
        yield server
        server.process.stop()
    finally:
        Process((), place).stop()


def _configured(place: Path, sshd: Path, more: tuple[str, ...], file_kibibytes_max: int | None) -> OpenSSH:
    who, port = account(), free_port()
    host_key = make_key(place / "host_key", sshd)
    make_key(place / "user_key", sshd)
    (place / "authorized").write_text((place / "user_key.pub").read_text())
    files = place / "files"
    files.mkdir()
    options = (
        f"ListenAddress 127.0.0.1:{port}",
        f"HostKey {place / 'host_key'}",
        f"AuthorizedKeysFile {place / 'authorized'}",
        f"PidFile {place / 'pid'}",
        "UsePAM yes",
        "StrictModes no",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "LogLevel VERBOSE",
        "MaxStartups 100:30:200",
        "MaxSessions 50",
        "PerSourcePenalties no" if _has_penalties(sshd) else "",
        "Subsystem sftp internal-sftp",
        *more,
    )
    (place / "sshd_config").write_text("\n".join(options) + "\n")
    who.own(place)
    # sshd runs itself again for each connection and wants absolute paths for that.
    command: tuple[str, ...] = (str(sshd), "-D", "-e", "-f", str(place / "sshd_config"))
    if file_kibibytes_max is not None:
        # In units of 512 bytes; with the signal ignored a write beyond the limit fails instead of killing the server.
        command = ("/bin/sh", "-c", f'trap \'\' XFSZ; ulimit -f {file_kibibytes_max * 2}; exec "$0" "$@"', *command)
    process = Process(command, place, _environment(sshd))
    private = (place / "user_key").read_text()
    return OpenSSH(port, who.name, host_key, private, place / "user_key", files, process)


def _has_penalties(sshd: Path) -> bool:
    """OpenSSH 9.8 and later shut out addresses that fail often, which tests do on purpose."""
    said = subprocess.run([sshd, "-V"], capture_output=True, text=True, env=_environment(sshd), check=False).stderr
    version = said.partition("OpenSSH_")[2][:4].split("p")[0].split(".")
    return len(version) == 2 and all(part.isdigit() for part in version) and (int(version[0]), int(version[1])) >= (9, 8)


def _environment(program_path: Path) -> dict[str, str]:
    found = libraries(program_path)
    return {"PATH": os.environ.get("PATH", "")} | ({"LD_LIBRARY_PATH": found} if found else {})


def make_key(path: Path, sshd: Path | None = None) -> str:
    """Make an ed25519 key pair with OpenSSH's own format; gives the public half without comment."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption())
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()
    path.write_bytes(private)
    path.chmod(0o600)
    path.with_suffix(".pub").write_text(public + "\n")
    return public
