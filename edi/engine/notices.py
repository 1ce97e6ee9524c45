"""Letters to people and programs: queued with what they are about, sent later and elsewhere, never in the way of documents.

To queue a mail, in the transaction of whatever it is about:

    with context.store.writing(ACTOR, context.clock.now()) as transaction:
        ...
        notices.queue(transaction, to="desk@acme.example", subject="Order 4711 was refused", text="...", key="refused|M5")

It is kept when the transaction commits, and sent by the daemon through the channel that notices.yaml names: at least once, also
through a crash; a second `queue` under the same key does nothing. Where notices.yaml names no mail channel it is given up later.

Rule 1: whoever sends holds no transaction and no lock while a server is talked to.
Rule 2: what is not taken within `GIVE_UP_AFTER` is given up, with an entry in the audit trail; letters that were sent are forgotten
after `REMEMBER`, their keys too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import delete, func, select, update

from edi.engine import retry
from edi.engine.context import ACTOR, Context
from edi.engine.ports import Letter, Telling
from edi.errors import ChannelError, ConfigError, UnknownOutcomeError
from edi.limits import LETTERS_A_DAY_MAX
from edi.store.dialect import insert_if_new
from edi.store.notices import notice
from edi.store.store import AnyRow, Reading, Transaction, moment

GIVE_UP_AFTER: Final = timedelta(days=3)
REMEMBER: Final = timedelta(days=90)
LEASE: Final = timedelta(minutes=5)
"""Who began to send and died is taken over after so long; the letter may arrive twice then."""
TOGETHER_MAX: Final = 50

Post = Callable[[Letter], str]
"""Hands a letter over: returns when it was taken, with one sentence about it; raises as `edi.engine.ports.Outbound.send` does."""

LOG = structlog.get_logger("edi.engine")


def queue(
    session: Transaction,
    *,
    to: str | Sequence[str],
    subject: str,
    text: str,
    key: str,
    way: str = "mail",
    unsubscribe: str | None = None,
) -> int:
    """Ask for a letter to each of `to`; how many are new. `way`: `mail` to addresses, `webhook` to names of notices.yaml.

    `unsubscribe`: an address; posting there ends such mails (RFC 8058).
    """
    count = 0
    for recipient in dict.fromkeys([to] if isinstance(to, str) else to):
        row = {"key": key, "way": way, "recipient": recipient, "subject": subject, "text": text, "made": session.now, "due": session.now}
        count += insert_if_new(session.connection, notice, {**row, "attempts": 0, "unsubscribe": unsubscribe})
    return count


def post_by_mail(context: Context) -> Post | None:
    """Sends mails through the channel that notices.yaml names; None if it names none."""
    mail = context.workspace.notices.mail
    if mail is None:
        return None

    def post(letter: Letter) -> str:
        end = context.channels.outbound(mail.channel)
        if not isinstance(end, Telling):
            raise ConfigError(f"channel {mail.channel!r} cannot write to people", hint="name a channel of kind email in notices.yaml")
        return end.tell(letter)

    return post


def send_due(context: Context, posts: Mapping[str, Post]) -> int:
    """Send what is due by the ways there are; how many were taken. A way that fails is left alone for the rest of the pass."""
    taken, failed = 0, set[str]()
    for row in _due(context):
        if row.way in failed or not _claim(context, row):
            continue
        note, ok = _send(posts.get(row.way), row)
        _record(context, row, note, ok=ok)
        taken += ok
        if not ok:
            failed.add(row.way)
    return taken


def _due(context: Context) -> Sequence[AnyRow]:
    now = moment(context.clock.now())
    query = select(notice).where(notice.c.due <= now).order_by(notice.c.due, notice.c.id)
    with context.store.reading() as view:
        return view.connection.execute(query.limit(TOGETHER_MAX)).all()


def _claim(context: Context, row: AnyRow) -> bool:
    """True if it is ours to send now: nobody else took it meanwhile, and its recipient had not too many today (T22)."""
    now = context.clock.now()
    with context.store.writing(ACTOR, now) as transaction:
        today = (notice.c.way == row.way) & (notice.c.recipient == row.recipient) & (notice.c.sent > moment(now - timedelta(days=1)))
        had = transaction.connection.execute(select(func.count()).select_from(notice).where(today)).scalar_one()
        free = row.way != "mail" or had < LETTERS_A_DAY_MAX
        until = moment(now + LEASE) if free else moment(now + timedelta(hours=1))
        mine = update(notice).where(notice.c.id == row.id, notice.c.due == row.due)
        return transaction.connection.execute(mine.values(due=until)).rowcount == 1 and free


def _send(post: Post | None, row: AnyRow) -> tuple[str, bool]:
    if post is None:
        return f"notices.yaml names nothing that a {row.way} leaves through", False
    made = datetime.fromisoformat(row.made)
    letter = Letter(key=row.key, recipient=row.recipient, subject=row.subject, text=row.text, made=made, unsubscribe=row.unsubscribe)
    try:
        return post(letter), True
    except UnknownOutcomeError as error:
        return f"nobody knows whether it arrived: {error.message}", False
    except (ChannelError, ConfigError) as error:
        return error.message, False


def _record(context: Context, row: AnyRow, note: str, *, ok: bool) -> None:
    """What became of it; refused ones are tried on too, for operators repair passwords and addresses."""
    now, attempts = context.clock.now(), row.attempts + 1
    values: dict[str, object] = {"attempts": attempts, "note": note, "due": None}
    with context.store.writing(ACTOR, now) as transaction:
        if ok:
            values["sent"] = transaction.now
        elif now - datetime.fromisoformat(row.made) >= GIVE_UP_AFTER:
            transaction.audit(f"N{row.id}", "letter_given_up", way=row.way, recipient=row.recipient, note=note)
        else:
            values["due"] = moment(now + retry.wait(attempts, retry.Policy(longest=timedelta(hours=1)), context.random))
            LOG.warning("letter_not_sent", way=row.way, recipient=row.recipient, reason=note)
        if values["due"] is None and row.way == "mail":
            values["text"] = ""
        transaction.connection.execute(update(notice).where(notice.c.id == row.id).values(**values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent:
    """A letter that was tried and not taken yet."""

    way: str
    recipient: str
    subject: str
    attempts: int
    next_try: str
    note: str | None


def unsent(view: Reading) -> tuple[Unsent, ...]:
    """Letters that were tried in vain, the oldest first."""
    query = select(notice).where(notice.c.due.is_not(None), notice.c.attempts > 0).order_by(notice.c.id).limit(TOGETHER_MAX)
    return tuple(
        Unsent(way=row.way, recipient=row.recipient, subject=row.subject, attempts=row.attempts, next_try=row.due, note=row.note)
        for row in view.connection.execute(query)
    )


def forget_old(context: Context) -> int:
    """Letters that were sent or given up long ago; how many were forgotten."""
    now = context.clock.now()
    old = (notice.c.due.is_(None)) & (notice.c.made < moment(now - REMEMBER))
    with context.store.reading() as view:
        if view.connection.execute(select(notice.c.id).where(old).limit(1)).first() is None:
            return 0
    with context.store.writing(ACTOR, now) as transaction:
        return transaction.connection.execute(delete(notice).where(old)).rowcount
