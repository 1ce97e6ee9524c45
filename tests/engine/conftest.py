"""A house per test, on each database there is."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from sqlalchemy import create_engine, inspect, text

from edi.store.tables import METADATA
from tests.engine.house import House
from tests.servers.postgres import Postgres


@pytest.fixture(scope="session", autouse=True)
def quiet_log() -> None:
    """The engine's log is for operators; pretty tracebacks on a terminal cost seconds."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL), cache_logger_on_first_use=False)


@pytest.fixture(scope="session")
def postgres_database(postgres_server: Postgres) -> str:
    """The URL of a database that this process's tests share; each begins with it empty."""
    return postgres_server.new_database()


def emptied(url: str) -> str:
    """The same database without a row in any of our tables; faster than a new one."""
    engine = create_engine(url)
    with engine.begin() as connection:
        present = set(inspect(connection).get_table_names())
        names = [name for name in METADATA.tables if name in present]
        if names:
            connection.execute(text(f"TRUNCATE {', '.join(names)} RESTART IDENTITY"))
    engine.dispose()
    return url


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests of what depends on the database run on both; the others on SQLite only."""
    if "house" in metafunc.fixturenames:
        both = metafunc.module.__name__.rpartition(".")[2] in ON_BOTH
        more = [pytest.param("postgresql", marks=pytest.mark.server)] if both else []
        metafunc.parametrize("house", ["sqlite", *more], indirect=True)


ON_BOTH = frozenset(
    {
        "test_walk",
        "test_duplicates",
        "test_delivery",
        "test_operator",
        "test_acknowledgements",
        "test_storm",
        "test_daemon",
        "test_isolation",
    }
)


@pytest.fixture
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A workspace with an engine on it."""
    url = None
    if request.param == "postgresql":
        url = emptied(request.getfixturevalue("postgres_database"))
    made = House(tmp_path, url=url)
    yield made
    made.engine.close()
