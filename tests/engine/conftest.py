"""A house per test, on each database there is."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.engine.house import House


@pytest.fixture(scope="session", autouse=True)
def quiet_log() -> None:
    """The engine's log is for operators; pretty tracebacks on a terminal cost seconds."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL), cache_logger_on_first_use=False)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A workspace with an engine on it."""
    made = House(tmp_path)
    yield made
    made.engine.close()
