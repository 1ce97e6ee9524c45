"""Many copies at once: one effect, and every copy gets the same answer (P6, P7, F-A25, G5)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from edi.engine.ports import Offer
from tests.engine.house import House, order
from tests.engine.look import states

COPIES = 32


def hand_over(house: House, number: int, copy: int) -> tuple[bool, bool, bytes | None]:
    """One copy of one message; its own answer names the copy, so that a second answer would show."""
    offer = Offer(transport_id=f"<{number}@acme>", filename=f"{number}.edi", size=None)
    data = order(str(number), reference=str(number))
    receipt = house.engine.receive("acme-in", offer, data, response=f"MDN {number} {copy}".encode())
    return receipt.first, receipt.same, receipt.response


def storm(folder: Path, messages: int) -> None:
    house = House(folder)
    with ThreadPoolExecutor(COPIES) as pool:
        for number in range(1, messages + 1):
            answers = list(pool.map(lambda copy, number=number: hand_over(house, number, copy), range(COPIES)))
            assert 1 == sum(first for first, _, _ in answers)
            assert all(same for _, same, _ in answers)
            assert 1 == len({response for _, _, response in answers})
    house.engine.run_once()

    assert messages == len(house.files("erp/out"))
    assert ["delivered"] * messages == states(house, "message")
    assert () == house.engine.context.store.verify()
    house.engine.close()


def test_thirty_two_copies_of_five_messages_have_five_effects(tmp_path: Path) -> None:
    storm(tmp_path, 5)


@pytest.mark.proof
def test_thirty_two_copies_of_a_thousand_messages_have_a_thousand_effects(tmp_path: Path) -> None:
    storm(tmp_path, 1000)


def test_other_bytes_under_the_same_identity_are_told_apart(house: House) -> None:
    offer = Offer(transport_id="<1@acme>", filename="1.edi", size=None)
    house.engine.receive("acme-in", offer, order(), response=b"first")

    again = house.engine.receive("acme-in", offer, order("4712"), response=b"second")

    assert (False, False, b"first") == (again.first, again.same, again.response)
