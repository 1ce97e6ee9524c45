"""Upgrades and restores on both databases: items in every state survive, a kill at any step is made up for, and a restore sends nothing.

F-D11, F-U05, F-U06, P36, P37, G20.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Boolean, Engine, Integer, MetaData, Table, event, insert, select, text

from edi.engine.moves import TABLES
from edi.engine.operator import Act
from edi.engine.states import states as states_of
from edi.errors import StoreError
from edi.store import audit, schema
from edi.store.dialect import open_database, sqlite_url
from edi.store.store import Store
from edi.store.tables import METADATA
from tests.engine.house import House, invoice, order
from tests.engine.look import states
from tests.servers.postgres import Postgres

pytestmark = [pytest.mark.sqlite, pytest.mark.server]
ROOT = Path(__file__).parents[2]


VERSIONS = tuple(f"{number:04}" for number in range(1, int(schema.VERSION)))
"""Every version that a store may have come from."""


def case(database: str, version: str) -> ParameterSet:
    """Some every day, all of them in `make proof`."""
    everyday = VERSIONS[::4] if database == "sqlite" else (VERSIONS[0], VERSIONS[-1])
    return pytest.param((database, version), id=f"{database}-{version}", marks=() if version in everyday else pytest.mark.proof)


EACH = [case(database, version) for database in ("sqlite", "postgresql") for version in VERSIONS]


@dataclass(slots=True)
class Old:
    """A store as an earlier release left it, with an item in every state there is and an audit trail."""

    url: str
    engine: Engine
    version: str
    expected: dict[str, list[str]]


def empty(request: pytest.FixtureRequest, folder: Path, database: str) -> str:
    if database == "sqlite":
        (folder / "store").mkdir()
        return sqlite_url(folder / "store" / "edi.db")
    server: Postgres = request.getfixturevalue("postgres_server")
    return server.new_database()


@pytest.fixture
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Old]:
    database, version = request.param
    url = empty(request, tmp_path, database)
    engine = open_database(url)
    with engine.connect() as connection:
        configuration = schema._configuration()
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, version)
    with engine.begin() as connection:
        for machine, (table, letter) in TABLES.items():
            then = Table(table.name, MetaData(), autoload_with=connection)
            rows = [_row(then, number, state) for number, state in enumerate(states_of(machine), start=1)]
            connection.execute(insert(then), rows)
            events = [
                audit.Event(at="2026-01-01T00:00:00.000000Z", actor="engine", subject=f"{letter}{row['id']}", event=row["state"], detail={})
                for row in rows
            ]
            audit.append(connection, events)
        if connection.dialect.name == "postgresql":
            for table, _letter in TABLES.values():
                connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), 1000)"))
    yield Old(url, engine, version, {machine: list(states_of(machine)) for machine in TABLES})
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


def look(old: Old, folder: Path) -> None:
    """Nothing is lost, the tables are ours, and the trail holds."""
    assert schema.VERSION == schema.version(old.engine)
    assert old.expected == contents(old.engine)
    assert sum(map(len, old.expected.values())) > 30
    with old.engine.connect() as connection:
        assert [] == compare_metadata(MigrationContext.configure(connection), METADATA)
    store = Store(folder / "store", old.url)
    assert () == store.verify()
    store.close()


@pytest.mark.parametrize("old", EACH, indirect=True)
def test_f_u06_items_in_every_state_survive_the_upgrade_from_every_release(old: Old, tmp_path: Path) -> None:
    """G20, P37."""
    assert (old.version, schema.VERSION) == schema.upgrade(old.engine)
    look(old, tmp_path)


@pytest.mark.parametrize("old", EACH, indirect=True)
def test_f_d11_an_upgrade_that_was_killed_is_completed_by_the_next(old: Old, statements: Callable[[str, str], int], tmp_path: Path) -> None:
    """Killed before a statement drawn by chance of those that the upgrade from there has."""
    old.engine.dispose()
    database = old.engine.dialect.name
    statement = random.Random(database + old.version).randrange(1, statements(database, old.version))
    words = [sys.executable, "-m", "tests.faults.run_upgrade", old.url, str(statement)]
    died = subprocess.run(words, cwd=ROOT, capture_output=True, check=False)

    schema.upgrade(old.engine)

    assert died.returncode == -9, died.stderr.decode()
    look(old, tmp_path)


@pytest.fixture(scope="module")
def statements(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], int]:
    """How many statements bring an empty store of a version to ours; with something in it there are more."""

    @cache
    def counted(database: str) -> dict[str, int]:
        engine = open_database(empty(request, tmp_path_factory.mktemp("count"), database))
        seen: list[str] = []
        event.listen(engine, "before_cursor_execute", lambda _connection, _cursor, statement, *_: seen.append(statement))
        schema.upgrade(engine)
        engine.dispose()
        steps = [place for place, one in enumerate(seen) if "alembic_version" in one and one.startswith(("UPDATE", "INSERT"))]
        return {f"{version:04}": len(seen) - step for version, step in enumerate(steps, start=1)}

    return lambda database, version: counted(database)[version]


@pytest.mark.parametrize("old", [EACH[0]], indirect=True)
def test_f_u06_a_store_of_a_newer_release_is_refused(old: Old, tmp_path: Path) -> None:
    schema.upgrade(old.engine)
    with old.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(StoreError, match="does not know"):
        Store(tmp_path / "store", old.url)


def test_migrations_stand_in_one_line_and_lead_forward_only() -> None:
    scripts = list(ScriptDirectory.from_config(schema._configuration()).walk_revisions())

    assert [schema.VERSION, *reversed(VERSIONS)] == [script.revision for script in scripts]
    assert [*reversed(VERSIONS), None] == [script.down_revision for script in scripts]
    assert [] == [script.revision for script in scripts if hasattr(script.module, "downgrade")]


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
