"""Heads of the audit trail lie elsewhere, regularly, and find what was done to the trail since (P27)."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from edi.store import audit_heads
from edi.store.tables import audit_event
from tests.engine.house import House, order

CHANGES = {
    "archive.yaml": "heads: {channel: heads-out, every: 1d}\nretention: {country: de, years: {invoice: 10}}\n",
    "channels/heads-out.yaml": "channel: heads-out\nkind: directory\ndirection: out\nfolder: data/heads\nname: '{ref}.json'\n",
}


@pytest.fixture
def house(tmp_path: Path) -> House:
    (tmp_path / "data/heads").mkdir(parents=True)
    return House(tmp_path, changes=CHANGES)


def heads(house: House) -> list[tuple[str, str]]:
    return [(name, data.decode()) for name, data in house.files("heads").items()]


def test_a_head_leaves_every_day_and_each_begins_with_the_one_before(house: House) -> None:
    for day in range(3):
        house.drop(f"{day}.edi", order(f"47{day}", reference=str(day + 1)))
        house.engine.run_once()
        house.engine.run_once()
        house.clock.forward(days=1)

    assert 3 == len(heads(house))
    assert () == audit_heads.verify(heads(house))
    kept = tuple(audit_heads.read(name, text) for name, text in heads(house))
    assert () == house.engine.context.store.verify(kept)
    house.engine.close()


def test_a_tail_that_was_cut_off_is_found_by_the_heads_that_left(house: House) -> None:
    house.drop("1.edi", order())
    house.engine.run_once()
    house.clock.forward(days=1)
    house.engine.run_once()
    kept = tuple(audit_heads.read(name, text) for name, text in heads(house))
    store = house.engine.context.store
    with store._engine.begin() as connection:
        last = connection.execute(select(func.max(audit_event.c.seq))).scalar_one()
        connection.execute(delete(audit_event).where(audit_event.c.seq > last - 20))

    assert () == store.verify()
    assert store.verify(kept)
    house.engine.close()


def test_without_the_file_nothing_is_sent(tmp_path: Path) -> None:
    plain = House(tmp_path)
    plain.drop("1.edi", order())
    plain.engine.run_once()

    assert [] == [line for line in plain.files("acme/out") if "head" in line]
    assert 10 == plain.engine.context.workspace.archive.retention.default()
    plain.engine.close()


def test_periods_are_the_countrys_unless_the_house_says_otherwise(house: House) -> None:
    retention = house.engine.context.workspace.archive.retention

    assert (10, 6, 8) == (retention.by_kind()["invoice"], retention.by_kind()["order"], retention.default())
    house.engine.close()
