"""The audit chain finds every kind of manipulation; a cut tail only against a head kept elsewhere (P27, F-U07)."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, insert, select, update

from edi.store import audit
from edi.store.store import Store
from edi.store.tables import audit_event

NOW = datetime(2026, 11, 24, 9, 14, tzinfo=UTC)
COUNT = 40


@pytest.fixture
def filled(store: Store) -> Store:
    for index in range(COUNT // 4):
        with store.writing("engine", NOW) as transaction:
            for _ in range(4):
                transaction.audit(f"T{index}", "received", size=index, name="Müller")
    return store


def head(store: Store) -> audit.Head:
    with store.reading() as view:
        return audit.head(view.connection)


def tamper(store: Store, statement: object) -> None:
    with store._engine.begin() as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def test_an_untouched_chain_holds(filled: Store) -> None:
    assert () == filled.verify((head(filled),))
    assert COUNT == head(filled).size


@pytest.mark.parametrize("column", ["at", "actor", "subject", "event", "detail", "previous", "hash"])
def test_an_edited_entry_is_found(filled: Store, column: str) -> None:
    seq = random.Random(column).randint(1, COUNT)

    tamper(filled, update(audit_event).where(audit_event.c.seq == seq).values({column: "x"}))

    assert seq in {found.seq for found in filled.verify()}


def test_a_deleted_entry_is_found(filled: Store) -> None:
    tamper(filled, delete(audit_event).where(audit_event.c.seq == 17))

    assert "entry 17 is missing" in [found.text for found in filled.verify()]


def test_swapped_entries_are_found(filled: Store) -> None:
    for source, target in ((7, 900), (9, 7), (900, 9)):
        tamper(filled, update(audit_event).where(audit_event.c.seq == source).values(seq=target))

    assert {7, 9} <= {found.seq for found in filled.verify()}


def test_an_inserted_entry_with_a_right_hash_is_found(filled: Store) -> None:
    with filled.reading() as view:
        row = view.connection.execute(select(audit_event).where(audit_event.c.seq == 20)).one()
    tamper(filled, delete(audit_event).where(audit_event.c.seq == 20))
    forged = audit.Event(at=row.at, actor="nobody", subject=row.subject, event=row.event, detail={})
    values = {"seq": 20, "at": row.at, "actor": "nobody", "subject": row.subject, "event": row.event, "detail": "{}"}
    tamper(filled, insert(audit_event).values(**values, previous=row.previous, hash=audit.entry_hash(20, forged, row.previous)))

    assert [21] == [found.seq for found in filled.verify()]


def test_a_cut_tail_is_found_only_against_a_head_kept_elsewhere(filled: Store) -> None:
    kept = head(filled)
    tamper(filled, delete(audit_event).where(audit_event.c.seq > COUNT - 3))

    assert () == filled.verify()
    assert [f"the chain ends before entry {COUNT}, whose head was kept"] == [found.text for found in filled.verify((kept,))]


def test_another_branch_is_found_against_a_head_kept_elsewhere(filled: Store) -> None:
    kept = head(filled)
    tamper(filled, delete(audit_event).where(audit_event.c.seq == COUNT))
    with filled.writing("somebody", NOW) as transaction:
        transaction.audit("T9", "something_else")

    assert () == filled.verify()
    assert [f"entry {COUNT} is not the one whose head was kept"] == [found.text for found in filled.verify((kept,))]
