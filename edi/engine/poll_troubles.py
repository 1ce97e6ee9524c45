"""Channels that could not be looked at: since when, how often in a row, and why; remembered, so that people and alerts can say it.

The circuit of `edi.engine.circuit` is about sending; looking goes on by its schedule whatever happened before.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, select, update

from edi.engine.context import ACTOR, Context
from edi.store.dialect import insert_if_new, select_where
from edi.store.store import Reading
from edi.store.tables import fact

PREFIX: Final = "poll:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Looks at a channel that failed, one after the other."""

    channel: str
    since: str
    times: int
    reason: str
    untrusted: bool = False


def note(context: Context, channel: str, problems: Sequence[str], *, untrusted: bool = False) -> None:
    """Remember how a look went; one without problems forgets earlier ones. `untrusted`: the other side is not who it was."""
    with context.store.reading() as view:
        before = select_where(view.connection, fact, {"name": PREFIX + channel}).one_or_none()
    if before is None and not problems:
        return
    with context.store.writing(ACTOR, context.clock.now()) as transaction:
        mine = fact.c.name == PREFIX + channel
        if not problems:
            transaction.connection.execute(delete(fact).where(mine))
            transaction.audit(channel, "poll_works_again")
            return
        known: dict[str, Any] = json.loads(before.value) if before else {"since": transaction.now, "times": 0}
        value = json.dumps({**known, "times": known["times"] + 1, "reason": problems[0].partition("\n")[0], "untrusted": untrusted})
        if insert_if_new(transaction.connection, fact, {"name": PREFIX + channel, "value": value}):
            transaction.audit(channel, "poll_failed", reason=problems[0])
        else:
            transaction.connection.execute(update(fact).where(mine).values(value=value))


def troubles(view: Reading) -> tuple[Trouble, ...]:
    """Channels whose last look failed, by name."""
    rows = view.connection.execute(select(fact).where(fact.c.name.startswith(PREFIX)).order_by(fact.c.name))
    return tuple(Trouble(channel=row.name.removeprefix(PREFIX), **json.loads(row.value)) for row in rows)
