"""Working through received transmissions: plan each from its bytes, then write all plans of a batch down in one transaction.

Reading and translating happen outside the transaction; what depends on the store happens inside it. A transmission that cannot be
recorded undoes the batch; then each is recorded by itself, that one is held with the reason, and the others go on (P33).
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from sqlalchemy.exc import DBAPIError

from edi.engine.collisions import again
from edi.engine.context import ACTOR, Context
from edi.engine.failpoint import failpoint
from edi.engine.fingerprint import fingerprint
from edi.engine.mapping_versions import keep_texts
from edi.engine.moves import StaleStateError
from edi.engine.plan import Plan
from edi.engine.planning import Source, make_plan
from edi.engine.reading import HEAD_BYTES, recognise
from edi.engine.record import Recorded, quarantine, record
from edi.errors import EdiError, StoreError
from edi.store import work
from edi.store.dialect import select_where
from edi.store.findings_text import from_json
from edi.store.payloads import PayloadError
from edi.store.store import Reading, Transaction, moment
from edi.store.tables import transmission

TOGETHER_MAX = 50
"""Transmissions whose plans are recorded by one commit."""

LOG = structlog.get_logger("edi.engine")


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A transmission with its plan, or why there is none."""

    item: work.Item
    plan: Plan | None
    reason: str | None = None
    cause: str | None = None


def process(context: Context, *, count_max: int = TOGETHER_MAX) -> tuple[Recorded, ...]:
    """Plan and record what is due, up to a batch; empty if nothing is."""
    items = _claim(context, count_max)
    if not items:
        return ()
    with context.store.reading() as view:
        planned = [_plan(context, view, item) for item in items]
    failpoint("process.read")
    keep_texts(context, [one.plan for one in planned if one.plan is not None])
    recorded = _record_all(context, planned)
    failpoint("process.committed")
    for result in recorded:
        LOG.info(
            "processed",
            transmission=f"T{result.transmission_id}",
            state=result.state,
            messages=len(result.messages),
            outputs=len(result.made),
        )
    return tuple(recorded)


def _record_all(context: Context, planned: list[Planned]) -> list[Recorded]:
    """Write all plans down in one transaction; where one of them cannot be, each in a transaction of its own (P33)."""
    try:
        return again(lambda: _record_together(context, planned))
    except StoreError as error:
        if not isinstance(error, StaleStateError):
            raise
    except Exception as error:  # noqa: BLE001 -- which one it was, and what becomes of it, is found out below
        LOG.info("recorded_one_by_one", reason=repr(error))
    return [result for one in planned for result in _record_alone(context, one)]


def _record_together(context: Context, planned: list[Planned]) -> list[Recorded]:
    with context.store.writing(ACTOR, context.clock.now()) as transaction:
        results = [_record(context, transaction, one) for one in planned]
        failpoint("process.recorded")
    return [result for result in results if result is not None]


def _record_alone(context: Context, planned: Planned) -> list[Recorded]:
    """As `_record_together`; what cannot be recorded is held with the reason."""
    try:
        return again(lambda: _record_together(context, [planned]))
    except StoreError as error:
        if not isinstance(error, StaleStateError):
            raise
        return _hold(context, planned.item, str(error), fingerprint((), error.message))
    except EdiError as error:
        return _hold(context, planned.item, str(error), fingerprint((), error.message))
    except Exception as error:  # as in `_plan`: what could not be recorded was undone, is held, and the others go on
        LOG.exception("recording_crashed", transmission=f"T{planned.item.subject_id}")
        return _hold(context, planned.item, f"the engine could not record it: {error!r}", f"bug:{type(error).__name__}")


def _claim(context: Context, count_max: int) -> tuple[work.Item, ...]:
    now = context.clock.now()
    with context.store.reading() as view:
        if not work.is_due(view.connection, "process", moment(now)):
            return ()
    with context.store.writing(ACTOR, now) as transaction:
        until = context.leases.until(now)
        return work.claim(
            transaction.connection,
            "process",
            now=transaction.now,
            owner=context.leases.owner,
            until=until,
            count_max=count_max,
            suspects_alone=True,
        )


def _plan(context: Context, view: Reading, item: work.Item) -> Planned:
    """The plan of one transmission. This is the worker's outermost loop: a bug of ours holds one transmission, not all."""
    try:
        row = select_where(view.connection, transmission, {"id": item.subject_id}).one()
        content = view.content(row.payload_sha256)
        # What nobody reads is told by its first bytes, and not fetched whole.
        data = bytes(content) if recognise(head := content.head(HEAD_BYTES)) else head
        if row.confirmation == "given_up" and row.size == 0 and row.reason:
            return Planned(item=item, plan=None, reason=row.reason, cause=fingerprint((), row.reason))
        came = tuple(one for one in from_json(row.findings) if one.code.startswith("mime."))
        source = Source(channel=row.channel, filename=row.filename, released=bool(row.released), findings=came)
        return Planned(item=item, plan=make_plan(context, data, source))
    except StoreError as error:
        if not isinstance(error, PayloadError):
            raise
        return Planned(item=item, plan=None, reason=str(error), cause=fingerprint((), error.message))
    except EdiError as error:
        return Planned(item=item, plan=None, reason=str(error), cause=fingerprint((), error.message))
    except DBAPIError:
        raise
    except Exception as error:  # the one place that may: recorded, held, and the queue behind it moves (P33)
        LOG.exception("processing_crashed", transmission=f"T{item.subject_id}")
        return Planned(item=item, plan=None, reason=f"the engine could not process it: {error!r}", cause=f"bug:{type(error).__name__}")


def _record(context: Context, transaction: Transaction, planned: Planned) -> Recorded | None:
    """Write one plan down; None if another worker took it over."""
    try:
        work.complete(transaction.connection, planned.item)
    except work.LeaseLostError:
        return None
    if planned.plan is None:
        quarantine(transaction, planned.item.subject_id, planned.reason or "unknown", planned.cause or "unknown")
        return Recorded(transmission_id=planned.item.subject_id, state="quarantined")
    return record(context, transaction, planned.item.subject_id, planned.plan)


def _hold(context: Context, item: work.Item, reason: str, cause: str) -> list[Recorded]:
    held = Planned(item=item, plan=None, reason=reason, cause=cause)
    return again(lambda: _record_together(context, [held]))
