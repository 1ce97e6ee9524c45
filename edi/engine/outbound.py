"""Delivering: the attempt is written down before the first byte leaves (P11), and an outcome is one of three (P12).

Unknown means: look on the other side where the channel can, otherwise send the same bytes under the same identity again. A row that
is `in_flight` when the engine starts was in flight when it died, and so is unknown too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy import func, select, update

from edi.engine import circuit, preparing, retry, threads
from edi.engine.collisions import again
from edi.engine.context import ACTOR, Context
from edi.engine.failpoint import failpoint
from edi.engine.followup import follow_up, start_waiting
from edi.engine.leases import Hold
from edi.engine.moves import StaleStateError, change, move
from edi.engine.ports import Delivery, Outbound, Preparing, Sent
from edi.engine.states import Machine
from edi.errors import ChannelError, ConfigError, TemporaryChannelError, UnknownOutcomeError, UntrustedError
from edi.store import leases, work
from edi.store.dialect import insert_many, select_where, update_many, update_where
from edi.store.payloads import PayloadError
from edi.store.store import AnyRow, Reading, Transaction, moment
from edi.store.tables import attempt, fact, outbound
from edi.store.tables import work as work_table

LOG = structlog.get_logger("edi.engine")

TOGETHER_MAX = 20
"""Deliveries whose attempts are written down by one commit."""
STOPPED = "the engine stopped while it was sending"
"""The note of an attempt whose engine died or stalled."""
IN_A_ROW_MAX = 2
"""After so many transport errors in a row the rest of a batch is not tried: each may cost a time-out."""
NOT_TRIED = "not tried: those before it could not be delivered"
TOGETHER_SECONDS_MAX = 1.0
"""Results wait no longer than this for their commit."""


@dataclass(slots=True, kw_only=True)
class Deliveries:
    """What one pass over a channel's queue gave."""

    arrived: int = 0
    postponed: int = 0
    refused: int = 0
    waiting: int = 0
    """Not their turn yet in their thread."""
    problems: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        """True if anything was looked at."""
        return bool(self.arrived or self.postponed or self.refused or self.waiting)

    def add(self, more: Deliveries) -> None:
        """Count what another pass gave."""
        self.arrived += more.arrived
        self.postponed += more.postponed
        self.refused += more.refused
        self.waiting += more.waiting
        self.problems += more.problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One delivery whose attempt is written down."""

    item: work.Item
    row: AnyRow
    number: int
    look_first: bool
    delivery: Delivery
    unprepared: tuple[str, str] | None = None
    """Outcome and why, if what travels could not be made."""
    hold: Hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a trial ended."""

    trial: Trial
    outcome: str
    note: str
    sent: Sent | None = None
    untrusted: bool = False
    """The other side is not who it was."""


def deliver(context: Context, channel: str) -> Deliveries:
    """Send what is due in a channel, up to a batch; empty if nothing is due, its circuit is open, or the outbox is on hold."""
    total = Deliveries()
    trials = _begin(context, channel, total)
    failpoint("deliver.attempted")
    results: list[Result] = []
    failed_in_a_row = 0
    since = context.clock.monotonic()
    for trial in trials:
        if not context.leases.may_begin(trial.hold):
            LOG.warning("not_begun", outbound=f"O{trial.row.id}", reason="this host stalled; another one does it")
            break
        results.append(_try(context, channel, trial) if failed_in_a_row < IN_A_ROW_MAX else _not_tried(trial))
        failed_in_a_row = 0 if results[-1].outcome in {"arrived", "refused"} else failed_in_a_row + 1
        failpoint("deliver.sent")
        if context.clock.monotonic() - since > TOGETHER_SECONDS_MAX:
            _record(context, channel, results, total)
            since = context.clock.monotonic()
    _record(context, channel, results, total)
    return total


def waiting_channels(context: Context) -> tuple[str, ...]:
    """Channels with something due that may be tried now."""
    now = moment(context.clock.now())
    with context.store.reading() as view:
        if is_on_hold(view):
            return ()
        free = work_table.c.leased_by.is_(None) | (work_table.c.leased_until < now)
        due = select(work_table.c.lane).where(work_table.c.kind == "deliver", work_table.c.due <= now, free)
        lanes = {row.lane for row in view.connection.execute(due.distinct())}
        suspended = {one.name for one in context.workspace.channels.values() if one.status == "suspended"}
        return tuple(sorted(lanes - circuit.open_channels(view, now) - suspended))


