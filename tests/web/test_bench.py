"""The test bench: as if it had been sent, and nothing of it stays."""

from __future__ import annotations

import pytest

from tests.engine.house import order
from tests.web.desk import Counter, boreals
from tests.web.test_documents import plain

TABLES = ("transmission", "interchange", "message", "document", "outbound", "payload", "work", "number_range")


def kept(counter: Counter) -> list[int]:
    with counter.house.engine.context.store.reading() as view:
        return [len(view.connection.exec_driver_sql(f"SELECT 1 FROM {table}").all()) for table in TABLES]


def test_a_good_file_would_be_accepted_and_nothing_is_kept(counter: Counter) -> None:
    person = counter.partner()
    csrf, before = person.csrf(), kept(counter)
    answer = person.post("/test", {"csrf": csrf}, files={"file": ("order.edi", order("4711"))})

    assert "We would accept this." in plain(answer.text)
    assert "UCI+1+4054321000009:14+4012345500004:14+7" in answer.text
    assert "Order 4711" in plain(answer.text)
    assert before == kept(counter)
    assert {} == counter.house.files("acme/out") == counter.house.files("erp/out")


def test_a_faulty_file_is_answered_with_findings_and_the_contrl_that_rejects(counter: Counter) -> None:
    person = counter.partner()
    answer = person.act("/test", {"text": order("4711").replace(b"QTY+21", b"QTY+999").decode()})

    assert "We would not accept this." in plain(answer.text)
    assert "QTY+999:48&#39;" in answer.text
    assert "UCM+1+ORDERS:D:96A:UN:EAN008+4" in answer.text


def test_a_test_interchange_may_be_tested(counter: Counter) -> None:
    answer = counter.partner().act("/test", {"text": order("4711", test=True).decode()})

    assert "We would accept this." in plain(answer.text)


@pytest.mark.parametrize("data", [b"hello", b"\x00\xff" * 50, b"UNB", b"<a/>", b"{}", b"UNB+UNOC:3+x", b"%PDF-1.4"])
def test_whatever_it_is_there_is_an_answer(counter: Counter, data: bytes) -> None:
    person = counter.partner()
    answer = person.post("/test", {"csrf": person.csrf()}, files={"file": ("x", data)})

    assert 200 == answer.status_code
    assert "We would not accept this." in plain(answer.text)


def test_somebody_elses_document_is_not_agreed_and_names_nobody(counter: Counter) -> None:
    answer = counter.partner().act("/test", {"text": boreals(order("4711")).decode()})

    assert "We would not accept this." in plain(answer.text)
    assert "boreal" not in answer.text.lower()


def test_nothing_chosen_is_said(counter: Counter) -> None:
    assert "Choose a file" in plain(counter.partner().act("/test").text)


def test_files_are_worked_out_a_few_a_minute(counter: Counter) -> None:
    person = counter.partner()

    assert [200] * 6 + [429] == [person.act("/test", {"text": "x"}).status_code for _ in range(7)]
