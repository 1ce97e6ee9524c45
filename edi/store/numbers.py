"""Control references: taken in the transaction that stores the bytes which carry them, never given out twice in a round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, select

from edi.store import prepared
from edi.store.dialect import insert_if_new, update_where
from edi.store.tables import number_range


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A number and how it was reached."""

    number: int
    rolled_over: bool
    """The range was used up and began again: an audit event says so (P18)."""


def take(connection: Connection, name: str, first: int, last: int) -> Taken:
    """The next number of a range in the caller's transaction; a rollback gives it back."""
    assert first <= last, f"range {name} from {first} to {last}"
    row = prepared.select(connection, _LOCKED, {"by_name": name}).one_or_none()
    if row is None:
        if insert_if_new(connection, number_range, {"name": name, "last": first, "rounds": 0}):
            return Taken(number=first, rolled_over=False)
        return take(connection, name, first, last)
    rolled_over = row.last >= last
    number = first if rolled_over else max(row.last + 1, first)
    update_where(connection, number_range, {"name": name}, {"last": number, "rounds": row.rounds + int(rolled_over)})
    return Taken(number=number, rolled_over=rolled_over)


_LOCKED: Final = select(number_range).where(number_range.c.name == bindparam("by_name")).with_for_update()
"""The range, which nobody else takes from until this transaction ends."""
