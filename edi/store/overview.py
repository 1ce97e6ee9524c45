"""The store at a glance: failures grouped by cause, how many rows are in each state, what waits longest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Table, func, literal, select

from edi.store.listing import states_of
from edi.store.queries import LINES_MAX
from edi.store.store import Reading
from edi.store.tables import acknowledgement_expected, message, outbound, transmission, work

COUNT_MAX: Final = 100_000
"""Nobody needs to know more exactly how many are done, and counting millions takes seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureGroup:
    """Failures of one cause."""

    fingerprint: str
    count: int
    first: str
    last: str
    example: str
    """`M5` or `T12`."""
    reason: str | None


def failures(view: Reading, *, count_max: int = LINES_MAX) -> tuple[FailureGroup, ...]:
    """Messages, transmissions and deliveries that failed, one line per cause, the most frequent first."""
    groups: list[FailureGroup] = []
    for table, moment, letter in ((message, message.c.changed, "M"), (transmission, transmission.c.received, "T")):
        cause, count = table.c.fingerprint, func.count().label("many")
        # From the index of what failed alone; only the first and the last of each cause are read.
        query = select(cause, count, func.min(table.c.id).label("first"), func.max(table.c.id).label("last"))
        found = view.connection.execute(query.where(cause.is_not(None)).group_by(cause).order_by(count.desc()).limit(count_max)).all()
        ends = select(table.c.id, moment.label("at"), table.c.reason).where(
            table.c.id.in_({one for row in found for one in (row.first, row.last)})
        )
        rows = {row.id: row for row in view.connection.execute(ends)} if found else {}
        groups += [
            FailureGroup(
                fingerprint=row.fingerprint,
                count=row.many,
                first=rows[row.first].at,
                last=rows[row.last].at,
                example=f"{letter}{row.last}",
                reason=rows[row.last].reason,
            )
            for row in found
        ]
    return tuple(sorted(groups, key=lambda group: -group.count)[:count_max])


def counts(view: Reading) -> dict[str, dict[str, int]]:
    """How many rows are in each state: by `transmission`, `message`, `outbound`, `acknowledgement`. COUNT_MAX: so many, or more."""
    tables = {"transmission": transmission, "message": message, "outbound": outbound, "acknowledgement": acknowledgement_expected}
    return {name: {state: _counted(view, table, state) for state in states_of(view, table)} for name, table in tables.items()}


def shown(count: int) -> str:
    """A count as people read it: `100,000+` where no more were counted."""
    return f"{count:,}+" if count >= COUNT_MAX else str(count)


def _counted(view: Reading, table: Table, state: str) -> int:
    some = select(literal(1)).select_from(table).where(table.c.state == state).limit(COUNT_MAX).subquery()
    return int(view.connection.execute(select(func.count()).select_from(some)).scalar_one())


def oldest(view: Reading) -> dict[str, tuple[int, str]]:
    """Per channel (`deliver acme-out`, `process acme-in`): how much work waits, and since when the oldest of it is due."""
    query = select(work.c.kind, work.c.lane, func.count(), func.min(work.c.due)).group_by(work.c.kind, work.c.lane)
    return {f"{kind} {lane}": (int(count), str(due)) for kind, lane, count, due in view.connection.execute(query)}
