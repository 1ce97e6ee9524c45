"""The store at a glance: failures grouped by cause, how many rows are in each state, what waits longest."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from edi.store.queries import LINES_MAX
from edi.store.store import Reading
from edi.store.tables import acknowledgement_expected, message, outbound, transmission, work


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
        cause = table.c.fingerprint
        columns = (cause, func.count(), func.min(moment), func.max(moment), func.max(table.c.id), func.max(table.c.reason))
        query = select(*columns).where(cause.is_not(None)).group_by(cause).order_by(func.count().desc()).limit(count_max)
        for fingerprint, count, first, last, example, reason in view.connection.execute(query):
            group = FailureGroup(fingerprint=fingerprint, count=count, first=first, last=last, example=f"{letter}{example}", reason=reason)
            groups.append(group)
    return tuple(sorted(groups, key=lambda group: -group.count)[:count_max])


def counts(view: Reading) -> dict[str, dict[str, int]]:
    """How many rows are in each state: by `transmission`, `message`, `outbound`, `acknowledgement`."""
    tables = {"transmission": transmission, "message": message, "outbound": outbound, "acknowledgement": acknowledgement_expected}
    found = {}
    for name, table in tables.items():
        rows = view.connection.execute(select(table.c.state, func.count()).group_by(table.c.state))
        found[name] = {state: int(count) for state, count in rows}
    return found


def oldest(view: Reading) -> dict[str, tuple[int, str]]:
    """Per channel (`deliver acme-out`, `process acme-in`): how much work waits, and since when the oldest of it is due."""
    query = select(work.c.kind, work.c.lane, func.count(), func.min(work.c.due)).group_by(work.c.kind, work.c.lane)
    return {f"{kind} {lane}": (int(count), str(due)) for kind, lane, count, due in view.connection.execute(query)}
