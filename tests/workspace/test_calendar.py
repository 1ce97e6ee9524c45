"""Partners' working time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from edi.workspace.calendar import Calendar

BERLIN = "Europe/Berlin"
WEEK = Calendar.model_validate({"days": "mon-fri", "hours": "08:00-17:00", "holidays": ["2026-12-25"]})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-20T07:00", True),
        ("2026-11-20T06:59", False),
        ("2026-11-20T15:59", True),
        ("2026-11-20T16:00", False),
        ("2026-11-21T10:00", False),
        ("2026-12-25T10:00", False),
        ("2026-07-20T06:30", True),
    ],
)
def test_open_is_told_in_the_partners_time_zone(moment: str, expected: bool) -> None:
    assert WEEK.is_open(at(moment), BERLIN) is expected


def test_four_hours_from_friday_afternoon_end_on_monday() -> None:
    assert WEEK.after(at("2026-11-20T15:00"), timedelta(hours=4), BERLIN) == at("2026-11-23T10:00")


def test_a_day_with_25_hours_counts_its_wall_clock() -> None:
    always = Calendar.model_validate({"days": "sun", "hours": "00:00-24:00"})
    assert always.after(at("2026-10-24T22:00"), timedelta(hours=25), BERLIN) == at("2026-10-25T23:00")


def test_without_a_calendar_time_runs_on() -> None:
    assert Calendar().after(at("2026-11-20T15:00"), timedelta(days=3), BERLIN) == at("2026-11-23T15:00")


@pytest.mark.parametrize(
    "wrong", [{"days": "monday"}, {"hours": "8-17"}, {"hours": "17:00-08:00"}, {"holidays": ["25.12.2026"]}, {"hours": "00:00-24:30"}]
)
def test_what_is_no_calendar_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"write|end before"):
        Calendar.model_validate(wrong)


def test_days_may_go_over_the_week_end() -> None:
    assert Calendar.model_validate({"days": "sun-thu"}).days == {6, 0, 1, 2, 3}
