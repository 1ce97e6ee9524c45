"""What people may do, each act audited with who and why, each idempotent by its key: pressed twice is done once (P30, F-U03).

retry: due now instead of later · resend: the same bytes under the same identity again · resubmit: a new identity, linked to the old
one · replay: our processing of stored inbound bytes again, which never sends what is there already.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Literal

from sqlalchemy import select

from edi.engine import patching
from edi.engine.mapping_versions import Then, keep_texts, of_then, texts_of_then
from edi.engine.moves import change
from edi.engine.outbox_acts import Act, OutboxActs, RefusedError, must_be_lawful, number_of, row_of
from edi.engine.plan import MessagePlan, Plan
from edi.engine.planning import Source, explain, make_plan
from edi.engine.reading import content_of
from edi.engine.record import Recorded, record
from edi.engine.states import Machine, is_lawful
from edi.store import work
from edi.store.store import AnyRow, Transaction
from edi.store.tables import interchange, message, outbound, transmission
from edi.workspace.routing import Choice

__all__ = ["Act", "AsOf", "Effect", "Operator", "Preview", "RefusedError"]

AsOf = Literal["now", "then"]
"""Whose mappings: those of the workspace, or those a transmission was first processed with."""


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


class Operator(OutboxActs):
    """Acts on rows named as people name them: `T12`, `M5`, `O7`, `A2`."""

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
            self.release_output(name, act)
            return None
        return self._again(name, act, verb="release", released=True)

    def current(self, name: str) -> bytes:
        """What `T12`, or the transmission of `M5`, would be processed from: what came, or its last patch."""
        with self._context.store.reading() as view:
            return patching.current(view, row_of(view, transmission, self._transmission_of(name)))

    def patch(self, name: str, data: bytes, act: Act) -> Recorded:
        """Keep a corrected copy beside what came, and process it as released."""
        transmission_id = self._transmission_of(name)
        with self._acting("patch", f"T{transmission_id}", act) as transaction:
            if transaction is not None:
                patching.save(transaction, row_of(transaction, transmission, transmission_id), data, who=act.who, why=act.why or "")
        return self._again(f"T{transmission_id}", replace(act, key=None), verb="release", released=True)

    def discard(self, name: str, act: Act) -> None:
        """Give up a quarantined transmission, with a reason; its bytes stay in the archive."""
        transmission_id = number_of(name, "T")
        with self._acting("discard", name, act) as transaction:
            if transaction is None:
                return
            row = row_of(transaction, transmission, transmission_id)
            must_be_lawful("discard", Machine.TRANSMISSION, row, name)
            values = {"reason": act.why, "fingerprint": None}
            change(transaction, Machine.TRANSMISSION, row.id, row.state, "discarded", values, who=act.who, why=act.why)

    def ignore(self, name: str, act: Act) -> None:
        """Nobody needs to look at it any more, whatever it is: it is put away, and counts in no list of failures."""
        match name[:1]:
            case "T":
                self.discard(name, act)
            case "A":
                self.waive(name, act)
            case _:
                self.cancel(name, act)

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

    # -- how ----------------------------------------------------------------------------------------------------------

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
            row = row_of(view, transmission, transmission_id)
            data = patching.current(view, row)
            if as_of == "then":
                texts = texts_of_then(of_then(context, view, transmission_id))
                context = replace(context, translator=context.translator.as_of(texts))
        return make_plan(context, data, Source(channel=row.channel, filename=row.filename, released=released or bool(row.released)))

    @staticmethod
    def _reopen(transaction: Transaction, transmission_id: int, *, released: bool) -> None:
        row = row_of(transaction, transmission, transmission_id)
        work.drop(transaction.connection, "process", transmission_id)
        values = {"released": True} if released else {}
        if row.state != "received":
            if not is_lawful(Machine.TRANSMISSION, row.state, "received"):
                hint = f"replay T{row.duplicate_of}, which it repeats" if row.duplicate_of else "its bytes stay in the archive"
                raise RefusedError(f"T{transmission_id} is {row.state} and is not processed again", hint=hint)
            change(transaction, Machine.TRANSMISSION, transmission_id, row.state, "received", values)

    def _effect(self, transaction: Transaction, outbound_id: int, verdict: str, plan: Plan) -> Effect:
        row = row_of(transaction, outbound, outbound_id)
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
            return number_of(name, "T")
        with self._context.store.reading() as view:
            return int(row_of(view, message, number_of(name, "M")).transmission_id)


class _UndoneError(Exception):
    """Ends a rehearsal: the transaction is rolled back."""


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
