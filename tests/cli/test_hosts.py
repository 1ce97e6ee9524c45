"""Three hosts on one PostgreSQL, killed and stopped at random: every document once, and every poll by one of them (P10, F-T02, F-S12).

The ledger is outside: what was offered, and what lies in the receivers' folders in the end.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.cli.conftest import edi

pytestmark = pytest.mark.server

ROOT = Path(__file__).parents[2]
ORDER = (ROOT / "edi/demo/acme-order-4711.edi").read_bytes()
INBOX = """\
channel: acme-in
kind: directory
direction: in
partner: acme
folder: data/acme/inbox
pattern: '*.edi'
ready: {stable: 0s}
schedule: {every: 1s}
"""
STALL_SECONDS = 5.0
"""Longer than a lease of these tests."""


def order(number: int) -> bytes:
    return ORDER.replace(b"BGM+220+4711", b"BGM+220+%d" % number).replace(b"4711000017", b"%010d" % number)


@dataclass
class Fleet:
    """Daemons of one workspace, each as a host of its own."""

    workspace: Path
    url: str
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    offered: int = 0
    kills: int = 0
    stalls: int = 0

    def start(self, host: str) -> None:
        log = (self.workspace.parent / f"{host}.log").open("ab")
        command = [sys.executable, "-m", "tests.cli.run_host", "-w", str(self.workspace), "run", "--as-root", "--host", host]
        environment = {**os.environ, "EDI_DATABASE": self.url}
        self.running[host] = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)
        log.close()

    def offer(self) -> None:
        self.offered += 1
        beside = self.workspace / "data/acme" / f"{self.offered}.tmp"
        beside.write_bytes(order(self.offered))
        beside.rename(self.workspace / "data/acme/inbox" / f"{self.offered}.edi")

    def ask(self, query: str) -> list[tuple[object, ...]]:
        engine = create_engine(self.url)
        try:
            with engine.connect() as connection:
                return [tuple(row) for row in connection.execute(text(query))]
        finally:
            engine.dispose()

    def log(self) -> str:
        return "".join(path.read_text(errors="replace") for path in self.workspace.parent.glob("*.log"))


@pytest.fixture
def fleet(tmp_path: Path, postgres_url: str) -> Iterator[Fleet]:
    workspace = tmp_path / "w"
    assert edi("init", workspace, folder=tmp_path).code == 0
    (workspace / "channels/acme-in.yaml").write_text(INBOX)
    for name in ("acme/inbox", "acme/outbox", "erp/incoming"):
        (workspace / "data" / name).mkdir(parents=True, exist_ok=True)
    made = Fleet(workspace, postgres_url)
    with _ended(made):
        made.start("one")  # makes the tables
        _wait(lambda: "started" in made.log(), 60)
        made.start("two")
        made.start("three")
        yield made


@contextmanager
def _ended(fleet: Fleet) -> Iterator[None]:
    try:
        yield
    finally:
        for process in fleet.running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()


def _wait(happened: object, seconds_max: float) -> None:
    end = time.monotonic() + seconds_max
    while not happened():  # type: ignore[operator]
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.2)


def storm(fleet: Fleet, seconds: float, chance: random.Random) -> None:
    """Offer, kill, stop and start again, for so long."""
    end = time.monotonic() + seconds
    asleep: dict[str, float] = {}
    trouble = time.monotonic() + 2
    looked, behind = 0.0, 0
    while time.monotonic() < end:
        if time.monotonic() - looked > 2:  # no more than they can work off: this is no race
            looked, behind = time.monotonic(), fleet.offered - len(os.listdir(fleet.workspace / "data/erp/incoming"))
        if behind < 300:
            fleet.offer()
        time.sleep(0.05)
        for host in [host for host, until in asleep.items() if time.monotonic() > until]:
            fleet.running[host].send_signal(signal.SIGCONT)
            del asleep[host]
        if time.monotonic() < trouble:
            continue
        trouble = time.monotonic() + chance.uniform(0.5, 2.5)
        host = chance.choice([host for host in fleet.running if host not in asleep])
        if chance.random() < 0.5 or len(asleep) == 2:
            fleet.running[host].kill()
            fleet.running[host].wait()
            fleet.kills += 1
            fleet.start(host)
        else:
            fleet.running[host].send_signal(signal.SIGSTOP)
            asleep[host] = time.monotonic() + STALL_SECONDS
            fleet.stalls += 1
    for host in asleep:
        fleet.running[host].send_signal(signal.SIGCONT)


def finish(fleet: Fleet) -> None:
    """Let them work everything off, then end them in order."""
    count = f"SELECT count(*) FROM message WHERE state = 'delivered' HAVING count(*) = {fleet.offered}"
    _wait(lambda: fleet.ask(count) and not fleet.ask("SELECT 1 FROM work LIMIT 1"), 240)
    for process in fleet.running.values():
        process.send_signal(signal.SIGTERM)
    ended = {process.wait(40) for process in fleet.running.values()}
    assert ended <= {0, -signal.SIGTERM}  # one that was started a moment ago cannot listen yet


def check(fleet: Fleet) -> None:
    """0 lost, 0 twice, 0 phantom, 0 unaudited."""
    offered = [str(number) for number in range(1, fleet.offered + 1)]
    arrived = Counter(
        json.loads(path.read_bytes())["number"] for path in (fleet.workspace / "data/erp/incoming").iterdir() if path.name[0] != "."
    )
    told = b"".join(path.read_bytes() for path in (fleet.workspace / "data/acme/outbox").iterdir() if path.name[0] != ".")
    answers = [told.count(b"UCI+%010d" % number) for number in range(1, fleet.offered + 1)]

    assert dict.fromkeys(offered, 1) == dict(arrived)
    assert [1] * fleet.offered == answers
    assert [("acknowledged", 2 * fleet.offered)] == fleet.ask("SELECT state, count(*) FROM outbound GROUP BY state")
    assert [] == list((fleet.workspace / "data/acme/inbox").iterdir())
    assert "Traceback" not in fleet.log()
    print(f"{fleet.offered} orders, {fleet.kills} kills, {fleet.stalls} stalls")
    assert edi("audit", "verify", folder=fleet.workspace, EDI_DATABASE=fleet.url).code == 0


@pytest.mark.timeout(400)
def test_three_hosts_lose_nothing_and_double_nothing_while_they_die_and_stall(fleet: Fleet) -> None:
    storm(fleet, 15, random.Random(20261124))
    finish(fleet)
    check(fleet)

    assert fleet.kills
    assert fleet.stalls


@pytest.mark.proof
@pytest.mark.timeout(7200)
def test_three_hosts_for_a_long_time(fleet: Fleet) -> None:
    storm(fleet, float(os.environ.get("EDI_SOAK_SECONDS", "1800")), random.Random(time.time_ns()))
    finish(fleet)
    check(fleet)


def test_a_scheduled_poll_is_made_by_one_of_them(fleet: Fleet) -> None:
    """F-T04: three daemons with a schedule of a second each look once a second together, not three times."""
    _wait(lambda: fleet.log().count("started") >= 3, 60)
    before = time.monotonic()
    [(first,)] = fleet.ask("SELECT fence FROM lease WHERE name = 'poll acme-in'")
    time.sleep(6)
    [(last,)] = fleet.ask("SELECT fence FROM lease WHERE name = 'poll acme-in'")
    passed = time.monotonic() - before

    assert isinstance(first, int)
    assert isinstance(last, int)
    assert passed / 2 <= last - first <= passed * 1.3 + 1


def test_a_second_engine_of_the_same_name_is_refused(fleet: Fleet) -> None:
    """F-T03, on a database that others share."""
    called = edi("run", "--as-root", "--host", "one", folder=fleet.workspace, EDI_DATABASE=fleet.url)

    assert called.code == 3
    assert "already runs" in called.err
