"""Receipts that come by themselves: matched to what we sent through the same channel, judged, recorded; whatever fits nothing is noted."""

from __future__ import annotations

import json

import structlog

from edi.channels.as2.keys import Keys
from edi.channels.as2.mdn import Fault
from edi.channels.as2.post import Answer
from edi.channels.as2.sending import MISSING, As2Outbound, hint_about, identity_of, refusal
from edi.engine import receipts
from edi.engine.context import ACTOR, Context
from edi.engine.ports import Outbound
from edi.store.store import Transaction

LOG = structlog.get_logger("edi.as2")


def take_receipt(context: Context, channel: str, keys: Keys, received: Answer) -> bool:
    """Whether it settled something. The receipt may come before our own exchange ended, late, twice, or for nothing (F-O07, D17, row 47)."""
    now = context.clock.now()
    reader = _reader(context, channel, keys)
    if reader is None:
        return False
    read = reader.read(received, now)
    identity = identity_of(read.original_id)
    with context.store.writing(ACTOR, now) as transaction:
        row = receipts.sent_as(transaction, reader.name, identity)
        attributes = json.loads(row.attributes) if row is not None else {}
        if row is None or "as2_mic" not in attributes:
            return _unmatched(transaction, channel, read.original_id)
        fault = reader.fault(read, identity, attributes)
        if fault in MISSING or fault in NOT_PROVEN:
            # Whoever wrote it, it is not the partner's word: what we wait for may still come.
            transaction.audit(f"O{row.id}", "receipt_ignored", was=row.state, fault=str(fault), response=transaction.keep(received.whole))
            return False
        said = None if fault is None else refusal(reader.name, fault, read) + _hint(hint_about(fault, read))
        return receipts.settle(context, transaction, row, said, received.whole)


NOT_PROVEN = frozenset({Fault.UNSIGNED, Fault.UNTRUSTED_SIGNER, Fault.EXPIRED_SIGNER, Fault.SIGNATURE_BROKEN})
"""Anybody can call our address: a receipt without the partner's signature settles nothing where a signed one was agreed (T15)."""


def _reader(context: Context, channel: str, keys: Keys) -> As2Outbound | None:
    """The sending end for the same pair of names: this channel, or the one that sends where two files share the pair."""
    settings = keys.settings
    for one in context.workspace.channels.values():
        other = one.settings
        if (
            one.direction == "in"
            or one.kind != "as2"
            or (getattr(other, "us", ""), getattr(other, "them", "")) != (settings.us, settings.them)
        ):
            continue
        found: Outbound = context.channels.outbound(one.name)
        if isinstance(found, As2Outbound):
            return found
    LOG.warning("as2_receipt_unsolicited", channel=channel)
    return None


def _unmatched(transaction: Transaction, channel: str, original_id: str) -> bool:
    transaction.audit(channel, "receipt_unmatched", original_message_id=original_id[:200])
    return False


def _hint(hint: str | None) -> str:
    return f"\n  hint: {hint}" if hint else ""
