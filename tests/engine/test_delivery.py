"""Deliveries: three outcomes, retries by the table, isolation of dead partners, one identity for ever (P11-P15)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from edi.engine import retry
from edi.engine.ports import Delivery, Sent
from edi.errors import ChannelError, TemporaryChannelError, UnknownOutcomeError
from edi.store import queries
from tests.engine.house import House, invoice, order
from tests.engine.look import messages, outbounds, rows, states

DOWN = TemporaryChannelError("acme does not answer")


class Scripted:
    """A channel end that does what it is told, one outcome per call, then delivers."""

    def __init__(self, outcomes: Sequence[Exception] = (), *, found: bool | None = None) -> None:
        self.outcomes = list(outcomes)
        self.found = found
        self.seen: list[Delivery] = []
        self.looked = 0

    def send(self, delivery: Delivery) -> Sent:
        self.seen.append(delivery)
        if self.outcomes:
            raise self.outcomes.pop(0)
        return Sent(remote_name=delivery.filename, note="taken")

    def look(self, delivery: Delivery) -> bool | None:
        self.looked += 1
        return self.found

    def close(self) -> None:
        pass


def script(house: House, channel: str, end: Scripted) -> Scripted:
    house.engine.context.channels._outbound[channel] = end  # type: ignore[attr-defined]
    return end


def test_a_temporary_failure_is_tried_again_by_the_table_with_the_same_bytes_and_identity(house: House) -> None:
    end = script(house, "erp-out", Scripted([DOWN, DOWN]))
    house.drop("a.edi", order())
    house.engine.run_once()
    assert ["retry_wait"] == states(house, "outbound")

    house.clock.forward(seconds=29)
    house.engine.run_once()
    assert 1 == len(end.seen)
    house.clock.forward(seconds=1)
    house.engine.run_once()
    assert 2 == len(end.seen)
    house.clock.forward(seconds=60)
    house.engine.run_once()

    assert ["acknowledged"] == states(house, "outbound")
    assert 1 == len({(one.identity, one.filename, one.payload) for one in end.seen})


def test_waiting_survives_a_restart(house: House) -> None:
    script(house, "erp-out", Scripted([DOWN]))
    house.drop("a.edi", order())
    house.engine.run_once()
    house.engine.close()

    house.again()
    house.engine.run_once()
    assert ["retry_wait"] == states(house, "outbound")
    house.clock.forward(seconds=30)
    house.engine.run_once()
    assert ["acknowledged"] == states(house, "outbound")


def test_a_refusal_is_not_tried_again_and_makes_the_message_a_dead_letter(house: House) -> None:
    end = script(house, "erp-out", Scripted([ChannelError("permission denied")]))
    house.drop("a.edi", order())
    house.engine.run_once()
    house.clock.forward(days=1)
    report = house.engine.run_once()

    assert 1 == len(end.seen)
    assert (["rejected"], ["dead_letter"]) == (states(house, "outbound"), states(house, "message"))
    assert "permission denied" == outbounds(house)[0].reason
    assert report.ok


def test_an_unknown_outcome_is_looked_up_and_not_sent_again_if_it_is_there(house: House) -> None:
    end = script(house, "erp-out", Scripted([UnknownOutcomeError("the reply was lost")], found=True))
    house.drop("a.edi", order())
    house.engine.run_once()
    assert ["unknown"] == states(house, "outbound")
    house.clock.forward(minutes=1)
    house.engine.run_once()

    assert (1, 1) == (len(end.seen), end.looked)
    assert ["acknowledged"] == states(house, "outbound")


@pytest.mark.parametrize("found", [False, None])
def test_an_unknown_outcome_that_cannot_be_found_is_sent_again_as_it_was(house: House, found: bool | None) -> None:
    end = script(house, "erp-out", Scripted([UnknownOutcomeError("the reply was lost")], found=found))
    house.drop("a.edi", order())
    house.engine.run_once()
    house.clock.forward(minutes=1)
    house.engine.run_once()

    assert 2 == len(end.seen)
    assert end.seen[0] == end.seen[1]


def test_an_outcome_that_stays_unknown_is_given_to_a_person(house: House) -> None:
    script(house, "erp-out", Scripted([UnknownOutcomeError("silence")] * 10))
    house.drop("a.edi", order())
    for _ in range(10):
        house.engine.run_once()
        house.clock.forward(hours=1)

    assert ["failed"] == states(house, "outbound")
    assert "its outcome stayed unknown 4 times" == outbounds(house)[0].reason


def test_a_partner_that_is_down_for_five_days_fails_and_the_payload_is_still_there(house: House) -> None:
    """F-O10."""
    end = script(house, "erp-out", Scripted([DOWN] * 1000))
    house.drop("a.edi", order())
    for _ in range(5 * 24 + 2):
        house.engine.run_once()
        house.clock.forward(hours=1)

    line = outbounds(house)[0]
    assert ("failed", "tried for too long") == (line.state, line.reason)
    assert 10 < len(end.seen) < 40
    with house.engine.context.store.reading() as view:
        assert line.size == len(view.payload(line.payload_sha256))


def test_a_dead_channel_does_not_delay_another(house: House) -> None:
    script(house, "acme-out", Scripted([DOWN] * 1000))
    for number in range(30):
        house.drop(f"{number}.json", invoice(f"R-{number}"), channel="erp/in")
    house.engine.run_once()
    house.drop("a.edi", order())
    report = house.engine.run_once()

    assert 1 == report.delivered
    assert 1 == len(house.files("erp/out"))


def test_a_dead_channel_is_probed_by_one_delivery_at_a_time(house: House) -> None:
    end = script(house, "acme-out", Scripted([DOWN] * 1000))
    for number in range(30):
        house.drop(f"{number}.json", invoice(f"R-{number}"), channel="erp/in")
    house.engine.run_once()
    first = len(end.seen)
    for _ in range(6):
        house.clock.forward(minutes=40)
        house.engine.run_once()

    assert first <= 6
    assert len(end.seen) - first <= 6


def test_when_the_partner_is_back_everything_arrives(house: House) -> None:
    end = script(house, "acme-out", Scripted([DOWN] * 7))
    for number in range(30):
        house.drop(f"{number}.json", invoice(f"R-{number}"), channel="erp/in")
    for _ in range(40):
        house.engine.run_once()
        house.clock.forward(minutes=20)

    assert {"acknowledged"} == set(states(house, "outbound"))
    assert 30 == len({one.identity for one in end.seen})


def test_the_attempt_is_written_down_before_the_first_byte_leaves(house: House) -> None:
    class Looking(Scripted):
        def send(self, delivery: Delivery) -> Sent:
            with house.engine.context.store.reading() as view:
                self.attempts = queries.attempts(view, 1)
            return super().send(delivery)

    end = Looking()
    script(house, "erp-out", end)
    house.drop("a.edi", order())
    house.engine.run_once()

    assert [(1, None)] == [(one.number, one.outcome) for one in end.attempts]


def test_an_order_that_waits_for_one_of_its_receivers_is_not_done(house: House) -> None:
    script(house, "erp-out", Scripted([DOWN]))
    house.drop("a.edi", order())
    house.engine.run_once()

    assert "routed" == messages(house)[0].state


def test_control_references_of_what_is_sent_have_no_gap_and_no_repetition(house: House) -> None:
    for number in range(12):
        house.drop(f"{number}.json", invoice(f"R-{number}"), channel="erp/in")
    house.engine.run_once()

    assert [str(number) for number in range(1, 13)] == [row.control_reference for row in rows(house, "outbound")]


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 30), (2, 60), (7, 2400), (10, 14400), (99, 14400)])
def test_the_wait_grows_up_to_four_hours(attempts: int, seconds: int) -> None:
    assert seconds == retry.wait(attempts, retry.Policy(), lambda: 0.5).total_seconds()


def test_the_wait_is_spread_by_a_fifth() -> None:
    assert (24.0, 36.0) == tuple(round(retry.wait(1, retry.Policy(), lambda edge=edge: edge).total_seconds(), 3) for edge in (0.0, 1.0))
