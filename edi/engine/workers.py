"""Processing in several processes of this host: reading, validating and mapping is what costs time, and it runs in parallel.

The supervisor holds the workspace lock, polls and delivers; workers only process. A worker that dies is replaced and what it had
leased is taken back at once; a worker whose supervisor dies ends by itself. Effects stay single by unique columns and fences, not by
anybody being alive (P10).
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import update

from edi.engine.context import ACTOR, Context
from edi.store.tables import work

if TYPE_CHECKING:
    from multiprocessing.synchronize import Event

    from edi.engine.engine import Engine

Factory = Callable[[], "Engine"]
"""Makes an engine in a new process: a function at the top of a module, or a partial of one."""
IDLE_SECONDS = 0.1
WATCH_SECONDS = 1.0
END_SECONDS_MAX = 30.0

LOG = structlog.get_logger("edi.engine")


class Workers:
    """So many worker processes while it is entered."""

    def __init__(self, context: Context, factory: Factory, count: int) -> None:
        self._context = context
        self._factory = factory
        self._count = count
        self._spawning = multiprocessing.get_context("spawn")
        self._stop: Event = self._spawning.Event()
        self._ended = threading.Event()
        self._processes: list[BaseProcess] = []
        self._watcher = threading.Thread(target=self._watch, name="workers", daemon=True)

    def __enter__(self) -> Workers:
        self._processes = [self._start() for _ in range(self._count)]
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Let each finish its batch; who does not in time is ended, and its work is done again."""
        self._ended.set()
        self._stop.set()
        self._watcher.join()
        end = time.monotonic() + END_SECONDS_MAX
        for process in self._processes:
            process.join(max(0.0, end - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join()
            self._take_back(process)

    def _start(self) -> BaseProcess:
        process = self._spawning.Process(target=work_on, args=(self._factory, self._stop, os.getpid()), name="edi-worker", daemon=True)
        process.start()
        return process

    def _watch(self) -> None:
        while not self._ended.wait(WATCH_SECONDS):
            for index, process in enumerate(self._processes):
                if not process.is_alive() and not self._ended.is_set():
                    LOG.warning("worker_died", pid=process.pid, exitcode=process.exitcode)
                    self._take_back(process)
                    self._processes[index] = self._start()

    def _take_back(self, process: BaseProcess) -> None:
        """Free what a dead worker had leased, so that nobody waits for the lease to run out."""
        with self._context.store.writing(ACTOR, self._context.clock.now()) as transaction:
            held = update(work).where(work.c.leased_by == owner(process.pid))
            transaction.connection.execute(held.values(leased_by=None, leased_until=None, fence=work.c.fence + 1))


def owner(pid: int | None) -> str:
    """How a process of this host names itself in leases."""
    return f"{socket.gethostname()}:{pid}"


def work_on(factory: Factory, stop: Event, supervisor: int) -> None:
    """A worker's life: process until told to stop, or until the supervisor is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the supervisor tells us in its own time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    engine = factory()
    try:
        while not stop.is_set() and os.getppid() == supervisor:
            if not engine.process():
                stop.wait(IDLE_SECONDS)
    finally:
        engine.close()
