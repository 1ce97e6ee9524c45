"""Houses and peers for tests of AS2."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.channels.as2.rig import As2House, Peer
from tests.engine.conftest import quiet_log

__all__ = ["quiet_log"]


@pytest.fixture
def peer() -> Iterator[Peer]:
    """The partner's server."""
    made = Peer()
    yield made
    made.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Callable[..., As2House]]:
    """Makes the house; closed at the end."""
    made: list[As2House] = []

    def make(**settings: Any) -> As2House:
        made.append(As2House(tmp_path / f"house{len(made)}", **settings))
        return made[-1]

    yield make
    for one in made:
        one.engine.close()
