"""What a person may do to one row in which state: one table for the engine, which refuses anything else, for `edi show`, and for the page.

Beside the verbs, which change something, `advice` names what else helps before one of them is chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from edi.engine.states import MOVES, Machine


def _sources(machine: Machine, target: str) -> frozenset[str]:
    """The states from which an operator may move a row to `target`."""
    return frozenset(move.source for move in MOVES[machine] if move.who == "operator" and move.target == target)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One verb for rows of one machine; a method of `Operator` and a command have its name."""

    name: str
    machine: Machine
    states: frozenset[str]
    """In which it is offered; an output in another is refused."""
    says: str
    needs_why: bool = False

    def command(self, name: str) -> str:
        """As it is typed for the row called `name`."""
        return f"edi {self.name} {name}" + (" --why '...'" if self.needs_why else "")


VERBS: Final = (
    Verb(name="release", machine=Machine.TRANSMISSION, states=frozenset({"quarantined", "conflict"}),
         says="process it as it is: somebody looked at it"),
    Verb(name="discard", machine=Machine.TRANSMISSION, states=_sources(Machine.TRANSMISSION, "discarded"), needs_why=True,
         says="give it up; its bytes stay in the archive"),
    Verb(name="release", machine=Machine.MESSAGE, states=_sources(Machine.MESSAGE, "extracted") - {"dead_letter"},
         says="process it as it is: somebody looked at it"),
    Verb(name="cancel", machine=Machine.MESSAGE, states=_sources(Machine.MESSAGE, "cancelled"), needs_why=True,
         says="never process it; its bytes stay in the archive"),
    Verb(name="release", machine=Machine.OUTBOUND, states=frozenset({"held"}),
         says="send it"),
    Verb(name="retry", machine=Machine.OUTBOUND, states=frozenset({"retry_wait", "unknown", "ready"}),
         says="try it now instead of later"),
    Verb(name="hold", machine=Machine.OUTBOUND, states=_sources(Machine.OUTBOUND, "held"),
         says="keep it back until it is released"),
    Verb(name="resend", machine=Machine.OUTBOUND, states=_sources(Machine.OUTBOUND, "ready") - {"held"},
         says="send the same bytes under the same identity: the receiver knows that it is the same"),
    Verb(name="resubmit", machine=Machine.OUTBOUND, states=frozenset({"failed", "rejected", "cancelled", "acknowledged", "overdue"}), needs_why=True,
         says="send the document as a new one, under new control references, linked to this"),
    Verb(name="cancel", machine=Machine.OUTBOUND, states=_sources(Machine.OUTBOUND, "cancelled"), needs_why=True,
         says="never send it"),
    Verb(name="waive", machine=Machine.ACKNOWLEDGEMENT, states=_sources(Machine.ACKNOWLEDGEMENT, "waived"), needs_why=True,
         says="wait no more for it"),
)  # fmt: skip

LETTERS: Final[Mapping[str, Machine]] = {
    "T": Machine.TRANSMISSION, "I": Machine.INTERCHANGE, "M": Machine.MESSAGE, "O": Machine.OUTBOUND, "A": Machine.ACKNOWLEDGEMENT,
}  # fmt: skip
"""By the letter of a name: whose states the row has. A document (D4) has none."""

_SEE: Final = ("edi trace {name}", "see what it belongs to, and what it stands in conflict with")
_AGAIN: Final = ("edi replay {file}", "process it again, after a mapping, partner, route or channel was changed")
_CORRECT: Final = (
    "edi patch {name} --segment N --replace 'TAG+...' --why '...'",
    "correct a copy, as agreed with the partner, and process that",
)
_WHOLE_FILE: Final = ("edi release {file} --why '...'", "process it as it is: somebody looked at it")

HELPS: Final[Mapping[tuple[Machine, str], tuple[tuple[str, str], ...]]] = {
    (Machine.TRANSMISSION, "quarantined"): (_AGAIN,),
    (Machine.TRANSMISSION, "conflict"): (_SEE,),
    (Machine.INTERCHANGE, "conflict"): (_SEE, _WHOLE_FILE),
    (Machine.INTERCHANGE, "held_test"): (_WHOLE_FILE,),
    (Machine.INTERCHANGE, "unreportable"): (_AGAIN, _WHOLE_FILE),
    (Machine.MESSAGE, "invalid"): (("", "the partner sends it again, corrected; or:"), _CORRECT, _AGAIN),
    (Machine.MESSAGE, "unroutable"): (("edi explain {name}", "see why each route fits or not"), _AGAIN),
    (Machine.MESSAGE, "map_failed"): (_AGAIN, _CORRECT),
    (Machine.MESSAGE, "conflict"): (_SEE,),
    (Machine.MESSAGE, "dead_letter"): (_SEE,),
    (Machine.MESSAGE, "unmatched"): (_AGAIN,),
}
"""What is not a verb on the row itself, and comes before one. `{name}` is the row, `{file}` the transmission it came in."""


def verb(name: str, machine: Machine) -> Verb | None:
    """The verb of that name for rows of that machine."""
    return next((one for one in VERBS if (one.name, one.machine) == (name, machine)), None)


def offered(machine: Machine, state: str) -> tuple[Verb, ...]:
    """The verbs that make sense for a row in a state."""
    return tuple(one for one in VERBS if one.machine is machine and state in one.states)


def advice(machine: Machine, state: str, *, name: str, file: str | None) -> tuple[tuple[str, str], ...]:
    """Commands and when each is right, for `name`, which came in `file` (T12; None: it was made here)."""
    helps = HELPS.get((machine, state), ())
    rows = [(command.format(name=name, file=file), purpose) for command, purpose in helps if file or "{file}" not in command]
    return (*rows, *((one.command(name), one.says) for one in offered(machine, state)))
