"""Receiving: fetch what lies ready, keep it, and only then tell the other side that it may forget it (P1).

One transaction holds the claim (a unique row per channel and transport id), the exact bytes, the transmission, the work to be done
and the audit event. A crash before it leaves nothing; a crash after it leaves a confirmation that the next poll makes up for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import structlog
from sqlalchemy import select, update

from edi.engine import reports
from edi.engine.context import ACTOR, Context
from edi.engine.failpoint import failpoint
from edi.engine.moves import create_if_new
from edi.engine.ports import Enveloped, Inbound, Offer, Reporting
from edi.engine.states import Machine
from edi.errors import ChannelError, ConfigError, StoreError, TemporaryChannelError, UntrustedError
from edi.limits import MIB, RECEIVED_BYTES_MAX
from edi.slices import Slice
from edi.store import work
from edi.store.dialect import select_where
from edi.store.findings_text import to_json
from edi.store.payloads import Packed, pack
from edi.store.store import Transaction
from edi.store.tables import transmission

LOG = structlog.get_logger("edi.engine")

TOGETHER_MAX = 50
"""Transmissions kept by one commit: a commit costs the disk the same for one as for fifty."""
TOGETHER_BYTES_MAX = 16 * MIB


@dataclass(slots=True, kw_only=True)
class Poll:
    """What one look at a channel gave."""

    channel: str
    offered: int = 0
    kept: int = 0
    """New ones, now ours."""
    known: int = 0
    """Seen before; the other side was told again."""
    problems: list[str] = field(default_factory=list)
    """One sentence each; what they concern is tried again at the next poll."""
    untrusted: bool = False
    """The other side is not who it was: somebody is told at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An offer with its bytes, not yet ours."""

    offer: Offer
    data: Packed
    refused: str | None = None
    """Why it was not fetched at all."""
    envelope: bytes | None = None
    """What it came in, e.g. its mail."""


def poll(context: Context, name: str, *, count_max: int | None = None) -> Poll:
    """Take what lies ready in a channel, up to so many; every problem is noted, none stops the others."""
    result = Poll(channel=name)
    waiting: list[Fetched] = []
    try:
        inbound = context.channels.inbound(context.channel(name).name)
    except ConfigError as error:
        if name not in context.workspace.channels:
            raise
        result.problems.append(str(error))
        return result
    try:
        for offers in _batches(_limited(inbound.offers(), count_max)):
            result.offered += len(offers)
            known, new = _known(context, name, offers)
            result.known += len(offers) - len(new)
            # What lies there in place of something we kept is as new as anything else, unless we kept it too.
            known_others, new_others = _known(context, name, _confirm(context, name, inbound, known, result))
            _confirm(context, name, inbound, known_others, result)
            for offer in (*new, *new_others):
                _fetch(inbound, offer, result, waiting)
                if len(waiting) >= TOGETHER_MAX or sum(len(one.data) for one in waiting) >= TOGETHER_BYTES_MAX:
                    _keep_and_confirm(context, name, inbound, waiting, result)
    except (ChannelError, ConfigError) as error:
        result.problems.append(str(error))
        result.untrusted = isinstance(error, UntrustedError)
    except StoreError:
        raise
    except Exception as error:  # a channel's bug stops this look at it, and nobody else (P33)
        LOG.exception("channel_crashed", channel=name)
        result.problems.append(f"the channel could not be read: {error!r}")
    _keep_and_confirm(context, name, inbound, waiting, result)
    _hear(context, inbound, result)
    return result


def _hear(context: Context, inbound: Inbound, result: Poll) -> None:
    """What is said about things we sent (F-E22)."""
    if not isinstance(inbound, Reporting):
        return
    try:
        for report in inbound.reports():
            reports.settle(context, report)
    except ChannelError as error:
        result.problems.append(str(error))


def keep(  # noqa: PLR0913 -- what is kept, in one call
    transaction: Transaction,
    *,
    channel: str,
    partner: str | None,
    offer: Offer,
    data: bytes | Slice | Packed,
    confirmation: str = "owed",
    response: bytes | None = None,
    envelope: bytes | Slice | None = None,
) -> int | None:
    """The new transmission's id, with its bytes, audit event and work in the caller's transaction; None if it was claimed before."""
    values = {
        "channel": channel,
        "transport_id": offer.transport_id,
        "filename": offer.filename,
        "partner": partner,
        "payload_sha256": transaction.keep(data),
        "size": len(data),
        "state": "received",
        "confirmation": confirmation,
        "findings": to_json(offer.findings),
        "response_sha256": transaction.keep(response) if response is not None else None,
        "envelope_sha256": transaction.keep(envelope) if envelope is not None else None,
        "received": transaction.now,
    }
    detail = {"channel": channel, "file": offer.filename, "sha256": values["payload_sha256"], "size": len(data)}
    if envelope is not None:
        detail["envelope"] = values["envelope_sha256"]
    if response is not None:
        detail["response"] = values["response_sha256"]
    row_id = create_if_new(transaction, Machine.TRANSMISSION, values, **detail)
    if row_id is not None:
        work.add(transaction.connection, "process", row_id, lane=channel, due=transaction.now)
    return row_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of something that was handed over."""

    transmission: str
    """`T12`."""
    first: bool
    """False: it had been handed over before."""
    same: bool
    """False: what came before under this identity had other bytes (P8)."""
    response: bytes | None
    """What to answer: the first one's answer, byte for byte."""


