"""A counter per test; one that has worked is shared where nothing is changed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from structlog.testing import LogCapture

from tests.web.desk import Counter


@pytest.fixture(autouse=True)
def quiet_log() -> None:
    """Logs are for operators; the commands set up theirs, which must not outlive them."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL), cache_logger_on_first_use=False)


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    """A status page of its own."""
    made = Counter(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    """A status page over documents of two partners; the tests of a module share it and only look."""
    made = Counter(tmp_path_factory.mktemp("busy"), sign_in_rate=10_000)
    made.work()
    yield made
    made.close()


@pytest.fixture
def log() -> Iterator[LogCapture]:
    """What is logged during a test."""
    capture, before = LogCapture(), structlog.get_config()
    structlog.configure(processors=[capture], wrapper_class=structlog.make_filtering_bound_logger(0), cache_logger_on_first_use=False)
    yield capture
    structlog.configure(**before)
