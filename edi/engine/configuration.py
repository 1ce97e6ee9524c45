"""Which files the engine works with: every change is in the audit trail (P30), and files that were refused are shown until better ones came."""

from __future__ import annotations

from typing import Final

from sqlalchemy import delete, select, update

from edi.engine.context import ACTOR, Context
from edi.store.dialect import insert_if_new
from edi.store.tables import fact

TAKEN: Final = "configuration"
"""The fact that holds the digest of the files last worked with."""
REFUSED: Final = "configuration-refused"
"""The fact that says why other files were not taken."""


def note(context: Context) -> None:
    """The engine works with these files now; said once per change."""
    digest = context.workspace.digest
    with context.store.reading() as view:
        facts = {row.name: row.value for row in view.connection.execute(select(fact).where(fact.c.name.in_([TAKEN, REFUSED])))}
    if facts == {TAKEN: digest}:
        return
    with context.store.writing(ACTOR, context.clock.now()) as transaction:
        transaction.connection.execute(delete(fact).where(fact.c.name == REFUSED))
        if not insert_if_new(transaction.connection, fact, {"name": TAKEN, "value": digest}):
            transaction.connection.execute(update(fact).where(fact.c.name == TAKEN).values(value=digest))
        if facts.get(TAKEN) != digest:
            transaction.audit("workspace", "configuration", before=facts.get(TAKEN), digest=digest)


def note_refused(context: Context, why: str) -> None:
    """Other files were asked for and not taken; `why` is one line without values of the files."""
    with context.store.writing(ACTOR, context.clock.now()) as transaction:
        transaction.connection.execute(delete(fact).where(fact.c.name == REFUSED))
        transaction.connection.execute(fact.insert().values(name=REFUSED, value=why))
        transaction.audit("workspace", "configuration_refused", why=why, digest=context.workspace.digest)
