"""The engine: one object that polls, processes and delivers, and that the command line and the pages talk to.

    engine = Engine(store, workspace, channels, SystemClock(), translator)
    engine.start()                      # what was in flight when it last died is unknown now
    print(engine.run_once())            # everything that can be done now
    engine.run_forever(stop)            # until `stop` is set; polls by schedule
    engine.close()

Whoever calls `start`, `run_once` or `run_forever` holds the workspace lock (`edi.store.lock.DaemonLock`). Operator acts are in
`edi.engine.operator`, questions in `edi.store.queries`; both may be used while a daemon runs.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import structlog

from edi.engine import heads, inbound, memory_check, operator, outbound, poll_troubles, processing, timers
from edi.engine.agreed import AgreedChecks
from edi.engine.content import Translator
from edi.engine.context import Context
from edi.engine.inbound import Receipt
from edi.engine.leases import Leases
from edi.engine.ports import Channels, Clock, Offer
from edi.engine.pulse import Pulse
from edi.engine.retry import Random
from edi.engine.workers import Factory, Workers, host, owner
from edi.store.dialect import is_shared
from edi.store.store import Store
from edi.workspace.workspace import Workspace

FIRST_TOGETHER: Final = 5
"""Who just started begins with a small batch, and doubles it: killed again and again, it still gets something done (P32)."""

LOG = structlog.get_logger("edi.engine")

SYSTEM_RANDOM: Final = secrets.SystemRandom().random
"""Spreads retries."""


@dataclass(slots=True, kw_only=True)
class Report:
    """What a pass did."""

    received: int = 0
    processed: int = 0
    held: int = 0
    """Transmissions and messages that are unusable or wait for a person now."""
    delivered: int = 0
    postponed: int = 0
    """Deliveries to be tried again."""
    refused: int = 0
    problems: list[str] = field(default_factory=list)
    """One sentence each."""

    @property
    def ok(self) -> bool:
        """True if nothing failed and nothing was held."""
        return not (self.held or self.refused or self.postponed or self.problems)


class Engine:
    """See the module. Safe to share between threads, except that one channel end is used by one thread at a time."""

    def __init__(
        self,
        store: Store,
        workspace: Workspace,
        channels: Channels,
        clock: Clock,
        translator: Translator,
        *,
        random: Random = SYSTEM_RANDOM,
    ) -> None:
        self.context = Context(
            store=store,
            workspace=workspace,
            channels=channels,
            clock=clock,
            translator=translator,
            random=random,
            checks=AgreedChecks(workspace),
            leases=Leases(store, clock, owner(os.getpid())),
        )
        self._changed: list[Callable[[], None]] = []
        self._before: Context | None = None
        self._together = FIRST_TOGETHER
        """Transmissions of the next batch."""
        self.pulse = Pulse()
        """Whether the daemon that runs this engine works."""
        self.operator = operator.Operator(self.context)
        """What people may do: replay, resend, resubmit, release, discard, cancel, hold."""

    def start(self) -> int:
        """Call once before working, under the lock: deliveries that were in flight are unknown now. How many.

        A store that was restored from a backup, or lost its end, puts the outbox on hold (P36).
        """
        why = memory_check.hold_if_forgotten(self.context)
        if why is not None:
            LOG.warning("outbox_on_hold", reason=why)
        # On a database of several hosts only what this one held before it died is free: the others live.
        return outbound.sweep(self.context, f"{host()}/" if self.is_one_of_many else "")

    @property
    def is_one_of_many(self) -> bool:
        """True if other hosts may run on the same database."""
        return is_shared(self.context.store.url)

    # -- other files --------------------------------------------------------------------------------------------------

    def on_change(self, hear: Callable[[], None]) -> None:
        """Call `hear` whenever other files were taken."""
        self._changed.append(hear)

    def candidate(self, workspace: Workspace, channels: Channels, translator: Translator) -> Context:
        """What `take` would take; nothing changes yet."""
        return replace(self.context, workspace=workspace, channels=channels, translator=translator, checks=AgreedChecks(workspace))

    def take(self, candidate: Context) -> None:
        """Work with other files from now on (P39). What was begun with the old ones ends with them; they are let go of at the next change."""
        if self._before is not None:
            self._before.channels.close()
            self._before.checks.close()
        self._before, self.context = self.context, candidate
        self.operator = operator.Operator(candidate)
        for hear in self._changed:
            hear()

    def send_head(self) -> None:
        """Send the head of the audit trail elsewhere, if archive.yaml asks for it and its time has come."""
        heads.send_if_due(self.context)

    def remember(self) -> None:
        """Write down how far the audit trail has come, beside the store; a restored store is known by it."""
        memory_check.remember(self.context.store)

    # -- one pass -----------------------------------------------------------------------------------------------------

    def run_once(self) -> Report:
        """Poll every channel, then process and deliver until nothing can be done now."""
        report = Report()
        with self.context.leases.renewed():
            for name in self.polled():
                with self.context.leases.turn(f"poll {name}") as ours:
                    if ours:
                        self.poll(name, report)
            self.send_head()
            self.settle(report)
        self.remember()
        return report

    def settle(self, report: Report | None = None) -> Report:
        """Process and deliver until nothing can be done now, without polling."""
        report = report if report is not None else Report()
        while self._step(report):
            pass
        return report

    def poll(self, name: str, report: Report | None = None) -> inbound.Poll:
        """Look at one channel and keep what lies ready. Raises ConfigError for a name the workspace has no receiving channel of."""
        polled = inbound.poll(self.context, name)
        poll_troubles.note(self.context, name, polled.problems, untrusted=polled.untrusted)
        if report is not None:
            report.received += polled.kept
            report.problems += [problem if problem.startswith(f"{name}: ") else f"{name}: {problem}" for problem in polled.problems]
        return polled

    def receive(self, channel: str, offer: Offer, data: bytes, *, response: bytes | None = None) -> Receipt:
        """Keep what was handed over rather than fetched (AS2, HTTP); when this returns, the other side may forget it.

        `response` is kept with it in the same transaction: the next copy of the same offer is answered with the first one's bytes (P6, P7).
        """
        return inbound.receive(self.context, channel, offer, data, response=response)

    def process(self, report: Report | None = None) -> bool:
        """Work through a batch of received transmissions; False if there is none."""
        recorded = processing.process(self.context, count_max=self._together)
        self._together = min(2 * self._together, processing.TOGETHER_MAX)
        if report is not None:
            report.processed += len(recorded)
            report.held += sum(one.held + (one.state in {"quarantined", "conflict"} and not one.held) for one in recorded)
        return bool(recorded)

    def deliver(self, channel: str, report: Report | None = None) -> bool:
        """Try a batch of what is due in one channel; False if nothing is."""
        done = outbound.deliver(self.context, channel)
        if report is not None:
            report.delivered += done.arrived
            report.postponed += done.postponed
            report.refused += done.refused
            report.problems += done.problems
        return bool(done)

    def tick(self) -> int:
        """Look at deadlines: acknowledgements that are overdue now. How many moved."""
        return timers.tick(self.context)

    def _step(self, report: Report) -> bool:
        moved = self.process(report)
        for channel in outbound.waiting_channels(self.context):
            moved = self.deliver(channel, report) or moved
        return bool(self.tick()) or moved

    # -- for ever -----------------------------------------------------------------------------------------------------

    def run_forever(self, stop: threading.Event, *, workers: int = 0, factory: Factory | None = None) -> None:
        """Poll by schedule, process and deliver until `stop` is set; then finish what was begun and return.

        With workers, processing runs in that many processes beside this one; `factory` makes an engine in each (see `edi.engine.workers`).
        """
        from edi.engine.daemon import Daemon  # noqa: PLC0415 -- the scheduler is needed here only

        if not workers:
            Daemon(self).run(stop)
            return
        assert factory is not None, "workers need a factory for their engines"
        with Workers(self.context, factory, workers) as crew:
            self.on_change(lambda: crew.renew(factory))
            Daemon(self, processing=False).run(stop)

    def polled(self) -> tuple[str, ...]:
        """Names of the channels that are looked at: those that receive and are not suspended."""
        channels = self.context.workspace.channels.values()
        return tuple(sorted(one.name for one in channels if one.direction in {"in", "both"} and one.status != "suspended"))

    def close(self) -> None:
        """Let go of connections and of the store."""
        for context in (self.context, self._before):
            if context is not None:
                context.channels.close()
                context.checks.close()
        self.context.store.close()
