"""Who should have sent something by now: partners and channels that were quiet for longer than their files allow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from edi.store.dialect import last_of_each
from edi.store.store import Reading, moment
from edi.store.tables import audit_event, message, transmission
from edi.workspace.calendar import Calendar
from edi.workspace.model import Partner
from edi.workspace.workspace import Workspace


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
    began = view.connection.execute(select(audit_event.c.at).order_by(audit_event.c.seq).limit(1)).scalar_one_or_none()
    found = (*_of_partners(workspace, view, now, began), *_of_channels(workspace, view, now, began))
    return tuple(sorted(found, key=lambda one: one.expected_by))


def _of_partners(workspace: Workspace, view: Reading, now: datetime, began: str | None) -> Iterator[Silence]:
    looked = {
        (partner.name, agreement.kind): (partner, agreement.silent_after)
        for partner in workspace.partners.values()
        for agreement in partner.agreements
        if agreement.direction == "in" and agreement.silent_after is not None and partner.status_of(agreement) != "suspended"
    }
    lasts: dict[tuple[str, str], str] = {}
    for kind in sorted({kind for _name, kind in looked}):
        names = [name for name, other in looked if other == kind]
        found = last_of_each(view.connection, message.c.received, message.c.partner, names, message.c.kind == kind)
        lasts |= {(name, kind): at for name, at in found.items()}
    for (name, kind), (partner, wait) in looked.items():
        last = lasts.get((name, kind))
        silent = _silent(began, last, wait, partner, now)
        if silent is not None:
            since, due = silent
            yield Silence(partner=name, channel=None, kind=kind, since=since, ever=last is not None, expected_by=moment(due))


def _of_channels(workspace: Workspace, view: Reading, now: datetime, began: str | None) -> Iterator[Silence]:
    looked = {
        channel.name: (channel, channel.silent_after)
        for channel in workspace.channels.values()
        if channel.silent_after is not None and channel.direction != "out" and channel.status != "suspended"
    }
    lasts = last_of_each(view.connection, transmission.c.received, transmission.c.channel, list(looked))
    for name, (channel, wait) in looked.items():
        last = lasts.get(name)
        silent = _silent(began, last, wait, workspace.partners.get(channel.partner or ""), now)
        if silent is not None:
            since, due = silent
            yield Silence(partner=channel.partner, channel=name, kind=None, since=since, ever=last is not None, expected_by=moment(due))


def _silent(began: str | None, last: str | None, wait: timedelta, partner: Partner | None, now: datetime) -> tuple[str, datetime] | None:
    """Since when, and by when the next was expected; None while it may still come. `began`: when this store did; None: not yet."""
    since = last or began
    if since is None or datetime.fromisoformat(since) + wait > now:  # working time passes no faster than time
        return None
    calendar, zone = (partner.calendar, partner.timezone) if partner else (Calendar(), "UTC")
    due = calendar.after(datetime.fromisoformat(since), wait, zone)
    return (since, due) if due <= now else None
