"""Nobody is left alone with something that is held."""

from __future__ import annotations

import shlex

import pytest
import typer.main

from edi.cli.app import app
from edi.engine.operator import Operator
from edi.engine.states import HELD, Machine, states
from edi.engine.verbs import HELPS, VERBS, advice

WAITING = [(machine, state) for machine, held in HELD.items() for state in sorted(held)]
HELPED = sorted({command for rows in HELPS.values() for command, _purpose in rows if command})
COMMANDS = [*HELPED, *sorted({verb.command("T7") for verb in VERBS})]


@pytest.mark.parametrize(("machine", "state"), WAITING)
def test_every_state_that_waits_for_a_person_has_an_advice(machine: Machine, state: str) -> None:
    assert advice(machine, state, name="X7", file="T7")


@pytest.mark.parametrize(("machine", "state"), [*HELPS, *((verb.machine, state) for verb in VERBS for state in sorted(verb.states))])
def test_advice_is_given_for_states_there_are(machine: Machine, state: str) -> None:
    assert state in states(machine)


def test_every_verb_is_done_by_the_engine() -> None:
    assert all(callable(getattr(Operator, verb.name)) for verb in VERBS)


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_advised_can_be_typed(command: str) -> None:
    words = shlex.split(command.format(name="T7", file="T7").replace(" N ", " 7 "))
    assert words[0] == "edi"
    verb = typer.main.get_command(app).get_command(None, words[1])  # type: ignore[attr-defined]  # the root is a group

    verb.make_context(words[1], words[2:], resilient_parsing=False)


def test_what_was_made_here_has_no_file_to_process_again() -> None:
    assert advice(Machine.TRANSMISSION, "quarantined", name="T7", file=None)
    assert all("replay" not in command for command, _ in advice(Machine.TRANSMISSION, "quarantined", name="T7", file=None))
