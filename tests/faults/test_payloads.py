"""Payloads that somebody changed behind our back are found by `edi audit verify --payloads` (F-U08), and read as they came after ten years."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, select, update

from edi.limits import PAYLOAD_IN_DATABASE_BYTES_MAX
from edi.store import retention
from edi.store.payload_check import verify_payloads
from edi.store.tables import payload
from tests.engine.house import House, invoice, order
from tests.engine.look import rows


@pytest.fixture
def traded(tmp_path: Path) -> Iterator[House]:
    """A house with a dozen payloads, one of them too large for a row."""
    house = House(tmp_path, contrl="always")
    for number in range(1, 6):
        house.drop(f"{number}.edi", order(str(number), reference=str(number)))
    house.drop("large.edi", order("6", reference="6") + b"\r\n" * PAYLOAD_IN_DATABASE_BYTES_MAX)
    house.drop("r.json", invoice(), channel="erp/in")
    house.engine.run_once()
    yield house
    house.engine.close()


def found(house: House) -> list[str]:
    with house.engine.context.store.reading() as view:
        return [one.text for one in verify_payloads(view)]


@pytest.mark.parametrize("kind", ["edited", "deleted", "said to be deleted", "swapped"])
def test_f_u08_every_payload_that_was_changed_is_found(traded: House, kind: str) -> None:
    assert [] == found(traded)
    database = traded.engine.context.store._engine
    chance = random.Random(kind)
    for _ in range(int(os.environ.get("EDI_MANIPULATIONS", "12"))):
        with database.begin() as connection:
            rows = connection.execute(select(payload).where(payload.c.data.is_not(None)).order_by(payload.c.id)).all()
            one, other = chance.sample(rows, 2)
        _manipulate(database, kind, one, other, chance)
        [*told] = found(traded)
        assert told, kind
        assert one.sha256 in told[0] or other.sha256 in told[0]
        with database.begin() as connection:
            connection.execute(delete(payload).where(payload.c.id.in_([one.id, other.id])))
            connection.execute(payload.insert(), [dict(one._mapping), dict(other._mapping)])
        assert [] == found(traded)


def _manipulate(database: Engine, kind: str, one: object, other: object, chance: random.Random) -> None:
    first, second = payload.c.id == one.id, payload.c.id == other.id  # type: ignore[attr-defined]
    place = chance.randrange(len(one.data))  # type: ignore[attr-defined]
    edited = bytearray(one.data)  # type: ignore[attr-defined]
    edited[place] ^= 1 << chance.randrange(8)
    with database.begin() as connection:
        match kind:
            case "edited":
                connection.execute(update(payload).where(first).values(data=bytes(edited)))
            case "deleted":
                connection.execute(delete(payload).where(first))
            case "said to be deleted":
                connection.execute(update(payload).where(first).values(encoding="deleted", data=None))
            case "swapped":
                connection.execute(update(payload).where(first).values(data=other.data, encoding=other.encoding, size=other.size))  # type: ignore[attr-defined]
                connection.execute(update(payload).where(second).values(data=one.data, encoding=one.encoding, size=one.size))  # type: ignore[attr-defined]


@pytest.mark.sqlite
def test_f_u08_a_file_of_a_large_payload_that_was_changed_or_removed_is_found(traded: House) -> None:
    [place] = (traded.folder / "store" / "payloads").glob("??/*")
    whole = place.read_bytes()
    place.write_bytes(whole[:-1] + b"X")
    assert [f"payload {place.name} is no longer what was stored"] == found(traded)
    place.unlink()
    assert [f"payload file {place.name} could not be read: No such file or directory"] == found(traded)
    place.write_bytes(whole)
    assert [] == found(traded)


def test_t42_after_ten_years_the_archive_verifies_and_nothing_went_before_its_time(traded: House) -> None:
    store, periods = traded.engine.context.store, retention.Periods(default=10)
    before = found(traded), store.verify()
    early = retention.expire(store, actor="test", now=datetime(2036, 12, 31, 23, 59, tzinfo=UTC), periods=periods)
    traded.engine.close()
    traded.clock.forward(days=3_650)
    traded.again()
    store = traded.engine.context.store

    assert (([], ()), 0) == (before, early.payloads)
    assert ([], ()) == (found(traded), store.verify())
    with store.reading() as view:
        assert order("1", reference="1") == view.payload(rows(traded, "transmission")[0].payload_sha256), "as it came, legible"
    late = retention.expire(store, actor="test", now=datetime(2037, 1, 1, tzinfo=UTC) + timedelta(seconds=1), periods=periods)
    assert late.payloads > 10
    assert ([], ()) == (found(traded), store.verify()), "what retention deleted is said by the trail"
