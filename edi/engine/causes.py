"""What needs the operator now, one line per cause: the same for alerts, `edi status` and the metrics.

A cause is told of by its key. What happens again and again (failures, refusals, late answers) has a count that grows; what lasts (an
open circuit, a silent partner, a full disk) is there or not.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Subquery, Table, func, select
from sqlalchemy.sql.elements import ColumnElement

from edi.engine import owed, poll_troubles, threads
from edi.engine.configuration import REFUSED
from edi.engine.silence import silences
from edi.store import overview
from edi.store.store import Reading
from edi.store.tables import acknowledgement_expected, circuit, fact, outbound
from edi.workspace.notices import Topic
from edi.workspace.workspace import Workspace

POLLS_FAILED_MIN: Final = 3
"""Looks at a channel that failed in a row before somebody is told: one may be a moment's trouble on the way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Something that needs the operator."""

    key: str
    topic: Topic
    text: str
    """One sentence: what, whose, since when."""
    count: int = 1
    lasting: bool = False
    """True: told again while it lasts; False: told again when more came."""


Source = Callable[[Workspace, datetime], Iterable[Cause]]
"""What floors above know besides: certificates belong to channel kinds."""


def causes(workspace: Workspace, view: Reading, now: datetime, sources: Iterable[Source] = ()) -> tuple[Cause, ...]:
    """All there are now, by topic and key."""
    found = [
        *_failures(view),
        *_deliveries(view),
        *_answers(view),
        *_owed(workspace, view, now),
        *_silences(workspace, view, now),
        *_jams(view),
        *_channels(view),
        *_house(workspace, view),
    ]
    found += [one for source in sources for one in source(workspace, now)]
    return tuple(sorted(found, key=lambda one: (one.topic, one.key)))


def _failures(view: Reading) -> Iterator[Cause]:
    for group in overview.failures(view):
        text = f"{group.count} failed alike, the last {group.example} at {group.last}: {group.reason}"
        yield Cause(key=f"failed|{group.fingerprint}", topic="failed", text=text, count=group.count)


DELIVERY_TOPICS: Final[dict[str, Topic]] = {"failed": "failed", "rejected": "rejected", "overdue": "overdue", "held": "held"}
DELIVERY_WORDS: Final = {
    "failed": "could not be delivered",
    "rejected": "were refused by the other side",
    "overdue": "never got their receipt",
    "held": "wait for you to release them",
}


def _deliveries(view: Reading) -> Iterator[Cause]:
    """Outputs that wait for a person, by channel and state."""
    for state in sorted(DELIVERY_TOPICS):
        some = _in_state(outbound, state, outbound.c.made, outbound.c.channel, outbound.c.id)
        query = select(some.c.channel, func.count(), func.max(some.c.id)).group_by(some.c.channel)
        for channel, count, last in view.connection.execute(query):
            reason = view.connection.execute(select(outbound.c.reason).where(outbound.c.id == last)).scalar_one_or_none()
            text = f"channel {channel!r}: {count} {DELIVERY_WORDS[state]}, the last O{last}" + (f": {reason}" if reason else "")
            yield Cause(key=f"delivery|{channel}|{state}", topic=DELIVERY_TOPICS[state], text=text, count=count)


def _in_state(table: Table, state: str, moment: ColumnElement[str], *columns: ColumnElement[Any]) -> Subquery:
    """The newest rows in a state, so many as are counted: grouped at once, the largest index would be read from end to end."""
    return select(*columns).where(table.c.state == state).order_by(moment.desc()).limit(overview.COUNT_MAX).subquery()


def _jams(view: Reading) -> Iterator[Cause]:
    """Threads that are kept in order, where something stuck holds what is behind it."""
    for what, first, count in threads.jams(view):
        text = f"{count} wait in order behind {what}; resend or cancel it, or edi release {first} lets that one go first"
        yield Cause(key=f"jam|{what.partition(',')[0]}", topic="held", text=text, count=count)


ANSWER_TOPICS: Final[dict[str, Topic]] = {"overdue": "overdue", "rejected": "rejected"}


