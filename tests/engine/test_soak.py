"""kill -9 at random moments under load; an own ledger outside the process says what was offered and what arrived (F-T08, G3).

lost: offered, and no effect · dup: more than one effect · phantom: an effect nobody offered · torn: an effect with other content.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from edi.engine.clock import SystemClock
from tests.engine.house import House, order
from tests.engine.look import states

CHECKOUT = Path(__file__).resolve().parents[2]
CHANGES = {
    "channels/acme-in.yaml": (
        "channel: acme-in\nkind: directory\ndirection: in\npartner: acme\nfolder: data/acme/in\npattern: '*.edi'\nschedule: {every: 1s}\n"
    ),
}


def soak(folder: Path, seconds: float, seed: int) -> int:
    """Offers, kills and restarts for so long, then lets the engine finish and looks at the ledger; how many were offered."""
    chance = random.Random(seed)
    House(folder, contrl="always", changes=CHANGES).engine.close()
    offered: list[str] = []
    end = time.monotonic() + seconds
    kills = 0
    while time.monotonic() < end:
        daemon = subprocess.Popen(
            [sys.executable, "-m", "tests.engine.run_soak", str(folder)], cwd=CHECKOUT, env=dict(os.environ), stderr=subprocess.PIPE
        )
        until = time.monotonic() + 1.0 + chance.uniform(0.1, 3.0)  # the first second is the start of the interpreter
        while time.monotonic() < until:
            offer(folder, offered)
            time.sleep(0.03)
        daemon.kill()
        _, said = daemon.communicate()
        assert b"Traceback" not in said, said.decode(errors="replace")
        kills += 1
    assert kills
    check(folder, offered)
    return len(offered)


def offer(folder: Path, offered: list[str]) -> None:
    """A new order, under its final name at once, as a careful partner does."""
    number = f"N{len(offered) + 1}"
    beside = folder / "data/acme" / f"{number}.tmp"
    beside.write_bytes(order(number, reference=str(len(offered) + 1)))
    beside.rename(folder / "data/acme/in" / f"{number}.edi")
    offered.append(number)


def check(folder: Path, offered: list[str]) -> None:
    house = House(folder, contrl="always", changes=CHANGES, clock=SystemClock())
    for _ in range(400):
        house.engine.run_once()
        if set(states(house, "outbound")) <= {"acknowledged"} and not house.files("acme/in"):
            break
        time.sleep(0.25)
    arrived = Counter(json.loads(data)["number"] for data in house.files("erp/out").values())
    answers = Counter(data.partition(b"UCI+")[2].partition(b"+")[0].decode() for data in house.files("acme/out").values())

    assert dict.fromkeys(offered, 1) == dict(arrived)
    assert {number.removeprefix("N"): 1 for number in offered} == dict(answers)
    assert ["delivered"] * len(offered) == states(house, "message")
    assert () == house.engine.context.store.verify()
    assert () == house.engine.context.store.check()
    house.engine.close()


@pytest.mark.timeout(240)
def test_random_kills_for_a_while_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    """F-T08."""
    assert soak(tmp_path, 12, seed=20261124) > 50


@pytest.mark.proof
@pytest.mark.timeout(7200)
def test_random_kills_for_a_long_time_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    """F-T08."""
    seconds = float(os.environ.get("EDI_SOAK_SECONDS", "3600"))
    assert soak(tmp_path, seconds, seed=time.time_ns() % 2**32) > seconds
