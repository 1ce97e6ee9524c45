"""A patch corrects what came, beside the untouched original."""

from __future__ import annotations

import pytest

from edi.engine.operator import Act
from edi.engine.patching import PatchError, difference, with_segment
from edi.store.store import AnyRow
from tests.engine.house import House, order
from tests.engine.look import rows, states

WHY = Act(who="eva", why="the partner confirmed 120 by phone")


def spoiled(house: House) -> bytes:
    """An order whose quantity is no number, received."""
    data = order().replace(b"QTY+21:48'", b"QTY+21:4x8'")
    house.drop("a.edi", data)
    house.engine.run_once()
    return data


def test_a_patched_segment_is_processed_and_the_original_stays(house: House) -> None:
    data = spoiled(house)
    assert ["invalid"] == states(house, "message")

    house.engine.operator.patch("M1", with_segment(data, 7, "QTY+21:120'"), WHY)
    house.engine.settle()

    assert ["delivered"] == states(house, "message")
    assert b'"quantity": "120"' in next(iter(house.files("erp/out").values()))
    row: AnyRow = rows(house, "transmission")[0]
    with house.engine.context.store.reading() as view:
        assert data == view.payload(row.payload_sha256)
    assert () == house.engine.context.store.verify()


def test_a_replay_starts_from_the_patch_and_sends_nothing_again(house: House) -> None:
    data = spoiled(house)
    house.engine.operator.patch("T1", with_segment(data, 7, "QTY+21:120"), WHY)
    house.engine.settle()

    preview = house.engine.operator.replay_preview("T1")

    assert ["same"] == [effect.verdict for effect in preview.effects]


def test_the_difference_shows_the_segment_and_what_stands_around_it() -> None:
    before = order()

    changed = difference(before, with_segment(before, 7, "QTY+21:120"))

    assert ("-QTY+21:48'", "+QTY+21:120'") == tuple(line for line in changed if line[0] in "+-")


def test_released_terminators_belong_to_the_segment() -> None:
    before = order().replace(b"BGM+220+4711+9'", b"BGM+220+O?'Neill+9'")

    assert b"BGM+220+4711+9'DTM" in with_segment(before, 2, "BGM+220+4711+9")


@pytest.mark.parametrize(("position", "text", "why"), [(99, "QTY+21:1", "no segment 99"), (7, "QTY+21:1'LIN+2", "more than one segment")])
def test_a_patch_that_does_not_fit_is_refused(position: int, text: str, why: str) -> None:
    with pytest.raises(PatchError, match=why):
        with_segment(order(), position, text)
