"""The daemon: polls, processes and delivers by itself, ends cleanly when told to, and stops by itself on a storage error (P3, F-T07)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from edi.errors import StoreError
from tests.engine.house import House, order
from tests.engine.look import states

CHECKOUT = Path(__file__).resolve().parents[2]


def wait_for(condition: object, seconds: float = 20.0) -> None:
    """Until something holds; the daemon's own clock is what is tested here."""
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def test_it_does_everything_by_itself_and_ends_when_told(house: House) -> None:
    house.drop("a.edi", order())
    stop = threading.Event()
    daemon = threading.Thread(target=house.engine.run_forever, args=(stop,))
    daemon.start()
    try:
        wait_for(lambda: house.files("erp/out"))
    finally:
        stop.set()
        daemon.join(20)

    assert not daemon.is_alive()
    wait_for(lambda: states(house, "message") == ["delivered"])


def test_a_hung_receiver_does_not_stop_the_others(house: House) -> None:
    """F-T06, T39."""
    from tests.engine.house import invoice
    from tests.engine.test_delivery import Scripted, script

    released = threading.Event()

    class Hanging(Scripted):
        def send(self, delivery: object) -> object:
            released.wait(20)
            return super().send(delivery)  # type: ignore[arg-type]

    script(house, "acme-out", Hanging())
    house.drop("r.json", invoice(), channel="erp/in")
    house.drop("a.edi", order())
    stop = threading.Event()
    daemon = threading.Thread(target=house.engine.run_forever, args=(stop,))
    daemon.start()
    try:
        wait_for(lambda: house.files("erp/out"))
        wait_for(lambda: "in_flight" in states(house, "outbound"))
        assert not house.files("acme/out"), "the hung one still hangs while the other was delivered"
    finally:
        released.set()
        stop.set()
        daemon.join(20)


def test_a_storage_error_ends_the_daemon(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> bool:
        raise StoreError("the store could not be written: disk I/O error")

    monkeypatch.setattr(house.engine, "process", broken)

    with pytest.raises(StoreError, match="disk I/O error"):
        house.engine.run_forever(threading.Event())


def test_sigterm_drains_and_exits_with_zero(tmp_path: Path) -> None:
    """F-T07."""
    program = (
        "import signal, sys, threading\n"
        "from pathlib import Path\n"
        "from tests.engine.house import House\n"
        "house = House(Path(sys.argv[1]))\n"
        "stop = threading.Event()\n"
        "signal.signal(signal.SIGTERM, lambda *_: stop.set())\n"
        "print('ready', flush=True)\n"
        "house.engine.run_forever(stop)\n"
    )
    for number in range(20):
        place = tmp_path / "data/acme/in"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number}.edi").write_bytes(order(str(number), reference=str(number + 1)))
    daemon = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], cwd=CHECKOUT, stdout=subprocess.PIPE, env=dict(os.environ), text=True
    )
    assert daemon.stdout is not None
    assert "ready" == daemon.stdout.readline().strip()
    daemon.send_signal(signal.SIGTERM)

    assert 0 == daemon.wait(30)
    daemon.stdout.close()
    house = House(tmp_path)
    house.engine.run_once()
    assert 20 == len(house.files("erp/out"))
    house.engine.close()
