"""The tree of RFC 6962 over the audit trail: one hash, the root, stands for all entries; short proofs show what stands in it.

An entry's hash is a leaf as the RFC has it: SHA-256 of a zero byte and the entry. A node is SHA-256 of a one byte, the left and the right.
Everything here is arithmetic over hashes; whoever verifies needs nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

Range = Callable[[int, int], bytes]
"""The hash of the entries from one place up to, not including, another; places count from 0."""
EMPTY = hashlib.sha256(b"").digest()
"""The root over nothing."""


def node(left: bytes, right: bytes) -> bytes:
    """The hash over two neighbours."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: Iterable[bytes]) -> bytes:
    """The root over leaves, in one pass that holds a hash per level."""
    growing = Growing()
    for leaf in leaves:
        growing.add(leaf)
    return growing.root()


class Growing:
    """A root that grows leaf by leaf; asked for at any size."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[tuple[int, bytes]] = []
        """Whole subtrees from the left, each with how many leaves it has."""

    def add(self, leaf: bytes) -> None:
        """One more entry at the end."""
        self.add_subtree(1, leaf)

    def add_subtree(self, size: int, digest: bytes) -> None:
        """A whole subtree at the end; as large as, or smaller than, the last one."""
        self.size += size
        while self._peaks and self._peaks[-1][0] == size:
            left = self._peaks.pop()
            size, digest = size * 2, node(left[1], digest)
        self._peaks.append((size, digest))

    def followed_by(self, other: Growing) -> Growing:
        """Both, one behind the other; as large as, or larger than, the other's whole subtrees."""
        both = Growing()
        both.size, both._peaks = self.size, list(self._peaks)
        for size, digest in other._peaks:
            both.add_subtree(size, digest)
        return both

    def root(self) -> bytes:
        """The root over all that was added."""
        if not self._peaks:
            return EMPTY
        found = self._peaks[-1][1]
        for _size, left in reversed(self._peaks[:-1]):
            found = node(left, found)
        return found


def split(size: int) -> int:
    """The largest power of two below a size above one: where the RFC cuts a tree."""
    return 1 << (size - 1).bit_length() - 1


def inclusion(index: int, start: int, end: int, hash_of: Range) -> list[bytes]:
    """The hashes that lead from the entry at a place to the root over a range, from the bottom."""
    if end - start == 1:
        return []
    middle = start + split(end - start)
    if index < middle:
        return [*inclusion(index, start, middle, hash_of), hash_of(middle, end)]
    return [*inclusion(index, middle, end, hash_of), hash_of(start, middle)]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> bool:
    """True if the proof leads from the leaf at a place to the root over so many entries."""
    if not 0 <= index < size:
        return False
    left, last, found, steps = index, size - 1, leaf, iter(proof)
    for step in steps:
        if last == 0:
            return False
        if left % 2 or left == last:
            found = node(step, found)
            while left % 2 == 0 and left:
                left, last = left >> 1, last >> 1
        else:
            found = node(found, step)
        left, last = left >> 1, last >> 1
    return last == 0 and found == expected


def consistency(old: int, new: int, hash_of: Range) -> list[bytes]:
    """The hashes that show that the first `old` of `new` entries are the ones an older root stood for (RFC 6962, 2.1.2)."""
    return _consistency(old, 0, new, hash_of, whole=True) if 0 < old < new else []


def _consistency(old: int, start: int, end: int, hash_of: Range, *, whole: bool) -> list[bytes]:
    if old == end - start:
        return [] if whole else [hash_of(start, end)]
    middle = start + split(end - start)
    if old <= middle - start:
        return [*_consistency(old, start, middle, hash_of, whole=whole), hash_of(middle, end)]
    return [*_consistency(old - (middle - start), middle, end, hash_of, whole=False), hash_of(start, middle)]


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """True if the proof shows that the newer tree begins with the older one."""
    if old == new:
        return not proof and old_root == new_root
    if not 0 < old < new:
        return old == 0 and not proof
    steps = ([old_root] if old & (old - 1) == 0 else []) + list(proof)
    if not steps:
        return False
    left, last = old - 1, new - 1
    while left % 2:
        left, last = left >> 1, last >> 1
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if left % 2 or left == last:
            first, second = node(step, first), node(step, second)
            while left % 2 == 0 and left:
                left, last = left >> 1, last >> 1
        else:
            second = node(second, step)
        left, last = left >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root
