"""Who should have sent something by now: partners and channels that were quiet for longer than their files allow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Select, select

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
    found = (*_of_partners(workspace, view, now), *_of_channels(workspace, view, now))
    return tuple(sorted(found, key=lambda one: one.expected_by))


def _of_partners(workspace: Workspace, view: Reading, now: datetime) -> Iterator[Silence]:
    for partner in workspace.partners.values():
        for agreement in partner.agreements:
            if agreement.direction != "in" or agreement.silent_after is None or partner.status_of(agreement) == "suspended":
                continue
            mine = (message.c.partner == partner.name) & (message.c.kind == agreement.kind)
            last = _first(view, select(message.c.received).where(mine).order_by(message.c.received.desc()))
            silent = _silent(view, last, agreement.silent_after, partner, now)
            if silent is not None:
                since, due = silent
                yield Silence(
                    partner=partner.name, channel=None, kind=agreement.kind, since=since, ever=last is not None, expected_by=moment(due)
                )


def _of_channels(workspace: Workspace, view: Reading, now: datetime) -> Iterator[Silence]:
    for channel in workspace.channels.values():
        if channel.silent_after is None or channel.direction == "out" or channel.status == "suspended":
            continue
        mine = transmission.c.channel == channel.name
        last = _first(view, select(transmission.c.received).where(mine).order_by(transmission.c.received.desc()))
        silent = _silent(view, last, channel.silent_after, workspace.partners.get(channel.partner or ""), now)
        if silent is not None:
            since, due = silent
            yield Silence(
                partner=channel.partner, channel=channel.name, kind=None, since=since, ever=last is not None, expected_by=moment(due)
            )


def _first(view: Reading, query: Select[Any]) -> str | None:
    return cast("str | None", view.connection.execute(query.limit(1)).scalar_one_or_none())


def _silent(view: Reading, last: str | None, wait: timedelta, partner: Partner | None, now: datetime) -> tuple[str, datetime] | None:
    """Since when, and by when the next was expected; None while it may still come."""
    since = last or _first(view, select(audit_event.c.at).order_by(audit_event.c.seq))
    if since is None:
        return None  # a store in which nothing ever happened
    calendar, zone = (partner.calendar, partner.timezone) if partner else (Calendar(), "UTC")
    due = calendar.after(datetime.fromisoformat(since), wait, zone)
    return (since, due) if due <= now else None
