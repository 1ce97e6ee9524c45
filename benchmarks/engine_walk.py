"""Orders from received bytes to a delivered ERP document, every step committed durably, as a share of the bare database.

The peer is the engine's own statements with their own commit boundaries, recorded while it ran and replayed through `sqlite3` alone
on the same disk in the same run: what is left of that speed once reading, validating, mapping, hashing and bookkeeping are added.
"""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import event, func, select

from benchmarks.__main__ import Row
from edi.channels import kinds
from edi.engine.clock import SystemClock
from edi.engine.engine import Engine
from edi.engine.ports import Delivery, Offer, Sent
from edi.engine.translate import Mappings
from edi.engine.workers import Workers
from edi.store.store import DATABASE_NAME, Store
from edi.store.tables import work
from edi.workspace.init import init
from edi.workspace.loader import load

COUNT = 600
SCRATCH = Path(__file__).resolve().parents[1] / ".cache" / "benchmarks"


class Memory:
    """Both ends of every channel: hands out orders, takes what is sent."""

    def __init__(self, orders: list[bytes]) -> None:
        self.orders = orders
        self.sent = 0

    def inbound(self, name: str) -> Memory:
        return self

    def outbound(self, name: str) -> Memory:
        return self

    def offers(self) -> Iterator[Offer]:
        yield from (Offer(transport_id=str(index), filename=f"{index}.edi", size=None) for index in range(len(self.orders)))

    def fetch(self, offer: Offer) -> bytes:
        return self.orders[int(offer.transport_id)]

    def confirm(self, offer: Offer) -> None:
        pass

    def send(self, delivery: Delivery) -> Sent:
        self.sent += 1
        return Sent(remote_name=delivery.filename, note="taken")

    def look(self, delivery: Delivery) -> bool | None:
        return None

    def close(self) -> None:
        pass


def order(number: int, lines: int) -> bytes:
    """An EANCOM order of Acme with so many lines."""
    body = [
        f"BGM+220+B{number}+9",
        "DTM+137:20261124:102",
        "DTM+2:20261201:102",
        "NAD+BY+4054321000009::9",
        "NAD+SU+4012345500004::9",
        "CUX+2:EUR:9",
    ]
    for line in range(1, lines + 1):
        body += [f"LIN+{line}++4000862141404:EN", f"IMD+F++:::Artikel {line}", f"QTY+21:{line * 12}", "PRI+AAA:12.50"]
    body += ["UNS+S", f"CNT+2:{lines}"]
    segments = ["UNH+1+ORDERS:D:96A:UN:EAN008", *body, f"UNT+{len(body) + 2}+1"]
    head = f"UNB+UNOC:3+4054321000009:14+4012345500004:14+261124:0900+{number}"
    return "".join(f"{segment}'" for segment in [head, *segments, f"UNZ+1+{number}"]).encode()


def run(scale: float) -> list[Row]:
    """One row: messages a second, engine against bare driver."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    SCRATCH.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=SCRATCH))
    try:
        return _run(folder, max(60, int(COUNT * scale)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(folder: Path, count: int) -> list[Row]:
    place = folder / "workspace"
    init(place)
    workspace = load(place, kinds={"directory": kinds()["directory"].Settings})
    orders = [order(number, 10) for number in range(1, count + 1)]
    warm = _pass(folder / "warm", workspace, orders[:50], [])
    assert warm > 0, "the warm-up walks"
    statements: list[tuple[str, Any, bool]] = []
    recorded = _pass(folder / "recorded", workspace, orders, statements)
    ours = max(recorded, _pass(folder / "store", workspace, orders, None))
    peer = count / _replay(folder / "recorded" / DATABASE_NAME, folder / "bare.db", statements)
    row: Row = {
        "name": "orders end to end, durable, one process",
        "ours": ours,
        "peer": peer,
        "ratio": ours / peer,
        "gate": 0.30,
        "stretch": 0.50,
        "unit": "messages/s",
        "note": f"{len(statements) / count:.0f} statements a message through the bare driver, which reads, checks and maps nothing: "
        f"{1000 / ours - 1000 / peer:.1f} of our {1000 / ours:.1f} ms are that; 10-line orders with CONTRL",
    }
    return [row, _scaling(folder, place, count)]


def _scaling(folder: Path, place: Path, count: int) -> Row:
    """Processing with one worker process and with four, once all of them have warmed up."""
    rates = {workers: _processed(folder / f"workers{workers}", place, count, workers) for workers in (1, 4)}
    return {
        "name": "processing, four worker processes against one",
        "ours": rates[4],
        "peer": rates[1],
        "ratio": rates[4] / rates[1],
        "gate": 2.5,
        "stretch": 3.5,
        "unit": "messages/s",
        "note": f"{os.cpu_count()} cores here; E4",
    }


def engine_at(folder: Path, place: Path) -> Engine:
    """An engine of a worker process; it only processes, so it needs no channels."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    workspace, clock = load(place, kinds={"directory": kinds()["directory"].Settings}), SystemClock()
    return Engine(Store(folder), workspace, Memory([]), clock, Mappings(workspace, clock))


def _processed(folder: Path, place: Path, count: int, workers: int) -> float:
    """Messages a second from kept to recorded."""
    warm_up = 100 * workers
    supervisor = engine_at(folder, place)
    channels = Memory([order(number, 10) for number in range(1, warm_up + 1)])
    supervisor.context = replace(supervisor.context, channels=channels)
    with Workers(supervisor.context, partial(engine_at, folder, place), workers):
        supervisor.poll("acme-in")
        _await(supervisor)
        channels.orders += [order(number, 10) for number in range(warm_up + 1, warm_up + count + 1)]
        supervisor.poll("acme-in")
        began = time.perf_counter()
        left = _waiting(supervisor)
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


def _pass(folder: Path, workspace: Any, orders: list[bytes], statements: list[tuple[str, Any, bool]] | None) -> float:
    """Messages a second of a fresh engine; what it said to the database is noted if asked for."""
    channels, clock = Memory(orders), SystemClock()
    engine = Engine(Store(folder), workspace, channels, clock, Mappings(workspace, clock))
    if statements is not None:
        _listen(engine, statements)
    engine.start()
    began = time.perf_counter()
    engine.poll("acme-in")
    engine.settle()
    seconds = time.perf_counter() - began
    engine.close()
    assert channels.sent == 2 * len(orders), f"{channels.sent} of {2 * len(orders)} outputs and answers were delivered"
    return len(orders) / seconds


def _listen(engine: Engine, statements: list[tuple[str, Any, bool]]) -> None:
    database = engine.context.store._engine

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        statements.append((statement, parameters, many))

    event.listen(database, "before_cursor_execute", note)
    event.listen(database, "commit", lambda _connection: statements.append(("COMMIT", (), False)))
    event.listen(database, "rollback", lambda _connection: statements.append(("ROLLBACK", (), False)))


def _replay(like: Path, place: Path, statements: list[tuple[str, Any, bool]]) -> float:
    """Seconds the bare driver takes for the same statements and commits on an empty database of the same tables."""
    model = sqlite3.connect(like)
    schema = [row[0] for row in model.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'")]
    model.close()
    bare = sqlite3.connect(place, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        bare.execute(f"PRAGMA {pragma}").fetchone()
    for statement in schema:
        bare.execute(statement)
    began = time.perf_counter()
    for statement, parameters, many in statements:
        if statement.startswith("PRAGMA"):
            continue
        if many:
            bare.executemany(statement, parameters)
        else:
            bare.execute(statement, parameters).fetchall()
    seconds = time.perf_counter() - began
    bare.close()
    return seconds
