"""What is broken stands alone: a rotten payload, a channel with a bug, a channel that cannot be opened (P33, F-A15, F-U04)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import update

from edi.engine.ports import Delivery, Offer, Sent
from edi.errors import ConfigError
from edi.store.tables import payload
from tests.engine.house import House, invoice, order
from tests.engine.look import outbounds, rows, states
from tests.engine.test_delivery import Scripted, script


def rot(house: House, digest: str) -> None:
    with house.engine.context.store.writing("rot", house.clock.now()) as transaction:
        transaction.connection.execute(update(payload).where(payload.c.sha256 == digest).values(encoding="raw", data=b"rotten"))


def test_a_received_payload_that_rots_is_held_and_the_others_go_on(house: House) -> None:
    """F-A15."""
    house.drop("a.edi", order("4711", reference="1"))
    house.drop("b.edi", order("4712", reference="2"))
    house.engine.poll("acme-in")
    rot(house, rows(house, "transmission")[0].payload_sha256)

    house.engine.settle()

    assert ["accepted", "quarantined"] == sorted(states(house, "transmission"))
    assert 1 == len(house.files("erp/out"))


def test_an_outbound_payload_that_rots_is_held_and_never_sent(house: House) -> None:
    """F-A15."""
    house.engine.process()
    for number in ("4711", "4712"):
        house.drop(f"{number}.edi", order(number, reference=number))
    house.engine.poll("acme-in")
    house.engine.process()
    rot(house, rows(house, "outbound")[0].payload_sha256)

    house.engine.settle()

    assert ["acknowledged", "held"] == sorted(states(house, "outbound"))
    assert any("no longer what was stored" in (line.reason or "") for line in outbounds(house))


def test_a_bug_in_a_sending_channel_leaves_the_outcome_unknown_and_the_others_go_on(house: House) -> None:
    class Buggy(Scripted):
        def send(self, delivery: Delivery) -> Sent:
            raise ZeroDivisionError("a bug in the channel")

    script(house, "acme-out", Buggy())
    house.drop("r.json", invoice(), channel="erp/in")
    house.drop("a.edi", order())

    report = house.engine.run_once()

    assert 1 == len(house.files("erp/out"))
    assert ["acknowledged", "unknown"] == sorted(states(house, "outbound"))
    assert any("ZeroDivisionError" in problem for problem in report.problems)


def test_a_bug_in_a_receiving_channel_stops_that_look_only(house: House) -> None:
    class Buggy:
        def offers(self) -> Iterator[Offer]:
            raise ZeroDivisionError("a bug in the channel")

        def close(self) -> None:
            pass

    house.engine.context.channels._inbound["erp-in"] = Buggy()  # type: ignore[attr-defined]
    house.drop("a.edi", order())

    report = house.engine.run_once()

    assert 1 == len(house.files("erp/out"))
    assert any("ZeroDivisionError" in problem for problem in report.problems)


def test_a_channel_that_cannot_be_opened_is_a_problem_of_its_own(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    channels = house.engine.context.channels
    opened = channels.inbound

    def refusing(name: str) -> object:
        if name == "erp-in":
            raise ConfigError("the environment has no ERP_PASSWORD")
        return opened(name)

    monkeypatch.setattr(channels, "inbound", refusing)
    house.drop("a.edi", order())

    report = house.engine.run_once()

    assert 1 == len(house.files("erp/out"))
    assert ["erp-in: the environment has no ERP_PASSWORD"] == report.problems


def test_what_waits_for_a_channel_that_cannot_be_opened_waits_on(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    channels = house.engine.context.channels

    def refusing(name: str) -> object:
        raise ConfigError("the environment has no ERP_PASSWORD")

    with monkeypatch.context() as patched:
        patched.setattr(channels, "outbound", refusing)
        house.drop("a.edi", order())
        house.engine.run_once()
        assert ["retry_wait"] == states(house, "outbound")
    house.clock.forward(minutes=1)
    house.engine.run_once()

    assert ["acknowledged"] == states(house, "outbound")
