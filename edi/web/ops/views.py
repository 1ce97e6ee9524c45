"""What the operators' page shows: counts, queues, failures by cause, what is held, overdue or silent, and one row with all that happened to it."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from typing import Any, Final

from edi.engine import status
from edi.engine.context import Context
from edi.engine.outbound import is_on_hold
from edi.engine.silence import silences
from edi.engine.states import HELD, Machine
from edi.store import flow, overview, queries, trace
from edi.store.store import Reading
from edi.store.tables import acknowledgement_expected
from edi.web.ops.charts import Chart, chart
from edi.web.pages.site import Reader

ROWS_MAX: Final = 25
NAME: Final = re.compile(r"[TIMDOA]\d{1,18}")
FIGURES_SECONDS: Final = 15.0
"""Counts and charts of a large store are not made anew for every look."""
NOT_SENT: Final = frozenset({"ready", "retry_wait", "unknown", "failed", "rejected", "held"})


class Views:
    """Asks the store for whole pages."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.reader = Reader(language="en", timezone=context.workspace.us.timezone)
        self._figures: tuple[float, dict[str, Any]] | None = None
        self._lock = threading.Lock()

    def overview(self) -> dict[str, Any]:
        """Everything that waits, and the last day in figures."""
        workspace, now = self._context.workspace, self._context.clock.now()
        figures = self._fresh_figures()
        with self._context.store.reading() as view:
            newest = queries.messages(view, count_max=ROWS_MAX)
            return {
                **figures,
                "on_hold": is_on_hold(view),
                "held": queries.messages(view, queries.Filter(states=HELD[Machine.MESSAGE] | {"invalid"}), count_max=ROWS_MAX),
                "files": queries.transmissions(view, queries.Filter(states=HELD[Machine.TRANSMISSION]), count_max=ROWS_MAX),
                "waiting": queries.outbounds(view, queries.Filter(states=NOT_SENT), count_max=ROWS_MAX),
                "overdue": queries.acknowledgements(view, states={"overdue"}, count_max=ROWS_MAX),
                "silent": silences(workspace, view, now)[:ROWS_MAX],
                "newest": [(line, status.of_message(line)) for line in newest],
            }

    def _fresh_figures(self) -> dict[str, Any]:
        """Counts, queues, causes and charts, at most `FIGURES_SECONDS` old; one thread makes them, the others wait for it."""
        with self._lock:
            now = self._context.clock.monotonic()
            if self._figures is None or not 0 <= now - self._figures[0] < FIGURES_SECONDS:
                with self._context.store.reading() as view:
                    self._figures = (now, self._made_figures(view))
            return self._figures[1]

    def _made_figures(self, view: Reading) -> dict[str, Any]:
        counts = overview.counts(view)
        return {
            "counts": counts,
            "shown": overview.shown,
            "people": sum(counts[name].get(state, 0) for name in counts for state in HELD.get(Machine(name), frozenset())),
            "queues": sorted(overview.oldest(view).items()),
            "failures": overview.failures(view, count_max=ROWS_MAX),
            "charts": self._charts(view),
        }

    def _charts(self, view: Reading) -> tuple[Chart, ...]:
        hours = flow.hours(view, self._context.clock.now())
        labels = [self.reader.moment(one.begins)[11:] for one in hours]
        through = chart(
            key="throughput", title="Throughput", unit="an hour", series=("received", "sent"), labels=labels,
            values=[(one.received, one.sent) for one in hours],
        )  # fmt: skip
        waited = chart(
            key="latency", title="Seconds from made to arrived", unit="seconds", series=("half took at most", "95 of 100 took at most"),
            labels=labels, values=[one.waited or (None, None) for one in hours],
        )  # fmt: skip
        return through, waited

    def item(self, name: str) -> Mapping[str, Any] | None:
        """One row with what hangs on it; None if there is none."""
        with self._context.store.reading() as view:
            steps = trace.branch(view, name) if name[0] != "A" else ()
            state = steps[0].state if steps else _acknowledgement_state(view, name)
            ids = trace.find(view, name)
            chain = trace.chain(view, ids[0]) if ids else None
        if state is None:
            return None
        events = [one for one in (chain.events if chain else ()) if one.subject in {name, *(step.name for step in steps)}]
        return {"name": name, "state": state, "steps": steps, "events": events[-200:], "around": chain.steps if chain else ()}

    def find(self, wanted: str) -> tuple[str, ...]:
        """Names of rows with this name, number or reference."""
        with self._context.store.reading() as view:
            if NAME.fullmatch(wanted.upper()) and trace.find(view, wanted.upper()):
                return (wanted.upper(),)
            return tuple(f"T{one}" for one in trace.find(view, wanted))[:ROWS_MAX]


def _acknowledgement_state(view: Reading, name: str) -> str | None:
    if name[0] != "A":
        return None
    table = acknowledgement_expected
    row = view.connection.execute(table.select().where(table.c.id == int(name[1:]))).one_or_none()
    return None if row is None else str(row.state)
