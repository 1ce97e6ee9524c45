"""Orders from received bytes to a delivered ERP document, every step committed durably, as a share of the bare database (E1).

The peer is the engine's own statements with their own commit boundaries, noted while it ran and replayed through `sqlite3` alone on the
same disk in the same run; the replay must leave the same rows behind. Two more rows say where the rest goes: what reading, checking and
mapping the same orders takes without any database, and what one message with six events for each commit takes, the outer limit.
"""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import event

from benchmarks.__main__ import Row
from edi.channels import kinds
from edi.engine.clock import SystemClock
from edi.engine.engine import Engine
from edi.engine.garbage import look_less_often
from edi.engine.planning import Source, make_plan
from edi.engine.ports import Delivery, Offer, Sent
from edi.engine.translate import Mappings
from edi.store.store import DATABASE_NAME, Store
from edi.workspace.init import init
from edi.workspace.loader import load
from edi.workspace.workspace import Workspace

COUNT = 600
ROUNDS = 3
EVENTS = 6
"""Of one message at the outer limit."""
SCRATCH = Path(__file__).resolve().parents[1] / ".cache" / "benchmarks"
Said = tuple[str, Any, bool]
"""A statement, its values, and whether they are many."""


@dataclass(slots=True)
class Taken:
    """What something took, in seconds."""

    wall: float = 0.0
    busy: float = 0.0
    """Of the processor: without waiting for the disk, or for others on the machine."""


@contextmanager
def timed() -> Iterator[Taken]:
    """What the block takes, once it is over."""
    taken, wall, busy = Taken(), time.perf_counter(), time.process_time()
    yield taken
    taken.wall, taken.busy = time.perf_counter() - wall, time.process_time() - busy


@dataclass(frozen=True, slots=True)
class Round:
    """What all messages take each way, one way after the other."""

    ours: Taken
    bare: Taken
    translation: Taken
    limit: Taken


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


