"""Which moves are lawful, as one table, and what people see of a state, as another. Code looks things up here and decides nothing else.

Who moves: `engine` (a worker), `timer` (a deadline), `partner` (an event on the wire), `erp`, `operator`.
A state with no way out is final. A held state waits for the operator. `docs/reference/states.md` is drawn from these tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Machine(StrEnum):
    """What has states."""

    TRANSMISSION = "transmission"
    CONFIRMATION = "confirmation"
    INTERCHANGE = "interchange"
    MESSAGE = "message"
    OUTBOUND = "outbound"
    ACKNOWLEDGEMENT = "acknowledgement"
    CIRCUIT = "circuit"


class Axis(StrEnum):
    """The three things people ask, never mixed."""

    PROCESSING = "processing"
    DELIVERY = "delivery"
    ACKNOWLEDGEMENT = "acknowledgement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One lawful change of state."""

    source: str
    target: str
    who: str
    why: str


def _moves(*rows: tuple[str, str, str, str]) -> tuple[Move, ...]:
    """Rows of: sources (several with spaces between), target, who, why."""
    return tuple(Move(source=source, target=target, who=who, why=why) for sources, target, who, why in rows for source in sources.split())


START: Final[Mapping[Machine, frozenset[str]]] = {
    Machine.TRANSMISSION: frozenset({"received"}),
    # Sent: what was handed over is answered at once. Given up: it was never taken, and stays where it is (too large).
    Machine.CONFIRMATION: frozenset({"owed", "sent", "given_up"}),
    Machine.INTERCHANGE: frozenset({"accepted", "accepted_in_part", "rejected", "duplicate", "conflict", "held_test", "unreportable"}),
    Machine.MESSAGE: frozenset({"extracted"}),
    Machine.OUTBOUND: frozenset({"ready", "held"}),
    Machine.ACKNOWLEDGEMENT: frozenset({"expected"}),
    Machine.CIRCUIT: frozenset({"closed"}),
}
"""The states a new row may have. An interchange is written with its verdict: it is read, checked and stored in one transaction."""

