"""Control references: taken in the transaction that stores the bytes which carry them, never given out twice in a round."""

from __future__ import annotations

from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class _Range:
    """How far a range is used."""

    last: int
    rounds: int


@dataclass(slots=True)
class Ranges:
    """The ranges one transaction takes from: nobody else takes from them until it ends, so each is read once and written once."""

    _used: dict[str, _Range] = field(default_factory=dict)

    def take(self, connection: Connection, name: str, first: int, last: int) -> Taken:
        """The next number of a range; a rollback gives it back."""
        assert first <= last, f"range {name} from {first} to {last}"
        before = self._used.get(name) or _locked(connection, name, first)
        rolled_over = before.last >= last
        number = first if rolled_over else max(before.last + 1, first)
        self._used[name] = _Range(number, before.rounds + int(rolled_over))
        return Taken(number=number, rolled_over=rolled_over)

    def write(self, connection: Connection) -> None:
        """Write down how far the ranges are used now; nothing is taken after."""
        for name, used in self._used.items():
            update_where(connection, number_range, {"name": name}, {"last": used.last, "rounds": used.rounds})


def _locked(connection: Connection, name: str, first: int) -> _Range:
    """The range, which nobody else takes from until this transaction ends; a new one has given out nothing."""
    row = prepared.select(connection, _LOCKED, {"by_name": name}).one_or_none()
    if row is not None:
        return _Range(row.last, row.rounds)
    if insert_if_new(connection, number_range, {"name": name, "last": first - 1, "rounds": 0}):
        return _Range(first - 1, 0)
    return _locked(connection, name, first)


_LOCKED: Final = select(number_range).where(number_range.c.name == bindparam("by_name")).with_for_update()
