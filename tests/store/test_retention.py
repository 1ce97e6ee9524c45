"""Payloads go when their time is over, the chain stays; what is young, needed or held stays too (P28, T42)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from edi.errors import StoreError
from edi.store import retention
from edi.store.store import Store
from tests.engine.house import House, invoice, order

YEAR = timedelta(days=366)


@pytest.fixture
def worked(tmp_path: Path) -> Iterator[House]:
    """A house that delivered an order and an invoice."""
    house = House(tmp_path)
    house.drop("a.edi", order())
    house.drop("b.json", invoice(), channel="erp/in")
    house.engine.run_once()
    yield house
    house.engine.close()


def expire(house: House, years: float = 10) -> retention.Deleted:
    store: Store = house.engine.context.store
    return retention.expire(store, actor="retention", now=house.clock.now(), keep_for=years * YEAR)


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
        due = retention.due(view, now=worked.clock.now(), keep_for=10 * YEAR)
        again = retention.due(view, now=worked.clock.now(), keep_for=10 * YEAR)

    assert due == again == expire(worked)
    assert due.payloads > 0