def _answers(view: Reading) -> Iterator[Cause]:
    """Acknowledgements that are late, and those that said no, by partner and kind."""
    table = acknowledgement_expected
    for state, topic in ANSWER_TOPICS.items():
        some = _in_state(table, state, table.c.deadline, table.c.partner, table.c.kind, table.c.deadline, table.c.outbound_id)
        columns = (some.c.partner, some.c.kind, func.count(), func.min(some.c.deadline), func.max(some.c.outbound_id))
        query = select(*columns).group_by(some.c.partner, some.c.kind)
        for partner, kind, count, deadline, last in view.connection.execute(query):
            what = kind.replace("_", " ")
            if state == "overdue":
                text = f"partner {partner!r} owes {count} {what}, the oldest since {deadline}; the last is for O{last}"
            else:
                text = f"partner {partner!r} answered {count} of ours with a no ({what}); the last was O{last}"
            yield Cause(key=f"{state}|{partner}|{kind}", topic=topic, text=text, count=count)


def _owed(workspace: Workspace, view: Reading, now: datetime) -> Iterator[Cause]:
    """Orders that our own house has not answered within what was agreed."""
    for count, first in owed.late(workspace, view, now):
        text = f"we owe partner {first.partner!r} the answer to {count} of its {first.kind.replace('_', ' ')}s, "
        text += f"the oldest is {first.number!r} (M{first.id}) of {first.received}"
        yield Cause(key=f"owed|{first.partner}|{first.kind}", topic="overdue", text=text, count=count)


def _silences(workspace: Workspace, view: Reading, now: datetime) -> Iterator[Cause]:
    for one in silences(workspace, view, now):
        yield Cause(key=f"silent|{one.partner}|{one.channel}|{one.kind}", topic="silent", text=one.text, lasting=True)


def _channels(view: Reading) -> Iterator[Cause]:
    """Channels whose other side does not answer, or not as the one we know: an open circuit, looks that fail."""
    for row in view.connection.execute(select(circuit).where(circuit.c.state != "closed").order_by(circuit.c.channel)):
        text = f"channel {row.channel!r} sends nothing: {row.failures} tries in a row failed, the next is at {row.probe}: {row.note}"
        yield Cause(key=f"circuit|{row.channel}", topic="channel", text=text, lasting=True)
    for one in poll_troubles.troubles(view):
        if one.untrusted or one.times >= POLLS_FAILED_MIN:
            text = f"channel {one.channel!r} could not be looked at since {one.since}, {one.times} times in a row: {one.reason}"
            yield Cause(key=f"poll|{one.channel}", topic="channel", text=text, lasting=True)


AUDIT_BROKEN: Final = "audit-broken"
"""The fact that says where the audit trail does not hold."""


def _house(workspace: Workspace, view: Reading) -> Iterator[Cause]:
    """Our own house: outbox on hold, audit trail, disk."""
    facts = {row.name: row.value for row in view.connection.execute(select(fact).where(fact.c.name.in_(["hold", AUDIT_BROKEN, REFUSED])))}
    if "hold" in facts:
        yield Cause(key="hold", topic="system", text=f"nothing leaves, the outbox is on hold: {facts['hold']}", lasting=True)
    if REFUSED in facts:
        text = f"the workspace's files were changed and not taken, the old ones stay: {facts[REFUSED]}"
        yield Cause(key="configuration", topic="system", text=text, lasting=True)
    if AUDIT_BROKEN in facts:
        yield Cause(key="audit", topic="system", text=f"the audit trail does not hold: {facts[AUDIT_BROKEN]}", lasting=True)
    usage = shutil.disk_usage(view.folder)
    free = 100 * usage.free // usage.total if usage.total else 100
    if free < workspace.notices.alerts.disk_free_min:
        text = f"the disk that holds the store has {free} % free ({usage.free // 1024**2} MB); edi store plan says how long it lasts"
        yield Cause(key="disk", topic="system", text=text, lasting=True)
