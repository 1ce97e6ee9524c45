"""Every question is answered by an index: SQLite is asked how it would read each statement, on a store it knows no statistics of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from edi.engine import alerts, causes, outbound, reports
from edi.engine.ports import Report
from edi.engine.states import HELD, Machine
from edi.store import flow, overview, partner_view, queries, retention, selection
from edi.store.links import Scope
from edi.store.partner_entries import Wanted
from edi.store.queries import Filter
from edi.store.store import Reading, Store
from tests.engine.house import NOW, House, order

LARGE = "transmission|interchange|message|document|outbound|attempt|acknowledgement_expected|payload|audit_event|document_order"
IN_ORDER = ("received_id", "made_id", "expected_deadline")
"""Ends of indexes that may be walked: by a list from its first row on, and over what failed alone."""
FAILED = "fingerprint IS NOT NULL"
BY_KEY = re.compile(r"\b(message|outbound|transmission)\.id IN \(\?")
"""Rows whose keys are known: found by them, not among all that are like them otherwise."""
FINISHED = {"accepted", "delivered", "acknowledged", "settled"}
"""States that nearly all rows are in: no index of states helps there."""
FEW = "ORDER BY outbound.due"
"""What awaits a receipt that is late: so few that they may be sorted."""
ONE_EVENT = "ORDER BY audit_event.seq"
"""Read from one of its ends, and one of them."""

pytestmark = pytest.mark.sqlite


@contextmanager
def recorded(store: Store) -> Iterator[list[tuple[str, Any]]]:
    """What is said to the database meanwhile."""
    said: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
            said.append((statement, parameters[0] if many else parameters))

    event.listen(store._engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(store._engine, "before_cursor_execute", note)


def slow(store: Store, said: list[tuple[str, Any]]) -> list[str]:
    """Statements that would read a large table, or sort more of one than they show."""
    found = []
    with store.reading() as view:
        for statement, parameters in dict.fromkeys(said):
            steps = [row[3] for row in view.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            walked = IN_ORDER if "LIMIT" in statement or FAILED in statement else ()
            whole = [step for step in steps if re.match(rf"SCAN ({LARGE})\b", step) and not step.endswith(walked)]
            some = any(word in statement for word in (FEW, "GROUP BY")) or re.search(
                "INTEGER PRIMARY KEY|UNIQUE", steps[0] if steps else ""
            )
            sorts = "USE TEMP B-TREE FOR ORDER BY" in steps and "LIMIT" in statement and not some
            if ONE_EVENT in statement and "LIMIT" in statement:
                continue
            state = (
                any("_state_" in step and "(state=" in step for step in steps)
                and "LIMIT" not in statement
                and FINISHED.intersection(parameters)
            )
            keyed = BY_KEY.search(statement)
            past = keyed and not any(re.match(rf"SEARCH {keyed[1]} USING (INTEGER PRIMARY KEY|.* \(effect=)", step) for step in steps)
            if whole or sorts or state or past:
                found.append(f"{statement}\n  " + "\n  ".join(steps))
    return found


def filters(what: str) -> list[Filter]:
    """Every combination of conditions a list may have."""
    partners, kinds = (None, "acme"), (None, "order") if what != "transmission" else (None,)
    states = (None, sorted(HELD[Machine(what)]))
    days = ((None, None), ("2026-01-01", None), (None, "2026-01-01"))
    made = [
        Filter(partner=partner, kind=kind, states=state, since=since, until=until)
        for partner, kind, state, (since, until) in product(partners, kinds, states, days)
    ]
    numbers = [Filter(number=number, partner=partner) for number in ("47", "47*") for partner in partners]
    return [*made, *numbers, Filter(channel="acme-in"), Filter(channel="acme-in", since="2026-01-01"), Filter(fingerprint="x")]


LISTS: dict[str, Callable[..., object]] = {
    "message": queries.messages,
    "outbound": queries.outbounds,
    "transmission": queries.transmissions,
}


@pytest.mark.parametrize("what", LISTS)
def test_lists_read_no_more_than_they_show(store: Store, what: str) -> None:
    with recorded(store) as said, store.reading() as view:
        for wanted in filters(what):
            LISTS[what](view, wanted)
            LISTS[what](view, wanted, before=17)

    assert [] == slow(store, said)


def overviews(view: Reading) -> None:
    overview.counts(view)
    overview.failures(view)
    overview.oldest(view)
    flow.hours(view, NOW)
    queries.acknowledgements(view)
    queries.acknowledgements(view, states={"overdue", "rejected"})
    queries.acknowledgements(view, partner="acme")
    queries.message_detail(view, 1)
    queries.outbound_of(view, 1)
    queries.attempts(view, 1)
    selection.of_cause(view, "x")
    states = {name: HELD[Machine(name)] for name in ("message", "transmission", "outbound")}
    selection.held(
        view, {"partner": "acme"}, messages=states["message"], transmissions=states["transmission"], outbounds=states["outbound"]
    )


def pages(view: Reading) -> None:
    page = partner_view.PartnerView(view, Scope(partner="acme"), ["acme-in"])
    for number, kind, since in product(("", "47", "47*"), ("", "order"), ("", "2026-01-01")):
        page.page(Wanted(number=number, kind=kind, since=since))
        page.page(Wanted(number=number, kind=kind, since=since), after=("2026-01-01", "M5"))
    page.thread("47")
    for name in ("M1", "O1", "T1"):
        page.detail(name)


@pytest.mark.parametrize("ask", [overviews, pages])
def test_overviews_and_pages_read_no_whole_table(store: Store, ask: Callable[[Reading], None]) -> None:
    with recorded(store) as said, store.reading() as view:
        ask(view)

    assert [] == slow(store, said)


def test_pages_of_what_is_there_find_it_by_its_keys(tmp_path: Path) -> None:
    house = House(tmp_path, contrl="always")
    for number in range(20):  # so many keys at once that another index would look cheaper
        house.drop(f"{number}.edi", order(f"47{number}", reference=str(number)))
    house.engine.run_once()
    with recorded(house.engine.context.store) as said, house.engine.context.store.reading() as view:
        overviews(view)
        pages(view)
        queries.messages(view)

    assert [] == slow(house.engine.context.store, said)


def test_what_is_done_again_and_again_reads_no_whole_table(tmp_path: Path) -> None:
    house = House(tmp_path)
    context = house.engine.context
    retention.expire(context.store, actor="test", now=NOW, periods=retention.Periods(default=1))  # new periods look at everything, once
    with recorded(context.store) as said:
        house.drop("a.edi", order("4711"))
        house.engine.run_once()
        house.engine.process()
        house.engine.tick()
        outbound.sweep(context)
        alerts.look(context)
        reports.settle(context, Report(about="<1@us>", failed=True, text="no such mailbox", raw=b"x"))
        retention.expire(context.store, actor="test", now=NOW, periods=retention.Periods(default=1))
        with context.store.reading() as view:
            causes.causes(context.workspace, view, NOW)

    assert [] == slow(context.store, said)