def is_on_hold(view: Reading) -> bool:
    """True if the whole outbox waits for the operator: after a restore, or because somebody said so (P36)."""
    return select_where(view.connection, fact, {"name": "hold"}, "value").first() is not None


def sweep(context: Context, owners: str = "") -> int:
    """At start, under the lock: what was in flight when those of that name died is unknown. How many. On one host that is all."""
    with context.store.writing(ACTOR, context.clock.now()) as transaction:
        work.free_all(transaction.connection, owners)
        leases.free_all(transaction.connection, owners)
        held = select(work_table.c.subject_id).where(work_table.c.kind == "deliver", work_table.c.leased_by.is_not(None))
        lost = select(outbound).where(outbound.c.state == "in_flight", outbound.c.id.not_in(held))
        rows = transaction.connection.execute(lost).all()
        for row in rows:
            _outcome_lost(transaction, row)
            work.add(transaction.connection, "deliver", row.id, lane=row.channel, due=transaction.now)
    return len(rows)


def _outcome_lost(transaction: Transaction, row: AnyRow) -> None:
    """Who sent it died or stalled: nobody knows what arrived (P12)."""
    move(transaction, Machine.OUTBOUND, row.id, "in_flight", "unknown", why=STOPPED)
    open_attempt = update(attempt).where(attempt.c.outbound_id == row.id, attempt.c.outcome.is_(None))
    transaction.connection.execute(open_attempt.values(outcome="unknown", finished=transaction.now, note=STOPPED))


def _begin(context: Context, channel: str, total: Deliveries) -> list[Trial]:
    """Claim, give up what is too old, and write down an attempt for the rest: one transaction."""
    now = context.clock.now()
    trials: list[Trial] = []
    ahead = preparing.ahead(context, channel, now, TOGETHER_MAX)
    with context.store.writing(ACTOR, now) as transaction:
        if is_on_hold(transaction) or channel in circuit.open_channels(transaction, transaction.now):
            return []
        until = context.leases.until(now)
        hold = context.leases.hold()
        together = 1 if circuit.failures(transaction, channel) else TOGETHER_MAX
        claimed = work.claim(
            transaction.connection,
            "deliver",
            now=transaction.now,
            owner=context.leases.owner,
            until=until,
            count_max=together,
            lane=channel,
        )
        for item in claimed:
            trial = _begin_one(context, transaction, item, total, ahead, hold)
            if trial is not None:
                trials.append(trial)
        if trials:
            tries = [{"outbound_id": one.row.id, "number": one.number, "started": transaction.now} for one in trials]
            insert_many(transaction.connection, attempt, tries)
    failpoint("deliver.claimed")
    return trials


def _begin_one(
    context: Context, transaction: Transaction, item: work.Item, total: Deliveries, ahead: preparing.Ahead, hold: Hold
) -> Trial | None:
    row = select_where(transaction.connection, outbound, {"id": item.subject_id}).one()
    if row.state == "in_flight":  # the lease of who sent it ran out
        _outcome_lost(transaction, row)
        row = select_where(transaction.connection, outbound, {"id": item.subject_id}).one()
    if row.state not in {"ready", "retry_wait", "unknown"}:
        work.complete(transaction.connection, item)  # held, cancelled or delivered meanwhile
        return None
    waits_for = threads.blocker(transaction, row) if row.thread is not None else None
    if waits_for is not None:
        threads.wait(transaction, item, row, waits_for)
        total.waiting += 1
        return None
    look_first = row.state == "unknown"
    since = datetime.fromisoformat(row.since)
    resends = _unknown_outcomes(transaction, row.id) if look_first else 0
    tried_too_long = row.state != "ready" and retry.is_given_up(since, transaction.time, context.policy(row.channel))
    if tried_too_long or resends > retry.RESENDS_MAX:
        why = "tried for too long" if tried_too_long else f"its outcome stayed unknown {resends} times"
        change(transaction, Machine.OUTBOUND, row.id, row.state, "failed", {"reason": why, "due": None}, why=why)
        work.complete(transaction.connection, item)
        follow_up(transaction, row.message_id)
        total.refused += 1
        return None
    made = ahead.of(row)
    try:
        delivery = made.given if made is not None else preparing.delivery(transaction, row)
    except PayloadError as error:
        _hold(transaction, item, row, str(error))
        total.refused += 1
        return None
    if row.state != "ready":
        move(transaction, Machine.OUTBOUND, row.id, row.state, "ready")
    number = row.attempts + 1
    change(transaction, Machine.OUTBOUND, row.id, "ready", "in_flight", {"attempts": number}, attempt=number)
    unprepared: tuple[str, str] | None = None
    try:
        if row.wire_sha256 is None and not ahead.as_it_is:
            delivery = _prepared(context, transaction, row, delivery, made.wire if made is not None else None)
    except (ConfigError, TemporaryChannelError) as error:
        # The channel was taken out of the files, or its secret is missing: what waits for it waits on (F-U04).
        unprepared = "temporary", str(error)
    except ChannelError as error:
        unprepared = "refused", str(error)
    return Trial(item=item, row=row, number=number, look_first=look_first, delivery=delivery, unprepared=unprepared, hold=hold)


