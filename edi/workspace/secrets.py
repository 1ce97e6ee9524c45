"""Secrets: files of the workspace hold references only, `${env:NAME}` or `${file:PATH}`; values are read when used.

A value never shows itself: its `repr` and `str` are masked, it cannot be formatted into a log line by accident.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from edi.errors import ConfigError

SECRET_BYTES_MAX: Final = 1024 * 1024
"""Keys and tokens have kilobytes."""

_REFERENCE = re.compile(r"\$\{(env|file):([^{}\x00-\x1f]+)\}")
_ENVIRONMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class SecretReference:
    """Where a secret is found; as a field's type it refuses a secret in clear text (Y10)."""

    kind: Literal["env", "file"]
    name: str
    """The environment variable, or the file's path, relative to the workspace."""

    def __str__(self) -> str:
        return f"${{{self.kind}:{self.name}}}"

    @classmethod
    def read(cls, text: object) -> SecretReference:
        """The reference written in a file. Raises ValueError, never repeating the value: it may be the secret."""
        if isinstance(text, SecretReference):
            return text
        found = _REFERENCE.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            raise ValueError("a secret stands here in clear text; write ${env:NAME} or ${file:PATH}")
        if found[1] == "file":
            return cls("file", found[2])
        if not _ENVIRONMENT_NAME.fullmatch(found[2]):
            raise ValueError(f"{found[2]!r} is no name of an environment variable")
        return cls("env", found[2])

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(cls.read, serialization=core_schema.to_string_ser_schema())

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "pattern": _REFERENCE.pattern}


class Secret:
    """A secret's value in memory, masked wherever it might be shown."""

    __slots__ = ("_data",)

    def __init__(self, data: bytes) -> None:
        self._data = data

    def reveal(self) -> str:
        """The value as text, without the line end that editors leave behind."""
        return self._data.decode("utf-8").removesuffix("\n").removesuffix("\r")

    def data(self) -> bytes:
        """The value's bytes as they stand, e.g. of a key file."""
        return self._data

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._data == other._data

    def __hash__(self) -> int:
        return hash(self._data)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not written anywhere")


SecretReader: TypeAlias = Callable[[str], str]
"""What channels are handed: `Workspace.secret`."""


def read_secret(reference: SecretReference, folder: Path) -> Secret:
    """The value; `folder` is the workspace. Raises ConfigError if it is missing or may be read by everybody (Y11)."""
    if reference.kind == "env":
        value = os.environ.get(reference.name)
        if value is None:
            raise ConfigError(
                f"the environment variable {reference.name!r} is not set",
                hint="set it where edi is started, e.g. in the unit's EnvironmentFile",
            )
        return Secret(value.encode("utf-8", "surrogateescape"))
    trouble = trouble_with_file(reference, folder)
    if trouble is not None:
        raise ConfigError(trouble[0], hint=trouble[1])
    return Secret((folder / reference.name).read_bytes())


def trouble_with_file(reference: SecretReference, folder: Path) -> tuple[str, str] | None:
    """Sentence and hint why a secret's file cannot be used; None if it can."""
    path = folder / reference.name
    try:
        found = path.stat()
    except OSError as error:
        return f"the secret's file {reference.name!r} cannot be read: {error.strerror}", "create it, readable only by the user edi runs as"
    if not stat.S_ISREG(found.st_mode):
        return f"the secret's file {reference.name!r} is not a file", "name a file"
    if os.name == "posix" and found.st_mode & (stat.S_IROTH | stat.S_IWOTH):
        return f"the secret's file {reference.name!r} may be read or changed by everybody on this machine", f"chmod 600 {reference.name}"
    if found.st_size > SECRET_BYTES_MAX:
        return f"the secret's file {reference.name!r} has {found.st_size} bytes", "name the file that holds only the secret"
    return None
