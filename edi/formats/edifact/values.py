"""Single values against their data element: type, length, decimal mark, dates (validation level 4)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time
from functools import lru_cache

from edi.findings import Finding, Location
from edi.formats.edifact.codes import finding
from edi.formats.edifact.directory_types import ElementType

NUMBER = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?")
ALMOST_NUMBER = re.compile(r"-?(?:[0-9]+[.,]|[.,][0-9]+)")
"""No digit before or after the mark."""


def check_value(value: str, element: ElementType, decimal_marks: str, where: Location) -> Iterator[Finding]:
    """What is wrong with one value that is there. Sign and decimal mark do not count for the length (ISO 9735, 10)."""
    name = f"{element.id} {element.name}"
    length = len(value)
    if element.kind == "n":
        yield from _check_number(value, name, decimal_marks, where)
        length -= value.startswith("-") + ("." in value or "," in value)
    elif element.kind == "a" and any(each.isdigit() for each in value):
        yield finding("edifact.not_alphabetic", f"{name} is {value!r}, which holds a digit", where, value=value, expected=element.format)
    if length > element.length_max:
        text = f"{name} is {value!r}, {length} characters long; {element.length_max} are allowed"
        yield finding("edifact.too_long", text, where, value=value, expected=element.format)
    elif length < element.length_min:
        text = f"{name} is {value!r}, {length} characters long; {element.length_min} are wanted"
        yield finding("edifact.too_short", text, where, value=value, expected=element.format)


def _check_number(value: str, name: str, decimal_marks: str, where: Location) -> Iterator[Finding]:
    if not NUMBER.fullmatch(value):
        if ALMOST_NUMBER.fullmatch(value):
            text = f"{name} is {value!r}, without a digit on one side of the decimal mark"
            yield finding("edifact.decimal_mark_alone", text, where, value=value, expected="0.5")
        else:
            yield finding("edifact.not_numeric", f"{name} is {value!r}, which is no number", where, value=value, expected="digits")
        return
    mark = "," if "," in value else "." if "." in value else ""
    if mark and mark not in decimal_marks:
        text = f"{name} is {value!r}, and UNA gives {decimal_marks!r} as decimal mark"
        yield finding("edifact.decimal_mark_differs", text, where, value=value, expected=value.replace(mark, decimal_marks))


DATE_FORMATS = {
    "2": "DDMMYY", "3": "MMDDYY", "4": "DDMMCCYY", "5": "DDMMCCYYHHMM", "101": "YYMMDD", "102": "CCYYMMDD", "105": "YYDDD", "106": "MMDD", "107": "DDD", "108": "WW",
    "109": "MM", "110": "DD", "201": "YYMMDDHHMM", "202": "YYMMDDHHMMSS", "203": "CCYYMMDDHHMM", "204": "CCYYMMDDHHMMSS",
    "301": "YYMMDDHHMMZZZ", "302": "YYMMDDHHMMSSZZZ", "303": "CCYYMMDDHHMMZZZ", "304": "CCYYMMDDHHMMSSZZZ", "401": "HHMM", "402": "HHMMSS",
    "404": "HHMMSSZZZ", "406": "ZHHMM", "501": "HHMMHHMM", "502": "HHMMSS-HHMMSS", "600": "CC", "601": "YY", "602": "CCYY", "609": "YYMM", "610": "CCYYMM",
    "615": "YYWW", "616": "CCYYWW", "701": "YYWW-YYWW", "702": "CCYYWW-CCYYWW", "703": "YYMM-YYMM", "704": "CCYY-CCYY", "706": "CCYYMM-CCYYMM",
    "711": "CCYYMMDDCCYYMMDD", "713": "YYMMDDHHMM-YYMMDDHHMM", "717": "YYMMDD-YYMMDD", "718": "CCYYMMDD-CCYYMMDD", "719": "CCYYMMDDHHMM-CCYYMMDDHHMM",
}  # fmt: skip
"""2379 in those values whose form can be checked; counts of days and the like (800 ff.) are numbers."""

COUNT_FORMAT = re.compile("8[0-9]{2}")
"""Formats under which the value is a count of years, months, days."""

_FIELDS = {
    "CC": "century",
    "YY": "year",
    "MM": "month",
    "DDD": "day_of_year",
    "DD": "day",
    "WW": "week",
    "HH": "hour",
    "SS": "second",
    "ZZZ": "zone",
}


def check_date(value: str, format_code: str, where: Location) -> Iterator[Finding]:
    """What is wrong with a date, time or period under its format code 2379; nothing is said under codes we do not know."""
    form = DATE_FORMATS.get(format_code)
    if form is None:
        if COUNT_FORMAT.fullmatch(format_code) and not NUMBER.fullmatch(value):
            yield finding("edifact.date", f"the period {value!r} is no count", where, value=value, expected="a number")
        return
    halves = [(value, form)]
    if "-" in form:
        first, _, second = value.partition("-")
        halves = [(first, form.partition("-")[0]), (second, form.partition("-")[2])]
    if not all(_is_moment(text, half) for text, half in halves):
        text = f"{value!r} is no date or time of the form {form} (2379 = {format_code})"
        yield finding("edifact.date", text, where, value=value, expected=form)


@lru_cache(maxsize=4096)
def _is_moment(text: str, form: str) -> bool:
    found = _pattern(form).fullmatch(text)
    if not found:
        return False
    parts = {name.rstrip("_"): digits for name, digits in found.groupdict().items()}
    try:
        _make_date(parts)
        second = int(parts.get("second", "0"))
        hour, minute = int(parts.get("hour", "0")), int(parts.get("minute", "0"))
        # 24:00 is the end of a day (ISO 8601).
        time(0 if (hour, minute, second) == (24, 0, 0) else hour, minute, second)
    except ValueError:
        return False
    return True


def _make_date(parts: dict[str, str]) -> None:
    year = int(parts.get("century", "20") + parts.get("year", "00"))
    if "week" in parts:
        date.fromisocalendar(max(year, 1), int(parts["week"]), 1)
    elif "day_of_year" in parts:
        if not 1 <= int(parts["day_of_year"]) <= 366:
            raise ValueError(parts["day_of_year"])
    else:
        # A year that is not given may be a leap year: 2000 was one.
        date(max(year, 1), int(parts.get("month", "1")), int(parts.get("day", "1")))


@lru_cache(maxsize=128)
def _pattern(form: str) -> re.Pattern[str]:
    """`CCYYMMDDHHMM` as a pattern of named digits; the second MM is minutes."""
    pattern = ""
    seen_hour = False
    position = 0
    names: set[str] = set()
    while position < len(form):
        size = next((size for size in (3, 2) if form[position : position + size].ljust(size) in _FIELDS), 1)
        name = _FIELDS.get(form[position : position + size], "zone")
        seen_hour = seen_hour or name == "hour"
        if name == "month" and seen_hour:
            name = "minute"
        width = "[A-Z0-9+-]{1,3}" if name == "zone" else f"[0-9]{{{size}}}"
        pattern += width if name in names else f"(?P<{name}>{width})"
        names.add(name)
        position += size
    return re.compile(pattern)


def at(where: Location, *, element: int | None = None, repetition: int | None = None, component: int | None = None) -> Location:
    """The place of a value in a segment, on top of what `where` says already; a first repetition goes without saying."""
    return replace(
        where,
        element=element or where.element,
        repetition=repetition if repetition and repetition > 1 else where.repetition,
        component=component or where.component,
    )
