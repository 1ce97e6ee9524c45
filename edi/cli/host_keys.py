"""Looks at the key a server shows, and writes it into the channel's file, leaving all else there as it stands.

The file is read by itself, not with the workspace: a channel without a key is a fault, and this is what mends it.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edi.cli.files import read_text
from edi.errors import ConfigError
from edi.limits import YAML_BYTES_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the server showed, and what the file says."""

    server: str
    key: str
    """As it is pinned: `ssh-ed25519 AAAA...`."""
    fingerprint: str
    pinned: tuple[str, ...]
    """Fingerprints of the keys in the file."""
    is_pinned: bool


def look(path: Path) -> Shown:
    """Ask the server for its key; nothing else is said to it. Raises ChannelError if it cannot be reached."""
    from edi.channels.sftp.ssh import described, failures, line_of, negotiate

    values = _read(path)
    if values.get("kind") != "sftp":
        raise ConfigError(f"channel {path.stem!r} is of kind {values.get('kind')!r}; only sftp servers show host keys")
    host, port = str(values.get("host", "")), str(values.get("port", "22"))
    if not host or not port.isdecimal():
        raise ConfigError(f"{path.name} names no server: host {host!r}, port {port!r}")
    with failures(path.stem, f"connecting to {host}:{port}"):
        transport = negotiate(host, int(port))
        key = line_of(transport.get_remote_server_key())
        transport.close()
    pinned = _pinned(values)
    return Shown(
        server=f"{host}:{port}",
        key=key,
        fingerprint=described(key),
        pinned=tuple(described(line) for line in pinned),
        is_pinned=key in pinned,
    )


def pin(path: Path, key: str) -> None:
    """Write the key into the file in place of those pinned before; comments, order and everything else stay."""
    values = _read(path)
    values["host_key"] = key
    written = io.StringIO()
    _yaml().dump(values, written)
    temporary = path.with_name(f".{path.name}.new")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(written.getvalue())
        file.flush()
        os.fsync(file.fileno())
    temporary.chmod(path.stat().st_mode & 0o777)
    temporary.replace(path)


def _pinned(values: Any) -> tuple[str, ...]:
    from edi.channels.sftp.ssh import check_host_key

    found = values.get("host_key") or ()
    lines = (found,) if isinstance(found, str) else tuple(str(line) for line in found)
    good = []
    for line in lines:
        try:
            good.append(" ".join(check_host_key(line).split()[:2]))
        except ValueError:
            continue
    return tuple(good)


def _read(path: Path) -> Any:
    from ruamel.yaml.error import YAMLError

    if not path.is_file():
        raise ConfigError(f"there is no channel {path.stem!r}", hint="`edi channel list` names the channels")
    text = read_text(path)
    if len(text) > YAML_BYTES_MAX:
        raise ConfigError(f"channels/{path.name} is longer than any channel's file")
    try:
        values = _yaml().load(text)
    except YAMLError as error:
        raise ConfigError(f"channels/{path.name} is not YAML", hint="`edi check` says where") from error
    if not hasattr(values, "get"):
        raise ConfigError(f"channels/{path.name} holds no keys", hint="`edi check` says what belongs there")
    return values


def _yaml() -> Any:
    from ruamel.yaml import YAML

    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 4096  # keys are long; a folded one is hard to compare
    return yaml
