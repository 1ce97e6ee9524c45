"""A partner that is dead, or hangs, with thousands of documents waiting for them: the others wait no longer than before (F-O11, T39, G15)."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edi.engine.clock import SystemClock
from edi.engine.ports import Delivery, Offer, Sent
from edi.errors import TemporaryChannelError
from tests.engine.house import House, invoice, order
from tests.engine.look import states

SAMPLES = 20
SLACK_SECONDS = 0.1
"""A pass of the loop more or less, on a machine that does other things too."""


class Dead:
    """Acme's end: refuses at once, or after so long."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.released, self.tries = seconds, threading.Event(), 0

    def send(self, delivery: Delivery) -> Sent:
        self.tries += 1
        self.released.wait(self.seconds)
        raise TemporaryChannelError("acme-out: nobody answers")

    def look(self, delivery: Delivery) -> bool | None:
        return None

    def close(self) -> None:
        pass


@contextmanager
def running(house: House) -> Iterator[None]:
    stop = threading.Event()
    daemon = threading.Thread(target=house.engine.run_forever, args=(stop,))
    daemon.start()
    try:
        yield
    finally:
        stop.set()
        daemon.join(60)


def hand_over(house: House, channel: str, name: str, data: bytes) -> None:
    house.engine.receive(channel, Offer(transport_id=name, filename=name, size=None), data)


def latency(house: House, number: str) -> float:
    """Seconds from an order's arrival until it lies in our ERP's folder."""
    before, begun = len(house.files("erp/out")), time.monotonic()
    hand_over(house, "acme-in", f"{number}.edi", order(number, reference=number))
    while len(house.files("erp/out")) == before:
        assert time.monotonic() - begun < 60
        time.sleep(0.005)
    return time.monotonic() - begun


def p95(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.95) - 1]


def compare(folder: Path, queued: int, hangs: float) -> None:
    """Two houses side by side, asked in turn, so that what else the machine does hits both."""
    calm = House(folder / "calm", clock=SystemClock())
    burdened = House(folder / "burdened", clock=SystemClock())
    dead = Dead(hangs)
    burdened.engine.context.channels._outbound["acme-out"] = dead  # type: ignore[attr-defined]
    for number in range(queued):
        hand_over(burdened, "erp-in", f"{number}.json", invoice(f"R-{number}"))
    while burdened.engine.process():
        pass
    try:
        with running(calm), running(burdened):
            for house in (calm, burdened):
                latency(house, "1")  # the first costs what is loaded late
            found = [(latency(calm, str(number)), latency(burdened, str(number))) for number in range(2, 2 + SAMPLES)]
            dead.released.set()
        alone, beside = (p95(list(some)) for some in zip(*found, strict=True))
        print(f"{queued} queued, {dead.tries} tries: 95th percentile {beside * 1000:.0f} ms, without them {alone * 1000:.0f} ms")

        assert beside < 2 * alone + SLACK_SECONDS
        assert dead.tries
        assert queued == sum(count for state, count in Counter(states(burdened, "outbound")).items() if state != "acknowledged")
        assert () == burdened.engine.context.store.verify()
    finally:
        calm.engine.close()
        burdened.engine.close()


@pytest.mark.parametrize("hangs", [0.0, 5.0], ids=["refuses", "hangs"])
def test_f_o11_a_dead_partner_with_a_queue_slows_nobody_else(tmp_path: Path, hangs: float) -> None:
    """F-O11, T39."""
    compare(tmp_path, 300, hangs)


@pytest.mark.proof
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("hangs", [0.0, 5.0], ids=["refuses", "hangs"])
def test_f_o11_a_dead_partner_with_ten_thousand_queued_slows_nobody_else(tmp_path: Path, hangs: float) -> None:
    """F-O11, T39."""
    compare(tmp_path, 10_000, hangs)
