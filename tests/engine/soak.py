"""Kills hosts at random moments under load, and keeps a ledger outside them of what was offered and what arrived (F-T08, G3).

lost: offered, and no effect · dup: more than one effect · phantom: an effect nobody offered · torn: an effect with other content.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from edi.engine.clock import SystemClock
from tests.engine.house import House, invoice, order
from tests.engine.look import states

CHECKOUT = Path(__file__).resolve().parents[2]
OFTEN = "kind: directory\ndirection: in\nschedule: {every: 1s}\n"
CHANGES = {
    "channels/acme-in.yaml": f"channel: acme-in\npartner: acme\nfolder: data/acme/in\npattern: '*.edi'\n{OFTEN}",
    "channels/erp-in.yaml": f"channel: erp-in\nfolder: data/erp/in\n{OFTEN}",
}
OPEN_MAX = 600
"""Partner and ERP hold back while so many of their documents had no effect yet, so that all can be done in the end."""
STILL_SECONDS_MAX = 150
"""After the last kill something is done at least this often until all is; a lease of a dead host runs out within a minute."""
SLEEPY = 0.1
"""One start in so many is killed before it says that it is ready."""


@dataclass(slots=True)
class Ledger:
    """What the partner and our ERP offered; kept outside the engine."""

    folder: Path
    orders: list[str] = field(default_factory=list)
    invoices: list[str] = field(default_factory=list)
    kills: int = 0

    def offer(self) -> None:
        """Three orders and an invoice, each under its final name at once, as careful programs do."""
        for _ in range(3):
            number = f"N{len(self.orders) + 1}"
            self._put("acme", f"{number}.edi", order(number, reference=number[1:]))
            self.orders.append(number)
        number = f"R{len(self.invoices) + 1}"
        self._put("erp", f"{number}.json", invoice(number))
        self.invoices.append(number)

    def waiting(self) -> int:
        """Files that nobody fetched yet."""
        return self._count("acme/in") + self._count("erp/in")

    def open(self) -> int:
        """What will still arrive: a document for each, and an answer to each order."""
        return 2 * len(self.orders) + len(self.invoices) - self._count("acme/out") - self._count("erp/out")

    def _count(self, place: str) -> int:
        return len(os.listdir(self.folder / "data" / place))

    def _put(self, who: str, name: str, data: bytes) -> None:
        beside = self.folder / "data" / who / f"{name}.tmp"
        beside.write_bytes(data)
        beside.rename(self.folder / "data" / who / "in" / name)


def soak(folder: Path, seconds: float, seed: int, hosts: int = 1) -> Ledger:
    """Offers, kills and restarts for so long, lets the hosts finish, and compares; AssertionError says what is wrong."""
    House(folder, contrl="always", changes=CHANGES).engine.close()
    ledger = Ledger(folder)
    end = time.monotonic() + seconds
    over = threading.Event()
    with ThreadPoolExecutor(hosts) as pool:
        lives = [pool.submit(_lives, ledger, f"host{one}", random.Random(seed + one), over) for one in range(hosts)]
        while time.monotonic() < end and not any(life.done() for life in lives):
            if ledger.open() < OPEN_MAX:
                for _ in range(10):
                    ledger.offer()
                    time.sleep(0.05)
            else:
                time.sleep(0.5)
        over.set()
        last = [life.result() for life in lives]
    _heal(ledger, last)
    _check(ledger)
    return ledger


def _lives(ledger: Ledger, name: str, chance: random.Random, over: threading.Event) -> subprocess.Popen[bytes]:
    """A host that is killed and started again until it is over; the last life, which nobody killed."""
    while True:
        words = [sys.executable, "-m", "tests.engine.run_soak", str(ledger.folder), name]
        with (ledger.folder / f"{name}.err").open("ab") as said:
            host = subprocess.Popen(words, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=said)
        assert host.stdout is not None
        if chance.random() >= SLEEPY:
            assert b"ready\n" == host.stdout.readline(), _said(ledger, name)
        if over.wait(chance.uniform(0.1, 3.0)):
            return host
        assert host.poll() is None, _said(ledger, name)
        host.kill()
        host.communicate()
        ledger.kills += 1
        assert not _said(ledger, name), _said(ledger, name)


def _said(ledger: Ledger, name: str) -> str:
    """What a host complained about in all its lives; a killed one says nothing."""
    return f"{name}: {text}" if (text := (ledger.folder / f"{name}.err").read_text()) else ""


def _heal(ledger: Ledger, hosts: list[subprocess.Popen[bytes]]) -> None:
    """Everything is done by hosts that nobody disturbs, and they end when they are told to."""
    look = House(ledger.folder, start=False, clock=SystemClock())
    end, left = time.monotonic() + STILL_SECONDS_MAX, ledger.open()
    while ledger.waiting() or len(states(look, "message")) < len(ledger.orders) + len(ledger.invoices) or not _is_done(look):
        if ledger.open() < left:
            end, left = time.monotonic() + STILL_SECONDS_MAX, ledger.open()
        assert time.monotonic() < end, f"nothing moves any more: {_shown(ledger, look)}"
        time.sleep(0.5)
    look.engine.close()
    for host in hosts:
        host.terminate()
        host.communicate(timeout=60)
        assert 0 == host.returncode


def _shown(ledger: Ledger, look: House) -> str:
    found = {name: dict(Counter(states(look, name))) for name in ("transmission", "message", "outbound")}
    return f"{len(ledger.orders)} orders, {len(ledger.invoices)} invoices, {ledger.waiting()} not fetched; {found}"


def _is_done(look: House) -> bool:
    return {"delivered"} == set(states(look, "message")) and {"acknowledged"} == set(states(look, "outbound"))


def _check(ledger: Ledger) -> None:
    """0 lost, 0 twice, 0 phantom, 0 torn, 0 unaudited."""
    house = House(ledger.folder, start=False, clock=SystemClock())
    orders = Counter(json.loads(data)["number"] for data in house.files("erp/out").values())
    to_acme = house.files("acme/out").values()
    answers = Counter(data.partition(b"UCI+")[2].partition(b"+")[0].decode() for data in to_acme if b"CONTRL" in data)
    invoices = Counter(data.partition(b"BGM+380+")[2].partition(b"+")[0].decode() for data in to_acme if b"INVOIC" in data)
    references = Counter(data.partition(b"UNB+")[2].partition(b"'")[0].split(b"+")[4] for data in to_acme)

    assert dict.fromkeys(ledger.orders, 1) == orders
    assert {number[1:]: 1 for number in ledger.orders} == answers
    assert dict.fromkeys(ledger.invoices, 1) == invoices
    assert {1} == set(references.values()), "a control reference was used twice (P18)"
    assert len(states(house, "outbound")) == len(ledger.orders) * 2 + len(ledger.invoices)
    assert () == house.engine.context.store.verify()
    assert () == house.engine.context.store.check()
    house.engine.close()
