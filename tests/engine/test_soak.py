"""kill -9 at random moments under load, for a minute here and for an hour in `make proof` (F-T08, G3)."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.engine.soak import soak


@pytest.mark.timeout(600)
def test_random_kills_for_a_minute_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    """F-T08."""
    seconds = float(os.environ.get("EDI_SOAK_SECONDS", "60"))
    ledger = soak(tmp_path, seconds, seed=20261124)

    assert ledger.kills > 1, "how many a busy machine has time for, nobody can promise"
    assert len(ledger.orders) > 10


@pytest.mark.proof
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("hosts", [1, 3])
def test_random_kills_for_an_hour_lose_nothing_and_double_nothing(tmp_path: Path, hosts: int, stores: str) -> None:
    """F-T08, P10: several hosts share a PostgreSQL; SQLite has one."""
    seconds = float(os.environ.get("EDI_SOAK_SECONDS", "3600"))
    if hosts > 1 and stores == "sqlite":
        hosts = 1
    ledger = soak(tmp_path, seconds, seed=time.time_ns() % 2**32, hosts=hosts)

    assert ledger.kills > 1, "how many a busy machine has time for, nobody can promise"
    assert len(ledger.orders) > 10
