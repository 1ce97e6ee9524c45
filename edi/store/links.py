"""Sign-in links of the status page and the sessions they open. The secrets themselves are never kept, only their SHA-256 (T27).

A link is spent once, by a POST; whoever holds the session it opened is one person of one partner, and sees what the link allows.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Text, select, update
from sqlmodel import Field

from edi.store.store import Reading, Transaction, moment
from edi.store.tables import Row, table

TOKEN_BYTES: Final = 32
"""256 bits: nobody guesses one, so a lookup by its hash needs no secret comparison of its own."""
TOKEN_CHARACTERS_MAX: Final = 64
DIRECTIONS: Final = ("both", "in", "out")


class PageLink(Row, table=True):
    """One personal link."""

    __tablename__ = "page_link"

    id: int | None = Field(default=None, primary_key=True)
    token_sha256: str = Field(unique=True)
    partner: str = Field(index=True)
    person: str = Field(sa_type=Text)
    """Whom it was made for: a mail address or a name, for the audit trail."""
    member: str | None = Field(default=None, sa_type=Text)
    """The mail address under which the partner's file names the person; their rights are those of the file. None: of the link alone."""
    kinds: str = Field(default="", sa_type=Text)
    """Document kinds it shows, with commas; empty: all."""
    direction: str = "both"
    """both | in | out, as we see it: `in` is what the partner sent us."""
    made: str
    expires: str
    """Until when it can be spent."""
    spent: str | None = None
    revoked: str | None = None


class PageSession(Row, table=True):
    """One browser that spent a link."""

    __tablename__ = "page_session"

    id: int | None = Field(default=None, primary_key=True)
    token_sha256: str = Field(unique=True)
    link_id: int = Field(index=True)
    language: str | None = None
    """As the person chose; None: the partner's."""
    made: str
    expires: str
    ended: str | None = None


page_link = table(PageLink)
page_session = table(PageSession)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What may be seen: one partner's, and of that what the link allows."""

    partner: str
    kinds: frozenset[str] = frozenset()
    """Empty: all."""
    direction: str = "both"
    """`none` shows nothing."""
    locations: frozenset[str] = frozenset()
    """GLNs of buyers and places of delivery; empty: all."""
    since: str = ""
    """Received or made at this moment or later; empty: always."""
    until: str = ""
    """And before this one."""

    @property
    def is_whole(self) -> bool:
        """True if it shows all that came, also what could not be read."""
        return self.direction in {"both", "in"} and not (self.kinds or self.locations)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link as people list it; its token is known to nobody here."""

    id: int
    scope: Scope
    person: str
    made: str
    expires: str
    spent: str | None
    revoked: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser that is signed in."""

    id: int
    link_id: int
    scope: Scope
    person: str
    member: str | None
    language: str | None
    expires: str


def make(transaction: Transaction, scope: Scope, *, person: str, valid: timedelta, member: str | None = None) -> str:
    """The token of a new link; this is the only time it can be seen."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    values = {
        "token_sha256": digest(token),
        "partner": scope.partner,
        "person": person,
        "member": member,
        "kinds": ",".join(sorted(scope.kinds)),
        "direction": scope.direction,
        "made": transaction.now,
        "expires": moment(transaction.time + valid),
    }
    link_id = transaction.insert(page_link, values)
    transaction.audit(f"L{link_id}", "link_made", partner=scope.partner, person=person, expires=values["expires"])
    return token


def usable(view: Reading, token: str, now: datetime) -> bool:
    """True if the token can be spent now."""
    return _spendable(view, token, moment(now)) is not None


def spend(transaction: Transaction, token: str, *, valid: timedelta) -> str | None:
    """Sign in: the secret of a new session; None if the link was spent, revoked, is too old, or there is none. Works once (T29)."""
    link_id = _spendable(transaction, token, transaction.now)
    if link_id is None:
        return None
    still = (page_link.c.id == link_id) & page_link.c.spent.is_(None) & page_link.c.revoked.is_(None)
    if transaction.connection.execute(update(page_link).where(still).values(spent=transaction.now)).rowcount != 1:
        return None
    secret = secrets.token_urlsafe(TOKEN_BYTES)
    values = {
        "token_sha256": digest(secret),
        "link_id": link_id,
        "made": transaction.now,
        "expires": moment(transaction.time + valid),
    }
    session_id = transaction.insert(page_session, values)
    transaction.audit(f"L{link_id}", "signed_in", session=session_id)
    return secret


def session(view: Reading, secret: str, now: datetime) -> Session | None:
    """Who holds this secret; None if nobody, or no more."""
    if not 0 < len(secret) <= TOKEN_CHARACTERS_MAX:
        return None
    columns = (page_link.c.partner, page_link.c.kinds, page_link.c.direction, page_link.c.person, page_link.c.member, page_link.c.revoked)
    query = (
        select(page_session, *columns)
        .join(page_link, page_link.c.id == page_session.c.link_id)
        .where(page_session.c.token_sha256 == digest(secret))
    )
    row = view.connection.execute(query).one_or_none()
    if row is None or row.ended or row.revoked or row.expires <= moment(now):
        return None
    return Session(
        id=row.id,
        link_id=row.link_id,
        scope=Scope(partner=row.partner, kinds=_kinds(row.kinds), direction=row.direction),
        person=row.person,
        member=row.member,
        language=row.language,
        expires=row.expires,
    )


def end(transaction: Transaction, known: Session) -> None:
    """Sign out."""
    done = update(page_session).where(page_session.c.id == known.id, page_session.c.ended.is_(None)).values(ended=transaction.now)
    if transaction.connection.execute(done).rowcount:
        transaction.audit(f"L{known.link_id}", "signed_out", session=known.id)


def choose_language(transaction: Transaction, known: Session, language: str) -> None:
    """The person reads this language from now on."""
    transaction.connection.execute(update(page_session).where(page_session.c.id == known.id).values(language=language))


def links(view: Reading, partner: str | None = None, *, count_max: int = 200) -> tuple[Link, ...]:
    """The newest first; of one partner, or of all."""
    query = select(page_link).order_by(page_link.c.id.desc()).limit(count_max)
    if partner is not None:
        query = query.where(page_link.c.partner == partner)
    return tuple(
        Link(
            id=row.id,
            scope=Scope(partner=row.partner, kinds=_kinds(row.kinds), direction=row.direction),
            person=row.person,
            made=row.made,
            expires=row.expires,
            spent=row.spent,
            revoked=row.revoked,
        )
        for row in view.connection.execute(query)
    )


def revoke(transaction: Transaction, link_id: int) -> bool:
    """The link and the session it opened work no more; False if there is no such link, or it was revoked before."""
    done = update(page_link).where(page_link.c.id == link_id, page_link.c.revoked.is_(None)).values(revoked=transaction.now)
    if transaction.connection.execute(done).rowcount != 1:
        return False
    transaction.audit(f"L{link_id}", "link_revoked")
    return True


def digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _spendable(view: Reading, token: str, now: str) -> int | None:
    if not 0 < len(token) <= TOKEN_CHARACTERS_MAX:
        return None
    row = view.connection.execute(select(page_link).where(page_link.c.token_sha256 == digest(token))).one_or_none()
    if row is None or row.spent or row.revoked or row.expires <= now:
        return None
    return int(row.id)


def _kinds(text: str) -> frozenset[str]:
    return frozenset(one for one in text.split(",") if one)
