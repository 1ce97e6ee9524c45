"""Figures for Prometheus, read from the store when they are asked for: numbers and names of the operator's own files, nothing of documents."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select

import edi
from edi.engine import outbound, poll_troubles
from edi.engine.engine import Engine
from edi.store import audit, overview
from edi.store.notices import alert, notice
from edi.store.store import Reading, moment
from edi.store.tables import circuit
from edi.workspace.notices import TOPICS


def text(engine: Engine) -> bytes:
    """All figures in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Figures(engine))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


class _Figures(Collector):
    """One view of the store gives all of them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def describe(self) -> Iterable[Metric]:
        """Nothing before it is asked: registering would read the store."""
        return ()

    def collect(self) -> Iterator[Metric]:
        context = self._engine.context
        now = context.clock.now()
        yield _labelled("edi_info", "Always 1; which program this is.", "version", {edi.__version__: 1})
        with context.store.reading() as view:
            yield from _states(view)
            yield from _queues(view, now)
            yield from _channels(self._engine, view)
            yield from _telling(view, now)
            head = audit.head(view.connection)
            held = outbound.is_on_hold(view)
        yield CounterMetricFamily("edi_audit_entries", "Entries of the audit trail: every change of state is one.", value=head.size)
        yield _plain("edi_outbox_on_hold", "1 while nothing leaves until the operator releases it.", int(held))
        usage = shutil.disk_usage(context.store.folder)
        yield _plain("edi_disk_free_bytes", "Free on the disk that holds the store.", usage.free)
        yield _plain("edi_disk_size_bytes", "Size of the disk that holds the store.", usage.total)
        if self._engine.pulse.started is not None:
            up = context.clock.monotonic() - self._engine.pulse.started
            yield _plain("edi_up_seconds", "Since the daemon began to work.", up)


def _plain(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(name, what, value=value)


def _labelled(name: str, what: str, label: str, values: dict[str, float]) -> Metric:
    family = GaugeMetricFamily(name, what, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def _states(view: Reading) -> Iterator[Metric]:
    family = GaugeMetricFamily(
        "edi_rows",
        f"Transmissions, messages, outputs and acknowledgements by state; {overview.COUNT_MAX} means so many or more.",
        labels=["what", "state"],
    )
    for what, states in sorted(overview.counts(view).items()):
        for state, count in sorted(states.items()):
            family.add_metric([what, state], count)
    yield family


def _queues(view: Reading, now: datetime) -> Iterator[Metric]:
    waiting = GaugeMetricFamily("edi_work_waiting", "Work that waits, by kind and channel.", labels=["work", "channel"])
    oldest = GaugeMetricFamily("edi_work_oldest_seconds", "How long the oldest of it is due; below 0: not yet.", labels=["work", "channel"])
    for lane, (count, due) in sorted(overview.oldest(view).items()):
        labels = lane.split(" ", 1)
        waiting.add_metric(labels, count)
        oldest.add_metric(labels, (now - datetime.fromisoformat(due)).total_seconds())
    yield from (waiting, oldest)


def _channels(engine: Engine, view: Reading) -> Iterator[Metric]:
    """Every channel of the workspace, so that a line that is missing means something."""
    context = engine.context
    rows = {row.channel: row for row in view.connection.execute(select(circuit))}
    failing = {one.channel: one.times for one in poll_troubles.troubles(view)}
    sending = [one.name for one in context.workspace.channels.values() if one.direction in {"out", "both"}]
    open_ones = {name: float(name in rows and rows[name].state != "closed") for name in sending}
    yield _labelled("edi_channel_circuit_open", "1 while a channel's other side does not answer.", "channel", open_ones)
    polls = {name: float(failing.get(name, 0)) for name in engine.polled()}
    yield _labelled("edi_channel_polls_failed", "Looks at a channel that failed, in a row.", "channel", polls)


def _telling(view: Reading, now: datetime) -> Iterator[Metric]:
    query = select(alert.c.topic, func.count()).where(alert.c.gone.is_(None)).group_by(alert.c.topic)
    causes: dict[str, float] = dict.fromkeys(TOPICS, 0.0) | {row[0]: float(row[1]) for row in view.connection.execute(query)}
    yield _labelled("edi_causes", "Causes that need the operator, by topic; edi alerts list names them.", "topic", causes)
    late = select(func.count()).select_from(notice).where(notice.c.due <= moment(now))
    yield _plain(
        "edi_letters_waiting", "Mails and webhook calls that are due and not taken yet.", view.connection.execute(late).scalar_one()
    )
