"""Which certificates need somebody soon: the steps of the alarm, successors, gaps, both sides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from edi.channels.as2.keys import Held, Stage, stages
from edi.channels.certificates import ALARM_DAYS, Expiring, Listed, Side, expiring
from tests.formats.cms.conftest import NOW, make_identity

pytestmark = pytest.mark.storeless

END = NOW + timedelta(days=365)


def held(name: str, *, days: int = 365, first: datetime | None = None, last: datetime | None = None) -> Held:
    certificate = make_identity(name, days=days).certificate
    return Held(file=f"{name}.pem", certificate=certificate, first=first or certificate.valid_from, last=last or certificate.valid_until)


def found(at: datetime, *some: Held, side: Side = "ours") -> tuple[Expiring, ...]:
    return expiring([Listed("acme-in", "acme", side, one, stage) for one, stage in stages(some, at)], at)


@pytest.mark.parametrize(
    ("left", "alarm"), [(60, 60), (45, 60), (30, 30), (29, 30), (14, 14), (7, 7), (2, 7), (1, 1), (0, 1), (-1, 0), (-300, 0)]
)
def test_an_expiry_is_told_at_60_30_14_7_and_1_days_and_when_it_happened(left: int, alarm: int) -> None:
    (one,) = found(END - timedelta(days=left), held("us"))

    assert (left, alarm) == (one.days, one.alarm)


def test_before_the_first_step_nothing_is_said() -> None:
    assert found(END - timedelta(days=61), held("us")) == ()


def test_every_step_has_one_key_of_its_own() -> None:
    keys = [found(END - timedelta(days=left), held("us"))[0].key for left in range(60, -3, -1)]

    assert len(set(keys)) == len(ALARM_DAYS) + 1


@pytest.mark.parametrize(
    ("side", "words"),
    [("ours", ["our certificate us.pem", "edi cert rollover acme-in"]), ("theirs", ["acme's certificate us.pem", "edi cert import"])],
)
def test_the_sentence_says_which_whose_until_when_and_what_to_do(side: Side, words: list[str]) -> None:
    (one,) = found(END - timedelta(days=12), held("us"), side=side)

    assert "valid until 2027-03-01, 12 days left: renew it now" in one.text
    assert all(word in one.text for word in words)


def test_a_successor_that_is_ready_in_time_ends_the_alarm() -> None:
    assert found(END - timedelta(days=5), held("us"), held("next", days=700, first=END - timedelta(days=1))) == ()


def test_a_successor_that_comes_too_late_does_not() -> None:
    (one,) = found(END - timedelta(days=5), held("us"), held("next", days=700, first=END + timedelta(days=2)))

    assert one.listed.held.file == "us.pem"


def test_one_that_is_retired_or_followed_already_is_nobodys_worry() -> None:
    at = END - timedelta(days=3)
    retired = held("us", last=at - timedelta(days=1))
    newer = held("newer", days=700, first=at - timedelta(days=10))

    assert found(at, retired) == ()
    assert found(at, held("us"), newer) == ()


def test_cut_over_is_automatic_at_the_day_and_the_old_one_stays_in_grace() -> None:
    day = datetime(2026, 6, 1, tzinfo=UTC)
    old, new = held("us"), held("next", days=700, first=day)

    def at(moment: datetime) -> list[Stage]:
        return [stage for _, stage in stages([old, new], moment)]

    assert at(day - timedelta(seconds=1)) == [Stage.ACTIVE, Stage.STAGED]
    assert at(day) == [Stage.GRACE, Stage.ACTIVE]
    assert at(END + timedelta(days=1)) == [Stage.EXPIRED, Stage.ACTIVE]
