"""Dates and times: EDIFACT's value and format code (2380, 2379), and the date or the time alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from edi.mapping.codecs.base import CodecError, Setting, TextCodec, Value, WireCodec
from edi.mapping.codecs.text import no_argument
from edi.mapping.codecs.types import checked_moment
from edi.mapping.problems import Refused

_SHAPES: Final = {
    "101": r"(?P<y>\d\d)(?P<m>\d\d)(?P<d>\d\d)",
    "102": r"(?P<Y>\d{4})(?P<m>\d\d)(?P<d>\d\d)",
    "2": r"(?P<d>\d\d)(?P<m>\d\d)(?P<y>\d\d)",
    "3": r"(?P<m>\d\d)(?P<d>\d\d)(?P<y>\d\d)",
    "201": r"(?P<y>\d\d)(?P<m>\d\d)(?P<d>\d\d)(?P<H>\d\d)(?P<M>\d\d)",
    "202": r"(?P<y>\d\d)(?P<m>\d\d)(?P<d>\d\d)(?P<H>\d\d)(?P<M>\d\d)(?P<S>\d\d)",
    "203": r"(?P<Y>\d{4})(?P<m>\d\d)(?P<d>\d\d)(?P<H>\d\d)(?P<M>\d\d)",
    "204": r"(?P<Y>\d{4})(?P<m>\d\d)(?P<d>\d\d)(?P<H>\d\d)(?P<M>\d\d)(?P<S>\d\d)",
    "303": r"(?P<Y>\d{4})(?P<m>\d\d)(?P<d>\d\d)(?P<H>\d\d)(?P<M>\d\d)(?P<Z>.{1,6})",
    "304": r"(?P<Y>\d{4})(?P<m>\d\d)(?P<d>\d\d)(?P<H>\d\d)(?P<M>\d\d)(?P<S>\d\d)(?P<Z>.{1,6})",
}
"""2379 -> how 2380 looks."""
_READERS: Final = {code: re.compile(shape, re.ASCII) for code, shape in _SHAPES.items()}
_PERIODS: Final = {"718": 8, "719": 12, "713": 10}
_BY_LENGTH: Final = {6: "101", 8: "102", 10: "201", 12: "203", 14: "204"}
_ZONES: Final = {"Z": "Z", "UTC": "Z", "GMT": "Z", "CET": "+01:00", "CST": "+02:00", "EET": "+02:00", "WET": "+00:00"}
_ENDS: Final = {(8, 8): "718", (12, 12): "719"}
"""The format by how many digits start and end have."""
_CODES: Final = frozenset({*_SHAPES, *_PERIODS, "616", "610", "602"})


class FormattedMoment(WireCodec):
    """A moment with its format code: the precision of the value chooses the code.

    >>> codec = FormattedMoment(None, Setting(kind="moment"))
    >>> codec.read(["20240315", "102"]), codec.read(["202403151023+01", "303"])
    ('2024-03-15', '2024-03-15T10:23+01:00')
    >>> codec.write("2024-03-15T10:23:45")
    ['20240315102345', '204']
    """

    name = "dtm"
    usage = "dtm(102,203): value and format code 2379; without arguments by the precision of the value (102, 203, 204, 303, 304)"

    def __init__(self, argument: str | None, setting: Setting) -> None:
        self.formats = tuple(code.strip() for code in (argument or "").split(",") if code.strip())
        self.zone = ZoneInfo(setting.timezone) if setting.timezone else None
        if unknown := [code for code in self.formats if code not in _CODES]:
            raise Refused(f"the date format {unknown[0]!r} is not known", hint="known are " + ", ".join(sorted(_CODES)))

    @property
    def span(self) -> int:
        return 2

    def read(self, components: Sequence[str]) -> Value:
        text, code = components[0], components[1] if len(components) > 1 else ""
        if code == "102" and len(text) == 8:
            return checked_moment(f"{text[:4]}-{text[4:6]}-{text[6:]}")
        shape = _READERS.get(code or _BY_LENGTH.get(len(text), "102"))
        if shape is None:
            raise CodecError(f"the date format {code!r} is not known here", hint="known are " + ", ".join(sorted(_SHAPES)))
        matched = shape.fullmatch(text)
        if matched is None:
            raise CodecError(f"{text!r} is not a date of format {code or 'CCYYMMDD'!r}")
        return self._moment(matched.groupdict(), text)

    def _moment(self, parts: dict[str, str], text: str) -> str:
        year = parts.get("Y") or ("19" if parts["y"] >= "80" else "20") + parts["y"]
        day = f"{year}-{parts['m']}-{parts['d']}"
        if "H" not in parts:
            return checked_moment(day)
        time = f"T{parts['H']}:{parts['M']}" + (f":{parts['S']}" if "S" in parts else "")
        if "Z" in parts:
            return checked_moment(day + time + _offset(parts["Z"], text))
        return checked_moment(self._with_zone(checked_moment(day + time)))

    def _with_zone(self, moment: str) -> str:
        if self.zone is None:
            return moment
        return moment + _offset_text(datetime.fromisoformat(moment).replace(tzinfo=self.zone))

    def write(self, value: Value) -> list[str]:
        if not isinstance(value, str):
            raise CodecError(f"{value!r} is not a date or time")
        local, zone = _split_zone(value)
        if zone and self.zone is not None and self._with_zone(local) == value:
            zone = ""
        digits = re.sub(r"\.\d+|[-T:]", "", local)  # parts of a second have no place in 2380
        code = _code_of(len(digits), bool(zone))
        if self.formats and code not in self.formats:
            return [self._as_agreed(value, digits, code), self.formats[0]]
        return [digits + _wire_zone(zone), code]

    def _as_agreed(self, value: str, digits: str, code: str) -> str:
        wanted = self.formats[0]
        if wanted == "101" and code == "102":
            return digits[2:]
        if wanted == "2" and code == "102":
            return digits[6:8] + digits[4:6] + digits[2:4]
        raise CodecError(
            f"{value!r} does not fit the date format {', '.join(self.formats)}", hint=f"add {code} to dtm(…), or take a part: |date"
        )

    def image(self, number: int) -> Value:
        day = f"20{number % 80 + 10}-{number // 80 % 12 + 1:02}-{number // 960 % 28 + 1:02}"
        forms = {"102": "", "101": "", "2": "", "203": "T10:30", "204": "T10:30:15", "303": "T23:59+02:00", "304": "T23:59:01-05:00"}
        allowed = [form for code, form in forms.items() if not self.formats or code in self.formats] or [""]
        form = allowed[number % len(allowed)]
        return self._with_zone(day + form) if form and form[-6] not in "+-" else day + form


def _code_of(digits: int, zoned: bool) -> str:
    return {(8, False): "102", (12, False): "203", (14, False): "204", (12, True): "303", (14, True): "304"}.get((digits, zoned), "102")


def _offset(zone: str, text: str) -> str:
    if zone in _ZONES:
        return _ZONES[zone]
    if matched := re.fullmatch(r"([+-])(\d\d):?(\d\d)?", zone, re.ASCII):
        return f"{matched[1]}{matched[2]}:{matched[3] or '00'}"
    raise CodecError(f"the time zone {zone!r} of {text!r} is not known", hint="an offset such as +01, or UTC")


def _wire_zone(zone: str) -> str:
    if not zone:
        return ""
    if zone == "Z":
        return "UTC"
    return zone[:3] if zone.endswith(":00") else zone.replace(":", "")


def _split_zone(value: str) -> tuple[str, str]:
    """Local date and time, and `Z`, `+01:00` or nothing."""
    if value.endswith("Z"):
        return value[:-1], "Z"
    if len(value) > 16 and value[-6] in "+-":
        return value[:-6], value[-6:]
    return value, ""


def _offset_text(moment: datetime) -> str:
    return moment.isoformat()[-6:]


class FormattedPeriod(WireCodec):
    """Two days in one value: a period with its format code 718.

    >>> FormattedPeriod("718", Setting(kind="period")).read(["20240101-20240131", "718"])
    {'start': '2024-01-01', 'end': '2024-01-31'}
    """

    name = "dtm"
    usage = "dtm(718) on a period: both days in one value"
    only_for = tuple(_PERIODS)

    def __init__(self, argument: str | None, setting: Setting) -> None:
        self.code = (argument or "718").strip()
        if self.code not in _PERIODS:
            raise Refused(f"the format {self.code!r} is not one of a period", hint="718 (two days) or 719 (two times)")

    @property
    def span(self) -> int:
        return 2

    def read(self, components: Sequence[str]) -> Value:
        code = components[1] if len(components) > 1 and components[1] else self.code
        single = FormattedMoment(None, Setting())
        if code not in _PERIODS:
            return {"start": single.read(components)}
        first, _, second = components[0].partition("-")
        if not second and len(first) == 2 * _PERIODS[code]:
            first, second = first[: len(first) // 2], first[len(first) // 2 :]
        return {"start": single.read([first]), "end": single.read([second])}

    def write(self, value: Value) -> list[str]:
        if not isinstance(value, dict) or not {"start", "end"} <= set(value):
            raise CodecError(f"the period {value!r} has no start or no end", hint="bind start and end in two segments instead")
        first, second = (re.sub(r"[-T:]", "", str(value[end])) for end in ("start", "end"))
        code = self.code if len(first) == len(second) == _PERIODS[self.code] else _ENDS.get((len(first), len(second)), "")
        if not code:
            raise CodecError(
                f"{value['start']} and {value['end']} are not two days, nor two times to the minute", hint="write both as days"
            )
        return [f"{first}-{second}", code]

    def image(self, number: int) -> Value:
        day = f"20{number % 80 + 10}-{number // 80 % 12 + 1:02}-"
        time = "T10:30" if self.code == "719" else ""
        return {"start": f"{day}{number % 14 + 1:02}{time}", "end": f"{day}{number % 14 + 15:02}{time}"}


class FormattedWeek(WireCodec):
    """A calendar week with its format code 616.

    >>> FormattedWeek("616", Setting()).read(["202412", "616"]), FormattedWeek("616", Setting()).write("2024-W12")
    ('2024-W12', ['202412', '616'])
    """

    name = "dtm"
    usage = "dtm(616) on a week: year and week"
    only_for = ("616",)

    def __init__(self, argument: str | None, setting: Setting) -> None:
        if (argument or "").strip() != "616":
            raise Refused("a text takes no date format but 616, the week", hint="{period.week|dtm(616)}")

    @property
    def span(self) -> int:
        return 2

    def read(self, components: Sequence[str]) -> Value:
        if not re.fullmatch(r"[0-9]{6}", components[0]):
            raise CodecError(f"{components[0]!r} is not a year and week of six digits")
        return f"{components[0][:4]}-W{components[0][4:]}"

    def write(self, value: Value) -> list[str]:
        return [str(value).replace("-W", ""), "616"]

    def image(self, number: int) -> Value:
        return f"20{number % 80 + 10}-W{number // 80 % 52 + 1:02}"


def dtm(argument: str | None, setting: Setting) -> WireCodec:
    """The codec `dtm` for a field of this type."""
    if setting.kind == "period":
        return FormattedPeriod(argument, setting)
    if setting.kind in ("text", "code"):
        return FormattedWeek(argument, setting)
    return FormattedMoment(argument, setting)


class DatePart(TextCodec):
    """The date of a moment; what else the moment has stays for `time`.

    >>> DatePart(None, Setting()).write("2024-03-12T09:00"), DatePart(None, Setting()).read("2024-03-12")
    ('2024-03-12', '2024-03-12')
    """

    name = "date"
    exactness = "part"
    usage = "date: the date of a moment, for elements that hold no time"

    def __init__(self, argument: str | None, setting: Setting) -> None:
        no_argument(argument, self.name)

    def read(self, text: str) -> str:
        day = text[:10]
        try:
            date.fromisoformat(day)
        except ValueError as error:
            raise CodecError(f"{text!r} is not a date like 2024-03-15") from error
        return day

    def write(self, text: str) -> str:
        return text[:10]

    def image(self, number: int) -> Value:
        return f"20{number % 80 + 10}-{number // 80 % 12 + 1:02}-{number // 960 % 28 + 1:02}"


class TimePart(TextCodec):
    """The time of a moment with seconds and offset; nothing where the moment is a day.

    >>> TimePart(None, Setting()).write("2024-03-12T09:00+01:00"), TimePart(None, Setting()).read("09:00:00+01:00")
    ('09:00:00+01:00', 'T09:00:00+01:00')
    """

    name = "time"
    exactness = "part"
    usage = "time: the time of a moment, beside a `date` of the same field"

    def __init__(self, argument: str | None, setting: Setting) -> None:
        no_argument(argument, self.name)

    def read(self, text: str) -> str:
        if not re.fullmatch(r"\d\d:\d\d(:\d\d)?(\.\d+)?(Z|[+-]\d\d:\d\d)?", text, re.ASCII):
            raise CodecError(f"{text!r} is not a time like 10:23:00")
        checked_moment("2000-01-01T" + text)
        return "T" + text

    def write(self, text: str) -> str | None:
        matched = re.fullmatch(r"([\d:.]+)(.*)", text[11:])
        if matched is None:
            return None
        return matched[1] + (":00" if len(matched[1]) == 5 else "") + matched[2]

    def image(self, number: int) -> Value:
        return f"20{number % 80 + 10}-03-15T{number % 24:02}:{number // 24 % 60:02}:07"
