"""Payloads go when their time is over, the chain stays; what is young, needed or held stays too (P28, T42)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from edi.errors import StoreError
from edi.limits import PAYLOAD_IN_DATABASE_BYTES_MAX
from edi.store import retention
from edi.store.retention import Periods
from edi.store.store import Store
from edi.store.tables import payload_part
from tests.engine.house import House, invoice, order


@pytest.fixture
def worked(tmp_path: Path) -> Iterator[House]:
    """A house that delivered an order and an invoice."""
    house = House(tmp_path)
    house.drop("a.edi", order())
    house.drop("b.json", invoice(), channel="erp/in")
    house.engine.run_once()
    yield house
    house.engine.close()


TEN = Periods(default=10)


def expire(house: House, periods: Periods = TEN) -> retention.Deleted:
    store: Store = house.engine.context.store
    return retention.expire(store, actor="retention", now=house.clock.now(), periods=periods)


def test_nothing_goes_before_its_time(worked: House) -> None:
    worked.clock.forward(days=9 * 366)

    assert 0 == expire(worked).payloads


def test_what_is_over_goes_and_the_chain_still_holds(worked: House) -> None:
    worked.clock.forward(days=11 * 366)

    gone = expire(worked)

    assert gone.payloads >= 4
    assert () == worked.engine.context.store.verify()
    with worked.engine.context.store.reading() as view, pytest.raises(StoreError, match="deleted when its retention ended"):
        view.payload(hashlib.sha256(order()).hexdigest())


def test_what_is_under_legal_hold_stays(worked: House) -> None:
    with worked.engine.context.store.writing("anna", worked.clock.now()) as transaction:
        retention.hold(transaction, "partner acme", "a lawsuit")
    worked.clock.forward(days=11 * 366)
    expire(worked)

    with worked.engine.context.store.reading() as view:
        assert order() == view.payload(hashlib.sha256(order()).hexdigest())

    with worked.engine.context.store.writing("anna", worked.clock.now()) as transaction:
        retention.end_hold(transaction, "partner acme", "settled")
    assert expire(worked).payloads > 0


def test_the_same_bytes_received_again_later_stay(worked: House) -> None:
    worked.clock.forward(days=11 * 366)
    worked.drop("again.edi", order())
    worked.engine.run_once()
    expire(worked)

    with worked.engine.context.store.reading() as view:
        assert order() == view.payload(hashlib.sha256(order()).hexdigest())


def test_what_would_be_deleted_is_said_without_deleting_it(worked: House) -> None:
    worked.clock.forward(days=11 * 366)
    with worked.engine.context.store.reading() as view:
        due = retention.due(view, now=worked.clock.now(), periods=TEN)
        again = retention.due(view, now=worked.clock.now(), periods=TEN)

    assert due == again == expire(worked)
    assert due.payloads > 0


def kept(house: House, data: bytes) -> bool:
    with house.engine.context.store.reading() as view:
        try:
            return view.payload(hashlib.sha256(data).hexdigest()) == data
        except StoreError:
            return False


GERMAN = Periods(default=8, by_kind={"invoice": 8, "order": 6})


def test_each_kind_goes_after_its_own_period_and_at_the_end_of_a_year(worked: House) -> None:
    """Received in November 2026: orders are kept to the end of 2032, invoices to the end of 2034."""
    invoice_sent = worked.files("acme/out")["INVOIC_1.edi"]
    for year, order_is_there, invoice_is_there in ((2032, True, True), (2033, False, True), (2034, False, True), (2035, False, False)):
        worked.clock._now = datetime(year, 12, 31, tzinfo=UTC)
        expire(worked, GERMAN)
        assert (order_is_there, invoice_is_there) == (kept(worked, order()), kept(worked, invoice_sent)), year
    assert () == worked.engine.context.store.verify()


def test_a_pass_looks_at_what_is_due_and_at_nothing_else(worked: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten years of payloads: a year's pass costs as much as that year, not as much as the archive."""
    looked: list[int] = []

    def counting(view: object, hashes: list[str], *rest: object) -> dict[str, int]:
        looked.append(len(hashes))
        return {}

    store = worked.engine.context.store
    worked.clock._now = datetime(2026, 12, 1, tzinfo=UTC)
    for year in range(2000, 2010):
        with store.writing("test", datetime(year, 6, 1, tzinfo=UTC)) as transaction:
            for number in range(20):
                transaction.keep(f"payload {year} {number}".encode())
    retention.expire(store, actor="t", now=datetime(2010, 1, 2, tzinfo=UTC), periods=TEN)
    monkeypatch.setattr(retention, "last_years", counting)
    for year in range(2011, 2021):
        looked.clear()
        done = retention.expire(store, actor="t", now=datetime(year, 1, 2, tzinfo=UTC), periods=TEN)
        assert (20, 20) == (sum(looked), done.payloads), year


