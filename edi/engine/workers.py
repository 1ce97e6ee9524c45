"""Processing in several processes of this host: reading, validating and mapping is what costs time, and it runs in parallel.

The supervisor holds the workspace lock, polls and delivers; workers only process. A worker that dies is replaced and what it had
leased is taken back at once; a worker whose supervisor dies ends by itself. Effects stay single by unique columns and fences, not by
anybody being alive (P10).

Rule 1: workers that die at once are replaced after a growing pause, so that a broken host is not kept busy dying.
Rule 2: a transmission whose processing killed a worker three times is quarantined; the queue behind it moves (P33).
Rule 3: a worker that hangs is killed, and what it held is done again; what it may still try to write is refused by its fence.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable
from ctypes import c_bool, c_double
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Final

import structlog

from edi.engine.context import ACTOR, Context
from edi.engine.garbage import look_less_often
from edi.engine.moves import state_of
from edi.engine.record import quarantine
from edi.engine.states import Machine
from edi.errors import ConfigError
from edi.store import audit, work
from edi.store.store import Transaction

if TYPE_CHECKING:
    from edi.engine.engine import Engine

Factory = Callable[[], "Engine"]
"""Makes an engine in a new process: a function at the top of a module, or a partial of one."""
IDLE_SECONDS = 0.1
WATCH_SECONDS = 1.0
END_SECONDS_MAX = 30.0
LIFE_SECONDS_MIN = 10.0
"""A worker that lived longer did not die at once: the next one is started without a pause."""
PAUSE_SECONDS_MAX = 60.0
KILLS_MAX: Final = 3
"""So many workers may die of one transmission; then a person looks at it."""
HANG_SECONDS_MAX: Final = 900.0
"""A worker that has not come back from its batch for so long hangs: the longest batch is fifty large documents."""
START_SECONDS_MAX: Final = 120.0
"""Loading the program and compiling mappings may take so long before the first batch."""
KILLED: Final = "worker_killed"
"""The audit event of a transmission that a worker held when it was killed."""

HOST: Final = "EDI_HOST"
"""Environment variable for the host's name; worker processes inherit it."""
LIFE: Final = "EDI_LIFE"
"""As above, for what tells one start of the engine from the next."""

LOG = structlog.get_logger("edi.engine")


@dataclass(slots=True, kw_only=True)
class _Place:
    """One worker after the other."""

    process: BaseProcess
    beat: c_double
    """When it began its batch, on the clock that all processes of a host share."""
    started: float
    early_deaths: int = 0
    """In a row."""
    next_start: float | None = None
    """When the dead one is replaced; None while it lives."""


