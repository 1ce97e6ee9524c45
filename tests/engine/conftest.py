"""A house per test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A workspace with an engine on it."""
    made = House(tmp_path)
    yield made
    made.engine.close()
