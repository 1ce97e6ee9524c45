"""Several worker processes: each document once, also when one of them is killed in the middle (P10)."""

from __future__ import annotations

import functools
import os
import signal
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from edi.engine import workers as workers_module
from edi.engine.content import Reading, ReadMessage
from edi.engine.engine import Engine
from edi.engine.operator import Act
from edi.engine.workers import Workers, pause
from edi.findings import Outcome
from edi.store.tables import work
from tests.engine.house import House, PlainTranslator, order
from tests.engine.look import rows, states
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
        pid = workers.pids[0]
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: workers.pids[0] != pid)
        house.drop("a.edi", order())
        house.engine.poll("acme-in")
        wait_for(lambda: states(house, "message") == ["routed"], 30)
    house.engine.settle()

    assert ["delivered"] == states(house, "message")
    with house.engine.context.store.reading() as view:
        assert [] == list(view.connection.execute(select(work.c.id)))
    house.engine.close()


class HangingTranslator(PlainTranslator):
    """Never comes back from the first order it sees, as a library that waits for a lock would."""

    def __init__(self, marker: Path) -> None:
        super().__init__()
        self._marker = marker

    def read(self, mapping: str, message: ReadMessage, *, partner: str | None) -> Outcome[Reading]:
        if not self._marker.exists():
            self._marker.touch()
            threading.Event().wait(600)
        return super().read(mapping, message, partner=partner)


def make_hanging_engine(folder: Path) -> Engine:
    engine = make_engine(folder)
    engine.context = replace(engine.context, translator=HangingTranslator(folder / "hung"))
    return engine


def test_a_worker_that_hangs_is_killed_and_its_work_is_done_by_another(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.drop("a.edi", order())
    house.engine.poll("acme-in")
    factory = functools.partial(make_hanging_engine, tmp_path)
    with Workers(house.engine.context, factory, 1, hang_seconds_max=0.5):
        wait_for(lambda: states(house, "message") == ["routed"], 60)
    with house.engine.context.store.reading() as view:
        assert [] == list(view.connection.execute(select(work.c.id).where(work.c.kind == "process")))
    house.engine.close()


class DeadlyTranslator(PlainTranslator):
    """Dies of one order, as a fault in a compiled library would."""

    def read(self, mapping: str, message: ReadMessage, *, partner: str | None) -> Outcome[Reading]:
        if message.number == "POISON":
            os.kill(os.getpid(), signal.SIGKILL)
        return super().read(mapping, message, partner=partner)


def make_mortal_engine(folder: Path) -> Engine:
    """A worker that one order kills."""
    engine = make_engine(folder)
    engine.context = replace(engine.context, translator=DeadlyTranslator())
    return engine


def test_what_killed_three_workers_is_quarantined_and_the_others_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """P33."""
    monkeypatch.setattr(workers_module, "LIFE_SECONDS_MIN", 0.0)
    monkeypatch.setattr(workers_module, "WATCH_SECONDS", 0.1)
    house = House(tmp_path)
    for position, number in enumerate(("1", "POISON", "2", "3"), start=1):
        house.drop(f"{position}.edi", order(number, reference=str(position)))
    house.engine.poll("acme-in")
    with Workers(house.engine.context, functools.partial(make_mortal_engine, tmp_path), 1):
        wait_for(lambda: "received" not in states(house, "transmission"), 60)

    assert ["accepted", "quarantined", "accepted", "accepted"] == states(house, "transmission")
    assert "3 workers were killed while they processed it" == rows(house, "transmission")[1].reason
    assert () == house.engine.context.store.verify()

    house.engine.operator.release("T2", Act(who="test"))  # in this process, which it does not kill

    assert "accepted" == states(house, "transmission")[1]
    house.engine.close()


def test_workers_that_die_at_once_are_replaced_after_a_growing_pause() -> None:
    assert [0.0, 1.0, 2.0, 4.0, 60.0] == [pause(deaths) for deaths in (0, 1, 2, 3, 20)]
