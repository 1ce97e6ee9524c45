"""The audit chain finds every kind of manipulation; a cut tail only against a head kept elsewhere (P27, F-U07)."""

from __future__ import annotations

import hashlib
import json
import os
import random
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, insert, select, update

from edi.store import audit, audit_tree, merkle
from edi.store.store import Store
from edi.store.tables import audit_block, audit_event

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


def test_an_entry_is_hashed_as_the_json_list_that_the_documentation_shows(store: Store) -> None:
    with store.writing("engine", NOW) as transaction:
        transaction.audit('T"1\\', "received", name="Müller €\u2028😀")

    with store.reading() as view:
        row = view.connection.execute(select(audit_event)).one()
        listed = [row.seq, row.at, row.actor, row.subject, row.event, row.detail, row.previous]
        canonical = json.dumps(listed, separators=(",", ":"), ensure_ascii=True)
        assert hashlib.sha256(b"\x00" + canonical.encode()).hexdigest() == row.hash


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


def test_kept_roots_find_what_was_rewritten_from_there_on(filled: Store) -> None:
    """A whole new chain, every hash right: only the root that was kept elsewhere knows (T37, F-U07)."""
    with filled.reading() as view:
        kept = audit_tree.Tree(view.connection).head()
    assert () == filled.verify((kept,))
    with filled.reading() as view:
        entries = list(audit.entries(view.connection))
    tamper(filled, delete(audit_event))
    with filled.writing("somebody", NOW) as transaction:
        for entry in entries:
            transaction.audit(entry.event.subject, "rewritten" if entry.seq == 7 else entry.event.event, **entry.event.detail)

    assert () == filled.verify()
    assert [f"entry {COUNT} is not the one whose head was kept"] == [found.text for found in filled.verify((kept,))]


def test_roots_of_blocks_are_kept_and_checked(store: Store) -> None:
    for _ in range(3):
        with store.writing("engine", NOW) as transaction:
            for index in range(audit.BLOCK - 5):
                transaction.audit(f"T{index}", "received")
    with store.reading() as view:
        plain = audit_tree.Tree(view.connection)
        expected, proof = plain.head(), plain.inclusion(2000)
    with store.writing("engine", NOW) as transaction:
        audit_tree.keep_blocks(transaction)
    with store.reading() as view:
        tree = audit_tree.Tree(view.connection)
        assert range(2, 2) == tree.missing()
        assert (expected, proof) == (tree.head(), tree.inclusion(2000))
        [hash_] = view.connection.execute(select(audit_event.c.hash).where(audit_event.c.seq == 2000)).scalars()
        root = bytes.fromhex(str(expected.root))
        steps = [bytes.fromhex(one) for one in proof]
        assert merkle.verify_inclusion(bytes.fromhex(hash_), 1999, tree.size, steps, root)
        older = [bytes.fromhex(one) for one in tree.consistency(1500)]
        assert merkle.verify_consistency(1500, tree.size, older, tree.hash_of(0, 1500), root)
    assert () == store.verify((expected,))

    tamper(store, update(audit_block).where(audit_block.c.block == 1).values(hash="0" * 64))
    assert ["the root kept over the 1024 entries up to 2048 is not theirs"] == [found.text for found in store.verify()]


@pytest.mark.parametrize("kind", ["edit", "delete", "insert", "swap", "cut", "branch", "null"])
def test_f_u07_every_kind_of_manipulation_at_random_places_is_found(filled: Store, kind: str) -> None:
    with filled.reading() as view:
        kept = audit_tree.Tree(view.connection).head()
        rows = [dict(row._mapping) for row in view.connection.execute(select(audit_event).order_by(audit_event.c.seq))]
    chance = random.Random(kind)
    for _ in range(int(os.environ.get("EDI_MANIPULATIONS", "12"))):
        tamper(filled, delete(audit_event))
        tamper(filled, insert(audit_event).values(_manipulated(rows, kind, chance)))
        assert filled.verify((kept,)), kind


def _manipulated(rows: list[dict[str, object]], kind: str, chance: random.Random) -> list[dict[str, object]]:
    place = chance.randrange(1, len(rows) - 1)
    changed = [dict(row) for row in rows]
    match kind:
        case "edit":
            changed[place][chance.choice(["at", "actor", "subject", "event", "detail"])] = "other"
        case "delete":
            del changed[place]
        case "insert":
            changed.append({**changed[place], "seq": len(rows) + 1})
        case "swap":
            changed[place]["seq"], changed[place - 1]["seq"] = changed[place - 1]["seq"], changed[place]["seq"]
        case "cut":
            del changed[place:]
        case "null":
            changed[place]["hash"] = ""
        case "branch":
            previous = str(changed[place - 1]["hash"])
            for row in changed[place:]:
                event = audit.Event(at=str(row["at"]), actor="other", subject=str(row["subject"]), event=str(row["event"]), detail={})
                previous = audit.entry_hash(int(str(row["seq"])), event, previous)
                row.update(actor="other", detail="{}", previous=str(changed[int(str(row["seq"])) - 2]["hash"]), hash=previous)
    return changed
