"""The tree over the trail: roots as RFC 6962 has them, proofs that hold for what is there and for nothing else."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi.store import merkle

LEAVES = [hashlib.sha256(b"\0" + bytes([number])).digest() for number in range(70)]


def plain_root(leaves: list[bytes]) -> bytes:
    """As the RFC writes it down."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    return hashlib.sha256(b"\x01" + plain_root(leaves[:middle]) + plain_root(leaves[middle:])).digest()


def of(leaves: list[bytes]) -> merkle.Range:
    return lambda start, end: plain_root(leaves[start:end])


def test_the_root_of_the_published_example() -> None:
    """RFC 6962's test vectors as other implementations print them: eight inputs of growing length."""
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    leaves = [hashlib.sha256(b"\0" + bytes.fromhex(one)).digest() for one in inputs]

    assert merkle.root(leaves).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


@pytest.mark.parametrize("size", range(70))
def test_a_root_grown_leaf_by_leaf_is_the_root(size: int) -> None:
    assert plain_root(LEAVES[:size]) == merkle.root(LEAVES[:size])


@given(st.integers(1, 70), st.data())
def test_an_entry_is_proven_at_its_place_and_nowhere_else(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1))
    root = plain_root(LEAVES[:size])
    proof = merkle.inclusion(index, 0, size, of(LEAVES))

    assert merkle.verify_inclusion(LEAVES[index], index, size, proof, root)
    assert len(proof) <= 7
    if other != index:
        assert not merkle.verify_inclusion(LEAVES[index], other, size, proof, root)
        assert not merkle.verify_inclusion(LEAVES[other], index, size, proof, root)
    assert not merkle.verify_inclusion(LEAVES[index], index, size, [*proof, root], root)
    assert not merkle.verify_inclusion(LEAVES[index], index, size, proof, LEAVES[0] + b"") or size == 1


@given(st.integers(1, 70), st.integers(1, 70), st.integers(0, 69))
def test_a_longer_tree_is_proven_to_begin_with_a_shorter_one_unless_it_was_rewritten(one: int, two: int, changed: int) -> None:
    old, new = sorted((one, two))
    before, after = plain_root(LEAVES[:old]), plain_root(LEAVES[:new])
    proof = merkle.consistency(old, new, of(LEAVES))
    assert merkle.verify_consistency(old, new, proof, before, after)

    rewritten = [*LEAVES[:changed], b"x" * 32, *LEAVES[changed + 1 :]]
    forged = merkle.consistency(old, new, of(rewritten))
    holds = merkle.verify_consistency(old, new, forged, before, plain_root(rewritten[:new]))
    assert holds == (changed >= old)
