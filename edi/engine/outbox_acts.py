"""What people may do with single rows: outputs, acknowledgements, the whole outbox. Each act is audited with who and why, and idempotent
by its key: pressed twice is done once (P30, F-U03).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Table, delete, insert, select, update

from edi.engine import threads
from edi.engine.context import Context
from edi.engine.followup import expected, follow_up
from edi.engine.moves import change, create, move
from edi.engine.outputs import expect
from edi.engine.reseal import resealed
from edi.engine.states import Machine
from edi.engine.verbs import verb
from edi.errors import EdiError
from edi.store import work
from edi.store.dialect import insert_if_new
from edi.store.naming import number_in
from edi.store.store import AnyRow, Reading, Transaction
from edi.store.tables import acknowledgement_expected, command, fact, message, outbound


class RefusedError(EdiError):
    """The operator asks for something else: this cannot be done in the state things are in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who acts, why, and the key that makes pressing twice harmless."""

    who: str
    why: str | None = None
    key: str | None = None
    """None: a key of its own, so that every call counts."""


class OutboxActs:
    """Acts on rows named as people name them: `O7`, `M5`, `A2`."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def retry(self, name: str, act: Act) -> None:
        """Try a delivery that waits now instead of later."""
        with self._acting("retry", name, act) as transaction:
            if transaction is None:
                return
            row = row_of(transaction, outbound, number_of(name, "O"))
            must_be_lawful("retry", Machine.OUTBOUND, row, name, hint="`edi resend` sends the same again")
            transaction.connection.execute(update(outbound).where(outbound.c.id == row.id).values(due=transaction.now))
            work.add(transaction.connection, "deliver", row.id, lane=row.channel, due=transaction.now)
            transaction.audit(name, "retry_asked", who=act.who, why=act.why)

    def resend(self, name: str, act: Act) -> None:
        """The same bytes under the same identity again: the receiver knows that it is the same."""
        self._outbound_act(name, act, "resend", "ready")

    def hold(self, name: str, act: Act) -> None:
        """Keep a queued delivery back until it is released."""
        self._outbound_act(name, act, "hold", "held")

    def release_output(self, name: str, act: Act) -> None:
        """Queue `O7` again, which was held; or let it go although it waits for its turn in its thread."""
        with self._context.store.reading() as view:
            row = row_of(view, outbound, number_of(name, "O"))
        if row.state != "ready" or row.thread is None:
            self._outbound_act(name, act, "release", "ready")
            return
        with self._acting("release", name, act, thread=row.thread) as transaction:
            if transaction is not None:
                threads.leave(transaction, row)

    def cancel(self, name: str, act: Act) -> None:
        """Never send `O7`, or never process `M5`, which is held."""
        if name.startswith("O"):
            self._outbound_act(name, act, "cancel", "cancelled")
            return
        with self._acting("cancel", name, act) as transaction:
            if transaction is None:
                return
            row = row_of(transaction, message, number_of(name, "M"))
            must_be_lawful("cancel", Machine.MESSAGE, row, name)
            values = {"fingerprint": None, "changed": transaction.now}
            change(transaction, Machine.MESSAGE, row.id, row.state, "cancelled", values, who=act.who, why=act.why)

    def resubmit(self, name: str, act: Act) -> str | None:
        """The document of `O7` under a new identity and new control references, linked to the old one: `O8`. None if done before."""
        with self._acting("resubmit", name, act) as transaction:
            if transaction is None:
                return None
            row = row_of(transaction, outbound, number_of(name, "O"))
            must_be_lawful("resubmit", Machine.OUTBOUND, row, name, hint="it may still arrive: cancel it first")
            return f"O{self._resubmitted(transaction, row, act)}"

    def note_on(self, name: str) -> str | None:
        """What there is to say about `O8` as it stands; None if nothing."""
        with self._context.store.reading() as view:
            note: str | None = row_of(view, outbound, number_of(name, "O")).reason
        return note

    def hold_all(self, act: Act) -> None:
        """Nothing leaves until `release_all`."""
        with self._acting("hold_all", "outbox", act) as transaction:
            if transaction is not None:
                transaction.connection.execute(delete(fact).where(fact.c.name == "hold"))
                transaction.connection.execute(insert(fact).values(name="hold", value=act.why or act.who))

    def release_all(self, act: Act) -> None:
        """What waits may leave again."""
        with self._acting("release_all", "outbox", act) as transaction:
            if transaction is not None:
                transaction.connection.execute(delete(fact).where(fact.c.name == "hold"))

    def waive(self, name: str, act: Act) -> None:
        """Nobody waits for acknowledgement `A2` any more."""
        with self._acting("waive", name, act) as transaction:
            if transaction is not None:
                row = row_of(transaction, acknowledgement_expected, number_of(name, "A"))
                move(transaction, Machine.ACKNOWLEDGEMENT, row.id, row.state, "waived", who=act.who, why=act.why)

    # -- how ----------------------------------------------------------------------------------------------------------

    def _outbound_act(self, name: str, act: Act, verb: str, target: str) -> None:
        """Move `O7` as the verb has it, and bring its message and its work in line."""
        with self._acting(verb, name, act) as transaction:
            if transaction is None:
                return
            row = row_of(transaction, outbound, number_of(name, "O"))
            must_be_lawful(verb, Machine.OUTBOUND, row, name)
            values = {"due": transaction.now, "since": transaction.now} if verb == "resend" else {"due": transaction.now}
            change(transaction, Machine.OUTBOUND, row.id, row.state, target, values, who=act.who, why=act.why, verb=verb)
            if target == "ready":
                work.add(transaction.connection, "deliver", row.id, lane=row.channel, due=transaction.now)
            else:
                work.drop(transaction.connection, "deliver", row.id)
            threads.wake(transaction, row.thread)
            follow_up(transaction, row.message_id)

    def _resubmitted(self, transaction: Transaction, row: AnyRow, act: Act) -> int:
        """The id of a new transmission for the same document; it takes over the effect of the old one."""
        payload, references = resealed(self._context, transaction, row)
        transaction.connection.execute(update(outbound).where(outbound.c.id == row.id).values(effect=None))
        kept = {column.name: getattr(row, column.name) for column in outbound.c if column.name not in FRESH}
        fresh = {
            "identity": uuid.uuid4().hex,
            "resubmit_of": row.id,
            "state": "ready",
            "attempts": 0,
            "due": transaction.now,
            "made": transaction.now,
            "since": transaction.now,
            "payload_sha256": transaction.keep(payload),
            "wire_sha256": None,
            "size": len(payload),
            "findings": "[]",
            **references,
        }
        outbound_id = create(transaction, Machine.OUTBOUND, {**kept, **fresh}, resubmit_of=row.id, who=act.who, why=act.why)
        work.add(transaction.connection, "deliver", outbound_id, lane=row.channel, due=transaction.now)
        partner = self._context.partner(row.partner)
        agreement = partner.agreement(row.kind, "out") if partner else None
        if agreement is not None:  # the new one is answered for itself; a late answer settles the old one (F-K06)
            expect(transaction, outbound_id, row.partner, expected(agreement, row.kind))
        follow_up(transaction, row.message_id)
        return outbound_id

    @contextmanager
    def _acting(self, verb: str, subject: str, act: Act, **detail: str) -> Iterator[Transaction | None]:
        """The act's transaction, audited; None if an act of this key was done before."""
        with self._context.store.writing(f"operator:{act.who}", self._context.clock.now()) as transaction:
            key = act.key or uuid.uuid4().hex
            done = {
                "key": key,
                "verb": verb,
                "subject": subject,
                "actor": act.who,
                "reason": act.why,
                "at": transaction.now,
                "result": "{}",
            }
            if not insert_if_new(transaction.connection, command, done):
                yield None
                return
            transaction.audit(subject, verb, who=act.who, why=act.why, configuration=self._context.workspace.digest, **detail)
            yield transaction


