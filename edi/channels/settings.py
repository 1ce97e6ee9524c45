"""Types that the settings of several channel kinds share: durations, secret references, readiness, what happens afterwards."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from edi.channels.kind import KindSettings
from edi.channels.names import check_template

_DURATION = re.compile(r"(\d{1,6})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_REFERENCE = re.compile(r"\$\{(env|file):[^{}]+\}")


def seconds(value: object) -> int:
    """Seconds of a duration such as `10s`, `5m`, `4h` or `7d`."""
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"{value!r} is no duration; write 10s, 5m, 4h or 7d")
    return int(found[1]) * _SECONDS[found[2]]


def reference(value: str) -> str:
    """The value, if it points to a secret instead of holding one."""
    if not _REFERENCE.fullmatch(value):
        raise ValueError("a secret stands in clear text; write ${env:NAME} or ${file:PATH}")
    return value


Seconds = Annotated[int, BeforeValidator(lambda value: value if isinstance(value, int) and value == 0 else seconds(value))]
Secret = Annotated[str, AfterValidator(reference), Field(json_schema_extra={"secret": True})]
NameTemplate = Annotated[str, AfterValidator(check_template)]


class Ready(KindSettings):
    """When a file counts as complete: its size stood still for a while, or a marker file lies beside it."""

    stable: Seconds | None = None
    marker: str | None = None
    """Name of the marker with `{name}` for the file's own, e.g. `{name}.ok`, or `{stem}.ok`."""

    @model_validator(mode="after")
    def _one_of(self) -> Ready:
        if (self.stable is None) == (self.marker is None):
            raise ValueError("`ready` takes either `stable: 10s` or `marker: '{name}.ok'`")
        if self.marker is not None and not {"{name}", "{stem}"} & set(re.findall(r"\{\w+\}", self.marker)):
            raise ValueError(f"marker {self.marker!r} names neither {{name}} nor {{stem}}")
        return self


class Move(KindSettings):
    """Where a file goes after our commit: a folder beside the one it was read from."""

    move: str = Field(min_length=1)


After = Literal["remove", "leave"] | Move

Exists = Literal["suffix", "refuse"]
"""What to do if the name is taken by other content: deliver under a suffixed name, or hold."""
