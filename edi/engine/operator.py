"""What people may do, each act audited with who and why, each idempotent by its key: pressed twice is done once (P30, F-U03).

retry: due now instead of later · resend: the same bytes under the same identity again · resubmit: a new identity, linked to the old
one · replay: our processing of stored inbound bytes again, which never sends what is there already.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Literal

from sqlalchemy import Table, delete, insert, select, update

from edi.engine import patching
from edi.engine.context import Context
from edi.engine.followup import follow_up
from edi.engine.mapping_versions import Then, keep_texts, of_then, texts_of_then
from edi.engine.moves import change, create, move
from edi.engine.plan import MessagePlan, Plan
from edi.engine.planning import Source, explain, make_plan
from edi.engine.reading import content_of
from edi.engine.record import Recorded, record
from edi.engine.reseal import resealed
from edi.engine.states import Machine, is_lawful
from edi.errors import EdiError
from edi.store import work
from edi.store.dialect import insert_if_new
from edi.store.store import AnyRow, Reading, Transaction
from edi.store.tables import acknowledgement_expected, command, fact, interchange, message, outbound, transmission
from edi.workspace.routing import Choice

AsOf = Literal["now", "then"]
"""Whose mappings: those of the workspace, or those a transmission was first processed with."""


class RefusedError(EdiError):
    """The operator asks for something else: this cannot be done in the state things are in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who acts, why, and the key that makes pressing twice harmless."""

    who: str
    why: str | None = None
    key: str | None = None
    """None: a key of its own, so that every call counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One output a replay looked at."""

    channel: str
    kind: str
    number: str | None
    filename: str
    verdict: str
    """new: would leave the house · same: there already, equal · differs: there already, would say something else now."""
    outbound: str | None
    """`O7` of the one that is there."""
    before: bytes | None = None
    """Its content without envelope, if it differs."""
    after: bytes | None = None
    """What it would be now: the bytes if new, the content without envelope if different."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What processing a transmission again would do."""

    transmission: str
    state: str
    """What the transmission would become."""
    as_of: AsOf
    mappings: tuple[Then, ...]
    """Those it was first processed with, against those of now."""
    effects: tuple[Effect, ...]
    reasons: tuple[str, ...]
    """Why messages would go nowhere."""

    @property
    def leaves_the_house(self) -> tuple[Effect, ...]:
        """The outputs that would be sent."""
        return tuple(effect for effect in self.effects if effect.verdict == "new")


