"""Processing by one worker process and by four, on SQLite and on PostgreSQL: how far more processors help (E4).

Each rate is of a warm crew with as many waiting orders for each worker; one and four take turns, and the median of the ratios counts.
"""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.__main__ import Row
from benchmarks.engine_walk import SCRATCH, Memory, order, quiet
from edi.channels import kinds
from edi.engine.clock import SystemClock
from edi.engine.engine import Engine
from edi.engine.translate import Mappings
from edi.engine.workers import Workers
from edi.store.store import Store
from edi.store.tables import work
from edi.workspace.init import init
from edi.workspace.loader import load
from tests.servers.packages import Missing
from tests.servers.postgres import postgres

COUNT = 800
ROUNDS = 3
CREW = 4


def run(scale: float) -> list[Row]:
    """One row for each database there is here."""
    quiet()
    SCRATCH.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=SCRATCH))
    place, count = folder / "workspace", max(200, int(COUNT * scale))
    init(place)
    try:
        rows = [_row("SQLite", folder, place, count, lambda: None)]
        with suppress(Missing), postgres() as server:
            rows.append(_row("PostgreSQL", folder, place, count, server.new_database))
        return rows
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _row(database: str, folder: Path, place: Path, count: int, url: Callable[[], str | None]) -> Row:
    """Rates of one worker and of four in turns."""
    rates: list[tuple[float, float]] = []
    for number in range(ROUNDS):
        one, four = (_rate(folder / f"{database}{number}_{workers}", url(), place, count * workers, workers) for workers in (1, CREW))
        rates.append((one, four))
    return {
        "name": f"processing on {database}, {CREW} worker processes against one",
        "ours": statistics.median(four for _, four in rates),
        "peer": statistics.median(one for one, _ in rates),
        "ratio": statistics.median(four / one for one, four in rates),
        "gate": 2.5,
        "stretch": 3.5,
        "unit": "messages/s",
        "note": f"{os.cpu_count()} processors here, load {os.getloadavg()[0]:.0f}; E4",
    }


def engine_at(folder: Path, url: str | None, place: Path) -> Engine:
    """An engine of a worker process; it only processes, so it needs no channels."""
    quiet()
    workspace, clock = load(place, kinds={"directory": kinds()["directory"].Settings}), SystemClock()
    return Engine(Store(folder, url), workspace, Memory([]), clock, Mappings(workspace, clock))


def _rate(folder: Path, url: str | None, place: Path, count: int, workers: int) -> float:
    """Messages a second from kept to recorded."""
    warm_up = 100 * workers
    supervisor = engine_at(folder, url, place)
    channels = Memory([order(number, 10) for number in range(1, warm_up + 1)])
    supervisor.context = replace(supervisor.context, channels=channels)
    with Workers(supervisor.context, partial(engine_at, folder, url, place), workers):
        supervisor.poll("acme-in")
        _await(supervisor)
        channels.orders += [order(number, 10) for number in range(warm_up + 1, warm_up + count + 1)]
        supervisor.poll("acme-in")
        began, left = time.perf_counter(), _waiting(supervisor)
        _await(supervisor)
        rate = left / (time.perf_counter() - began)
    supervisor.close()
    return rate


def _waiting(engine: Engine) -> int:
    with engine.context.store.reading() as view:
        query = select(func.count()).select_from(work).where(work.c.kind == "process")
        return int(view.connection.execute(query).scalar_one())


def _await(engine: Engine) -> None:
    while _waiting(engine):
        time.sleep(0.02)
