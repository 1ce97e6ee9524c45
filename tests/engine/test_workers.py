"""Several worker processes: each document once, also when one of them is killed in the middle (P10)."""

from __future__ import annotations

import functools
import os
import signal
import threading
from pathlib import Path

from sqlalchemy import select

from edi.engine.engine import Engine
from edi.engine.workers import Workers
from edi.store.tables import work
from tests.engine.house import House, order
from tests.engine.look import states
from tests.engine.test_daemon import wait_for


def make_engine(folder: Path) -> Engine:
    """What a worker process begins with; it does not start the engine again, its supervisor did."""
    return House(folder, start=False).engine


def test_workers_process_each_transmission_once(tmp_path: Path) -> None:
    house = House(tmp_path)
    for number in range(40):
        house.drop(f"{number}.edi", order(str(number), reference=str(number + 1)))
    stop = threading.Event()
    factory = functools.partial(make_engine, tmp_path)
    daemon = threading.Thread(target=house.engine.run_forever, args=(stop,), kwargs={"workers": 2, "factory": factory})
    daemon.start()
    try:
        wait_for(lambda: len(house.files("erp/out")) == 40, 60)
    finally:
        stop.set()
        daemon.join(40)

    assert ["delivered"] * 40 == states(house, "message")
    assert () == house.engine.context.store.verify()
    house.engine.close()


def test_a_killed_worker_is_replaced_and_its_work_is_done(tmp_path: Path) -> None:
    house = House(tmp_path)
    with Workers(house.engine.context, functools.partial(make_engine, tmp_path), 1) as workers:
        pid = workers._processes[0].pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: workers._processes[0].pid != pid)
        house.drop("a.edi", order())
        house.engine.poll("acme-in")
        wait_for(lambda: states(house, "message") == ["routed"], 30)
    house.engine.settle()

    assert ["delivered"] == states(house, "message")
    with house.engine.context.store.reading() as view:
        assert [] == list(view.connection.execute(select(work.c.id)))
    house.engine.close()
