"""Telling operators what needs them: one letter for all that is new, one line per cause, and silence while nothing new is to be said.

A cause is told when it is new, when it has grown tenfold since it was told, and after the quiet time if it lasts or has grown. What was
told is remembered in the transaction that queues the letters, so a restart neither repeats nor forgets.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select, update

from edi.engine.causes import Cause, Source, causes
from edi.engine.context import ACTOR, Context
from edi.store.dialect import insert_if_new
from edi.store.notices import alert
from edi.store.store import AnyRow, Reading, Transaction, moment
from edi.workspace.notices import Topic
from edi.workspace.workspace import Workspace

GROWN: Final = 10
"""Told again at once when there are so many times as many."""
LINES_MAX: Final = 50
"""Causes that one mail names; how many more there are is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A cause with what was told of it."""

    cause: Cause
    since: str
    told: str | None
    """None: not yet."""


def look(context: Context, sources: Iterable[Source] = ()) -> tuple[Cause, ...]:
    """Queue letters about what operators do not know yet; the causes they are about."""
    now = context.clock.now()
    with context.store.reading() as view:
        found = {cause.key: cause for cause in causes(context.workspace, view, now, sources)}
        known = _known(view)
    if not _changes(found, known, now, context):
        return ()
    with context.store.writing(ACTOR, now) as transaction:
        known = _known(transaction)  # another host may have told it meanwhile
        new = [cause for cause in found.values() if _is_news(cause, known.get(cause.key), now, context)]
        for cause in new:
            _remember(transaction, cause)
        for key, row in known.items():
            if key not in found:
                _bury(transaction, row, now, context)
            elif row.gone is not None and found[key] not in new:
                transaction.connection.execute(update(alert).where(alert.c.key == key).values(gone=None))
        _queue(context, transaction, new)
    return tuple(new)


def now_known(workspace: Workspace, view: Reading, now: datetime, sources: Iterable[Source] = ()) -> tuple[Known, ...]:
    """What needs the operator now, and since when and whether it was told; for `edi status` and `edi alerts`."""
    found, known, at = causes(workspace, view, now, sources), _known(view), moment(now)
    rows = [(cause, known.get(cause.key)) for cause in found]
    return tuple(
        Known(cause=cause, since=row.since if row else at, told=row.told if row and _is_told(workspace, cause.topic) else None)
        for cause, row in rows
    )


def recipients(workspace: Workspace, topic: Topic) -> tuple[str, ...]:
    """Mail addresses that are told of a topic."""
    if workspace.notices.mail is None:
        return ()
    ours = [one.email for one in workspace.us.contacts if one.email and topic in one.notify]
    return tuple(dict.fromkeys([*workspace.notices.alerts.to, *ours]))


def _is_told(workspace: Workspace, topic: Topic) -> bool:
    """False where notices.yaml names nobody who would be told."""
    webhooks = workspace.notices.alerts.webhooks
    return bool(recipients(workspace, topic)) or any(not one.topics or topic in one.topics for one in webhooks)


def _known(view: Reading) -> dict[str, AnyRow]:
    return {row.key: row for row in view.connection.execute(select(alert))}


def _changes(found: Mapping[str, Cause], known: Mapping[str, AnyRow], now: datetime, context: Context) -> bool:
    """True if anything is to be written at all: most looks find nothing new."""
    news = any(_is_news(cause, known.get(key), now, context) for key, cause in found.items())
    return news or any((key in found) == (row.gone is not None) or _is_old(row, now, context) for key, row in known.items())


def _is_news(cause: Cause, row: AnyRow | None, now: datetime, context: Context) -> bool:
    if row is None or cause.count >= GROWN * row.told_count:
        return True
    quiet = now - datetime.fromisoformat(row.told) >= context.workspace.notices.alerts.quiet
    return quiet and (cause.lasting or cause.count > row.told_count or row.gone is not None)


def _is_old(row: AnyRow, now: datetime, context: Context) -> bool:
    """Gone, and told so long ago that it would be news again."""
    return row.gone is not None and now - datetime.fromisoformat(row.told) >= context.workspace.notices.alerts.quiet


def _remember(transaction: Transaction, cause: Cause) -> None:
    told = {"topic": cause.topic, "text": cause.text, "count": cause.count, "told": transaction.now, "told_count": cause.count}
    if not insert_if_new(transaction.connection, alert, {"key": cause.key, "since": transaction.now, **told}):
        transaction.connection.execute(update(alert).where(alert.c.key == cause.key).values(gone=None, **told))
    transaction.audit(cause.topic, "alert", cause=cause.key, count=cause.count)


def _bury(transaction: Transaction, row: AnyRow, now: datetime, context: Context) -> None:
    """It is over; forgotten when the quiet time is over too, so that what comes and goes is not told each time."""
    mine = alert.c.key == row.key
    if row.gone is None:
        transaction.connection.execute(update(alert).where(mine).values(gone=transaction.now))
    elif _is_old(row, now, context):
        transaction.connection.execute(delete(alert).where(mine))


# -- letters ----------------------------------------------------------------------------------------------------------


def _queue(context: Context, transaction: Transaction, new: Sequence[Cause]) -> None:
    """One mail per person and one call per program, about all that is new and theirs."""
    from edi.engine import notices  # noqa: PLC0415 -- letters are written now and then, looked at far more often

    key = f"alert|{transaction.now}"
    mails: dict[str, list[Cause]] = {}
    for cause in new:
        for address in recipients(context.workspace, cause.topic):
            mails.setdefault(address, []).append(cause)
    for address, about in mails.items():
        subject, text = mail(context, about)
        notices.queue(transaction, to=address, subject=subject, text=text, key=key)
    for webhook in context.workspace.notices.alerts.webhooks:
        wanted = [cause for cause in new if not webhook.topics or cause.topic in webhook.topics]
        if wanted:
            body = webhook_body(context, wanted, at=transaction.now)
            notices.queue(transaction, to=webhook.name, subject="alert", text=body, key=key, way="webhook")


def mail(context: Context, about: Sequence[Cause]) -> tuple[str, str]:
    """Subject and text of a mail about some causes."""
    us = context.workspace.us.title
    first = about[0].text if len(about) == 1 else f"{len(about)} things need you"
    lines = [f"* {cause.text}" for cause in about[:LINES_MAX]]
    if len(about) > LINES_MAX:
        lines.append(f"* and {len(about) - LINES_MAX} more")
    how = "edi status shows all of it, edi failures the failures by cause, edi show ID one thing whole."
    return f"[edi {us}] {first}", "\n".join([*lines, "", how, f"workspace: {context.workspace.folder.name}"]) + "\n"


def webhook_body(context: Context, about: Sequence[Cause], *, at: str) -> str:
    """What a program is told: an id that is the same when it is told again, and the causes."""
    alerts = [asdict(cause) for cause in about]
    name = hashlib.sha256(json.dumps([at, alerts], sort_keys=True).encode()).hexdigest()[:32]
    return json.dumps({"id": name, "at": at, "us": context.workspace.us.name, "alerts": alerts}, sort_keys=True)