def _hold(transaction: Transaction, item: work.Item, row: AnyRow, why: str) -> None:
    """Its bytes are gone or changed: nothing is sent that is not exactly what was stored (F-A15)."""
    if row.state != "ready":
        move(transaction, Machine.OUTBOUND, row.id, row.state, "ready")
    change(transaction, Machine.OUTBOUND, row.id, "ready", "held", {"reason": why}, why=why)
    work.complete(transaction.connection, item)


def _prepared(context: Context, transaction: Transaction, row: AnyRow, delivery: Delivery, made: Delivery | None) -> Delivery:
    """What travels, stored with the first attempt of channels that sign or encrypt; every other attempt sends the same (P12)."""
    sender = context.channels.outbound(row.channel)
    if not isinstance(sender, Preparing):
        return delivery
    made = made or sender.prepare(delivery, transaction.time, sink=context.store.spool)
    wire = {"wire_sha256": transaction.keep(made.content), "attributes": json.dumps(dict(made.attributes), sort_keys=True)}
    update_where(transaction.connection, outbound, {"id": row.id}, wire)
    transaction.audit(f"O{row.id}", "prepared", wire_sha256=wire["wire_sha256"])
    return made


def _try(context: Context, channel: str, trial: Trial) -> Result:
    """Look if the last outcome was unknown, else send; every outcome becomes a value."""
    if trial.unprepared is not None:
        outcome, note = trial.unprepared
        return Result(trial=trial, outcome=outcome, note=note)
    try:
        sender: Outbound = context.channels.outbound(channel)
        if trial.look_first and sender.look(trial.delivery):
            return Result(trial=trial, outcome="arrived", note="it was found whole on the other side")
        sent = sender.send(trial.delivery)
    except UnknownOutcomeError as error:
        return Result(trial=trial, outcome="unknown", note=str(error))
    except TemporaryChannelError as error:
        return Result(trial=trial, outcome="temporary", note=str(error), untrusted=isinstance(error, UntrustedError))
    except ConfigError as error:
        # The channel was taken out of the files, or its secret is missing: what waits for it waits on (F-U04).
        return Result(trial=trial, outcome="temporary", note=str(error))
    except ChannelError as error:
        return Result(trial=trial, outcome="refused", note=str(error))
    except Exception as error:  # a channel's bug: nobody knows what arrived, and the others go on (P33)
        LOG.exception("channel_crashed", channel=channel, outbound=f"O{trial.row.id}")
        return Result(trial=trial, outcome="unknown", note=f"the channel failed: {error!r}")
    return Result(trial=trial, outcome="arrived", note=sent.note, sent=sent)


def _not_tried(trial: Trial) -> Result:
    return Result(trial=trial, outcome="temporary", note=NOT_TRIED)


def _record(context: Context, channel: str, results: list[Result], total: Deliveries) -> None:
    """What became of each trial, in one transaction. Empties `results`."""
    if not results:
        return
    total.add(again(lambda: _record_all(context, channel, results)))
    failpoint("deliver.committed")
    results.clear()