MOVES: Final[Mapping[Machine, tuple[Move, ...]]] = {
    # The states before `received` (listed, not yet stable, being fetched) belong to the channel: nothing of ours exists yet.
    Machine.TRANSMISSION: _moves(
        ("received", "accepted", "engine", "it was read, and every interchange in it has a verdict"),
        ("received", "rejected", "engine", "its signature or encryption did not hold"),
        ("received", "duplicate", "engine", "the same bytes came under the same identity before"),
        ("received", "conflict", "engine", "other bytes came under an identity seen before"),
        ("received", "quarantined", "engine", "it could not be read, came from nobody we know, or passed a limit"),
        ("quarantined conflict accepted", "received", "operator", "released, or replayed from its stored bytes"),
        ("quarantined conflict", "discarded", "operator", "discarded with a reason"),
    ),
    Machine.CONFIRMATION: _moves(
        ("owed", "sent", "engine", "the other side removed, moved or answered it"),
    ),
    Machine.INTERCHANGE: _moves(
        ("conflict held_test", "accepted", "operator", "released"),
        ("conflict held_test", "accepted_in_part", "operator", "released; some messages were not usable"),
        ("conflict held_test", "rejected", "operator", "released, and found unusable"),
        ("held_test", "duplicate", "operator", "released, but it had been accepted meanwhile"),
        ("accepted_in_part rejected unreportable", "accepted", "operator", "replayed: what was refused is understood now"),
        ("rejected unreportable", "accepted_in_part", "operator", "replayed: some of it is understood now"),
        ("unreportable", "rejected", "operator", "replayed: what could not even be answered is refused now"),
        ("rejected", "conflict", "operator", "replayed, and its reference belongs to another interchange meanwhile"),
        ("rejected", "duplicate", "operator", "replayed, and the same came again meanwhile and was accepted"),
    ),
    Machine.MESSAGE: _moves(
        ("extracted", "valid", "engine", "syntax, structure and codes hold"),
        ("extracted", "invalid", "engine", "findings that make it unusable"),
        ("extracted", "held", "engine", "its interchange is held: a test in production, or a conflict; or what it replaces never came"),
        ("extracted valid", "unroutable", "engine", "no route fits, or two fit equally well"),
        ("valid", "mapped", "engine", "the canonical document was made and holds"),
        ("valid", "map_failed", "engine", "the mapping, the document or an output had errors"),
        ("mapped", "routed", "engine", "outputs are stored and queued"),
        ("valid mapped", "duplicate", "engine", "the document came before, with the same content"),
        ("valid mapped", "conflict", "engine", "a document of this number came before, with other content"),
        ("extracted", "settled", "engine", "an acknowledgement: it was matched to what we sent"),
        ("extracted", "unmatched", "engine", "an acknowledgement for nothing we know"),
        ("routed", "delivered", "engine", "every receiver has it"),
        ("routed delivered", "dead_letter", "engine", "an output was refused or given up"),
        ("dead_letter", "routed", "operator", "an output is on its way again"),
        ("dead_letter", "delivered", "engine", "every receiver has it after all"),
        ("delivered", "routed", "operator", "a replay made an output that was not there before"),
        ("routed delivered changed", "accepted", "partner", "the business answer was yes"),
        ("routed delivered accepted", "changed", "partner", "the business answer was yes, with changes"),
        ("routed delivered accepted changed", "refused", "partner", "the business answer was no"),
        ("routed delivered dead_letter accepted changed", "superseded", "engine", "a replacement or cancellation was accepted"),
        ("invalid unroutable map_failed held conflict dead_letter unmatched", "extracted", "operator", "replayed or released"),
        ("invalid unroutable map_failed held conflict dead_letter unmatched", "cancelled", "operator", "cancelled with a reason"),
    ),
    Machine.OUTBOUND: _moves(
        ("ready", "in_flight", "engine", "the attempt is written down before the first byte leaves"),
        ("in_flight", "acknowledged", "engine", "the other side has it"),
        ("in_flight", "awaiting", "engine", "the other side took it and owes a receipt"),
        ("in_flight", "retry_wait", "engine", "it did not arrive; it will be tried again"),
        ("in_flight", "unknown", "engine", "it may have arrived"),
        ("in_flight", "rejected", "partner", "the other side refused it"),
        ("unknown retry_wait", "ready", "timer", "due again: same bytes, same identity"),
        ("retry_wait unknown", "failed", "timer", "tried for too long"),
        ("awaiting overdue", "acknowledged", "partner", "the receipt said yes"),
        ("awaiting overdue", "rejected", "partner", "the receipt said no"),
        ("unknown retry_wait ready", "acknowledged", "partner", "a late receipt said yes"),
        ("unknown retry_wait ready", "rejected", "partner", "a late receipt said no"),
        ("awaiting", "unknown", "timer", "the receipt did not come in time"),
        ("awaiting", "overdue", "timer", "the receipt did not come after resending"),
        ("acknowledged", "rejected", "partner", "a bounce or a refusal came later"),
        ("ready retry_wait", "held", "operator", "hold; or its stored bytes are no longer what they were"),
        ("held", "ready", "operator", "release"),
        ("ready retry_wait unknown overdue held failed rejected", "cancelled", "operator", "cancelled with a reason"),
        ("failed rejected overdue acknowledged", "ready", "operator", "resend: same bytes, same identity"),
    ),
    Machine.ACKNOWLEDGEMENT: _moves(
        ("expected overdue expired accepted_with_errors", "accepted", "partner", "yes"),
        ("expected overdue expired accepted", "accepted_with_errors", "partner", "yes, with remarks"),
        ("expected overdue expired accepted", "partially_accepted", "partner", "some of it"),
        ("expected overdue expired accepted accepted_with_errors partially_accepted", "rejected", "partner", "no"),
        ("expected", "overdue", "timer", "the deadline passed"),
        ("expected overdue", "waived", "operator", "nobody waits for it any more; or what it was for was replaced"),
        ("overdue", "expired", "timer", "overdue for so long that it is not looked for any more"),
    ),
    Machine.CIRCUIT: _moves(
        ("closed half_open", "open", "engine", "too many transport errors in a row"),
        ("open", "half_open", "timer", "one delivery tries whether it works again"),
        ("half_open", "closed", "engine", "it worked"),
        ("closed", "closed", "engine", "a success forgets earlier errors"),
    ),
}

