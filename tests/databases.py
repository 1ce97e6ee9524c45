"""Where the stores of a test run lie: files of SQLite, or with `--store postgresql` a database per store folder on a real server.

Neither tests nor the programs they start need to know: a store that would make a file in a folder gets the database of that folder.
Programs of their own are told by `tests/on_postgres/sitecustomize.py`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from edi.store import dialect, schema, store
from tests.on_postgres import place
from tests.servers.postgres import Postgres


@contextmanager
def on_postgres(server: Postgres) -> Iterator[None]:
    """Every store that is opened within lies on the server."""
    address = f"postgresql://edi@127.0.0.1:{server.port}"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(place.SERVER, address)
        folder = str(Path(place.__file__).parent)
        patched.setenv("PYTHONPATH", os.pathsep.join(filter(None, (folder, os.environ.get("PYTHONPATH")))))
        with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(place.TEMPLATE)))
        engine = dialect.open_database(f"{address}/{place.TEMPLATE}")
        schema.upgrade(engine)
        engine.dispose()
        patched.setattr(dialect, "sqlite_url", place.url_of)
        patched.setattr(store, "sqlite_url", place.url_of)
        yield


def forget(folder: Path) -> None:
    """The databases of stores below a folder go; a server with a thousand of them is slow."""
    with psycopg.connect(f"{os.environ[place.SERVER]}/postgres", autocommit=True) as connection:
        below = "SELECT datname FROM pg_database WHERE starts_with(shobj_description(oid, 'pg_database'), %s)"
        for (name,) in connection.execute(below, (f"{folder.resolve()}/",)).fetchall():
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
