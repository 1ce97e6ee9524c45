"""Order within a thread: where an agreement says `in_order`, documents about one order leave in the order they came.

A thread is one channel, one partner and one order number. What is stuck holds those behind it in its own thread, and nobody else: an
output waits while an earlier one of its thread is not delivered, while a message of the same number that came before it waits for a
person, and while a file that came before it through the same channel was not processed yet.

Rule: who waits keeps its state (`ready`) and says in its reason what for; the operator may let it go first (`edi release O7`), resend
or cancel what it waits for.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, or_, select, update

from edi.engine.moves import name
from edi.engine.states import HELD, Machine
from edi.store import work
from edi.store.orders import numbers
from edi.store.store import AnyRow, Reading, Transaction, moment
from edi.store.tables import message, outbound, transmission
from edi.store.tables import work as work_table

if TYPE_CHECKING:
    from edi.engine.plan import MessagePlan, Output

DONE: Final = frozenset({"acknowledged", "cancelled"})
LOOK_AGAIN: Final = timedelta(minutes=1)
"""Who waits looks again so often; mostly it is woken before."""
WAITS: Final = "waits for "
UNFINISHED: Final = (HELD[Machine.MESSAGE] - {"dead_letter"}) | {"invalid", "extracted", "valid", "mapped"}
"""States of a message from which an output may still come; a dead letter has its outputs."""


def thread_of(plan: MessagePlan, output: Output) -> str | None:
    """The thread of a new output; None: no agreement asks for order."""
    asked = any(one is not None and one.in_order for one in (output.agreement, plan.agreement))
    if not asked or plan.document is None:
        return None
    number = _number(plan.document) or plan.number
    return f"{output.channel}|{output.partner or plan.partner or ''}|{number}" if number else None


def _number(found: Mapping[str, object]) -> str | None:
    """The order that a document is about: its own number if it is one, otherwise the first that it names."""
    if found.get("kind") == "order":
        return None
    return next(iter(numbers(found)), None)


def blocker(view: Reading, row: AnyRow) -> str | None:
    """What an output must wait for, as people read it; None: it may leave."""
    earlier = _earlier_output(view, row) if row.thread else None
    if earlier is not None:
        return f"O{earlier.id}, which is {earlier.state}"
    stuck = _earlier_message(view, row) if row.thread else None
    if stuck is not None:
        return f"{name(Machine.MESSAGE, stuck.id)}, which is {stuck.state}"
    unprocessed = _earlier_transmission(view, row) if row.thread else None
    return f"T{unprocessed}, which was not processed yet" if unprocessed is not None else None


def _earlier_output(view: Reading, row: AnyRow) -> AnyRow | None:
    """One that a resubmission replaced counts no more."""
    same = (outbound.c.thread == row.thread) & outbound.c.state.not_in(sorted(DONE)) & outbound.c.effect.is_not(None)
    first = or_(
        outbound.c.transmission_id < row.transmission_id, and_(outbound.c.transmission_id == row.transmission_id, outbound.c.id < row.id)
    )
    query = select(outbound.c.id, outbound.c.state).where(same, first).order_by(outbound.c.transmission_id, outbound.c.id)
    return view.connection.execute(query.limit(1)).one_or_none()


def _earlier_message(view: Reading, row: AnyRow) -> AnyRow | None:
    _channel, partner, number = row.thread.split("|", 2)
    same = (message.c.number == number) & (message.c.partner == partner) & (message.c.test == row.test)
    query = select(message.c.id, message.c.state).where(
        same, message.c.state.in_(sorted(UNFINISHED)), message.c.transmission_id < row.transmission_id
    )
    return view.connection.execute(query.order_by(message.c.id).limit(1)).one_or_none()


def _earlier_transmission(view: Reading, row: AnyRow) -> int | None:
    """Workers process side by side: what came later may have been mapped first."""
    mine = select(transmission.c.channel).where(transmission.c.id == row.transmission_id).scalar_subquery()
    query = select(transmission.c.id).where(
        transmission.c.state == "received", transmission.c.id < row.transmission_id, transmission.c.channel == mine
    )
    return view.connection.execute(query.order_by(transmission.c.id).limit(1)).scalar_one_or_none()


def wait(transaction: Transaction, item: work.Item, row: AnyRow, what: str) -> None:
    """Put an output back into the queue, with the reason; said in the audit trail once per reason."""
    due, reason = moment(transaction.time + LOOK_AGAIN), WAITS + what
    if row.reason != reason:
        transaction.audit(f"O{row.id}", "waits", what=what, thread=row.thread)
    transaction.connection.execute(update(outbound).where(outbound.c.id == row.id).values(reason=reason, due=due))
    work.postpone(transaction.connection, item, due)


def wake(transaction: Transaction, thread: str | None) -> None:
    """Something of a thread is done, or will never be: the next that waits in it looks again now."""
    if thread is None:
        return
    waiting = select(outbound.c.id).where(outbound.c.thread == thread, outbound.c.state == "ready", outbound.c.reason.startswith(WAITS))
    following = waiting.order_by(outbound.c.transmission_id, outbound.c.id).limit(1).scalar_subquery()
    mine = (work_table.c.kind == "deliver") & (work_table.c.subject_id == following) & work_table.c.leased_by.is_(None)
    transaction.connection.execute(update(work_table).where(mine).values(due=transaction.now))


def leave(transaction: Transaction, row: AnyRow) -> None:
    """Let an output go whatever is before it in its thread."""
    values = {"thread": None, "reason": None, "due": transaction.now}
    transaction.connection.execute(update(outbound).where(outbound.c.id == row.id).values(**values))
    work.add(transaction.connection, "deliver", row.id, lane=row.channel, due=transaction.now)


def jams(view: Reading, *, count_max: int = 50) -> tuple[tuple[str, str, int], ...]:
    """Threads in which outputs wait behind something that needs a person: what they wait for, the first of them, and how many."""
    query = (
        select(outbound.c.id, outbound.c.reason)
        .where(outbound.c.thread.is_not(None), outbound.c.state == "ready", outbound.c.reason.startswith(WAITS))
        .order_by(outbound.c.id)
    )
    found: dict[str, tuple[str, int]] = {}
    for row in view.connection.execute(query):
        what = row.reason.removeprefix(WAITS)
        first, count = found.get(what, (f"O{row.id}", 0))
        found[what] = first, count + 1
    stuck = [(what, first, count) for what, (first, count) in found.items() if what.rpartition(" ")[2] in STUCK]
    return tuple(stuck[:count_max])


STUCK: Final = HELD[Machine.OUTBOUND] | HELD[Machine.MESSAGE] | {"unknown", "invalid"}
