"""The tree over the audit trail: its head, and the proofs that something stands in it or that it only grew.

Roots of whole blocks of entries are kept, so that heads and proofs of ten million entries cost milliseconds. They prove nothing by
themselves: `audit.verify` makes every root anew from the entries.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from edi.store import audit, merkle
from edi.store.audit import BLOCK, Head
from edi.store.dialect import insert_if_new
from edi.store.store import Transaction
from edi.store.tables import audit_block, audit_event


class Tree:
    """The tree as one view of the store has it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        last = audit.head(connection)
        self.size = last.size
        self._last = last.hash
        kept = connection.execute(select(audit_block.c.block, audit_block.c.hash).order_by(audit_block.c.block))
        self._blocks = {row.block: bytes.fromhex(row.hash) for row in kept}

    def head(self, at: str | None = None) -> Head:
        """Where the trail ends, with the root over all of it."""
        return Head(size=self.size, hash=self._last, root=self.hash_of(0, self.size).hex(), at=at)

    def inclusion(self, seq: int) -> list[str]:
        """The proof that an entry stands in the tree, in hex."""
        return [one.hex() for one in merkle.inclusion(seq - 1, 0, self.size, self.hash_of)]

    def consistency(self, size: int) -> list[str]:
        """The proof that the tree begins with the one that had so many entries, in hex."""
        return [one.hex() for one in merkle.consistency(size, self.size, self.hash_of)]

    def hash_of(self, start: int, end: int) -> bytes:
        """The root over entries from one place, from 0, up to another."""
        growing = merkle.Growing()
        while growing.size + BLOCK <= end - start and (start + growing.size) % BLOCK == 0:
            growing.add_subtree(BLOCK, self._block((start + growing.size) // BLOCK))
        for leaf in self._leaves(start + growing.size, end):
            growing.add(leaf)
        return growing.root()

    def missing(self) -> range:
        """Whole blocks whose roots are not kept yet."""
        return range(max(self._blocks, default=-1) + 1, self.size // BLOCK)

    def _block(self, number: int) -> bytes:
        if number not in self._blocks:
            self._blocks[number] = merkle.root(self._leaves(number * BLOCK, (number + 1) * BLOCK))
        return self._blocks[number]

    def _leaves(self, start: int, end: int) -> list[bytes]:
        query = select(audit_event.c.hash).where(audit_event.c.seq > start, audit_event.c.seq <= end).order_by(audit_event.c.seq)
        return [bytes.fromhex(one) for one in self._connection.execute(query).scalars()]


def keep_blocks(transaction: Transaction) -> Tree:
    """Keep the roots of blocks that are whole now; the tree."""
    tree = Tree(transaction.connection)
    for number in tree.missing():
        digest = tree.hash_of(number * BLOCK, (number + 1) * BLOCK).hex()
        insert_if_new(transaction.connection, audit_block, {"block": number, "hash": digest})
    return tree
