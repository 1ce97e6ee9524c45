"""The engine as a daemon on a test house with the real clock, to be killed at any moment: `python -m tests.engine.run_soak FOLDER HOST`."""

import logging
import signal
import sys
import threading
from pathlib import Path

import structlog

from edi.engine.clock import SystemClock
from edi.engine.workers import host
from edi.store.lock import DaemonLock
from tests.engine.house import House

if __name__ == "__main__":
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # a poll that takes longer than its second is no news here
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    folder, name = Path(sys.argv[1]), host(sys.argv[2])
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with DaemonLock(folder / "store", name):
        house = House(folder, contrl="always", start=False, clock=SystemClock())
        house.engine.start()
        print("ready", flush=True)
        house.engine.run_forever(stop)
        house.engine.close()
