"""Leases: whoever stalled begins nothing and writes nothing of what others took over meanwhile; turns go round (P10, F-T02, F-T04)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import select

from edi.engine import leases
from edi.engine.daemon import _is_due
from edi.engine.engine import Engine
from edi.engine.ports import Delivery, Outbound, Sent
from edi.store.tables import attempt, audit_event, work
from tests.engine.house import House, WorkspaceChannels, invoice, order
from tests.engine.look import states


class Stalling:
    """A sending end in which the process is stopped for a while, after or before the bytes left."""

    def __init__(self, real: Outbound, meanwhile: Callable[[], None], *, before: bool) -> None:
        self._real, self._meanwhile, self._before = real, meanwhile, before
        self.sent: list[str] = []

    def send(self, delivery: Delivery) -> Sent:
        if self._before:
            self._stall()
        sent = self._real.send(delivery)
        self.sent.append(delivery.identity)
        self._stall()
        return sent

    def look(self, delivery: Delivery) -> bool | None:
        return self._real.look(delivery)

    def close(self) -> None:
        self._real.close()

    def _stall(self) -> None:
        meanwhile, self._meanwhile = self._meanwhile, lambda: None
        meanwhile()


def second_host(house: House) -> Engine:
    """Another engine on the same store, which is not asked to start: the first one lives."""
    engine = Engine(
        house.engine.context.store,
        house.engine.context.workspace,
        WorkspaceChannels(house.engine.context.workspace),
        house.clock,
        house.translator,
        random=lambda: 0.5,
    )
    engine.context.leases.owner = "other/1:1"
    return engine


def stall_and_take_over(house: House, other: Engine) -> None:
    house.clock.forward(seconds=leases.LEASE.total_seconds() + 1)
    other.settle()


@pytest.mark.parametrize("before", [False, True])
def test_f_t02_what_a_stalled_host_had_begun_counts_as_the_other_found_it(house: House, before: bool) -> None:
    for number in range(3):
        house.drop(f"{number}.json", invoice(f"R-{number}"), channel="erp/in")
        house.clock.forward(seconds=1)
        house.engine.poll("erp-in")
    house.engine.process()
    other = second_host(house)
    channels = house.engine.context.channels
    stalling = Stalling(channels.outbound("acme-out"), lambda: stall_and_take_over(house, other), before=before)
    channels._outbound["acme-out"] = stalling  # type: ignore[attr-defined]

    house.engine.deliver("acme-out")
    house.engine.settle()

    assert ["acknowledged"] * 3 == states(house, "outbound")
    assert ["INVOIC_1.edi", "INVOIC_2.edi", "INVOIC_3.edi"] == list(house.files("acme/out"))
    assert 1 == len(stalling.sent), "after the stall it begins nothing more"
    with house.engine.context.store.reading() as view:
        assert [] == list(view.connection.execute(select(work.c.id)))
        ignored = select(audit_event.c.subject).where(audit_event.c.event == "result_ignored")
        assert ["O1"] == list(view.connection.execute(ignored).scalars())
        outcomes = list(view.connection.execute(select(attempt.c.outcome).order_by(attempt.c.outbound_id, attempt.c.number)).scalars())
    assert ["unknown", "arrived"] * 3 == outcomes
    assert () == house.engine.context.store.verify()


def test_work_of_a_host_that_fell_silent_is_taken_after_a_minute_and_not_before(house: House) -> None:
    house.drop("1.json", invoice(), channel="erp/in")
    house.engine.poll("erp-in")
    house.engine.process()
    from edi.engine import outbound

    outbound._begin(house.engine.context, "acme-out", outbound.Deliveries())  # and then it dies
    other = second_host(house)

    assert not other.deliver("acme-out")
    house.clock.forward(seconds=leases.LEASE.total_seconds() + 1)
    assert other.deliver("acme-out")
    assert ["acknowledged"] == states(house, "outbound")


def test_what_is_renewed_stays_ours_and_what_ran_out_is_not_renewed(house: House) -> None:
    house.drop("1.json", invoice(), channel="erp/in")
    house.engine.poll("erp-in")
    house.engine.process()
    from edi.engine import outbound

    mine = house.engine.context.leases
    [trial] = outbound._begin(house.engine.context, "acme-out", outbound.Deliveries())
    for _ in range(8):
        house.clock.forward(seconds=leases.LEASE.total_seconds() / leases.BEATS)
        mine.renew()
    assert mine.may_begin(trial.hold)
    assert not second_host(house).deliver("acme-out")

    house.clock.forward(seconds=leases.LEASE.total_seconds() + 1)
    mine.renew()
    assert not mine.may_begin(trial.hold)
    assert second_host(house).deliver("acme-out")


def test_a_turn_is_one_hosts_and_comes_when_it_is_due(house: House, stores: str) -> None:
    mine, others = house.engine.context.leases, second_host(house).context.leases

    def is_due(last: datetime | None) -> bool:
        return last is None or house.clock.now() - last >= timedelta(minutes=1)

    def taken(lease: leases.Leases) -> bool:
        with lease.turn("poll acme-in", is_due) as ours:
            return ours

    if stores == "sqlite":  # one host, whose own schedule says when
        assert [True, True] == [taken(mine), taken(mine)]
        return
    with mine.turn("poll acme-in") as ours:
        assert ours
        assert not taken(others), "somebody is at it"
    assert [False, False] == [taken(others), taken(mine)], "it was done a moment ago"
    house.clock.forward(minutes=1)
    assert [True, False] == [taken(others), taken(mine)]


MOMENT = datetime(2026, 11, 24, 9, 14, tzinfo=UTC)


@pytest.mark.parametrize("trigger", [IntervalTrigger(minutes=1), CronTrigger.from_crontab("* * * * *", timezone=UTC)])
def test_f_t04_a_schedule_counts_from_when_any_host_looked_last(trigger: object) -> None:
    now = datetime.now(UTC)

    assert _is_due(trigger, None)  # type: ignore[arg-type]
    assert _is_due(trigger, now - timedelta(minutes=5))  # type: ignore[arg-type]
    assert not _is_due(IntervalTrigger(minutes=1), now - timedelta(seconds=30))
    assert not _is_due(CronTrigger.from_crontab("0 0 29 2 *", timezone=UTC), now - timedelta(minutes=5))


def test_f_t08_that_we_died_often_while_sending_is_no_reason_to_give_up(house: House) -> None:
    """Found by a soak: killed four times with a batch in flight, what was never sent counted as unknown four times."""
    from edi.engine import outbound

    house.drop("1.json", invoice(), channel="erp/in")
    house.engine.poll("erp-in")
    house.engine.process()
    for _ in range(6):
        outbound._begin(house.engine.context, "acme-out", outbound.Deliveries())
        house.clock.forward(seconds=leases.LEASE.total_seconds() + 1)
    house.engine.settle()

    assert ["acknowledged"] == states(house, "outbound")


def test_f_t08_who_dies_again_and_again_still_gets_something_done(house: House) -> None:
    """Found by a soak on a machine that was starved: a batch of fifty took longer than any life lasted, and none was ever finished (P32)."""
    for number in range(1, 101):
        house.drop(f"{number}.edi", order(f"N{number}", reference=str(number)))
    house.engine.poll("acme-in")
    done = []
    for _ in range(3):
        house.engine.process()
        done.append(states(house, "transmission").count("accepted"))
    house.engine.close()
    house.again()  # killed, and started again: it begins anew with few
    house.engine.process()

    assert [5, 15, 35] == done
    assert 40 == states(house, "transmission").count("accepted")