FRESH = frozenset({"id", "sent", "remote_name", "reason", "fingerprint"})
"""Columns a resubmitted transmission does not inherit."""


def must_be_lawful(name: str, machine: Machine, row: AnyRow, shown: str, *, hint: str | None = None) -> None:
    """Raises RefusedError where the table of verbs does not offer this one."""
    known = verb(name, machine)
    if known is None or row.state not in known.states:
        states = ", ".join(sorted(known.states)) if known else "nothing of this kind"
        raise RefusedError(f"{shown} is {row.state}; `{name}` is for {states}", hint=hint)


SHOWN: Final = {
    "transmission": ("T", "transmissions"),
    "message": ("M", "messages"),
    "outbound": ("O", "messages"),
    "acknowledgement_expected": ("A", "acks"),
}
"""Of a table: the letter of its rows' names, and the command that lists them."""


def row_of(view: Reading, table: Table, row_id: int) -> AnyRow:
    """The row. Raises RefusedError if there is none of that number."""
    row = view.connection.execute(select(table).where(table.c.id == row_id)).one_or_none()
    if row is None:
        letter, listing = SHOWN[table.name]
        raise RefusedError(f"there is no {letter}{row_id}", hint=f"`edi {listing}` lists what there is")
    return row


def number_of(name: str, letter: str) -> int:
    """12 of `T12`. Raises RefusedError for a name of another thing."""
    number = number_in(name, letter)
    if number is None:
        raise RefusedError(f"{name!r} is not a name like {letter}12", hint="`edi messages` shows the names")
    return number
