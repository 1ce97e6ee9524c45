"""The one way a state changes: lawful by the table, proven by compare-and-set, audited in the same transaction (P26)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import Table

from edi.engine.states import START, Machine, is_lawful
from edi.errors import StoreError
from edi.store import tables
from edi.store.dialect import select_where, update_where
from edi.store.store import Transaction

TABLES: Final[Mapping[Machine, tuple[Table, str]]] = {
    Machine.TRANSMISSION: (tables.transmission, "T"),
    Machine.INTERCHANGE: (tables.interchange, "I"),
    Machine.MESSAGE: (tables.message, "M"),
    Machine.OUTBOUND: (tables.outbound, "O"),
    Machine.ACKNOWLEDGEMENT: (tables.acknowledgement_expected, "A"),
}
"""Where a machine's rows are, and the letter people name them by."""


class StaleStateError(StoreError):
    """The caller drops what it did: somebody else moved the row meanwhile."""


def name(machine: Machine, row_id: int) -> str:
    """`M5`: how people, the audit trail and the command line name a row."""
    return f"{TABLES[machine][1]}{row_id}"


def create(transaction: Transaction, machine: Machine, values: Mapping[str, Any], **detail: object) -> int:
    """A new row in one of its first states, with the audit event that says so; its id."""
    table = TABLES[machine][0]
    state = str(values["state"])
    if state not in START[machine]:
        raise AssertionError(f"a new {machine} cannot be {state!r}")
    row_id = transaction.insert(table, values)
    if machine is Machine.OUTBOUND:  # the trail says which bytes left
        detail = {"payload_sha256": values["payload_sha256"], **detail}
    transaction.audit(name(machine, row_id), state, **detail)
    return row_id


def create_if_new(transaction: Transaction, machine: Machine, values: Mapping[str, Any], **detail: object) -> int | None:
    """As `create`; None, and nothing happened, if a unique column says that it is there already."""
    state = str(values["state"])
    if state not in START[machine]:
        raise AssertionError(f"a new {machine} cannot be {state!r}")
    row_id = transaction.claim(TABLES[machine][0], values)
    if row_id is not None:
        transaction.audit(name(machine, row_id), state, **detail)
    return row_id


def move(transaction: Transaction, machine: Machine, row_id: int, source: str, target: str, **detail: object) -> None:
    """Change a state; what `detail` says goes into the audit event. Raises StaleStateError if the row was no longer in `source`."""
    change(transaction, machine, row_id, source, target, {}, **detail)


def change(
    transaction: Transaction,
    machine: Machine,
    row_id: int,
    source: str,
    target: str,
    values: Mapping[str, Any],
    **detail: object,
) -> None:
    """As `move`, with other columns of the row changed at the same time."""
    if not is_lawful(machine, source, target):
        raise AssertionError(f"{name(machine, row_id)} cannot go from {source!r} to {target!r}")
    table = TABLES[machine][0]
    done = update_where(transaction.connection, table, {"id": row_id, "state": source}, {"state": target, **values})
    if done != 1:
        raise StaleStateError(
            f"{name(machine, row_id)} was not {source!r} any more", hint="look at it again: edi show " + name(machine, row_id)
        )
    transaction.audit(name(machine, row_id), target, before=source, **detail)


def walk(
    transaction: Transaction, machine: Machine, row_id: int, steps: tuple[str, ...], values: Mapping[str, Any], **detail: object
) -> None:
    """Several moves at once, each lawful and audited, the row written once; `steps` begins with the state it is in."""
    for source, target in pairwise(steps):
        if not is_lawful(machine, source, target):
            raise AssertionError(f"{name(machine, row_id)} cannot go from {source!r} to {target!r}")
    done = update_where(transaction.connection, TABLES[machine][0], {"id": row_id, "state": steps[0]}, {"state": steps[-1], **values})
    if done != 1:
        raise StaleStateError(
            f"{name(machine, row_id)} was not {steps[0]!r} any more", hint="look at it again: edi show " + name(machine, row_id)
        )
    for source, target in pairwise(steps):
        transaction.audit(name(machine, row_id), target, before=source, **(detail if target == steps[-1] else {}))


def state_of(transaction: Transaction, machine: Machine, row_id: int) -> str:
    """The state a row is in, inside the transaction. Raises StoreError if there is no such row."""
    table = TABLES[machine][0]
    state = select_where(transaction.connection, table, {"id": row_id}, "state").scalar_one_or_none()
    if state is None:
        raise StoreError(f"there is no {name(machine, row_id)}")
    return str(state)