def receive(context: Context, channel: str, offer: Offer, data: bytes, *, response: bytes | None) -> Receipt:
    """Claim, bytes, work and answer in one transaction; of many copies at once exactly one is the first."""
    partner = context.channel(channel).partner
    packed = pack(data)
    with context.store.writing(ACTOR, context.clock.now()) as transaction:
        kept = keep(transaction, channel=channel, partner=partner, offer=offer, data=packed, confirmation="sent", response=response)
        by = {"channel": channel, "transport_id": offer.transport_id}
        row = select_where(transaction.connection, transmission, by, "id", "payload_sha256", "response_sha256").one()
        same = row.payload_sha256 == packed.sha256
        if kept is None:
            transaction.audit(f"T{row.id}", "offered_again", same=same)
        answer = transaction.payload(row.response_sha256) if row.response_sha256 else None
    return Receipt(transmission=f"T{row.id}", first=kept is not None, same=same, response=answer)


def _limited(offers: Iterator[Offer], count_max: int | None) -> Iterator[Offer]:
    for index, offer in enumerate(offers):
        if count_max is not None and index >= count_max:
            return
        yield offer


def _batches(offers: Iterator[Offer]) -> Iterator[list[Offer]]:
    while batch := list(islice(offers, TOGETHER_MAX)):
        yield batch


def _fetch(inbound: Inbound, offer: Offer, result: Poll, waiting: list[Fetched]) -> None:
    """Add an offer with its bytes to those that wait to be kept; what cannot be fetched now is noted and left."""
    if offer.size is not None and offer.size > RECEIVED_BYTES_MAX:
        waiting.append(
            Fetched(offer=offer, data=pack(b""), refused=f"it has {offer.size} bytes, and {RECEIVED_BYTES_MAX} is the most we take")
        )
        return
    try:
        data = inbound.fetch(offer)
    except TemporaryChannelError as error:
        result.problems.append(str(error))
        return
    failpoint("receive.fetched")
    envelope = inbound.envelope(offer) if isinstance(inbound, Enveloped) else None
    waiting.append(Fetched(offer=offer, data=pack(data), envelope=envelope))


def _keep_and_confirm(context: Context, name: str, inbound: Inbound, waiting: list[Fetched], result: Poll) -> None:
    """Commit all that was fetched, then tell the other side. Empties `waiting`."""
    if not waiting:
        return
    partner = context.channel(name).partner
    with context.store.writing(ACTOR, context.clock.now()) as transaction:
        for fetched in waiting:
            if fetched.refused is None:
                data, envelope = fetched.data, fetched.envelope
                kept = keep(transaction, channel=name, partner=partner, offer=fetched.offer, data=data, envelope=envelope)
                result.kept += kept is not None
            else:
                _keep_refusal(transaction, name, partner, fetched)
                result.problems.append(f"{fetched.offer.filename}: {fetched.refused}")
            failpoint("receive.kept")
    failpoint("receive.committed")
    kept_ones = [replace(one.offer, kept=one.data.sha256) for one in waiting if one.refused is None]
    _confirm(context, name, inbound, kept_ones, result)
    waiting.clear()


def _keep_refusal(transaction: Transaction, name: str, partner: str | None, fetched: Fetched) -> None:
    """A note that something was there which we did not take; it stays where it is."""
    values = {
        "channel": name,
        "transport_id": fetched.offer.transport_id,
        "filename": fetched.offer.filename,
        "partner": partner,
        "payload_sha256": transaction.keep(b""),
        "size": 0,
        "state": "received",
        "confirmation": "given_up",
        "received": transaction.now,
        "reason": fetched.refused,
        "findings": "[]",
    }
    row_id = create_if_new(transaction, Machine.TRANSMISSION, values, channel=name, file=fetched.offer.filename, refused=fetched.refused)
    if row_id is None:
        return
    work.add(transaction.connection, "process", row_id, lane=name, due=transaction.now)


def _confirm(context: Context, name: str, inbound: Inbound, offers: Sequence[Offer], result: Poll) -> list[Offer]:
    """Tell the other side, and remember that we did; a failure here costs nothing but another try at the next poll.

    Gives the offers of what lies there instead.
    """
    told, others = [], []
    for offer in offers:
        try:
            other = inbound.confirm(offer)
        except ChannelError as error:
            result.problems.append(f"{offer.filename} is kept, but the other side could not be told: {error}")
            continue
        told.append(offer.transport_id)
        others += [other] if other is not None else []
        failpoint("receive.confirmed")
    if not told:
        return others
    owed = (transmission.c.channel == name) & transmission.c.transport_id.in_(told) & (transmission.c.confirmation == "owed")
    with context.store.writing(ACTOR, context.clock.now()) as transaction:
        for row in transaction.connection.execute(select(transmission.c.id).where(owed)).all():
            transaction.audit(f"T{row.id}", "confirmed")
        transaction.connection.execute(update(transmission).where(owed).values(confirmation="sent"))
    return others


def _known(context: Context, channel: str, offers: Sequence[Offer]) -> tuple[list[Offer], list[Offer]]:
    """Those of which we kept the bytes before, with their hash, and those that are new; what was refused stays there and is neither."""
    if not offers:
        return [], []
    columns = (transmission.c.transport_id, transmission.c.payload_sha256, transmission.c.confirmation)
    asked = transmission.c.transport_id.in_([offer.transport_id for offer in offers])
    with context.store.reading() as view:
        rows = view.connection.execute(select(*columns).where(transmission.c.channel == channel, asked)).all()
    claimed = {row.transport_id: row for row in rows}
    known = [
        replace(offer, kept=row.payload_sha256)
        for offer in offers
        if (row := claimed.get(offer.transport_id)) is not None and row.confirmation != "given_up"
    ]
    return known, [offer for offer in offers if offer.transport_id not in claimed]
