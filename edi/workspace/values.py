"""The scalars of the operator's files: text with a shape, typed by what the key is for.

YAML hands over text only, so `NO` is never false and `0088` never 88; each type here says what text it takes.
"""

from __future__ import annotations

import re
from datetime import time, timedelta
from typing import Annotated, Final, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator

_DURATION = re.compile(r"(\d{1,6})([smhd])")
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
NAME: Final = "[a-z0-9][a-z0-9._-]{0,62}"
LINE_CHARACTERS_MAX: Final = 500
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Frozen(BaseModel):
    """Base of everything read from the operator's files: unknown keys are errors, nothing changes afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def read_duration(text: object) -> timedelta:
    """`10s`, `5m`, `4h` or `7d` as a time span. Raises ValueError for anything else."""
    if isinstance(text, timedelta):
        return text
    found = _DURATION.fullmatch(str(text))
    if found is None:
        raise ValueError(f"{text!r} is not a time span; write 10s, 5m, 4h or 7d")
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])


def _shaped(pattern: str, complaint: str) -> AfterValidator:
    """A check that the whole text has the pattern's form; the complaint follows the quoted value."""
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"{value!r} {complaint}")
        return value

    return AfterValidator(check)


def _check_line(text: str) -> str:
    if not text:
        raise ValueError("text is missing here")
    if len(text) > LINE_CHARACTERS_MAX:
        raise ValueError(f"the text has {len(text)} characters; at most {LINE_CHARACTERS_MAX} are read")
    if any(character < " " or character == "\x7f" for character in text):
        raise ValueError(f"{text!r} holds control characters or line ends")
    return text


def _read_flag(value: object) -> object:
    if isinstance(value, bool) or value in ("true", "false"):
        return value in (True, "true")
    raise ValueError(f"{value!r} is neither true nor false")


def _read_whole(value: object) -> object:
    if isinstance(value, int) or (isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value)):
        return int(value)
    raise ValueError(f"{value!r} is not a whole number")


def _read_time_of_day(value: object) -> object:
    if isinstance(value, time):
        return value
    found = _TIME_OF_DAY.fullmatch(str(value))
    if found is None:
        raise ValueError(f"{value!r} is not a time of day; write '18:00' in quotes")
    return time(int(found[1]), int(found[2]))


def _check_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"the time zone {name!r} is not known; write e.g. Europe/Berlin") from error
    return name


def _check_cron(expression: str) -> str:
    fields = expression.split()
    if len(fields) != 5:
        raise ValueError(f"a cron expression has five fields: minute, hour, day, month, weekday; {expression!r} has {len(fields)}")
    for field, (low, high) in zip(fields[:4], ((0, 59), (0, 23), (1, 31), (1, 12)), strict=True):
        _check_cron_field(field, low, high)
    _check_cron_weekday(fields[4])
    return expression


def _check_cron_field(field: str, low: int, high: int) -> None:
    for part in field.split(","):
        found = re.fullmatch(r"(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:/(\d{1,2}))?", part)
        if found is None:
            raise ValueError(f"the cron field {field!r} is not understood; write *, 5, 1-5, */10 or a list of these")
        numbers = [int(number) for number in found.groups()[:2] if number]
        if any(not low <= number <= high for number in numbers) or numbers != sorted(numbers) or found[3] in {"0", "00"}:
            raise ValueError(f"the cron field {field!r} is out of range; it counts from {low} to {high}")


def _check_cron_weekday(field: str) -> None:
    names = "|".join(WEEKDAYS)
    for part in field.split(","):
        # Numbers mean different days in different programs (0 is Sunday in cron, Monday in APScheduler).
        if part != "*" and not re.fullmatch(rf"(?:{names})(?:-(?:{names}))?", part):
            raise ValueError(f"the cron weekday {field!r} is not understood; write names: mon-fri")


Duration = Annotated[timedelta, BeforeValidator(read_duration)]
Flag = Annotated[bool, BeforeValidator(_read_flag)]
Whole = Annotated[int, BeforeValidator(_read_whole)]
TimeOfDay = Annotated[time, BeforeValidator(_read_time_of_day)]
TimeZone = Annotated[str, AfterValidator(_check_timezone)]
Cron = Annotated[str, AfterValidator(_check_cron)]
Text = Annotated[str, AfterValidator(_check_line)]
"""One line of text."""
Name = Annotated[str, _shaped(NAME, "is no name: small letters, digits, '.', '_' and '-', at most 63")]
"""Name of a partner, channel or route; it becomes a file name and a label."""
MappingName = Annotated[str, _shaped(f"{NAME}(@{NAME})?", "is no mapping name; write e.g. invoic-eancom or invoic-eancom@acme")]
Address = Annotated[str, _shaped(r"[^@\s<>,;\x00-\x1f]{1,64}@[A-Za-z0-9.-]{1,253}", "is no bare mail address")]
KindName = Annotated[str, _shaped("[a-z][a-z_]{0,62}", "is no kind; write e.g. order or despatch_advice")]


class Schedule(Frozen):
    """When to look: `{every: 1m}`, or `{cron: '*/5 6-20 * * mon-fri'}` in the partner's time zone."""

    every: Duration | None = None
    cron: Cron | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.every is None) == (self.cron is None):
            raise ValueError("a schedule has either every or cron")
        if self.every is not None and self.every < timedelta(seconds=1):
            raise ValueError("a schedule looks at most once a second")
        return self