def _record_all(context: Context, channel: str, results: list[Result]) -> Deliveries:
    done = Deliveries()
    with context.store.writing(ACTOR, context.clock.now()) as transaction:
        ended = [_record_one(context, transaction, result, done) for result in results]
        update_many(transaction.connection, attempt, ("outbound_id", "number"), [one for one in ended if one is not None])
        last = results[-1]
        if last.outcome in {"temporary", "unknown"}:
            tried = next((one.note for one in reversed(results) if one.note != NOT_TRIED), last.note)
            circuit.failed(transaction, channel, tried, context.random, untrusted=any(one.untrusted for one in results))
        else:
            circuit.passed(transaction, channel)
        failpoint("deliver.recorded")
    return done


def _record_one(context: Context, transaction: Transaction, result: Result, total: Deliveries) -> dict[str, object] | None:
    """What became of one trial; how its attempt ended, None if that is somebody else's by now."""
    trial, row = result.trial, result.trial.row
    due = None
    if result.outcome not in FINAL:
        due = moment(transaction.time + retry.wait(trial.number, context.policy(row.channel), context.random))
    try:
        if due is None:
            work.complete(transaction.connection, trial.item)
        else:
            work.postpone(transaction.connection, trial.item, due)
    except work.LeaseLostError:
        # We stalled, and another host took it over: what counts is what that one finds out (F-T02).
        transaction.audit(f"O{row.id}", "result_ignored", attempt=trial.number, outcome=result.outcome, by=context.leases.owner)
        return None
    response = transaction.keep(result.sent.response) if result.sent and result.sent.response is not None else None
    if response is not None:
        transaction.audit(f"O{row.id}", "answered", attempt=trial.number, response_sha256=response)
    try:
        _move_on(context, transaction, result, due, total)
    except StaleStateError:  # its receipt came before our own exchange ended (F-O07)
        work.drop(transaction.connection, "deliver", row.id)
    else:
        follow_up(transaction, row.message_id)
    ended = {"outbound_id": row.id, "number": trial.number, "finished": transaction.now, "outcome": result.outcome, "note": result.note}
    return {**ended, "response_sha256": response}


FINAL = frozenset({"arrived", "refused"})
"""Outcomes after which nothing is tried again by itself."""


def _move_on(context: Context, transaction: Transaction, result: Result, due: str | None, total: Deliveries) -> None:
    """Raises StaleStateError if it was not in flight any more; nothing changed then."""
    row, note = result.trial.row, result.note
    if result.outcome == "arrived":
        _arrived(context, transaction, result)
        total.arrived += 1
    elif result.outcome == "refused":
        change(transaction, Machine.OUTBOUND, row.id, "in_flight", "rejected", {"reason": note, "due": None}, note=note)
        total.refused += 1
    else:
        state = "unknown" if result.outcome == "unknown" else "retry_wait"
        change(transaction, Machine.OUTBOUND, row.id, "in_flight", state, {"reason": note, "due": due}, note=note, due=due)
        total.postponed += 1
    if result.outcome != "arrived":
        total.problems.append(f"O{row.id}: {note}")


def _arrived(context: Context, transaction: Transaction, result: Result) -> None:
    row, sent = result.trial.row, result.sent
    wait = sent.awaiting if sent else None
    values = {
        "sent": transaction.now,
        "remote_name": sent.remote_name if sent else None,
        "reason": None,
        "due": moment(transaction.time + wait) if wait else None,
    }
    change(transaction, Machine.OUTBOUND, row.id, "in_flight", "awaiting" if wait else "acknowledged", values, note=result.note)
    threads.wake(transaction, row.thread)
    start_waiting(context, transaction, row)


def _unknown_outcomes(transaction: Transaction, outbound_id: int) -> int:
    """How often nobody knew what arrived; that we died ourselves says nothing about the other side."""
    query = (
        select(func.count())
        .select_from(attempt)
        .where(attempt.c.outbound_id == outbound_id, attempt.c.outcome == "unknown", attempt.c.note.is_distinct_from(STOPPED))
    )
    return int(transaction.connection.execute(query).scalar_one())
