"""What the page asks the store: by indexes alone, so that it stays fast however much is kept, and alike in both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event

from edi.store.links import Scope
from edi.store.partner_entries import Wanted
from edi.store.partner_view import PartnerView
from edi.web.status import letters
from tests.engine.house import order
from tests.web.desk import Counter
from tests.web.people import Crowd
from tests.web.test_documents import plain
from tests.web.test_intake import certificate, hand_in
from tests.web.test_ops import Desk
from tests.web.test_security import names

QUESTIONS = (
    Wanted(),
    Wanted(number="4711"),
    Wanted(number="47*"),
    Wanted(kind="invoice"),
    Wanted(direction="in", since="2026-01-01", until="2027-01-01"),
)


@pytest.mark.sqlite
@pytest.mark.parametrize("wanted", QUESTIONS, ids=str)
@pytest.mark.parametrize(
    "after", [None, ("2026-11-24T09:14:00.000000Z", "M3"), ("2026-11-24T09:14:00.000000Z", "O3")], ids=["first", "M", "O"]
)
def test_no_question_reads_a_whole_table(busy: Counter, wanted: Wanted, after: tuple[str, str] | None) -> None:
    store, asked = busy.house.engine.context.store, []

    def listen(_connection: object, _cursor: object, statement: str, parameters: object, _context: object, _many: bool) -> None:
        asked.append((statement, parameters))

    with store.reading() as view:
        event.listen(view.connection, "before_cursor_execute", listen)
        found = PartnerView(view, Scope(partner="acme"), ["acme-in"])
        found.page(wanted, after=after)
        found.thread("4711")
        for name in ("M1", "O2", "T1"):
            found.detail(name)
        event.remove(view.connection, "before_cursor_execute", listen)
        cursor = view.connection.connection.cursor()
        plans = [
            row[3] for query, values in asked if query.startswith("SELECT") for row in cursor.execute(f"EXPLAIN QUERY PLAN {query}", values)
        ]

    scanned = [plan for plan in plans if plan.startswith("SCAN") and not plan.startswith(("SCAN anon", "SCAN (", "SCAN CONSTANT"))]
    assert 10 < len(plans)
    assert [] == scanned


@pytest.fixture
def on_postgresql(tmp_path: Path, postgres_url: str) -> Iterator[Counter]:
    """A status page over PostgreSQL."""
    made = Counter(tmp_path, sign_in_rate=1_000, database=postgres_url)
    made.work()
    yield made
    made.close()


@pytest.mark.server
def test_people_letters_and_the_operators_page_work_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    crowd = Crowd(tmp_path, sign_in_rate=1_000, database=postgres_url)
    letters.look(crowd.house.engine.context, crowd.settings)
    crowd.work()
    kiel, bonn, sabine = (crowd.user(f"{one}@acme.example") for one in ("kiel", "bonn", "sabine"))
    seen = names(kiel), len(names(bonn))
    told = letters.look(crowd.house.engine.context, crowd.settings), letters.look(crowd.house.engine.context, crowd.settings)
    said = hand_in(sabine, "/upload", order("4799", reference="U1")), hand_in(sabine, "/certificate", certificate()[0])
    page = Desk(crowd)
    overview, item = page.ask(), page.ask(path="/items/M2")
    done = page.act("/items/T3/act", verb="discard", why="sent by mistake")
    events = crowd.audited()
    verified = crowd.house.engine.context.store.verify()
    crowd.close()

    assert ([], 2) == seen
    assert (1, 0) == told
    assert "We have the file." in said[0]
    assert "activated it" in said[1]
    assert (200, 200) == (overview.status_code, item.status_code)
    assert "discard: done." in done.text
    assert ("partner:acme:sabine@acme.example", "acme", "page_list_looked_at") in events
    assert () == verified


@pytest.mark.server
def test_the_page_is_the_same_on_postgresql(on_postgresql: Counter) -> None:
    acme, boreal = on_postgresql.partner("acme"), on_postgresql.partner("boreal")

    assert 4 == len(names(acme))
    assert 2 == len(names(boreal))
    assert 2 == len(names(acme, "/documents?number=471*"))
    assert 1 == len(names(acme, "/documents?number=A1"))
    assert [] == names(acme, "/documents?number=8811")
    assert names(acme)[1:] == names(acme, f"/documents?after=2026-11-24T09:14:00.000000Z~{names(acme)[0]}")
    assert "Everything" not in plain(boreal.get("/documents").text)
    assert 200 == acme.get("/order?number=4711").status_code
    assert 404 == boreal.get("/order?number=4711").status_code
    for name in names(acme):
        assert 200 == acme.get(f"/documents/{name}").status_code
        assert 404 == boreal.get(f"/documents/{name}").status_code
    acme.act("/out")
    assert 403 == acme.get().status_code