def test_what_is_needed_longer_is_looked_at_once_and_not_every_year(worked: House, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    real = retention.last_years
    monkeypatch.setattr(retention, "last_years", lambda view, hashes, *rest: looked.append(len(hashes)) or real(view, hashes, *rest))
    counts = []
    for year in range(2033, 2036):
        looked.clear()
        worked.clock._now = datetime(year, 1, 2, tzinfo=UTC)
        expire(worked, GERMAN)
        counts.append(sum(looked))

    assert counts[0] > 0
    assert 0 == counts[1], "what is kept until 2034 was seen in 2033"
    assert counts[2] > 0


def test_other_periods_are_taken_at_once(worked: House) -> None:
    worked.clock._now = datetime(2033, 1, 2, tzinfo=UTC)
    expire(worked, GERMAN)
    invoice_sent = worked.files("acme/out")["INVOIC_1.edi"]
    assert kept(worked, invoice_sent)

    expire(worked, Periods(default=3))
    assert not kept(worked, invoice_sent)


def test_bytes_that_come_again_after_their_retention_are_there_again(worked: House) -> None:
    """P1: they were acknowledged again, so they must be kept again."""
    worked.clock.forward(days=12 * 366)
    expire(worked)
    assert not kept(worked, order())
    worked.drop("again.edi", order())
    worked.engine.run_once()

    assert kept(worked, order())
    assert 0 == expire(worked).payloads
    assert () == worked.engine.context.store.verify()


def test_a_hold_outlasts_every_period_and_ends_when_it_is_ended(worked: House) -> None:
    store = worked.engine.context.store
    with store.writing("anna", worked.clock.now()) as transaction:
        retention.hold(transaction, "T1", "a lawsuit")
    for _ in range(3):
        worked.clock.forward(days=10 * 366)
        expire(worked, GERMAN)
        assert kept(worked, order())
    with store.writing("anna", worked.clock.now()) as transaction:
        retention.end_hold(transaction, "T1", "settled")
    expire(worked, GERMAN)
    assert not kept(worked, order())


def test_large_payloads_go_with_their_files_or_parts(worked: House) -> None:
    store = worked.engine.context.store
    with store.writing("test", worked.clock.now()) as transaction:
        digest = transaction.keep(b"x" * (PAYLOAD_IN_DATABASE_BYTES_MAX + 1))
    worked.clock.forward(days=12 * 366)
    expire(worked)

    assert [] == list((store.folder / "payloads").glob("??/*"))
    with store.reading() as view:
        assert 0 == view.connection.execute(select(func.count()).select_from(payload_part)).scalar_one()
        with pytest.raises(StoreError, match="retention ended"):
            view.payload(digest)


def test_the_forecast_knows_how_much_of_which_kind_grows(worked: House) -> None:
    with worked.engine.context.store.reading() as view:
        kinds = retention.growth_by_kind(view, since="2026")

    assert {"order", "invoice"} == set(kinds)
    assert all(size > 0 for size in kinds.values())
