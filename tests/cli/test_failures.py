"""Failures by cause, and acts on all of one cause."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from edi.engine.operator import Act
from edi.store import overview, selection
from tests.cli.conftest import Called
from tests.engine.house import House, order
from tests.engine.look import states


def broken_house(folder: Path) -> House:
    """Three orders that a broken mapping could not read, and one file that is no message at all."""
    house = House(folder)
    house.translator.broken = frozenset({"orders-eancom"})
    for number in (1, 2, 3):
        house.drop(f"{number}.edi", order(str(number), reference=str(number)))
    house.drop("x.edi", b"hello")
    house.engine.run_once()
    return house


def cause_of_orders(house: House) -> str:
    with house.engine.context.store.reading() as view:
        return overview.failures(view)[0].fingerprint


def test_failures_of_one_cause_are_one_group_and_can_be_replayed_together(tmp_path: Path) -> None:
    house = broken_house(tmp_path)
    cause = cause_of_orders(house)
    with house.engine.context.store.reading() as view:
        names = selection.of_cause(view, cause)
    assert 3 == len(names)

    house.translator.broken = frozenset()
    house.engine.operator.replay(names[0], Act(who="eva"))  # killed after the first: F-U01

    with house.engine.context.store.reading() as view:
        left = selection.of_cause(view, cause)
    assert names[1:] == left
    for name in left:
        house.engine.operator.replay(name, Act(who="eva"))
    house.engine.settle()

    assert 3 == states(house, "message").count("delivered")
    house.engine.close()


def test_held_things_are_chosen_by_partner_and_channel(tmp_path: Path) -> None:
    house = broken_house(tmp_path)
    wanted = {"messages": {"map_failed"}, "transmissions": {"quarantined"}, "outbounds": {"held"}}
    with house.engine.context.store.reading() as view:
        by_partner = selection.held(view, {"partner": "acme"}, **wanted)
        by_channel = selection.held(view, {"channel": "acme-in"}, **wanted)
        nobody = selection.held(view, {"partner": "nobody"}, **wanted)
    house.engine.close()

    assert 4 == len(by_channel)
    assert 3 <= len(by_partner) <= 4
    assert () == nobody


def test_a_fresh_demo_has_no_failures_and_groups_can_be_asked_for(demo: tuple[Path, Called], call: Callable[..., Called]) -> None:
    listed = call("-w", demo[0], "failures", "--json", folder=demo[0])
    chosen = call("-w", demo[0], "release", "--where", "colour=red", "--yes", folder=demo[0])

    assert listed.code in {0, 2}
    assert "nothing is selected by 'colour'" in chosen.err