class Workers:
    """So many worker processes while it is entered."""

    def __init__(self, context: Context, factory: Factory, count: int, *, hang_seconds_max: float = HANG_SECONDS_MAX) -> None:
        self._context = context
        self._factory = factory
        self._count = count
        self._hang_seconds_max = hang_seconds_max
        self._spawning = multiprocessing.get_context("spawn")
        # Bare memory, without a lock: a worker killed while it held one would hold up everybody for ever.
        self._stop = self._spawning.RawValue(c_bool, False)
        self._ended = threading.Event()
        self._places: list[_Place] = []
        self._retired: list[BaseProcess] = []
        """Of files that were changed meanwhile; each ends after its batch."""
        self._changing = threading.Lock()
        self._watcher = threading.Thread(target=self._watch, name="workers", daemon=True)

    def __enter__(self) -> Workers:
        self._places = [self._place() for _ in range(self._count)]
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Let each finish its batch; who does not in time is ended, and its work is done again."""
        self._ended.set()
        self._stop.value = True
        self._watcher.join()
        end = time.monotonic() + END_SECONDS_MAX
        for process in (*(place.process for place in self._places), *self._retired):
            process.join(max(0.0, end - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join()
            self._take_back(process, blame=False)

    def renew(self, factory: Factory) -> None:
        """Others take the places, made by another factory; those that work now end after their batch (P39)."""
        with self._changing:
            self._factory, before, self._stop = factory, self._stop, self._spawning.RawValue(c_bool, False)
            self._retired += [place.process for place in self._places]
            self._places = [self._place() for _ in range(self._count)]
            before.value = True

    @property
    def pids(self) -> tuple[int | None, ...]:
        """Of the workers there are now, one per place."""
        return tuple(place.process.pid for place in self._places)

    def _place(self) -> _Place:
        process, beat = self._start()
        return _Place(process=process, beat=beat, started=time.monotonic())

    def _start(self) -> tuple[BaseProcess, c_double]:
        beat = self._spawning.RawValue(c_double, time.monotonic() + START_SECONDS_MAX)
        given = (self._factory, self._stop, os.getpid(), beat)
        process = self._spawning.Process(target=work_on, args=given, name="edi-worker", daemon=True)
        process.start()
        return process, beat

    def _watch(self) -> None:
        while not self._ended.wait(WATCH_SECONDS):
            with self._changing:
                for place in self._places:
                    self._look_at(place, time.monotonic())
                for process in [one for one in self._retired if not one.is_alive()]:
                    self._take_back(process, blame=False)
                    self._retired.remove(process)

    def _look_at(self, place: _Place, now: float) -> None:
        """Kill a worker that hangs, bury one that died, and replace it when its pause is over."""
        if place.next_start is None and place.process.is_alive() and now - place.beat.value > self._hang_seconds_max:
            LOG.error("worker_hangs", pid=place.process.pid, seconds=round(now - place.beat.value))
            place.process.kill()
            place.process.join()
        if place.next_start is None and not place.process.is_alive():
            code = place.process.exitcode
            place.early_deaths = place.early_deaths + 1 if now - place.started < LIFE_SECONDS_MIN else 0
            seconds = pause(place.early_deaths)
            LOG.warning("worker_died", pid=place.process.pid, exitcode=code, next_in_seconds=seconds)
            self._take_back(place.process, blame=code is not None and code < 0)
            place.next_start = now + seconds
        if place.next_start is not None and now >= place.next_start and not self._ended.is_set():
            place.process, place.beat = self._start()
            place.started, place.next_start = now, None

    def _take_back(self, process: BaseProcess, *, blame: bool) -> None:
        """Free what a dead worker had leased, so that nobody waits for the lease to run out; what killed too many is quarantined.

        Blame only for a worker that a signal ended, the system's when memory ran out among them: one that raised (a full disk, a broken
        workspace) died of something else.
        """
        who = owner(process.pid)
        with self._context.store.writing(ACTOR, self._context.clock.now()) as transaction:
            if blame:
                for transmission_id in work.held_by(transaction.connection, "process", who):
                    _blame(transaction, transmission_id, process.exitcode)
            work.free_of(transaction.connection, who)


def pause(early_deaths: int) -> float:
    """Seconds before a worker is replaced, after so many in a row that died at once."""
    return min(PAUSE_SECONDS_MAX, 2.0 ** (early_deaths - 1)) if early_deaths else 0.0


def _blame(transaction: Transaction, transmission_id: int, exitcode: int | None) -> None:
    """Write down that a worker died over a transmission; the third time it is held.

    The first death leaves open which one of a batch it was; from then on each of the batch is worked on alone.
    """
    name = f"T{transmission_id}"
    kills = audit.count_since(transaction.connection, name, KILLED, since="received") + 1
    transaction.audit(name, KILLED, exitcode=exitcode, times=kills)
    if kills < KILLS_MAX or state_of(transaction, Machine.TRANSMISSION, transmission_id) != "received":
        return
    work.drop(transaction.connection, "process", transmission_id)
    reason = f"{kills} workers were killed while they processed it"
    quarantine(transaction, transmission_id, reason, KILLED)
    LOG.error("poison", transmission=name, reason=reason)


def host(name: str | None = None) -> str:
    """How this machine is called among those that share a database; from now on, and for processes it starts, as given."""
    if name is not None:
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,60}", name):
            raise ConfigError(f"{name!r} is no name of a host", hint="letters, digits, dots, dashes")
        os.environ[HOST] = name
    return os.environ.get(HOST) or socket.gethostname()


def owner(pid: int | None) -> str:
    """How a process names itself in leases; a later life of the same process number is somebody else."""
    life = os.environ.setdefault(LIFE, secrets.token_hex(4))
    return f"{host()}/{life}:{pid}"


def work_on(factory: Factory, stop: c_bool, supervisor: int, beat: c_double) -> None:
    """A worker's life: process until told to stop, or until the supervisor is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the supervisor tells us in its own time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    engine = factory()
    look_less_often()
    try:
        with engine.context.leases.renewed():
            while not stop.value and os.getppid() == supervisor:
                beat.value = time.monotonic()
                if not engine.process():
                    time.sleep(IDLE_SECONDS)
    finally:
        engine.close()
