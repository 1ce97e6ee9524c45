"""Statements that are compiled once and then run straight on the driver.

On the way of a message SQLAlchemy's own execution costs ten times what the database takes for the same statement. What is said now and
then is executed as usual; both kinds run on one connection, in one transaction, and are heard by the same listeners.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Boolean, Connection, Delete, Insert, Result, Select, Update
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.schema import ScalarElementColumnDefault

Statement = Insert | Update | Delete | Select[*tuple[Any, ...]]
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement as the driver takes it."""

    sql: str
    places: tuple[str, ...] | None
    """Names of the values in the order of their question marks; None: the driver takes them by name."""
    given: Values
    """Values that are part of the statement."""
    row: SimpleResultMetaData
    truths: tuple[int, ...]
    """Columns that are true or false, where the driver gives 1 and 0."""

    def bound(self, values: Values) -> Any:
        """Values as the driver takes them."""
        every = {**self.given, **values} if self.given else values
        return every if self.places is None else tuple([every[name] for name in self.places])

    def read(self, rows: Iterable[Sequence[Any]]) -> Iterable[Sequence[Any]]:
        """Rows as the driver gives them, with true and false."""
        if not self.truths:
            return rows
        return ([bool(one) if at in self.truths else one for at, one in enumerate(row)] for row in rows)


def select(connection: Connection, statement: Select[*tuple[Any, ...]], values: Values) -> Result[*tuple[Any, ...]]:
    """The rows of a query that is always the same but for its values."""
    prepared = _prepared(connection, statement, tuple(values))
    cursor = _run(connection, prepared, values)
    return IteratorResult(prepared.row, iter([*prepared.read(cursor.fetchall())]))


def change(connection: Connection, statement: Update | Delete | Insert, values: Values) -> int:
    """How many rows a statement changed."""
    return int(_run(connection, _prepared(connection, statement, tuple(values)), values).rowcount)


def change_many(connection: Connection, statement: Update | Delete | Insert, every: Sequence[Values]) -> int:
    """How many rows a statement changed, for each of many values in one go."""
    prepared = _prepared(connection, statement, tuple(every[0]), many=True)
    return int(_run(connection, prepared, every, many=True).rowcount)


def insert(connection: Connection, statement: Insert, values: Values) -> object:
    """The primary key of the new row; None if the statement does nothing about what is there already."""
    cursor = _run(connection, _prepared(connection, statement, tuple(values)), values)
    if cursor.description is not None:  # RETURNING: where the driver knows no last number
        row = cursor.fetchone()
        return None if row is None else row[0]
    return cursor.lastrowid if cursor.rowcount == 1 else None


_KEPT: Final[dict[tuple[str, Statement, tuple[str, ...], bool], Prepared]] = {}
"""By database, statement, names of its values, and whether it is for many; as many as this program has statements."""


def _prepared(connection: Connection, statement: Statement, names: tuple[str, ...], *, many: bool = False) -> Prepared:
    key = connection.dialect.name, statement, names, many
    found = _KEPT.get(key)
    if found is None:
        found = _KEPT[key] = _compile(connection, statement, names, many=many)
    return found


def _compile(connection: Connection, statement: Statement, names: tuple[str, ...], *, many: bool) -> Prepared:
    # Of an INSERT the names are its columns; the others have theirs in the statement.
    columns = list(names) if isinstance(statement, Insert) else None
    compiled = statement.compile(dialect=connection.dialect, column_keys=columns, for_executemany=many)
    assert isinstance(compiled, SQLCompiler), "a statement, not DDL"
    given = {name: value for name, value in compiled.params.items() if name not in names}
    defaults = ((column.key, column.default) for column in compiled.insert_prefetch)
    given |= {name: default.arg for name, default in defaults if isinstance(default, ScalarElementColumnDefault)}
    chosen = list(statement.selected_columns) if isinstance(statement, Select) else []
    truths = tuple(at for at, column in enumerate(chosen) if isinstance(column.type, Boolean))
    return Prepared(
        sql=str(compiled),
        places=tuple(compiled.positiontup) if compiled.positiontup is not None else None,
        given=given,
        row=SimpleResultMetaData([column.key or "" for column in chosen]),
        truths=truths if connection.dialect.name == "sqlite" else (),
    )


def _run(connection: Connection, prepared: Prepared, values: Any, *, many: bool = False) -> Any:
    """The driver's cursor after it ran the statement. Raises DBAPIError, as SQLAlchemy does."""
    cursor: Any = connection.connection.cursor()
    bound = [prepared.bound(one) for one in values] if many else prepared.bound(values)
    for hear in connection.dispatch.before_cursor_execute:
        hear(connection, cursor, prepared.sql, bound, None, many)
    try:
        (cursor.executemany if many else cursor.execute)(prepared.sql, bound)
    except connection.dialect.loaded_dbapi.Error as error:
        raise DBAPIError(prepared.sql, None, error) from error
    return cursor
