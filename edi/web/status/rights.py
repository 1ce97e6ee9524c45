"""What a person may see and do: as the partner's file says now, narrowed by the link they came with.

Rule 1: the file is asked at every request, so taking somebody out of it, or narrowing them, works at once.
Rule 2: two narrowings together show what both show; where that is nothing, nothing is shown.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from edi.store.links import Scope, Session
from edi.store.store import moment
from edi.workspace.model import Partner
from edi.workspace.people import User


def member(partner: Partner, email: str) -> User | None:
    """The person of that mail address in the partner's file; None if it names nobody so."""
    return next((one for one in partner.users if one.email.casefold() == email.casefold()), None)


def zone(partner: Partner, user: User | None) -> str:
    """The time zone a person reads in."""
    return (user.timezone if user else None) or partner.timezone


def is_admitted(partner: Partner, known: Session, now: datetime) -> bool:
    """Whether the person gets in now: still named in the file, on the days and in the hours it gives them."""
    if known.member is None:
        return True
    user = member(partner, known.member)
    return user is not None and user.is_admitted(now, zone(partner, user))


def scope(partner: Partner, known: Session) -> Scope:
    """What the session shows."""
    user = member(partner, known.member) if known.member else None
    if user is None:
        return known.scope
    kinds, shows_any = _both(known.scope.kinds, frozenset(user.kinds))
    direction = _direction(known.scope.direction, user.direction) if shows_any else "none"
    place = ZoneInfo(zone(partner, user))
    first, last = user.documents.first, user.documents.last
    return replace(
        known.scope,
        kinds=kinds,
        direction=direction,
        locations=frozenset(user.locations),
        since=_begin(first, place) if first else "",
        until=_begin(last + timedelta(days=1), place) if last else "",
    )


def _both(one: frozenset[str], other: frozenset[str]) -> tuple[frozenset[str], bool]:
    """Kinds that both show (empty: all), and False where they have none in common."""
    if not (one and other):
        return one | other, True
    return one & other, bool(one & other)


def _direction(one: str, other: str) -> str:
    if "both" in {one, other}:
        return one if other == "both" else other
    return one if one == other else "none"


def _begin(day: date, place: ZoneInfo) -> str:
    """The moment a day begins."""
    return moment(datetime.combine(day, time(), place))
