"""Who of a partner may sign in to the status page, and what each of them may see and do there."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from edi.workspace.calendar import Calendar, read_day
from edi.workspace.values import Address, Flag, Frozen, KindName, Name, Text, TimeOfDay, TimeZone

Topic = Literal["rejected", "overdue", "digest"]
"""What a person can be written to about."""


def _check_gln(value: str) -> str:
    if len(value) != 13 or not (value.isascii() and value.isdigit()):
        raise ValueError(f"the GLN {value!r} has not 13 digits")
    if sum(int(digit) * (3 if index % 2 else 1) for index, digit in enumerate(value)) % 10:
        raise ValueError(f"the check digit of the GLN {value!r} is wrong")
    return value


Gln = Annotated[str, AfterValidator(_check_gln)]
Day = Annotated[date, BeforeValidator(read_day)]


class Days(Frozen):
    """`{from: 2026-01-01, until: 2026-12-31}`, both days included; one left out is open."""

    first: Day | None = Field(default=None, alias="from")
    last: Day | None = Field(default=None, alias="until")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.first and self.last and self.last < self.first:
            raise ValueError(f"{self.last} is before {self.first}")
        return self

    def holds(self, day: date) -> bool:
        """True for a day of it."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


class User(Frozen):
    """One person. What is left out is not narrowed."""

    name: Text
    email: Address
    kinds: tuple[KindName, ...] = ()
    """Kinds of documents shown; none named: all."""
    direction: Literal["both", "in", "out"] = "both"
    """`in` is what the partner sends us."""
    locations: tuple[Gln, ...] = ()
    """Shows only documents whose buyer or place of delivery is one of these; none named: all."""
    documents: Days = Days()
    """Shows only documents that came or were made on these days."""
    access: Days = Days()
    """On these days the person gets in."""
    hours: Calendar = Calendar()
    """And in these hours, in the person's time zone."""
    upload: Name | None = None
    """The channel into which the person may hand in files; None: read only."""
    certificates: Flag = False
    """True: may hand in the partner's next certificate, which an operator activates."""
    notify: tuple[Topic, ...] = ()
    digest_at: TimeOfDay = Field(default="07:00", validate_default=True)
    """When the daily mail is written, in the person's time zone."""
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")] | None = None
    """None: the partner's."""
    timezone: TimeZone | None = None
    """None: the partner's."""

    def is_admitted(self, moment: datetime, zone: str) -> bool:
        """True if the person gets in at that moment, seen in a time zone."""
        return self.access.holds(moment.astimezone(ZoneInfo(zone)).date()) and self.hours.is_open(moment, zone)
