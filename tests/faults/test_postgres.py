"""PostgreSQL fails under us: connections cut, server killed, deadlocks, pools used up. Nothing half-done, nothing twice (F-D06 to F-D09)."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, func, select, text

from edi.engine.collisions import again
from edi.engine.ports import Offer
from edi.errors import StoreError
from edi.store import audit
from edi.store.store import CollisionError, Store
from edi.store.tables import fact, transmission
from tests.engine.house import House, order
from tests.engine.look import states
from tests.servers.postgres import Postgres, postgres
from tests.servers.proxy import Fault, proxy

pytestmark = pytest.mark.server
NOW = datetime(2026, 11, 24, 9, 14, tzinfo=UTC)


@pytest.fixture
def shared(tmp_path: Path, postgres_url: str) -> Iterator[House]:
    made = House(tmp_path, url=postgres_url, contrl="always")
    yield made
    made.engine.close()


def cut_all(url: str) -> None:
    """Terminate every other connection to the database, as an administrator or a fail-over does."""
    engine = create_engine(url)
    with engine.begin() as connection:
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))
    engine.dispose()


def test_f_d06_a_connection_cut_in_a_transaction_leaves_nothing_and_the_next_one_works(tmp_path: Path, postgres_url: str) -> None:
    store = Store(tmp_path, postgres_url)
    with pytest.raises(StoreError, match="could not be written"), store.writing("test", NOW) as transaction:  # noqa: PT012
        digest = transaction.keep(b"never")
        transaction.audit("T1", "received")
        transaction.connection.execute(select(func.now()))
        cut_all(postgres_url)

    with store.writing("test", NOW) as transaction:
        transaction.audit("T2", "received")
    with store.reading() as view:
        assert ["T2"] == [entry.event.subject for entry in audit.entries(view.connection)]
        with pytest.raises(StoreError, match="ever kept"):
            view.payload(digest)
    store.close()


@pytest.mark.parametrize("statement", range(1, 26, 4))
def test_f_d06_cut_at_any_statement_of_a_pass_each_order_is_there_once(shared: House, postgres_url: str, statement: int) -> None:
    """The connection is gone before the n-th statement; the engine ends (P3), is started again, and ends as if nothing had happened."""
    for number in ("4711", "4712"):
        shared.drop(f"{number}.edi", order(number, reference=number))
    seen = 0

    def cut(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == statement:
            cut_all(postgres_url)

    event.listen(shared.engine.context.store._engine, "before_cursor_execute", cut)
    with contextlib.suppress(StoreError):
        shared.engine.run_once()
    assert seen >= statement
    shared.engine.close()
    shared.again()
    for _ in range(2):
        shared.engine.run_once()
        shared.clock.forward(minutes=2)

    assert ["delivered"] * 2 == states(shared, "message")
    assert 2 == len(shared.files("erp/out"))
    assert 2 == len(shared.files("acme/out"))
    assert {} == shared.files("acme/in")
    assert () == shared.engine.context.store.verify()


def test_f_d06_an_answer_to_commit_that_is_lost_is_found_by_its_key(tmp_path: Path, postgres_server: Postgres) -> None:
    """Whether it was committed nobody knows: the offer is made again, and has one effect either way."""
    name = postgres_server.new_database().rpartition("/")[2]
    with proxy(postgres_server.port) as between:
        house = House(tmp_path, url=f"postgresql+psycopg://edi@127.0.0.1:{between.port}/{name}")
        offer = Offer(transport_id="<1@acme>", filename="1.edi", size=None)

        def lose(connection: object) -> None:
            between.fault = Fault("to_client", 0)

        event.listen(house.engine.context.store._engine, "commit", lose)
        with pytest.raises(StoreError):
            house.engine.receive("acme-in", offer, order(), response=b"MDN")
        event.remove(house.engine.context.store._engine, "commit", lose)
        between.fault = None
        offered_again = house.engine.receive("acme-in", offer, order(), response=b"another MDN")
        house.engine.run_once()

        assert not offered_again.first, "it had been committed"
        assert b"MDN" == offered_again.response
        assert ["delivered"] == states(house, "message")
        house.engine.close()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGQUIT])
def test_f_d07_a_server_killed_under_load_comes_back_with_everything_once(tmp_path: Path, number: signal.Signals) -> None:
    """kill -9, and the immediate stop that SIGQUIT asks for."""
    with postgres() as server:
        house = House(tmp_path, url=server.new_database(), contrl="always")
        for one in range(1, 21):
            house.drop(f"{one}.edi", order(f"N{one}", reference=str(one)))
        seen = 0

        def kill(*_: object) -> None:
            nonlocal seen
            seen += 1
            if seen == 60:
                server.process.signal(number)
                time.sleep(0.2)

        event.listen(house.engine.context.store._engine, "before_cursor_execute", kill)
        with pytest.raises(StoreError):
            house.engine.run_once()
        house.engine.close()
        server.process.stop(remove=False)
        server.restart()
        house.again()
        for _ in range(3):
            house.engine.run_once()
            house.clock.forward(minutes=2)

        assert ["delivered"] * 20 == states(house, "message")
        assert 20 == len(house.files("erp/out"))
        assert 20 == len(house.files("acme/out"))
        assert () == house.engine.context.store.verify()
        house.engine.close()


def test_f_d08_of_two_that_block_each_other_one_is_done_again_and_both_have_their_effect(tmp_path: Path, postgres_url: str) -> None:
    store = Store(tmp_path, postgres_url)
    with store.writing("test", NOW) as transaction:
        transaction.connection.execute(fact.insert(), [{"name": "a", "value": "0"}, {"name": "b", "value": "0"}])
    both_hold_one = threading.Barrier(2, timeout=20)
    tries = []

    def change(first: str, second: str) -> None:
        tries.append(first)
        with store.writing("test", NOW) as transaction:
            raised = "UPDATE fact SET value = (value::int + 1)::text WHERE name = :name"
            transaction.connection.execute(text(raised), {"name": first})
            if tries.count(first) == 1:
                both_hold_one.wait()
            transaction.connection.execute(text(raised), {"name": second})
            transaction.audit(first, "changed")

    threads = [threading.Thread(target=again, args=(lambda pair=pair: change(*pair),)) for pair in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert len(tries) >= 3
    with store.reading() as view:
        assert ["2", "2"] == list(view.connection.execute(select(fact.c.value).order_by(fact.c.name)).scalars())
        assert 2 == audit.head(view.connection).size
    store.close()


def test_f_d08_what_always_collides_is_given_up_and_said(tmp_path: Path) -> None:
    tries = []

    def collide() -> None:
        tries.append(1)
        raise CollisionError("always")

    with pytest.raises(CollisionError):
        again(collide)
    assert 5 == len(tries)


def test_f_d09_when_the_server_has_no_connection_left_it_is_said_and_nothing_hangs(tmp_path: Path) -> None:
    with postgres(max_connections="5", superuser_reserved_connections="0") as server:
        url = server.new_database()
        store = Store(tmp_path, url)
        store.close()
        held = [create_engine(url).connect() for _ in range(5)]
        begun = time.monotonic()
        with pytest.raises(StoreError, match=r"too many clients|remaining connection slots"), store.reading():
            pass
        assert time.monotonic() - begun < 10
        for connection in held:
            connection.close()
            connection.engine.dispose()
        with store.writing("test", NOW) as transaction:
            transaction.audit("T1", "received")
        store.close()


def test_f_d09_a_transaction_that_the_server_ended_for_idling_leaves_nothing(tmp_path: Path, postgres_url: str) -> None:
    store = Store(tmp_path, postgres_url)
    with pytest.raises(StoreError), store.writing("test", NOW) as transaction:  # noqa: PT012
        transaction.connection.execute(text("SET idle_in_transaction_session_timeout = 100"))
        transaction.audit("T1", "received")
        time.sleep(0.4)
    with pytest.raises(StoreError), store.writing("test", NOW) as transaction:  # noqa: PT012
        transaction.connection.execute(text("SET LOCAL statement_timeout = 50"))
        transaction.connection.execute(text("SELECT pg_sleep(2)"))
    with store.reading() as view:
        assert 0 == audit.head(view.connection).size
        assert 0 == view.connection.execute(select(func.count()).select_from(transmission)).scalar_one()
    store.close()


def test_f_a12_a_database_that_only_reads_takes_nothing(tmp_path: Path, postgres_url: str) -> None:
    house = House(tmp_path, url=postgres_url)
    name = postgres_url.rpartition("/")[2]
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
    engine.dispose()
    cut_all(postgres_url)
    house.drop("1.edi", order())

    with pytest.raises(StoreError, match="read-only"):
        house.engine.run_once()
    assert ["1.edi"] == list(house.files("acme/in"))
    house.engine.close()
