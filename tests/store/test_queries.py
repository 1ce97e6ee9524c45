"""Questions to the store: filters, pages, prefixes, groups of failures, the chain of a document."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edi.store import overview, queries, trace
from edi.store.queries import Filter
from tests.engine.house import House, invoice, order


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Six orders, two of which failed alike, and an invoice."""
    house = House(Path(tmp_path_factory.mktemp("worked")), contrl="always")
    for number in range(1, 5):
        house.drop(f"{number}.edi", order(f"47{number}", reference=str(number)))
    house.drop("r.json", invoice("R-1"), channel="erp/in")
    house.engine.run_once()
    for number in range(5, 7):
        house.drop(f"{number}.edi", order(f"48{number}", reference=str(number)).replace(b"LIN+1", b"XYZ+1"))
    house.engine.run_once()
    yield house
    house.engine.close()


def numbers(house: House, wanted: Filter, **more: int) -> list[str | None]:
    with house.engine.context.store.reading() as view:
        return sorted(line.number or "" for line in queries.messages(view, wanted, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Filter(kind="invoice"), ["R-1"]),
        (Filter(number="472"), ["472"]),
        (Filter(number="47*"), ["471", "472", "473", "474"]),
        (Filter(number="47"), []),
        (Filter(states={"invalid"}), ["485", "486"]),
        (Filter(channel="erp-in"), ["R-1"]),
        (Filter(partner="nobody"), []),
        (Filter(since="2026-11-25"), []),
        (Filter(until="2026-11-24"), []),
        (Filter(since="2026-11-24", until="2026-11-25", kind="invoice", partner="acme"), ["R-1"]),
    ],
)
def test_messages_are_found_by_what_people_know(worked: House, wanted: Filter, found: list[str]) -> None:
    assert found == numbers(worked, wanted)


def test_pages_follow_each_other_without_gap(worked: House) -> None:
    with worked.engine.context.store.reading() as view:
        first = queries.messages(view, count_max=4)
        second = queries.messages(view, count_max=4, before=int(first[-1].name[1:]))

    assert 7 == len({line.name for line in (*first, *second)})


def test_failures_of_one_cause_are_one_line(worked: House) -> None:
    with worked.engine.context.store.reading() as view:
        [group] = overview.failures(view)

    assert 2 == group.count


def test_counts_say_how_many_rows_are_in_each_state(worked: House) -> None:
    with worked.engine.context.store.reading() as view:
        found = overview.counts(view)

    assert {"delivered": 5, "invalid": 2} == found["message"]
    assert {"expected": 1} == found["acknowledgement"]


@pytest.mark.parametrize("wanted", ["T1", "I1", "M1", "O1"])
def test_a_chain_is_found_by_the_name_of_any_of_its_links(worked: House, wanted: str) -> None:
    with worked.engine.context.store.reading() as view:
        [found] = trace.find(view, wanted)
        chain = trace.chain(view, found)

    assert chain is not None
    assert {"transmission", "interchange", "message"} <= {step.what for step in chain.steps}


def test_a_chain_tells_everything_from_the_file_to_the_answer(worked: House) -> None:
    with worked.engine.context.store.reading() as view:
        [found] = trace.find(view, "472")
        chain = trace.chain(view, found)
        assert chain is not None
        payloads = [view.payload(step.payload_sha256) for step in chain.steps if step.payload_sha256]

    assert ["transmission", "interchange", "answer", "message", "document", "output"] == [step.what for step in chain.steps]
    assert order("472", reference="2") in payloads
    assert [event.at for event in chain.events] == sorted(event.at for event in chain.events)


def test_nothing_is_found_by_a_number_nobody_has(worked: House) -> None:
    with worked.engine.context.store.reading() as view:
        assert () == trace.find(view, "4711-unknown")
        assert trace.chain(view, 999) is None
