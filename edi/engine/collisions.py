"""Two writers that got into each other's way: the database undid one of them, and it does the whole transaction again (F-D08)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from edi.store.store import CollisionError

Result = TypeVar("Result")
COLLISIONS_MAX: Final = 5
"""How often a transaction that collided is tried again."""


def again(transaction: Callable[[], Result]) -> Result:
    """What a transaction returns; it has no effect but in the database, so it can be done again from the start."""
    for attempt in range(1, COLLISIONS_MAX + 1):
        try:
            return transaction()
        except CollisionError:
            if attempt == COLLISIONS_MAX:
                raise
    raise AssertionError("the last collision is raised")
