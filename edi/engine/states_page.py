"""The reference page of all states, drawn from the tables: what is documented is what runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from edi.engine.states import MOVES, START, WORDS, Machine, is_final, is_held, states

TITLES: Final = {
    Machine.TRANSMISSION: ("Inbound transmission (`T12`)", "One exchange of bytes through a channel, towards us."),
    Machine.CONFIRMATION: ("Confirmation", "Whether the other side of a transmission was told that it may forget the bytes: file removed or moved, mail moved, MDN sent."),
    Machine.INTERCHANGE: ("Interchange (`I3`)", "One UNB to UNZ, one UBL document, one JSON file. It is stored together with its verdict."),
    Machine.MESSAGE: ("Message (`M5`)", "One message or document on its way through the house."),
    Machine.OUTBOUND: ("Outbound transmission (`O7`)", "One thing that leaves the house: a document or an acknowledgement of ours."),
    Machine.ACKNOWLEDGEMENT: ("Acknowledgement expected (`A2`)", "What a partner owes us for something we sent."),
    Machine.CIRCUIT: ("Circuit", "Whether the other side of a channel answers."),
}  # fmt: skip


def render() -> str:
    """The page, in Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# States"
    yield ""
    yield "What is stored, and which moves are lawful. The engine looks every move up in this table; each commits together with its audit event."
    yield "A **held** state waits for a person: `edi messages --held` lists them, `edi show ID` says why. A **final** state has no way out."
    yield ""
    yield "People see three axes, never mixed: *processing* (what became of what came), *delivery* (does the receiver have it), *acknowledgement*"
    yield "(what the receiver says about it). The last column of each first table is that word."
    for machine in Machine:
        yield from _machine(machine)


def _machine(machine: Machine) -> Iterator[str]:
    title, text = TITLES[machine]
    yield from ("", f"## {title}", "", text, "", "| State | | People see |", "|---|---|---|")
    for state in states(machine):
        marks = [
            word
            for word, holds in (
                ("first", state in START[machine]),
                ("held", is_held(machine, state)),
                ("final", is_final(machine, state)),
            )
            if holds
        ]
        axis = WORDS.get((machine, state))
        seen = f"{axis[0]}: {axis[1].replace('_', ' ')}" if axis else ""
        yield f"| `{state}` | {', '.join(marks)} | {seen} |"
    yield from ("", "| From | To | Who | Why |", "|---|---|---|---|")
    for move in MOVES[machine]:
        yield f"| `{move.source}` | `{move.target}` | {move.who} | {move.why} |"