def quiet() -> None:
    """Only warnings are logged."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


def run(scale: float) -> list[Row]:
    """Messages a second: the engine against the bare driver, against translation alone, and against the outer limit."""
    quiet()
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
    statements: list[Said] = []
    _pass(folder / "recorded", workspace, orders, statements)
    look_less_often()  # as `edi run` does
    rounds = [_round(folder, number, workspace, orders, statements) for number in range(ROUNDS)]
    busy = [statistics.median(getattr(one, name).busy for one in rounds) * 1000 / count for name in ("ours", "bare", "translation")]
    note = (
        f"{len(statements) / count:.0f} statements a message; of the processor ours takes {busy[0]:.2f} ms: {busy[1]:.2f} the driver, "
        f"{busy[2]:.2f} reading, checking and mapping, {busy[0] - busy[1] - busy[2]:.2f} the engine; 10-line orders with CONTRL; "
        f"load {os.getloadavg()[0]:.0f}"
    )
    return [
        _row("the bare driver saying the same", count, rounds, lambda one: [one.bare], gate=0.30, note=f"E1; {note}"),
        _row("the bare driver and translation, nothing else", count, rounds, lambda one: [one.bare, one.translation]),
        _row(f"one message and {EVENTS} events a commit", count, rounds, lambda one: [one.limit], note="the outer limit"),
    ]


def _row(
    peer: str, count: int, rounds: list[Round], parts: Callable[[Round], list[Taken]], *, gate: float | None = None, note: str = ""
) -> Row:
    pairs = [(one.ours, parts(one)) for one in rounds]
    busy = statistics.median(sum(part.busy for part in theirs) / ours.busy for ours, theirs in pairs)
    return {
        "name": f"orders end to end, durable, one process, against {peer}",
        "ours": statistics.median(count / ours.wall for ours, _ in pairs),
        "peer": statistics.median(count / sum(part.wall for part in theirs) for _, theirs in pairs),
        "ratio": statistics.median(sum(part.wall for part in theirs) / ours.wall for ours, theirs in pairs),
        "gate": gate,
        "stretch": 0.50 if gate else None,
        "unit": "messages/s",
        "note": "; ".join(one for one in (f"{busy:.2f} of processor time alone", note) if one),
    }


def _round(folder: Path, number: int, workspace: Workspace, orders: list[bytes], statements: list[Said]) -> Round:
    like = folder / "recorded" / DATABASE_NAME
    return Round(
        ours=_pass(folder / f"store{number}", workspace, orders),
        bare=_replay(like, folder / f"bare{number}.db", statements),
        translation=_translate(folder / f"plans{number}", workspace, orders),
        limit=_outer_limit(like, folder / f"limit{number}.db", len(orders)),
    )


def _pass(folder: Path, workspace: Workspace, orders: list[bytes], statements: list[Said] | None = None) -> Taken:
    """A fresh engine for all orders; what it says to the database is noted if asked for."""
    channels, clock = Memory(orders), SystemClock()
    engine = Engine(Store(folder), workspace, channels, clock, Mappings(workspace, clock))
    if statements is not None:
        _listen(engine, statements)
    engine.start()
    with timed() as taken:
        engine.poll("acme-in")
        engine.settle()
    engine.close()
    assert channels.sent == 2 * len(orders), f"{channels.sent} of {2 * len(orders)} outputs and answers were delivered"
    return taken


def _translate(folder: Path, workspace: Workspace, orders: list[bytes]) -> Taken:
    """Reading, checking and mapping all orders, their outputs included; nothing is written down."""
    clock = SystemClock()
    engine = Engine(Store(folder), workspace, Memory([]), clock, Mappings(workspace, clock))
    source = Source(channel="acme-in", filename="order.edi")
    make_plan(engine.context, orders[0], source)
    with timed() as taken:
        for one in orders:
            plan = make_plan(engine.context, one, source)
            assert plan.interchanges[0].messages[0].state == "routed", "it is an order like all others"
    engine.close()
    return taken


def _listen(engine: Engine, statements: list[Said]) -> None:
    database = engine.context.store._engine

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        statements.append((statement, parameters, many))

    event.listen(database, "before_cursor_execute", note)
    event.listen(database, "commit", lambda _connection: statements.append(("COMMIT", (), False)))
    event.listen(database, "rollback", lambda _connection: statements.append(("ROLLBACK", (), False)))


def _bare(like: Path, place: Path) -> sqlite3.Connection:
    """An empty database of the same tables, as durable as ours."""
    with sqlite3.connect(like) as model:
        schema = [row[0] for row in model.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'")]
    bare = sqlite3.connect(place, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        bare.execute(f"PRAGMA {pragma}").fetchone()
    for statement in schema:
        bare.execute(statement)
    return bare


def _replay(like: Path, place: Path, statements: list[Said]) -> Taken:
    """The bare driver saying the same statements and commits."""
    bare = _bare(like, place)
    with timed() as taken:
        for statement, parameters, many in statements:
            if many:
                bare.executemany(statement, parameters)
            else:
                bare.execute(statement, parameters).fetchall()
    with sqlite3.connect(like) as model:
        for table in ("message", "document", "outbound", "attempt", "work", "payload", "audit_event"):
            sizes = [one.execute(f"SELECT count(*) FROM {table}").fetchone() for one in (model, bare)]
            assert sizes[0] == sizes[1], f"the replay left {sizes[1]} rows in {table}, the engine {sizes[0]}"
    bare.close()
    return taken


def _outer_limit(like: Path, place: Path, count: int) -> Taken:
    """As many commits as messages, each of a message and its events, which say nothing."""
    bare = _bare(like, place)
    row = "INSERT INTO message (interchange_id, transmission_id, position, type, test, state, received, changed, findings, unmapped) "
    said = (
        "INSERT INTO audit_event (seq, at, actor, subject, event, detail, previous, hash) VALUES (?, ?, 'engine', ?, 'routed', '{}', ?, ?)"
    )
    at, digest = "2026-11-24T09:14:00.000000Z", "0" * 64
    with timed() as taken:
        for number in range(1, count + 1):
            bare.execute("BEGIN IMMEDIATE")
            bare.execute(f"{row} VALUES (?, ?, 1, 'ORDERS:D:96A:UN:EAN008', 0, 'routed', ?, ?, '[]', '[]')", (number, number, at, at))
            bare.executemany(said, [(EVENTS * number + one, at, f"M{number}", digest, digest) for one in range(EVENTS)])
            bare.execute("COMMIT")
    bare.close()
    return taken
