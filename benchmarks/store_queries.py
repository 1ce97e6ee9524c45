"""What people and pages ask of a store with a long history: milliseconds at the 95th percentile, against the 100 they may take.

Scale 1 is a million messages, scale 10 is ten million. `EDI_BENCHMARK_STORE` names a PostgreSQL database (empty) to use instead of SQLite.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks.__main__ import Row
from benchmarks.store_history import DAYS, KINDS, PARTNERS, fill
from edi.engine.states import HELD, Machine
from edi.store import flow, overview, queries, selection
from edi.store.queries import Filter
from edi.store.store import Reading, Store

MILLISECONDS_MAX: Final = 100.0
ASKED: Final = 40
SCRATCH: Final = Path(__file__).resolve().parents[1] / ".cache" / "benchmarks"
Question = Callable[[Reading, int], object]
"""Asked again and again; the number makes each time another one."""


def run(scale: float) -> list[Row]:
    """A row for each question."""
    count = int(1_000_000 * scale)
    SCRATCH.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=SCRATCH))
    store = Store(folder, os.environ.get("EDI_BENCHMARK_STORE"))
    try:
        fill(store, count)
        return list(measured(store, count))
    finally:
        store.close()
        shutil.rmtree(folder, ignore_errors=True)


def measured(store: Store, count: int) -> Iterator[Row]:
    """Each question asked so often, of one reading connection each time, as commands and pages do."""
    for name, question in questions(count).items():
        taken = []
        for turn in range(ASKED):
            began = time.perf_counter()
            with store.reading() as view:
                question(view, turn)
            taken.append((time.perf_counter() - began) * 1000)
        p95 = sorted(taken)[int(ASKED * 0.95)]
        yield {
            "name": f"{name}, of {count:,} messages",
            "ours": p95,
            "peer": MILLISECONDS_MAX,
            "ratio": MILLISECONDS_MAX / p95,
            "gate": 1.0,
            "unit": "ms at the 95th percentile",
        }


def questions(count: int) -> Mapping[str, Question]:
    """What commands and pages ask; large and small partners, old and new, common and rare."""
    held = {name: sorted(HELD[Machine(name)]) for name in ("message", "transmission", "outbound")}
    days = [f"20{24 + n // 336}-{n % 336 // 28 + 1:02d}-{n % 28 + 1:02d}" for n in range(0, DAYS, DAYS // ASKED)][:ASKED]

    def partner(turn: int) -> str:
        return "partner1" if turn % 2 else f"partner{4 + turn * 37 % (PARTNERS - 4)}"

    def lists(ask: Callable[..., object], what: str, final: str) -> Iterator[tuple[str, Question]]:
        yield f"{what}: newest", lambda view, _turn: ask(view)
        yield f"{what}: a later page", lambda view, turn: ask(view, before=count // (turn + 2))
        yield f"{what}: one partner's", lambda view, turn: ask(view, Filter(partner=partner(turn)))
        yield (
            f"{what}: one partner's of one day",
            lambda view, turn: ask(view, Filter(partner=partner(turn), since=days[turn], until=days[turn] + "U")),
        )
        yield f"{what}: held ones", lambda view, _turn: ask(view, Filter(states=held[what]))
        yield f"{what}: one partner's held ones", lambda view, turn: ask(view, Filter(partner=partner(turn), states=held[what]))
        yield f"{what}: one partner's finished ones", lambda view, turn: ask(view, Filter(partner=partner(turn), states=[final]))
        yield (
            f"{what}: one channel's",
            lambda view, turn: ask(view, Filter(channel=f"{partner(turn)}-{'out' if what == 'outbound' else 'in'}")),
        )
        yield f"{what}: of one day long ago", lambda view, turn: ask(view, Filter(until=days[turn]))
        if what != "transmission":
            yield f"{what}: one partner's of a kind", lambda view, turn: ask(view, Filter(partner=partner(turn), kind=KINDS[turn % 5]))
            yield f"{what}: of a number", lambda view, turn: ask(view, Filter(number=f"B{count // (turn + 1)}"))
            yield f"{what}: of a beginning of numbers", lambda view, turn: ask(view, Filter(number=f"B{turn + 1}*"))
            yield (
                f"{what}: one partner's of a beginning",
                lambda view, turn: ask(view, Filter(partner=partner(turn), number=f"B{turn + 1}*")),
            )

    def owed(view: Reading, turn: int) -> object:
        return queries.acknowledgements(view, states={"overdue", "rejected"}), queries.acknowledgements(view, partner=partner(turn))

    return {
        "counts by state": lambda view, _turn: overview.counts(view),
        "failures by cause": lambda view, _turn: overview.failures(view),
        "work that waits": lambda view, _turn: overview.oldest(view),
        "throughput of a day": lambda view, turn: flow.hours(view, datetime(2025, 12, 28, turn % 24, tzinfo=UTC)),
        "acknowledgements owed": owed,
        "one message": lambda view, turn: queries.message_detail(view, count // (turn + 1)),
        "all of one cause": lambda view, turn: selection.of_cause(view, f"cause:{turn}"),
        **dict(lists(queries.messages, "message", "delivered")),
        **dict(lists(queries.outbounds, "outbound", "acknowledged")),
        **dict(lists(queries.transmissions, "transmission", "accepted")),
    }
