"""When a partner works: deadlines count their hours, and silence on a Sunday alarms nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator

from edi.workspace.values import WEEKDAYS, Frozen

_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]|24):([0-5]\d)")
DAYS_AHEAD_MAX: Final = 366
"""So far we look for the next working day; a calendar without one in a year says nothing."""


def read_days(text: object) -> object:
    """`mon-fri` or `mon,wed,fri` as weekday numbers, Monday 0. Raises ValueError for anything else."""
    if not isinstance(text, str):
        return text
    days: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
            raise ValueError(f"{text!r} names no weekdays; write mon-fri, or mon,wed,fri")
        start, count = WEEKDAYS.index(first), (WEEKDAYS.index(last or first) - WEEKDAYS.index(first)) % 7
        days |= {(start + step) % 7 for step in range(count + 1)}
    return frozenset(days)


def read_hours(text: object) -> object:
    """`06:00-20:00` as minutes since midnight. Raises ValueError if it is none, or ends before it begins."""
    if not isinstance(text, str):
        return text
    found = _HOURS.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} are no hours; write '06:00-20:00'")
    first, last = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    if not first < last <= 24 * 60:
        raise ValueError(f"the hours {text!r} end before they begin")
    return first, last


def read_day(text: object) -> object:
    """`2026-12-24`. Raises ValueError if there is no such day."""
    if not isinstance(text, str):
        return text
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no day; write 2026-12-24") from error


class Calendar(Frozen):
    """A partner's working time, in the partner's time zone."""

    days: Annotated[frozenset[int], BeforeValidator(read_days)] = frozenset(range(7))
    hours: Annotated[tuple[int, int], BeforeValidator(read_hours)] = (0, 24 * 60)
    """First minute, and the minute after the last."""
    holidays: tuple[Annotated[date, BeforeValidator(read_day)], ...] = ()

    def works(self, day: date) -> bool:
        """True if somebody is there on that day."""
        return day.weekday() in self.days and day not in self.holidays

    def is_open(self, moment: datetime, zone: str) -> bool:
        """True if somebody is there at that moment, which carries a zone of its own."""
        local = moment.astimezone(ZoneInfo(zone))
        return self.works(local.date()) and self.hours[0] <= local.hour * 60 + local.minute < self.hours[1]

    def after(self, moment: datetime, span: timedelta, zone: str) -> datetime:
        """When so much working time has passed: 4 hours from Friday 16:00 may end on Monday."""
        if len(self.days) == 7 and self.hours == (0, 24 * 60) and not self.holidays:
            return moment + span
        left = span
        for start, end in self._windows(moment, zone):
            begin = max(moment, start)
            if end <= begin:
                continue
            if end - begin >= left:
                return begin + left
            left -= end - begin
        return moment + span

    def _windows(self, moment: datetime, zone: str) -> Iterator[tuple[datetime, datetime]]:
        """Open times from the day of the moment on, as moments in the same zone as given."""
        place = ZoneInfo(zone)
        today = moment.astimezone(place).date()
        for ahead in range(DAYS_AHEAD_MAX):
            day = today + timedelta(days=ahead)
            if self.works(day):
                yield self._on(day, self.hours[0], place, moment), self._on(day, self.hours[1], place, moment)

    @staticmethod
    def _on(day: date, minute: int, place: ZoneInfo, like: datetime) -> datetime:
        # Wall time first, then the zone: a day may have 23 or 25 hours.
        days, minute = divmod(minute, 24 * 60)
        wall = datetime.combine(day + timedelta(days=days), time(minute // 60, minute % 60), place)
        return wall.astimezone(like.tzinfo)
