"""What people of partners handed in or chose on the status page: certificates that wait for an operator, and mails they want no more."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Text, UniqueConstraint, select, update
from sqlmodel import Field

from edi.store.dialect import insert_if_new
from edi.store.store import Reading, Transaction
from edi.store.tables import Row, fact, table

KEY_FACT: Final = "page_key"
STAGED_MAX: Final = 20
"""Certificates of one partner that wait at a time."""


class PageCertificate(Row, table=True):
    """A certificate a partner handed in. It is used for nothing before an operator activates it."""

    __tablename__ = "page_certificate"

    id: int | None = Field(default=None, primary_key=True)
    partner: str = Field(index=True)
    person: str = Field(sa_type=Text)
    pem: str = Field(sa_type=Text)
    fingerprint: str
    """SHA-256 of its DER."""
    subject: str = Field(sa_type=Text)
    expires: str
    made: str
    state: str
    """staged | activated | refused."""
    settled: str | None = None


class PageUnsubscribed(Row, table=True):
    """A person wants no more mails about a topic."""

    __tablename__ = "page_unsubscribed"
    __table_args__ = (UniqueConstraint("partner", "email", "topic"),)

    id: int | None = Field(default=None, primary_key=True)
    partner: str
    email: str = Field(sa_type=Text)
    topic: str
    at: str


page_certificate = table(PageCertificate)
page_unsubscribed = table(PageUnsubscribed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A certificate as people list it."""

    id: int
    partner: str
    person: str
    pem: str
    fingerprint: str
    subject: str
    expires: str
    made: str
    state: str
    settled: str | None


def stage(transaction: Transaction, *, partner: str, person: str, pem: str, fingerprint: str, subject: str, expires: str) -> int | None:
    """The number of a certificate handed in; None where that one, or too many, wait already."""
    waiting = staged(transaction, partner, state="staged")
    if len(waiting) >= STAGED_MAX or fingerprint in {one.fingerprint for one in waiting}:
        return None
    values = {"partner": partner, "person": person, "pem": pem, "fingerprint": fingerprint, "subject": subject}
    made = {**values, "expires": expires, "made": transaction.now, "state": "staged"}
    number = transaction.insert(page_certificate, made)
    transaction.audit(f"C{number}", "certificate_handed_in", partner=partner, person=person, sha256=fingerprint)
    return number


def staged(view: Reading, partner: str | None = None, *, state: str | None = None, count_max: int = 200) -> tuple[Staged, ...]:
    """Certificates that were handed in, the newest first."""
    query = select(page_certificate).order_by(page_certificate.c.id.desc()).limit(count_max)
    if partner is not None:
        query = query.where(page_certificate.c.partner == partner)
    if state is not None:
        query = query.where(page_certificate.c.state == state)
    return tuple(Staged(**row._mapping) for row in view.connection.execute(query))  # noqa: SLF001 -- the public way to a row as a mapping


def settle(transaction: Transaction, number: int, state: str, *, who: str, why: str | None = None) -> bool:
    """Activated or refused by an operator; False if it was settled before, or there is none."""
    waits = (page_certificate.c.id == number) & (page_certificate.c.state == "staged")
    done = update(page_certificate).where(waits).values(state=state, settled=transaction.now)
    if transaction.connection.execute(done).rowcount != 1:
        return False
    transaction.audit(f"C{number}", f"certificate_{state}", who=who, why=why)
    return True


def unsubscribe(transaction: Transaction, partner: str, email: str, topic: str) -> None:
    """No more mails about it; pressed twice is done once."""
    values = {"partner": partner, "email": email.casefold(), "topic": topic, "at": transaction.now}
    if insert_if_new(transaction.connection, page_unsubscribed, values):
        transaction.audit(partner, "page_unsubscribed", person=email, topic=topic)


def is_unsubscribed(view: Reading, partner: str, email: str, topic: str) -> bool:
    """True if the person wants no mails about it."""
    by = page_unsubscribed.c
    query = select(by.id).where(by.partner == partner, by.email == email.casefold(), by.topic == topic)
    return view.connection.execute(query).first() is not None


def signing_key(view: Reading) -> bytes | None:
    """What signs links in mails; None before the first one."""
    row = view.connection.execute(select(fact.c.value).where(fact.c.name == KEY_FACT)).one_or_none()
    return bytes.fromhex(row.value) if row else None


def make_signing_key(transaction: Transaction) -> bytes:
    """The key, made when it is first needed."""
    insert_if_new(transaction.connection, fact, {"name": KEY_FACT, "value": secrets.token_hex(32)})
    found = signing_key(transaction)
    assert found is not None, "it was just made"
    return found
