"""When documents leave: at once, by count, after a while, or at a time of day in the partner's zone."""

from __future__ import annotations

from pathlib import Path

from tests.engine.house import FILES, House, invoice


def batching(folder: Path, batch: str) -> House:
    acme = FILES["partners/acme.yaml"].replace("expect: {contrl: 4h}", f"batch: {batch}")
    return House(folder, changes={"partners/acme.yaml": acme})


def hand_over(house: House, count: int, *, start: int = 0) -> int:
    for number in range(start, start + count):
        house.drop(f"{number}.json", invoice(f"R-{number}"), channel="erp/in")
    house.engine.run_once()
    return len(house.files("acme/out"))


def test_documents_wait_until_enough_are_there(tmp_path: Path) -> None:
    house = batching(tmp_path, "{count: 3, or_after: 15m}")

    assert 0 == hand_over(house, 2)
    assert 3 == hand_over(house, 1, start=2)
    house.engine.close()


def test_documents_leave_when_the_oldest_has_waited_long_enough(tmp_path: Path) -> None:
    house = batching(tmp_path, "{count: 3, or_after: 15m}")

    assert 0 == hand_over(house, 2)
    house.clock.forward(minutes=15)
    assert 2 == hand_over(house, 0)
    house.engine.close()


def test_documents_leave_at_a_time_of_day_of_the_partner(tmp_path: Path) -> None:
    house = batching(tmp_path, "{at: '18:00'}")

    assert 0 == hand_over(house, 2)
    house.clock.forward(hours=7, minutes=45)
    assert 0 == hand_over(house, 0)
    house.clock.forward(minutes=1)
    assert 2 == hand_over(house, 0)
    house.engine.close()
