"""Serves an AS2 house in a process of its own, so that a failpoint can kill it: `python -m tests.channels.as2.run_house FOLDER`."""

import logging
import sys
import threading
from pathlib import Path

import structlog

from tests.channels.as2.rig import As2House

if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    house = As2House.__new__(As2House)
    house.folder, house.db = Path(sys.argv[1]), None
    from tests.engine.house import StillClock

    house.clock = StillClock()
    house.again()
    if "--once" in sys.argv:
        house.engine.run_once()
        sys.exit()
    with house.serving() as port:
        print(port, flush=True)
        threading.Event().wait(60)