class Operator:
    """Acts on rows named as people name them: `T12`, `M5`, `O7`."""

    def __init__(self, context: Context) -> None:
        self._context = context

    # -- replay -------------------------------------------------------------------------------------------------------

    def replay_preview(self, name: str, *, as_of: AsOf = "now") -> Preview:
        """What would leave the house if `T12`, or the transmission of `M5`, was processed again. Changes nothing.

        `then`: with the mappings it was first processed with. Raises StoreError if their texts were not kept.
        """
        transmission_id = self._transmission_of(name)
        effects: list[Effect] = []
        with self._context.store.reading() as view:
            mappings = of_then(self._context, view, transmission_id)
        plan = self._plan(transmission_id, released=False, as_of=as_of)
        with self._trial(transmission_id, plan) as (transaction, result):
            effects += [self._effect(transaction, one, "new", plan) for one in result.made]
            effects += [self._effect(transaction, one, "same", plan) for one in result.recognised]
            effects += [self._effect(transaction, one, "differs", plan) for one in result.differing]
            query = select(message.c.id, message.c.reason).where(
                message.c.transmission_id == transmission_id, message.c.reason.is_not(None)
            )
            reasons = tuple(f"M{row.id}: {row.reason}" for row in transaction.connection.execute(query))
            state = result.state
        return Preview(
            transmission=f"T{transmission_id}", state=state, as_of=as_of, mappings=mappings, effects=tuple(effects), reasons=reasons
        )

    def replay(self, name: str, act: Act, *, as_of: AsOf = "now") -> Recorded:
        """Process stored bytes again, with the mappings of now or of then. What is there already is recognised, not sent again.

        Partners, routes, cross-references and directories are those of now. Raises StoreError if the mappings of then were not kept.
        """
        return self._again(name, act, verb="replay", released=False, as_of=as_of)

    def release(self, name: str, act: Act) -> Recorded | None:
        """Let go on what was held: `T12` or `M5` is processed again as looked at, `O7` is queued again."""
        if name.startswith("O"):
            self._outbound_act(name, act, "release", {"held": "ready"})
            return None
        return self._again(name, act, verb="release", released=True)

    def current(self, name: str) -> bytes:
        """What `T12`, or the transmission of `M5`, would be processed from: what came, or its last patch."""
        with self._context.store.reading() as view:
            return patching.current(view, _row(view, transmission, self._transmission_of(name)))

    def patch(self, name: str, data: bytes, act: Act) -> Recorded:
        """Keep a corrected copy beside what came, and process it as released."""
        transmission_id = self._transmission_of(name)
        with self._acting("patch", f"T{transmission_id}", act) as transaction:
            if transaction is not None:
                patching.save(transaction, _row(transaction, transmission, transmission_id), data, who=act.who, why=act.why or "")
        return self._again(f"T{transmission_id}", replace(act, key=None), verb="release", released=True)

    def discard(self, name: str, act: Act) -> None:
        """Give up a quarantined transmission, with a reason; its bytes stay in the archive."""
        transmission_id = _id(name, "T")
        with self._acting("discard", name, act) as transaction:
            if transaction is None:
                return
            row = _row(transaction, transmission, transmission_id)
            if row.state not in {"quarantined", "conflict"}:
                raise RefusedError(f"{name} is {row.state}, not held", hint="only held transmissions can be discarded")
            change(transaction, Machine.TRANSMISSION, row.id, row.state, "discarded", {"reason": act.why}, who=act.who, why=act.why)

    def explain(self, name: str) -> tuple[tuple[str, Choice], ...]:
        """For each message of a transmission (or the one named): every route and the first condition that failed."""
        transmission_id = self._transmission_of(name)
        with self._context.store.reading() as view:
            row = view.connection.execute(select(transmission).where(transmission.c.id == transmission_id)).one()
            data = patching.current(view, row)
            known = view.connection.execute(
                select(message.c.id, message.c.position).where(message.c.transmission_id == transmission_id)
            ).all()
        plan = make_plan(self._context, data, Source(channel=row.channel, filename=row.filename, released=True))
        plans: list[MessagePlan] = [one for interchange in plan.interchanges for one in interchange.messages]
        names = {one.position: f"M{one.id}" for one in known}
        chosen = [
            (names.get(one.message.position, f"message {one.message.position}"), explain(self._context, one, row.channel)) for one in plans
        ]
        return tuple(one for one in chosen if not name.startswith("M") or one[0] == name)

    # -- outbound -----------------------------------------------------------------------------------------------------

    def retry(self, name: str, act: Act) -> None:
        """Try a delivery that waits now instead of later."""
        with self._acting("retry", name, act) as transaction:
            if transaction is None:
                return
            row = _row(transaction, outbound, _id(name, "O"))
            if row.state not in {"retry_wait", "unknown", "ready"}:
                raise RefusedError(f"{name} is {row.state}; nothing waits to be tried", hint="`edi resend` sends the same again")
            transaction.connection.execute(update(outbound).where(outbound.c.id == row.id).values(due=transaction.now))
            work.add(transaction.connection, "deliver", row.id, lane=row.channel, due=transaction.now)
            transaction.audit(name, "retry_asked", who=act.who, why=act.why)

    def resend(self, name: str, act: Act) -> None:
        """The same bytes under the same identity again: the receiver knows that it is the same."""
        self._outbound_act(name, act, "resend", {"failed": "ready", "rejected": "ready", "overdue": "ready", "acknowledged": "ready"})

    def hold(self, name: str, act: Act) -> None:
        """Keep a queued delivery back until it is released."""
        self._outbound_act(name, act, "hold", {"ready": "held", "retry_wait": "held"})

    def cancel(self, name: str, act: Act) -> None:
        """Never send `O7`, or never process `M5`, which is held."""
        if name.startswith("O"):
            states = dict.fromkeys(("ready", "retry_wait", "unknown", "overdue", "held"), "cancelled")
            self._outbound_act(name, act, "cancel", states)
            return
        with self._acting("cancel", name, act) as transaction:
            if transaction is None:
                return
            row = _row(transaction, message, _id(name, "M"))
            move(transaction, Machine.MESSAGE, row.id, row.state, "cancelled", who=act.who, why=act.why)

    def resubmit(self, name: str, act: Act) -> str | None:
        """The document of `O7` under a new identity and new control references, linked to the old one: `O8`. None if done before."""
        with self._acting("resubmit", name, act) as transaction:
            if transaction is None:
                return None
            row = _row(transaction, outbound, _id(name, "O"))
            if row.state not in {"failed", "rejected", "cancelled", "acknowledged", "overdue"}:
                raise RefusedError(f"{name} is {row.state} and may still arrive", hint="cancel it first")
            return f"O{self._resubmitted(transaction, row, act)}"

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
                row = _row(transaction, acknowledgement_expected, _id(name, "A"))
                move(transaction, Machine.ACKNOWLEDGEMENT, row.id, row.state, "waived", who=act.who, why=act.why)

    # -- how ----------------------------------------------------------------------------------------------------------

    def _outbound_act(self, name: str, act: Act, verb: str, moves: Mapping[str, str]) -> None:
        """Move `O7` as the verb has it, and bring its message and its work in line."""
        with self._acting(verb, name, act) as transaction:
            if transaction is None:
                return
            row = _row(transaction, outbound, _id(name, "O"))
            if row.state not in moves:
                raise RefusedError(f"{name} is {row.state}; `{verb}` needs one of: {', '.join(moves)}")
            target = moves[row.state]
            values = {"due": transaction.now, "since": transaction.now} if verb == "resend" else {"due": transaction.now}
            change(transaction, Machine.OUTBOUND, row.id, row.state, target, values, who=act.who, why=act.why, verb=verb)
            if target == "ready":
                work.add(transaction.connection, "deliver", row.id, lane=row.channel, due=transaction.now)
            else:
                work.drop(transaction.connection, "deliver", row.id)
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
        follow_up(transaction, row.message_id)
        return outbound_id

    def _again(self, name: str, act: Act, *, verb: str, released: bool, as_of: AsOf = "now") -> Recorded:
        transmission_id = self._transmission_of(name)
        plan = self._plan(transmission_id, released=released, as_of=as_of)
        keep_texts(self._context, (plan,))
        with self._acting(verb, f"T{transmission_id}", act, mappings=as_of) as transaction:
            if transaction is None:
                return Recorded(transmission_id=transmission_id, state="done before")
            self._reopen(transaction, transmission_id, released=released)
            return record(self._context, transaction, transmission_id, plan)

    @contextmanager
    def _trial(self, transmission_id: int, plan: Plan) -> Iterator[tuple[Transaction, Recorded]]:
        """A rehearsal of a replay: everything is really done, looked at, and undone."""
        with suppress(_UndoneError), self._context.store.writing("preview", self._context.clock.now()) as transaction:
            self._reopen(transaction, transmission_id, released=False)
            yield transaction, record(self._context, transaction, transmission_id, plan)
            raise _UndoneError

    def _plan(self, transmission_id: int, *, released: bool, as_of: AsOf = "now") -> Plan:
        context = self._context
        with context.store.reading() as view:
            row = _row(view, transmission, transmission_id)
            data = patching.current(view, row)
            if as_of == "then":
                texts = texts_of_then(of_then(context, view, transmission_id))
                context = replace(context, translator=context.translator.as_of(texts))
        return make_plan(context, data, Source(channel=row.channel, filename=row.filename, released=released or bool(row.released)))

    @staticmethod
    def _reopen(transaction: Transaction, transmission_id: int, *, released: bool) -> None:
        row = _row(transaction, transmission, transmission_id)
        work.drop(transaction.connection, "process", transmission_id)
        values = {"released": True} if released else {}
        if row.state != "received":
            if not is_lawful(Machine.TRANSMISSION, row.state, "received"):
                hint = f"replay T{row.duplicate_of}, which it repeats" if row.duplicate_of else "its bytes stay in the archive"
                raise RefusedError(f"T{transmission_id} is {row.state} and is not processed again", hint=hint)
            change(transaction, Machine.TRANSMISSION, transmission_id, row.state, "received", values)

    def _effect(self, transaction: Transaction, outbound_id: int, verdict: str, plan: Plan) -> Effect:
        row = _row(transaction, outbound, outbound_id)
        payload = transaction.payload(row.payload_sha256)
        return Effect(
            channel=row.channel,
            kind=row.kind,
            number=row.number,
            filename=row.filename,
            verdict=verdict,
            outbound=None if verdict == "new" else f"O{row.id}",
            before=content_of(payload) if verdict == "differs" else None,
            after=payload if verdict == "new" else _planned(transaction, row, plan) if verdict == "differs" else None,
        )

    def _transmission_of(self, name: str) -> int:
        """The inbound transmission of `T12` or `M5`. Raises RefusedError for any other name."""
        if name.startswith("T"):
            return _id(name, "T")
        with self._context.store.reading() as view:
            return int(_row(view, message, _id(name, "M")).transmission_id)

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


