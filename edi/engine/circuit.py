"""Whether a channel's other side answers: after so many transport errors in a row nobody tries but one probe at a time.

Refusals do not count: whoever refuses, answers.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import bindparam, select, update

from edi.engine import retry
from edi.engine.states import Machine, is_lawful
from edi.store import prepared
from edi.store.dialect import insert_if_new, select_where
from edi.store.store import Reading, Transaction, moment
from edi.store.tables import circuit


def open_channels(view: Reading, now: str) -> frozenset[str]:
    """Channels that nobody should try now."""
    rows = select_where(view.connection, circuit, {"state": "open"}, "channel", "probe")
    return frozenset(row.channel for row in rows if row.probe is not None and row.probe > now)


def passed(transaction: Transaction, channel: str) -> None:
    """The other side answered."""
    row = prepared.select(transaction.connection, _LOCKED, {"by_channel": channel}).one_or_none()
    if row is None or (row.state == "closed" and row.failures == 0):
        return
    if row.state == "open":  # a probe that nobody announced: an operator's poll, say
        _set(transaction, channel, "open", "half_open", row.failures)
    _set(transaction, channel, "closed" if row.state == "closed" else "half_open", "closed", 0)


def failed(transaction: Transaction, channel: str, note: str, random: retry.Random, *, untrusted: bool = False) -> None:
    """The other side could not be reached; one that is not who it was is not tried four times more (F-S10)."""
    insert_if_new(transaction.connection, circuit, {"channel": channel, "state": "closed", "failures": 0})
    row = prepared.select(transaction.connection, _LOCKED, {"by_channel": channel}).one()
    count = row.failures + 1
    if row.state == "closed" and count < retry.FAILURES_BEFORE_OPEN and not untrusted:
        transaction.connection.execute(update(circuit).where(circuit.c.channel == channel).values(failures=count, note=note))
        return
    if row.state == "open":
        _set(transaction, channel, "open", "half_open", count, note=note)
    probe = transaction.time + retry.wait(max(1, count - retry.FAILURES_BEFORE_OPEN + 1), retry.Policy(longest=_LONGEST), random)
    _set(transaction, channel, "half_open" if row.state != "closed" else "closed", "open", count, probe=moment(probe), note=note)


def failures(view: Reading, channel: str) -> int:
    """Transport errors in a row."""
    return int(select_where(view.connection, circuit, {"channel": channel}, "failures").scalar_one_or_none() or 0)


def close(transaction: Transaction, channel: str) -> None:
    """The operator says that it works again."""
    passed(transaction, channel)


def _set(
    transaction: Transaction, channel: str, source: str, target: str, failures: int, *, probe: str | None = None, note: str | None = None
) -> None:
    if not is_lawful(Machine.CIRCUIT, source, target):
        raise AssertionError(f"the circuit of {channel} cannot go from {source!r} to {target!r}")
    change = update(circuit).where(circuit.c.channel == channel)
    transaction.connection.execute(change.values(state=target, failures=failures, probe=probe, note=note))
    if source != target:
        transaction.audit(channel, f"circuit_{target}", before=source, note=note)


_LOCKED = select(circuit).where(circuit.c.channel == bindparam("by_channel")).with_for_update()
_LONGEST = timedelta(minutes=30)
"""An open circuit is probed at least this often."""
