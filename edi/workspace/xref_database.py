"""Asks a database for a cross-reference table: read-only, in time, and every column of the answer is known."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from edi.errors import ConfigError
from edi.formats.yaml.problem import suggest
from edi.limits import XREF_CONNECT_SECONDS_MAX, XREF_QUERY_SECONDS_MAX, XREF_ROWS_MAX
from edi.workspace.secrets import read_secret
from edi.workspace.xref import Cells
from edi.workspace.xref_query import COLUMNS, Query

_FORM: Final = "sqlite:///erp.db or postgresql://user:password@host/database"


def ask(query: Query, folder: Path) -> list[Cells]:
    """The answer of the database. Raises ConfigError saying what could not be had and what to do."""
    where = f"the database {query.database}"
    url = _url(read_secret(query.database, folder).reveal().strip(), where)
    try:
        with _connected(url, folder) as connection:
            found = connection.execute(text(query.query), query.parameters)
            columns = _columns(query, tuple(found.keys()))
            rows = found.fetchmany(XREF_ROWS_MAX + 1)
    except SQLAlchemyError as error:
        raise ConfigError(
            f"{where} gives no answer: {_first_line(error)}",
            hint="see that it runs, that this machine may connect, and that the query works there by hand; it can only read",
        ) from error
    if len(rows) > XREF_ROWS_MAX:
        raise ConfigError(f"the query gives more than {XREF_ROWS_MAX} rows", hint="select only what partners send")
    cells: list[Cells] = [{name: _cell(name, row[index]) for name, index in columns.items()} for row in rows]
    return cells if query.ordered else sorted(cells, key=_sorting)


def _sorting(cells: Cells) -> tuple[str, ...]:
    """The same rows in the same order, whatever order the database found them in."""
    return tuple(str(cells.get(name) or "") for name in ("partner", "canonical", "wire", "from", "to"))


def _columns(query: Query, given: tuple[str, ...]) -> dict[str, int]:
    """Our columns to their places in the answer. Raises ConfigError for one that is missing, twice there, or nobody's."""
    called = {name: name for name in COLUMNS if name in given or name in ("wire", "canonical")} | {**query.columns}
    for ours, theirs in called.items():
        if given.count(theirs) != 1:
            times = "no column" if theirs not in given else "several columns"
            raise ConfigError(f"the query gives {times} {theirs!r} for {ours}", hint=suggest(theirs, given))
    if unused := [name for name in given if name not in called.values()]:
        hint = suggest(unused[0], COLUMNS) or "name it under `columns`, or do not select it"
        raise ConfigError(f"the query gives a column {unused[0]!r}, which says nothing to us", hint=hint)
    return {ours: given.index(theirs) for ours, theirs in called.items()}


def _cell(name: str, value: object) -> str | date | None:
    match value:
        case None:
            return None
        case datetime():
            return value.date()
        case date():
            return value
        case str() | int() | Decimal() if not isinstance(value, bool):
            return str(value).strip()
        case _:
            raise ConfigError(f"the column {name} holds a {type(value).__name__}: {value!r}", hint="cast it to text in the query")


def _url(value: str, where: str) -> URL:
    try:
        url = make_url(value)
    except ArgumentError as error:
        raise ConfigError(f"the secret of {where} is no address of a database", hint=_FORM) from error
    if url.get_backend_name() not in {"sqlite", "postgresql"} or not url.database:
        raise ConfigError(f"{where} is none that can be asked: {url.get_backend_name()}", hint=_FORM)
    return url


@contextmanager
def _connected(url: URL, folder: Path) -> Iterator[Connection]:
    """A connection in a read-only transaction, ended in time."""
    if url.get_backend_name() == "sqlite":
        engine = create_engine("sqlite://", creator=lambda: _sqlite(folder / str(url.database)), poolclass=NullPool)
        with engine.connect() as connection:
            yield connection
        return
    settings: dict[str, Any] = {"connect_timeout": XREF_CONNECT_SECONDS_MAX}
    engine = create_engine(url.set(drivername="postgresql+psycopg"), connect_args=settings, poolclass=NullPool)
    with engine.connect().execution_options(postgresql_readonly=True) as connection:
        connection.execute(text(f"SET LOCAL statement_timeout = '{XREF_QUERY_SECONDS_MAX}s'"))
        yield connection


def _sqlite(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    end = time.monotonic() + XREF_QUERY_SECONDS_MAX
    connection.set_progress_handler(lambda: time.monotonic() > end, 100_000)
    return connection


def _first_line(error: SQLAlchemyError) -> str:
    """What the driver says; SQLAlchemy's own words repeat the query and its parameters."""
    said = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    return said.strip().partition("\n")[0]
