"""The engine as a daemon: polls fire by schedule, processing and each channel's deliveries have threads of their own.

Rule 1: one hung partner stops its own thread and nobody else's.
Rule 2: a storage error ends the daemon (P3): it is raised again from `run`, and nothing more is acknowledged.
Rule 3: when told to stop it takes on nothing new, finishes what was begun, and returns.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from edi.engine import outbound
from edi.engine.ports import Waking
from edi.errors import ChannelError, ConfigError
from edi.store.store import CollisionError
from edi.workspace.model import ChannelFile

if TYPE_CHECKING:
    from edi.engine.engine import Engine

IDLE_SECONDS = 0.2
"""How long the loop rests when nothing was due."""
DELIVERING_MAX = 16
"""Channels delivered to at the same time."""
POLLING_MAX = 64
"""Channels looked at at the same time."""
POLL_SECONDS = 60
"""A channel without a schedule is looked at this often."""
WATCHING_SECONDS_MAX = 5
"""Threads that wait for news get so long to end; they hold nothing."""
LATE_SECONDS_MAX = 3600
"""A poll missed by less is made up for, once."""

EARLY = timedelta(seconds=0.5)
"""Hosts' timers differ by so much; a tick that comes a little early still counts."""
REMEMBER_SECONDS = 30.0
"""How often the audit head is written down beside the store."""

LOG = structlog.get_logger("edi.engine")


