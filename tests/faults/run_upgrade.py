"""Upgrades a store and dies before the n-th statement: `python -m tests.faults.run_upgrade URL N`."""

import os
import signal
import sys

from sqlalchemy import event

from edi.store import schema
from edi.store.dialect import open_database

if __name__ == "__main__":
    engine = open_database(sys.argv[1])
    left = int(sys.argv[2])

    def count(*_: object) -> None:
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "before_cursor_execute", count)
    schema.upgrade(engine)
