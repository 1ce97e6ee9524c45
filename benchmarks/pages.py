"""The pages over a store of a million documents: how long the slowest five of a hundred answers take, against the 100 ms they may take.

The rows are copies of documents that were really processed, spread over a year and over partners; the pages are asked in this process,
signed in, with their audit trail written.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import tempfile
import time
from pathlib import Path

import httpx
import structlog

from benchmarks.__main__ import Row
from edi.web.ops.app import app as ops_app
from edi.web.settings import OpsPage
from tests.engine.house import invoice, order
from tests.web.desk import Counter

MILLISECONDS_MAX = 100.0
ASKED = 60
OTHERS = 50
"""Partners that share what is not the looking one's: half of everything is theirs."""
MOMENT = "strftime('%Y-%m-%dT%H:%M:%S', '2025-11-24', '+' || ((i * 31536000) / {n}) || ' seconds') || '.000000Z'"


def run(scale: float) -> list[Row]:
    """A row for each page."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    count = int(1_000_000 * scale)
    with tempfile.TemporaryDirectory(dir=Path.cwd() / ".cache") as folder:
        counter = Counter(Path(folder), sign_in_rate=1e9)
        counter.house.drop("a.edi", order("4711", reference="A1"))
        counter.house.drop("r.json", invoice("R-1"), channel="erp/in")
        counter.house.engine.run_once()
        fill(counter.house.folder / "store" / "edi.db", count)
        found = asyncio.run(measured(counter, counter.partner().cookies, count))
        counter.close()
    return [
        {"name": f"{name} of {count:,} documents", "ours": p95, "peer": MILLISECONDS_MAX, "ratio": MILLISECONDS_MAX / p95, "gate": 1.0,
         "unit": "ms at the 95th percentile", "note": f"{size:,} bytes"}
        for name, (p95, size) in found.items()
    ]  # fmt: skip


async def measured(counter: Counter, cookies: dict[str, str], count: int) -> dict[str, tuple[float, int]]:
    """Per page: milliseconds at the 95th percentile, and its size."""
    settings = OpsPage.model_validate({"url": counter.url.replace("/status", "/ops"), "users": ["erika"]})
    operators = ops_app(counter.house.engine.context, settings, rate=1e9)
    middle = 102 + count // 8 * 4
    pages = {
        "list": "/documents",
        "number": f"/documents?number=N{middle}",
        "beginning": f"/documents?number=N{str(middle)[:4]}*",
        "kind": "/documents?kind=invoice",
        "day": "/documents?since=2026-03-01&until=2026-03-01",
        "one received": f"/documents/M{middle}",
        "one sent": f"/documents/O{middle}",
        "order": f"/order?number=N{middle}",
        "bench": "/test",
        "about": "/about",
    }
    found = {}
    for name, path in pages.items():
        found[name] = await _ask(counter.app, counter.url + path, cookies=cookies)
    found["operators"] = await _ask(operators, f"{settings.url}/", headers={"x-forwarded-user": "erika"})
    return found


async def _ask(app: object, url: str, **options: object) -> tuple[float, int]:
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, **options) as client:  # type: ignore[arg-type]
        answer = await client.get(url)
        assert answer.status_code == 200, (url, answer.status_code)
        times = []
        for _ in range(ASKED):
            begun = time.perf_counter()
            await client.get(url)
            times.append(time.perf_counter() - begun)
    return sorted(times)[int(ASKED * 0.95)] * 1000, len(answer.content)


def fill(database: Path, count: int) -> None:
    """Copies of the first order and the first invoice: every second row is one of the looking partner's."""
    with sqlite3.connect(database, isolation_level=None) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        half = count // 2
        # `i` runs by two; odd copies belong to others.
        number, partner, moment = "'N' || i", f"CASE WHEN i % 4 = 0 THEN 'p' || (i % {OTHERS}) ELSE 'acme' END", MOMENT.format(n=2 * count)
        at = dict.fromkeys(("received", "made", "since", "changed", "prepared", "sent", "processed"), moment)
        keys = {
            "identity": "'x' || i",
            "effect": "NULL",
            "transport_id": "'t' || i",
            "number": number,
            "partner": partner,
            "control_reference": "'C' || i",
        }
        links = dict.fromkeys(("transmission_id", "interchange_id", "message_id"), "i")
        (sent,) = connection.execute("SELECT id FROM outbound WHERE kind = 'invoice'").fetchone()
        for table, source in (("transmission", 1), ("interchange", 1), ("message", 1), ("outbound", sent)):
            _copy(connection, table, source, half, {**at, **keys, **links, "document_id": "i" if table == "message" else "i + 1"})
        for shift, source in ((0, 1), (1, 2)):
            _copy(connection, "document", source, half, {**at, **keys, **links, "id": f"i + {shift}", "identity": f"'d' || (i + {shift})"})
        connection.execute("INSERT INTO document_order SELECT id, number FROM document WHERE id > 99 AND kind = 'invoice'")
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _copy(connection: sqlite3.Connection, table: str, source: int, count: int, changed: dict[str, str]) -> None:
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    values = ", ".join({"id": "i", **changed}.get(name, name) for name in columns)
    numbers = f"WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 2 FROM n WHERE i < {100 + 2 * (count - 1)})"
    connection.execute(f"{numbers} INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table}, n WHERE id = {source}")
