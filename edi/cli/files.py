"""Files named on the command line."""

from __future__ import annotations

import sys
from pathlib import Path


def read_text(file: Path) -> str:
    """The characters of one of the workspace's files. Raises ConfigError where there is no such file, or it is not UTF-8."""
    from edi.errors import ConfigError

    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{file} could not be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file} is not UTF-8", hint="save the file as UTF-8") from error


def read_file(file: Path) -> bytes:
    """The bytes; `-` is standard input. Raises ConfigError where there is no such file, or it is too large."""
    from edi.errors import ConfigError
    from edi.limits import MIB, RECEIVED_BYTES_MAX

    if str(file) == "-":
        return sys.stdin.buffer.read(RECEIVED_BYTES_MAX + 1)
    try:
        if file.stat().st_size > RECEIVED_BYTES_MAX:
            raise ConfigError(f"{file} has more than {RECEIVED_BYTES_MAX // MIB} MB")
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file} could not be read: {error.strerror}") from error
