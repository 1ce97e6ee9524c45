"""Keys with which programs hand us documents. A key itself is never kept, only its SHA-256; each is good for one channel."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Text, select, update
from sqlmodel import Field

from edi.store.store import AnyRow, Reading, Transaction
from edi.store.tables import Row, table

PREFIX: Final = "edi_"
"""So that people and secret scanners recognise a key that strayed."""
KEY_BYTES: Final = 32
KEY_CHARACTERS_MAX: Final = 64


class ApiKey(Row, table=True):
    """One key."""

    __tablename__ = "api_key"

    id: int | None = Field(default=None, primary_key=True)
    key_sha256: str = Field(unique=True)
    channel: str
    """Documents handed over with it come through this channel."""
    holder: str = Field(sa_type=Text)
    """Which program or person has it, for the audit trail."""
    partners: str = Field(default="", sa_type=Text)
    """Whose documents it may hand over and look at, with commas; empty: all."""
    kinds: str = Field(default="", sa_type=Text)
    """Document kinds, with commas; empty: all."""
    made: str
    revoked: str | None = None


api_key = table(ApiKey)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What a key is good for."""

    id: int
    channel: str
    holder: str
    partners: frozenset[str] = frozenset()
    """Empty: all."""
    kinds: frozenset[str] = frozenset()
    """Empty: all."""
    made: str
    revoked: str | None = None

    def allows(self, partner: str | None, kind: str | None) -> bool:
        """True if a document of this partner and kind is within its scope; what is unknown is only within an unbounded one."""
        return (not self.partners or partner in self.partners) and (not self.kinds or kind in self.kinds)


def make(transaction: Transaction, *, channel: str, holder: str, partners: frozenset[str], kinds: frozenset[str]) -> tuple[int, str]:
    """Number and text of a new key; this is the only time the text can be seen."""
    text = PREFIX + secrets.token_urlsafe(KEY_BYTES)
    scope = {"partners": ",".join(sorted(partners)), "kinds": ",".join(sorted(kinds))}
    values = {"key_sha256": digest(text), "channel": channel, "holder": holder, **scope, "made": transaction.now}
    key_id = transaction.insert(api_key, values)
    transaction.audit(f"K{key_id}", "api_key_made", channel=channel, holder=holder, **scope)
    return key_id, text


def find(view: Reading, text: str) -> Key | None:
    """The key, if it is one of ours and not revoked."""
    if not 0 < len(text) <= KEY_CHARACTERS_MAX:
        return None
    row = view.connection.execute(select(api_key).where(api_key.c.key_sha256 == digest(text))).one_or_none()
    return None if row is None or row.revoked else _key(row)


def keys(view: Reading) -> tuple[Key, ...]:
    """All, the newest first."""
    return tuple(_key(row) for row in view.connection.execute(select(api_key).order_by(api_key.c.id.desc())))


def revoke(transaction: Transaction, key_id: int) -> bool:
    """It works no more; False if there is no such key, or it was revoked before."""
    done = update(api_key).where(api_key.c.id == key_id, api_key.c.revoked.is_(None)).values(revoked=transaction.now)
    if transaction.connection.execute(done).rowcount != 1:
        return False
    transaction.audit(f"K{key_id}", "api_key_revoked")
    return True


def digest(text: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _key(row: AnyRow) -> Key:
    return Key(
        id=row.id,
        channel=row.channel,
        holder=row.holder,
        partners=frozenset(filter(None, row.partners.split(","))),
        kinds=frozenset(filter(None, row.kinds.split(","))),
        made=row.made,
        revoked=row.revoked,
    )