class Daemon:
    """Runs one engine until it is told to stop."""

    def __init__(self, engine: Engine, *, processing: bool = True) -> None:
        self._engine = engine
        self._processing = processing
        """False: worker processes do it."""
        self._failed: BaseException | None = None
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._delivering: set[str] = set()
        self._lock = threading.Lock()
        self._polling: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        """One look at a channel at a time, whoever asked for it."""
        self._scheduler = _new_scheduler()
        self._watching: list[threading.Thread] = []
        self._unwatch = threading.Event()
        """Ends the threads that wait for news from channels as they were."""
        self._remembering = 0.0

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set. Raises what made it stop by itself: a StoreError, or a bug."""
        self._scheduler.start()
        self._engine.on_change(self._adopt)
        self._adopt()
        LOG.info("started", channels=len(self._engine.polled()))
        try:
            with self._engine.context.leases.renewed(), ThreadPoolExecutor(DELIVERING_MAX, thread_name_prefix="deliver") as pool:
                while not stop.is_set() and self._failed is None:
                    self._engine.pulse.beat(self._engine.context.clock.monotonic())
                    self._remember()
                    if not self._work(pool):
                        self._wake.wait(IDLE_SECONDS)
                        self._wake.clear()
                self._stopping.set()
                self._engine.pulse.stopping = True
                self._unwatch.set()
                self._scheduler.shutdown(wait=True)
            if self._failed is None:
                self._engine.remember()
        finally:
            self._stopping.set()
            self._unwatch.set()
            if self._scheduler.running:
                self._scheduler.shutdown(wait=False)
            for lock in list(self._polling.values()):
                with lock:  # a look that was begun is finished
                    pass
            for thread in self._watching:
                thread.join(WATCHING_SECONDS_MAX)
        LOG.info("stopped")
        if self._failed is not None:
            raise self._failed

    def _remember(self) -> None:
        """Now and then; between, a kill leaves an older head, which the trail still holds."""
        now = self._engine.context.clock.monotonic()
        if now >= self._remembering:
            self._engine.remember()
            self._remembering = now + REMEMBER_SECONDS
            try:
                self._engine.send_head()
            except (ConfigError, CollisionError) as error:
                LOG.warning("head_not_sent", reason=str(error))

    def _work(self, pool: ThreadPoolExecutor) -> bool:
        """One round: process a batch, and start a delivery for every channel that waits and has none running."""
        try:
            return self._round(pool)
        except CollisionError as error:  # nothing of it happened; the next round does it (F-D08)
            LOG.info("collided", reason=str(error))
            return True

    def _round(self, pool: ThreadPoolExecutor) -> bool:
        moved = self._processing and self._engine.process()
        for channel in outbound.waiting_channels(self._engine.context):
            with self._lock:
                if channel in self._delivering:
                    continue
                self._delivering.add(channel)
            pool.submit(self._guarded, partial(self._deliver, channel))
        return bool(self._engine.tick()) or moved

    def _deliver(self, channel: str) -> None:
        try:
            while not self._stopping.is_set() and self._engine.deliver(channel):
                pass
        except CollisionError as error:
            LOG.info("collided", reason=str(error))
        finally:
            with self._lock:
                self._delivering.discard(channel)

    def _poll(self, name: str, is_due: Callable[[datetime | None], bool] | None = None) -> None:
        try:
            with self._polling[name], self._engine.context.leases.turn(f"poll {name}", is_due) as ours:
                if not ours or self._stopping.is_set():
                    return
                polled = self._engine.poll(name)
        except (ChannelError, ConfigError, CollisionError) as error:
            LOG.warning("poll_failed", channel=name, reason=str(error))
            return
        for problem in polled.problems:
            LOG.warning("poll_problem", channel=name, reason=problem)
        if polled.kept:
            LOG.info("received", channel=name, count=polled.kept)
            self._wake.set()

    def _adopt(self) -> None:
        """Look at the channels there are now, by their schedules; each at once, whatever was looked at before."""
        for job in self._scheduler.get_jobs():
            job.remove()
        for name in self._engine.polled():
            trigger = self._trigger(self._engine.context.channel(name))
            job = {"args": [partial(self._poll, name, partial(_is_due, trigger))], "id": f"poll:{name}", "next_run_time": datetime.now(UTC)}
            self._scheduler.add_job(self._guarded, trigger, **job)
        self._unwatch.set()
        self._unwatch = threading.Event()
        self._watching = [thread for thread in self._watching if thread.is_alive()] + self._watchers(self._unwatch)

    def _watchers(self, unwatch: threading.Event) -> list[threading.Thread]:
        """Threads that poll at once when a channel is told that something came; the schedule goes on beside them."""
        threads = []
        for name in self._engine.polled():
            try:
                inbound = self._engine.context.channels.inbound(name)
            except ConfigError:
                continue  # the poll says so
            if isinstance(inbound, Waking):
                wake = partial(self._guarded, partial(self._poll, name))
                watch = partial(self._guarded, partial(inbound.watch, wake, unwatch))
                threads.append(threading.Thread(target=watch, name=f"watch:{name}", daemon=True))
                threads[-1].start()
        return threads

    def _guarded(self, step: Callable[[], None]) -> None:
        """Run a step in a thread; what it raises ends the daemon."""
        try:
            step()
        except BaseException as error:  # noqa: BLE001 -- a thread has no caller; `run` raises it again
            self._failed = self._failed or error
            self._wake.set()

    def _trigger(self, channel: ChannelFile) -> BaseTrigger:
        """When a channel is looked at; cron in the partner's time zone, in our own for our own house."""
        schedule = channel.schedule
        if schedule is None:
            return IntervalTrigger(seconds=POLL_SECONDS)
        if schedule.every is not None:
            return IntervalTrigger(seconds=int(schedule.every.total_seconds()))
        partner = self._engine.context.partner(channel.partner) or self._engine.context.workspace.us
        return CronTrigger.from_crontab(schedule.cron, timezone=ZoneInfo(partner.timezone))


def _new_scheduler() -> BackgroundScheduler:
    """One job per polled channel; a tick that was missed is made up for once, and never runs beside itself (F-T04)."""
    defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": LATE_SECONDS_MAX}
    executors = {"default": {"type": "threadpool", "max_workers": POLLING_MAX}}
    return BackgroundScheduler(job_defaults=defaults, executors=executors, timezone=ZoneInfo("UTC"))


def _is_due(trigger: BaseTrigger, last: datetime | None) -> bool:
    """True if the schedule wants another look since any host looked last; what several hosts missed is made up for once (F-T04)."""
    if last is None:
        return True
    now = datetime.now(UTC)
    following = trigger.get_next_fire_time(last, now)
    return following is not None and following <= now + EARLY
