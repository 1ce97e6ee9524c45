"""Alerts: one line per cause, told when it is new, when it grew tenfold, and after a quiet time; never more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from edi.engine import alerts
from edi.engine.audit_watch import AuditWatch
from edi.engine.causes import Cause
from edi.engine.operator import Act
from edi.engine.ports import Delivery, Offer, Sent
from edi.errors import UntrustedError
from edi.store.notices import alert, notice
from edi.store.tables import audit_event
from tests.engine.house import FILES, House, invoice, order
from tests.engine.look import states
from tests.engine.test_notices import mailing

TELLING = """\
mail: {channel: house-mail}
alerts:
  to: [edi@muster.example]
  webhooks: [{name: pager, url: 'http://127.0.0.1:9/', secret: '${env:PAGER}'}]
  quiet: 24h
  disk_free_min: 0
"""
ORDER_AGREEMENT = "{kind: order, direction: in, message: 'ORDERS:D:96A:UN:EAN008', channel: acme-out, acknowledge: {contrl: CONTRL}}"


def told(tmp_path: Path, **changes: str) -> House:
    house = House(tmp_path, changes={**mailing(1), "notices.yaml": TELLING, **changes})
    house.clock.forward(seconds=1)
    return house


def look(house: House) -> list[str]:
    return [cause.key for cause in alerts.look(house.engine.context)]


def letters(house: House, way: str = "mail") -> list[str]:
    with house.engine.context.store.reading() as view:
        return list(view.connection.execute(select(notice.c.text).where(notice.c.way == way).order_by(notice.c.id)).scalars())


def broken_orders(house: House, first: int, count: int) -> None:
    """So many orders whose mapping does not work."""
    house.translator.broken = frozenset({"orders-eancom"})
    for number in range(first, first + count):
        house.drop(f"{number}.edi", order(str(number), reference=str(number)))
    house.engine.run_once()
    house.clock.forward(seconds=1)


def test_four_hundred_failures_of_one_cause_are_one_line_of_one_letter(tmp_path: Path) -> None:
    house = told(tmp_path)
    broken_orders(house, 1, 40)
    keys = look(house)

    assert len(keys) == 1
    (text,) = letters(house)
    assert text.startswith("* 40 failed alike, the last M40")
    assert text.count("\n* ") == 0
    (body,) = (json.loads(one) for one in letters(house, "webhook"))
    assert [(one["topic"], one["count"]) for one in body["alerts"]] == [("failed", 40)]


def test_it_is_told_again_when_it_has_grown_tenfold_and_not_before(tmp_path: Path) -> None:
    house = told(tmp_path)
    broken_orders(house, 1, 2)
    assert len(look(house)) == 1
    broken_orders(house, 10, 17)
    assert look(house) == []
    broken_orders(house, 100, 1)
    assert len(look(house)) == 1
    assert len(letters(house)) == 2


def test_after_the_quiet_time_it_is_told_again_only_if_more_came(tmp_path: Path) -> None:
    house = told(tmp_path)
    broken_orders(house, 1, 2)
    look(house)
    house.clock.forward(hours=25)
    assert look(house) == []
    broken_orders(house, 3, 1)
    assert len(look(house)) == 1


def test_what_lasts_is_told_again_after_the_quiet_time_and_a_restart_tells_nothing_twice(tmp_path: Path) -> None:
    house = told(tmp_path)
    house.engine.operator.hold_all(Act(who="test", why="stocktaking"))
    assert look(house) == ["hold"]
    house.again()
    assert look(house) == []
    house.clock.forward(hours=25)
    assert look(house) == ["hold"]


def test_what_comes_and_goes_within_the_quiet_time_is_told_once(tmp_path: Path) -> None:
    house = told(tmp_path)
    for expected in (["hold"], []):
        house.engine.operator.hold_all(Act(who="test", why="stocktaking"))
        assert look(house) == expected
        house.engine.operator.release_all(Act(who="test", why="done"))
        assert look(house) == []
    house.clock.forward(hours=25)
    look(house)
    with house.engine.context.store.reading() as view:
        assert view.connection.execute(select(alert)).all() == []


def test_contacts_of_our_own_are_told_of_what_they_asked_for(tmp_path: Path) -> None:
    us = FILES["partners/us.yaml"] + "contacts: [{name: Stock, email: stock@muster.example, notify: [silent]}]\n"
    house = told(tmp_path, **{"partners/us.yaml": us})
    assert alerts.recipients(house.engine.context.workspace, "silent") == ("edi@muster.example", "stock@muster.example")
    assert alerts.recipients(house.engine.context.workspace, "failed") == ("edi@muster.example",)


def test_a_partner_that_stays_silent_is_told_of_with_since_and_by_when(tmp_path: Path) -> None:
    quiet = FILES["partners/acme.yaml"].replace(ORDER_AGREEMENT, ORDER_AGREEMENT[:-1] + ", silent_after: 2d}")
    house = told(tmp_path, **{"partners/acme.yaml": quiet})
    house.drop("1.edi", order())
    house.engine.run_once()
    house.clock.forward(hours=49)
    assert look(house) == ["silent|acme|None|order"]
    assert "partner 'acme' brought no order since 2026-11-24T09:14" in letters(house)[0]
    assert "expected by 2026-11-26T09:14" in letters(house)[0]


def test_an_order_that_our_house_does_not_answer_in_time_is_told_of(tmp_path: Path) -> None:
    owing = FILES["partners/acme.yaml"].replace("{contrl: CONTRL}", "{response: always, within: 24h}")
    house = told(tmp_path, **{"partners/acme.yaml": owing})
    house.drop("1.edi", order("4711"))
    house.engine.run_once()
    house.clock.forward(hours=23)
    assert look(house) == []
    house.clock.forward(hours=2)
    assert look(house) == ["owed|acme|order"]
    assert "the oldest is '4711' (M1)" in letters(house)[0]


def test_an_overdue_acknowledgement_is_told_of(tmp_path: Path) -> None:
    house = told(tmp_path)
    house.drop("1.json", invoice(), channel="erp/in")
    house.engine.run_once()
    house.clock.forward(hours=5)
    house.engine.run_once()
    assert look(house) == ["overdue|acme|contrl"]


def test_a_channel_that_cannot_be_looked_at_is_told_of_after_three_looks(tmp_path: Path) -> None:
    house = told(tmp_path)
    (tmp_path / "data" / "acme" / "in").rmdir()
    for expected in ([], [], ["poll|acme-in"]):
        house.engine.poll("acme-in")
        assert look(house) == expected
    (tmp_path / "data" / "acme" / "in").mkdir()
    house.engine.poll("acme-in")
    with house.engine.context.store.reading() as view:
        assert alerts.now_known(house.engine.context.workspace, view, house.clock.now()) == ()


def test_a_full_disk_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = told(tmp_path, **{"notices.yaml": TELLING.replace("disk_free_min: 0", "disk_free_min: 10")})
    monkeypatch.setattr("edi.engine.causes.shutil.disk_usage", lambda _: type("Usage", (), {"total": 100, "free": 9})())
    assert look(house) == ["disk"]


def test_f_u07_an_edited_audit_trail_is_found_by_the_watch_and_told_of(tmp_path: Path) -> None:
    house = told(tmp_path)
    house.drop("1.edi", order())
    house.engine.run_once()
    watch = AuditWatch(house.engine.context)
    assert watch.step() is None
    with house.engine.context.store.writing("test", house.clock.now()) as transaction:
        transaction.connection.execute(update(audit_event).where(audit_event.c.seq == 2).values(actor="somebody else"))
    assert watch.step() is None, "once a day is enough"
    house.clock.forward(hours=25)
    watch.step()
    assert "audit" in look(house)
    assert "entry 2 was changed after it was written" in letters(house)[0]


def test_certificates_come_from_the_floor_above(tmp_path: Path) -> None:
    house = told(tmp_path)
    ends = Cause(key="certificate:acme-as2:30", topic="certificate", text="ends in 30 days")
    assert [one.key for one in alerts.look(house.engine.context, (lambda *_: (ends,),))] == ["certificate:acme-as2:30"]
    house.clock.forward(hours=48)
    assert alerts.look(house.engine.context, (lambda *_: (ends,),)) == ()


class Impostor:
    """A server that shows another key than the pinned one, to whoever looks or sends."""

    def offers(self) -> Iterator[Offer]:
        raise UntrustedError("acme-in: sftp.acme.example:22 shows another key than the pinned one; nothing was sent")
        yield

    def send(self, delivery: Delivery) -> Sent:
        raise UntrustedError("acme-out: sftp.acme.example:22 shows another key than the pinned one; nothing was sent")

    def look(self, delivery: Delivery) -> bool | None:
        return None

    def close(self) -> None:
        """Nothing was opened."""


def test_f_s10_another_host_key_is_told_at_once_and_what_is_to_be_sent_stays_queued(tmp_path: Path) -> None:
    house = told(tmp_path)
    channels: Any = house.engine.context.channels
    channels._inbound["acme-in"] = channels._outbound["acme-out"] = Impostor()
    house.drop("1.json", invoice(), channel="erp/in")
    house.engine.run_once()

    assert look(house) == ["circuit|acme-out", "poll|acme-in"]
    assert letters(house)[0].count("shows another key than the pinned one") == 2
    assert states(house, "outbound") == ["retry_wait"]
