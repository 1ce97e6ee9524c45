"""Upgrades and restores on both databases: items in every state survive, a kill at any step is made up for, and a restore sends nothing.

F-D11, F-U05, F-U06, P36, P37, G20.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Boolean, Engine, Integer, MetaData, Table, insert, select, text

from edi.engine.moves import TABLES
from edi.engine.operator import Act
from edi.engine.states import states as states_of
from edi.store import audit, schema
from edi.store.dialect import open_database, sqlite_url
from edi.store.store import Store
from edi.store.tables import METADATA
from tests.engine.house import House, invoice, order
from tests.engine.look import states
from tests.servers.postgres import Postgres

pytestmark = [pytest.mark.sqlite, pytest.mark.server]
ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of either kind."""
    if request.param == "sqlite":
        (tmp_path / "store").mkdir()
        return sqlite_url(tmp_path / "store" / "edi.db")
    server: Postgres = request.getfixturevalue("postgres_server")
    return server.new_database()


@pytest.fixture
def first(url: str) -> Iterator[Engine]:
    """A store as the first release made it, with an item in every state there is and an audit trail."""
    engine = open_database(url)
    with engine.connect() as connection:
        configuration = schema._configuration()
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "0001")
    with engine.begin() as connection:
        for machine, (table, letter) in TABLES.items():
            old = Table(table.name, MetaData(), autoload_with=connection)
            rows = [_row(old, number, state) for number, state in enumerate(states_of(machine), start=1)]
            connection.execute(insert(old), rows)
            events = [
                audit.Event(at="2026-01-01T00:00:00.000000Z", actor="engine", subject=f"{letter}{row['id']}", event=row["state"], detail={})
                for row in rows
            ]
            audit.append(connection, events)
        if connection.dialect.name == "postgresql":
            for table, _letter in TABLES.values():
                connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), 1000)"))
    yield engine
    engine.dispose()


def _row(table: Table, number: int, state: str) -> dict[str, Any]:
    """A row with something in every column that must not be empty."""
    row: dict[str, Any] = {"id": number, "state": state}
    for column in table.columns:
        if column.name not in row and not column.nullable:
            kind = column.type
            row[column.name] = False if isinstance(kind, Boolean) else number if isinstance(kind, Integer) else f"{column.name} {number}"
    return row


def contents(engine: Engine) -> dict[str, list[str]]:
    """The states of everything, in order."""
    with engine.connect() as connection:
        return {
            machine: list(connection.execute(select(table.c.state).order_by(table.c.id)).scalars())
            for machine, (table, _) in TABLES.items()
        }


def test_f_u06_items_in_every_state_survive_the_upgrade_from_the_first_release(first: Engine, url: str, tmp_path: Path) -> None:
    expected = {machine: list(states_of(machine)) for machine in TABLES}

    assert ("0001", schema.VERSION) == schema.upgrade(first)

    assert expected == contents(first)
    assert sum(map(len, expected.values())) > 30
    with first.connect() as connection:
        assert [] == compare_metadata(MigrationContext.configure(connection), METADATA)
    store = Store(tmp_path / "store", url)
    assert () == store.verify()
    store.close()


def test_f_u06_a_store_of_a_newer_release_is_refused(first: Engine, url: str, tmp_path: Path) -> None:
    from edi.errors import StoreError

    schema.upgrade(first)
    with first.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(StoreError, match="does not know"):
        Store(tmp_path / "store", url)


@pytest.mark.parametrize("statement", [3, 9, 17, 29, 47])
def test_f_d11_an_upgrade_that_was_killed_is_completed_by_the_next(first: Engine, url: str, statement: int) -> None:
    expected = contents(first)
    first.dispose()
    died = subprocess.run(
        [sys.executable, "-m", "tests.faults.run_upgrade", url, str(statement)], cwd=ROOT, capture_output=True, check=False
    )

    schema.upgrade(first)

    assert died.returncode == -9, died.stderr.decode()
    assert schema.VERSION == schema.version(first)
    assert expected == contents(first)
    with first.connect() as connection:
        assert [] == compare_metadata(MigrationContext.configure(connection), METADATA)


def backup(house: House, server: Postgres | None, place: Path) -> None:
    """As an operator would: pg_dump, or SQLite's own copy while the engine runs."""
    if server is None:
        engine = open_database(house.engine.context.store.url)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.connection.driver_connection.execute(f"VACUUM INTO '{place}'")  # type: ignore[union-attr]
        engine.dispose()
        return
    server.run("pg_dump", "-Fc", "-f", str(place), house.engine.context.store.url.rpartition("/")[2])


def restore(house: House, server: Postgres | None, place: Path) -> None:
    store = house.engine.context.store
    house.engine.close()
    if server is None:
        for name in ("edi.db-wal", "edi.db-shm"):
            (store.folder / name).unlink(missing_ok=True)
        shutil.copy(place, store.folder / "edi.db")
    else:
        server.run("pg_restore", "--clean", "--if-exists", "-d", store.url.rpartition("/")[2], str(place))
    house.again()


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_f_u05_after_a_restore_nothing_leaves_until_somebody_compared(
    request: pytest.FixtureRequest, tmp_path: Path, database: str
) -> None:
    """Last night's backup, then partner and ERP send again what the store forgot: all of it waits, and what was there is not there twice."""
    server: Postgres | None = request.getfixturevalue("postgres_server") if database == "postgresql" else None
    house = House(tmp_path, url=server.new_database() if server else None)
    house.drop("1.json", invoice("R-1"), channel="erp/in")
    house.engine.run_once()
    copy = _reachable(tmp_path, server)
    backup(house, server, copy)
    house.drop("2.json", invoice("R-2"), channel="erp/in")
    house.drop("2.edi", order("4712"))
    house.engine.run_once()
    before = {channel: house.files(channel) for channel in ("acme/out", "erp/out")}

    restore(house, server, copy)
    house.drop("2.json", invoice("R-2"), channel="erp/in")
    house.drop("2.edi", order("4712"))
    house.drop("3.json", invoice("R-3"), channel="erp/in")
    house.engine.run_once()

    assert before == {channel: house.files(channel) for channel in before}, "nothing left the house"
    assert ["acknowledged", "ready", "ready", "ready"] == states(house, "outbound")
    waiting = {line.number: line.name for line in _outputs(house) if line.state == "ready"}
    assert {"R-2", "4712", "R-3"} == set(waiting)
    for number in ("R-2", "4712"):  # the partner and the ERP have them
        house.engine.operator.cancel(waiting[number], Act(who="anna", why="compared: it arrived before the restore"))
    house.engine.operator.release_all(Act(who="anna", why="compared with acme"))
    house.engine.run_once()
    assert 3 == len(house.files("acme/out"))
    assert before["erp/out"] == house.files("erp/out")
    assert () == house.engine.context.store.verify()
    house.engine.close()


def _outputs(house: House) -> Any:
    from tests.engine.look import outbounds

    return outbounds(house)


def _reachable(folder: Path, server: Postgres | None) -> Path:
    """Where the server's account may write."""
    return server.process.folder / "backup.dump" if server else folder / "backup.db"