class _UndoneError(Exception):
    """Ends a rehearsal: the transaction is rolled back."""


FRESH = frozenset({"id", "sent", "remote_name", "reason", "fingerprint"})
"""Columns a resubmitted transmission does not inherit."""


def _planned(transaction: Transaction, row: AnyRow, plan: Plan) -> bytes | None:
    """The content a plan has for an output that is there already."""
    where = (
        select(interchange.c.position, message.c.position)
        .join(message, message.c.interchange_id == interchange.c.id)
        .where(message.c.id == row.message_id)
    )
    place = tuple(transaction.connection.execute(where).one())
    position = str(row.effect).rpartition("|")[2]
    for whole in plan.interchanges:
        for one in whole.messages:
            if (whole.interchange.position, one.message.position) == place:
                return next((output.written.canonical for output in one.outputs if str(output.position) == position), None)
    return None


def _row(view: Reading, table: Table, row_id: int) -> AnyRow:
    row = view.connection.execute(select(table).where(table.c.id == row_id)).one_or_none()
    if row is None:
        raise RefusedError(f"there is no {table.name} {row_id}", hint="`edi messages` lists what there is")
    return row


def _id(name: str, letter: str) -> int:
    """12 of `T12`. Raises RefusedError for a name of another thing."""
    if not (name.startswith(letter) and name[1:].isascii() and name[1:].isdigit()):
        raise RefusedError(f"{name!r} is not a name like {letter}12", hint="`edi messages` shows the names")
    return int(name[1:])