HELD: Final[Mapping[Machine, frozenset[str]]] = {
    Machine.TRANSMISSION: frozenset({"quarantined", "conflict"}),
    Machine.INTERCHANGE: frozenset({"conflict", "held_test", "unreportable"}),
    Machine.MESSAGE: frozenset({"unroutable", "map_failed", "held", "conflict", "dead_letter", "unmatched"}),
    Machine.OUTBOUND: frozenset({"held", "failed", "rejected", "overdue"}),
    Machine.ACKNOWLEDGEMENT: frozenset({"overdue"}),
}
"""States that wait for a person."""

WORDS: Final[Mapping[tuple[Machine, str], tuple[Axis, str]]] = {
    **{(Machine.TRANSMISSION, state): (Axis.PROCESSING, word) for state, word in {
        "received": "received", "accepted": "done", "rejected": "rejected", "duplicate": "duplicate",
        "conflict": "quarantined", "quarantined": "quarantined", "discarded": "discarded",
    }.items()},
    **{(Machine.MESSAGE, state): (Axis.PROCESSING, word) for state, word in {
        "extracted": "received", "valid": "received", "mapped": "received", "routed": "done", "delivered": "done",
        "dead_letter": "done", "invalid": "quarantined", "map_failed": "quarantined", "unroutable": "held", "held": "held",
        "conflict": "quarantined", "duplicate": "duplicate", "settled": "done", "unmatched": "held", "accepted": "done",
        "changed": "done", "refused": "done", "superseded": "superseded", "cancelled": "cancelled",
    }.items()},
    **{(Machine.INTERCHANGE, state): (Axis.PROCESSING, word) for state, word in {
        "accepted": "done", "accepted_in_part": "done", "rejected": "quarantined", "duplicate": "duplicate",
        "conflict": "quarantined", "held_test": "held", "unreportable": "quarantined",
    }.items()},
    **{(Machine.OUTBOUND, state): (Axis.DELIVERY, word) for state, word in {
        "ready": "pending", "held": "held", "in_flight": "sending", "awaiting": "sent", "acknowledged": "delivered",
        "retry_wait": "retrying", "unknown": "unknown", "failed": "failed", "rejected": "failed", "overdue": "sent",
        "cancelled": "cancelled",
    }.items()},
    **{(Machine.ACKNOWLEDGEMENT, state): (Axis.ACKNOWLEDGEMENT, word) for state, word in {
        "expected": "awaited", "accepted": "accepted", "accepted_with_errors": "accepted_with_errors",
        "partially_accepted": "partially_accepted", "rejected": "rejected", "overdue": "overdue", "waived": "not_expected",
        "expired": "overdue",
    }.items()},
}  # fmt: skip
"""What people see of a stored state, and on which axis. Confirmations and circuits are shown as they are."""

NOT_EXPECTED: Final = "not_expected"
"""The acknowledgement axis of what nobody owes an answer for."""


def is_lawful(machine: Machine, source: str, target: str) -> bool:
    """True if the table has this move."""
    return (source, target) in _LAWFUL[machine]


def states(machine: Machine) -> tuple[str, ...]:
    """All states of a machine, in the order of the table."""
    named = [*sorted(START[machine]), *(state for move in MOVES[machine] for state in (move.source, move.target))]
    return tuple(dict.fromkeys(named))


def is_final(machine: Machine, state: str) -> bool:
    """True if nothing leads out of the state."""
    return all(move.source != state for move in MOVES[machine])


def is_held(machine: Machine, state: str) -> bool:
    """True if the state waits for the operator."""
    return state in HELD.get(machine, frozenset())


def word(machine: Machine, state: str) -> str:
    """What people see of a state."""
    return WORDS[machine, state][1]


_LAWFUL: Final = {machine: frozenset((move.source, move.target) for move in moves) for machine, moves in MOVES.items()}
