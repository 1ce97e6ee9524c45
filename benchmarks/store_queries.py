"""What people and pages ask of a store with a long history: milliseconds at the 95th percentile, against the 100 they may take.

Scale 1 is a million messages, scale 10 is ten million. `EDI_BENCHMARK_STORE` names a PostgreSQL database (empty) to use instead of SQLite.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.__main__ import Row
from benchmarks.store_history import fill
from benchmarks.store_house import house
from benchmarks.store_questions import TURNS, questions
from edi.store.store import Store
from edi.workspace.workspace import Workspace

MILLISECONDS_MAX: Final = 100.0
SCRATCH: Final = Path(__file__).resolve().parents[1] / ".cache" / "benchmarks"


def run(scale: float) -> list[Row]:
    """A row for each question."""
    count = int(1_000_000 * scale)
    SCRATCH.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=SCRATCH))
    store = Store(folder / "var", os.environ.get("EDI_BENCHMARK_STORE"))
    try:
        fill(store, count)
        return list(measured(store, house(folder), count))
    finally:
        store.close()
        shutil.rmtree(folder, ignore_errors=True)


def measured(store: Store, workspace: Workspace, count: int) -> Iterator[Row]:
    """Each question asked so often, of one reading connection each time, as commands and pages do."""
    for name, question in questions(store, workspace, count).items():
        taken = []
        for turn in range(TURNS):
            began = time.perf_counter()
            with store.reading() as view:
                question(view, turn)
            taken.append((time.perf_counter() - began) * 1000)
        p95 = sorted(taken)[int(TURNS * 0.95)]
        yield {
            "name": f"{name}, of {count:,} messages",
            "ours": p95,
            "peer": MILLISECONDS_MAX,
            "ratio": MILLISECONDS_MAX / p95,
            "gate": 1.0,
            "unit": "ms at the 95th percentile",
        }
