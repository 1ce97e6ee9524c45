"""One document walks through: received, kept, translated, delivered; and what it leaves behind."""

from __future__ import annotations

import json

from tests.engine.house import House, invoice, order


def test_an_order_becomes_a_file_for_the_erp(house: House) -> None:
    house.drop("ORD4711.edi", order())

    report = house.engine.run_once()

    assert (report.received, report.processed, report.delivered, report.problems) == (1, 1, 1, [])
    assert list(house.files("erp/out")) == ["order_acme_4711.json"]
    assert json.loads(house.files("erp/out")["order_acme_4711.json"])["number"] == "4711"
    assert house.files("acme/in") == {}
    assert house.engine.context.store.verify() == ()


def test_an_invoice_of_ours_becomes_an_interchange_with_the_next_control_reference(house: House) -> None:
    house.drop("1.json", invoice("R-1"), channel="erp/in")
    house.drop("2.json", invoice("R-2"), channel="erp/in")

    report = house.engine.run_once()

    assert report.problems == []
    sent = house.files("acme/out")
    assert list(sent) == ["INVOIC_1.edi", "INVOIC_2.edi"]
    assert b"UNB+UNOC:3+4012345500004:14+4054321000009:14+261124:1014+1'" in sent["INVOIC_1.edi"]
