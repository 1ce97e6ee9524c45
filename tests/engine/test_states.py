"""The table of lawful moves: whole, closed, and the only way a state changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edi.engine import moves, states, states_page
from edi.engine.states import MOVES, START, Machine
from edi.store.store import Store

PEOPLE_SEE = (Machine.TRANSMISSION, Machine.INTERCHANGE, Machine.MESSAGE, Machine.OUTBOUND, Machine.ACKNOWLEDGEMENT)


@pytest.mark.parametrize("machine", Machine)
def test_every_state_can_be_reached(machine: Machine) -> None:
    reached = set(START[machine])
    while more := {move.target for move in MOVES[machine] if move.source in reached} - reached:
        reached |= more

    assert set(states.states(machine)) == reached


@pytest.mark.parametrize("machine", Machine)
def test_a_held_state_has_a_way_out_for_the_operator_or_a_later_event(machine: Machine) -> None:
    stuck = [state for state in states.states(machine) if states.is_held(machine, state) and states.is_final(machine, state)]

    assert [] == stuck


@pytest.mark.parametrize("machine", PEOPLE_SEE)
def test_every_state_has_a_word_for_people(machine: Machine) -> None:
    assert [] == [state for state in states.states(machine) if (machine, state) not in states.WORDS]


@pytest.mark.parametrize("machine", Machine)
def test_nobody_moves_twice_the_same_way(machine: Machine) -> None:
    pairs = [(move.source, move.target) for move in MOVES[machine]]

    assert len(set(pairs)) == len(pairs)


def test_an_unlawful_move_is_a_bug_and_changes_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    now = datetime(2026, 11, 24, tzinfo=UTC)
    with store.writing("test", now) as transaction:
        row = {"outbound_id": 1, "kind": "contrl", "level": "functional", "state": "expected", "deadline": transaction.now}
        row_id = moves.create(transaction, Machine.ACKNOWLEDGEMENT, row)

    with pytest.raises(AssertionError, match="cannot go from 'expected' to 'expired'"), store.writing("test", now) as transaction:
        moves.move(transaction, Machine.ACKNOWLEDGEMENT, row_id, "expected", "expired")

    with store.writing("test", now) as transaction:
        assert "expected" == moves.state_of(transaction, Machine.ACKNOWLEDGEMENT, row_id)
    store.close()


def test_a_move_from_a_state_the_row_left_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path)
    now = datetime(2026, 11, 24, tzinfo=UTC)
    with store.writing("test", now) as transaction:
        row = {"outbound_id": 1, "kind": "contrl", "level": "functional", "state": "expected", "deadline": transaction.now}
        row_id = moves.create(transaction, Machine.ACKNOWLEDGEMENT, row)
        moves.move(transaction, Machine.ACKNOWLEDGEMENT, row_id, "expected", "overdue")

    with pytest.raises(moves.StaleStateError), store.writing("test", now) as transaction:
        moves.move(transaction, Machine.ACKNOWLEDGEMENT, row_id, "expected", "accepted")
    store.close()


def test_the_reference_page_is_drawn_from_the_tables(as_expected: Callable[[Path, str | bytes], None]) -> None:
    as_expected(Path(__file__).resolve().parents[2] / "docs" / "reference" / "states.md", states_page.render())
