"""Who should have sent something by now: partners and channels that were quiet for longer than their files allow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import String, Table, column, func, select, values

from edi.store.store import Reading, moment
from edi.store.tables import audit_event, message, transmission
from edi.workspace.calendar import Calendar
from edi.workspace.model import Partner
from edi.workspace.workspace import Workspace

TOGETHER: Final = 400
"""Partners and kinds asked about in one statement: each takes two of the values it may carry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Nothing came where something was expected."""

    partner: str | None
    channel: str | None
    kind: str | None
    """The document kind that stays away; None: anything at all."""
    since: str
    """When the last one came, or when this store began."""
    ever: bool
    """False: none came yet."""
    expected_by: str

    @property
    def text(self) -> str:
        """One sentence."""
        who = f"partner {self.partner!r}" if self.channel is None else f"channel {self.channel!r}"
        what = f"no {self.kind.replace('_', ' ')}" if self.kind else "nothing"
        since = f"since {self.since}" if self.ever else f"yet, and is looked at since {self.since}"
        return f"{who} brought {what} {since}; expected by {self.expected_by}"


def silences(workspace: Workspace, view: Reading, now: datetime) -> tuple[Silence, ...]:
    """All that are overdue, counted in each partner's working time; the one expected first comes first."""
    found = (*_of_partners(workspace, view, now), *_of_channels(workspace, view, now))
    return tuple(sorted(found, key=lambda one: one.expected_by))


def _of_partners(workspace: Workspace, view: Reading, now: datetime) -> Iterator[Silence]:
    looked = {
        (partner.name, agreement.kind): (partner, agreement.silent_after)
        for partner in workspace.partners.values()
        for agreement in partner.agreements
        if agreement.direction == "in" and agreement.silent_after is not None and partner.status_of(agreement) != "suspended"
    }
    lasts = _lasts(view, message, ("partner", "kind"), list(looked))
    for (name, kind), (partner, wait) in looked.items():
        last = lasts.get((name, kind))
        silent = _silent(view, last, wait, partner, now)
        if silent is not None:
            since, due = silent
            yield Silence(partner=name, channel=None, kind=kind, since=since, ever=last is not None, expected_by=moment(due))


def _of_channels(workspace: Workspace, view: Reading, now: datetime) -> Iterator[Silence]:
    looked = {
        channel.name: (channel, channel.silent_after)
        for channel in workspace.channels.values()
        if channel.silent_after is not None and channel.direction != "out" and channel.status != "suspended"
    }
    lasts = _lasts(view, transmission, ("channel",), [(name,) for name in looked])
    for name, (channel, wait) in looked.items():
        last = lasts.get((name,))
        silent = _silent(view, last, wait, workspace.partners.get(channel.partner or ""), now)
        if silent is not None:
            since, due = silent
            yield Silence(partner=channel.partner, channel=name, kind=None, since=since, ever=last is not None, expected_by=moment(due))


def _lasts(view: Reading, table: Table, names: Sequence[str], wanted: Sequence[tuple[str, ...]]) -> dict[tuple[str, ...], str]:
    """When the last row of each combination of columns came, asked in one go; without those of which none came."""
    found: dict[tuple[str, ...], str] = {}
    for start in range(0, len(wanted), TOGETHER):
        asked = values(*(column(name, String) for name in names), name="asked").data(list(wanted[start : start + TOGETHER])).cte()
        last = select(func.max(table.c.received)).where(*(table.c[name] == asked.c[name] for name in names)).correlate(asked)
        rows = view.connection.execute(select(*(asked.c[name] for name in names), last.scalar_subquery()))
        found |= {tuple(row[:-1]): row[-1] for row in rows if row[-1] is not None}
    return found


def _silent(view: Reading, last: str | None, wait: timedelta, partner: Partner | None, now: datetime) -> tuple[str, datetime] | None:
    """Since when, and by when the next was expected; None while it may still come."""
    since = last or view.connection.execute(select(audit_event.c.at).order_by(audit_event.c.seq).limit(1)).scalar_one_or_none()
    if since is None:
        return None  # a store in which nothing ever happened
    calendar, zone = (partner.calendar, partner.timezone) if partner else (Calendar(), "UTC")
    due = calendar.after(datetime.fromisoformat(since), wait, zone)
    return (since, due) if due <= now else None
