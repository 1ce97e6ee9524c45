"""Letters to people and programs that wait to be sent, and what operators were already told; both outlive a restart.

A letter is an outbox row: it is there before anybody tries to send it, and stays until somebody took it, so a crash may send it twice
but never loses it. What is told and to whom is decided in `edi.engine.notices` and `edi.engine.alerts`.
"""

from __future__ import annotations

from sqlalchemy import Text, UniqueConstraint
from sqlmodel import Field

from edi.store.tables import Row, table


class Notice(Row, table=True):
    """One letter to one recipient."""

    __table_args__ = (UniqueConstraint("key", "way", "recipient"),)

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(sa_type=Text)
    """Whoever queues it twice under one key sends it once."""
    way: str
    """mail | webhook."""
    recipient: str = Field(sa_type=Text)
    """A mail address, or a webhook's name."""
    subject: str = Field(sa_type=Text)
    text: str = Field(sa_type=Text)
    """The mail's text; the webhook's body. Empty once a mail was sent or given up: it may hold a link that opens something."""
    unsubscribe: str | None = Field(default=None, sa_type=Text)
    """An address; posting there ends such mails."""
    made: str
    due: str | None = Field(default=None, index=True)
    """When it is tried next; None: it was sent, or given up."""
    attempts: int = 0
    sent: str | None = Field(default=None, index=True)
    note: str | None = Field(default=None, sa_type=Text)
    """What the last attempt said."""


class Alert(Row, table=True):
    """One cause that operators were told of, or will be."""

    key: str = Field(sa_type=Text, primary_key=True)
    topic: str
    text: str = Field(sa_type=Text)
    count: int
    """How many things it is about now."""
    since: str
    told: str
    """When it was told last."""
    told_count: int
    gone: str | None = None
    """When it was over; None: it goes on."""


notice = table(Notice)
alert = table(Alert)
