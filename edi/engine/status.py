"""The three things people ask about a message, in words, derived from stored states by the table in `edi.engine.states`; never mixed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from edi.engine.states import NOT_EXPECTED, Machine, word
from edi.store.queries import MessageLine, OutboundLine

WORST_DELIVERY: Final = ("failed", "unknown", "held", "retrying", "pending", "sending", "sent", "delivered", "cancelled")
"""Of several outputs the one that needs somebody most is shown."""
WORST_ACKNOWLEDGEMENT: Final = (
    "rejected", "overdue", "partially_accepted", "awaited", "accepted_with_errors", "accepted", NOT_EXPECTED,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How a message stands."""

    processing: str
    delivery: str | None
    """None: it has no output."""
    acknowledgement: str


def of_message(line: MessageLine) -> Status:
    """Processing of the message, and the worst delivery and acknowledgement of its outputs."""
    counted = [output for output in line.outputs if output.state != "cancelled"] or list(line.outputs)
    return Status(
        processing=word(Machine.MESSAGE, line.state),
        delivery=_worst(WORST_DELIVERY, (word(Machine.OUTBOUND, output.state) for output in counted)),
        acknowledgement=acknowledgement_of(counted),
    )


def of_outbound(line: OutboundLine) -> Status:
    """An outbound transmission by itself: our own acknowledgements, say."""
    return Status(processing="done", delivery=word(Machine.OUTBOUND, line.state), acknowledgement=acknowledgement_of([line]))


def acknowledgement_of(lines: Sequence[OutboundLine]) -> str:
    """The worst acknowledgement of some outputs."""
    words = [word(Machine.ACKNOWLEDGEMENT, state) for line in lines for _kind, state in line.acknowledgements]
    return _worst(WORST_ACKNOWLEDGEMENT, words) or NOT_EXPECTED


def _worst(order: Sequence[str], words: Iterable[str]) -> str | None:
    found = sorted(set(words), key=order.index)
    return found[0] if found else None
