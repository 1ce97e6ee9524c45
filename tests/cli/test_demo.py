"""The main job, as a new user sees it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lxml import etree

from edi.formats import edifact
from tests.cli.conftest import Called, edi

Demo = tuple[Path, Called]


def written(workspace: Path, folder: str) -> list[Path]:
    return sorted((workspace / "data" / folder).iterdir())


def test_the_demo_ends_well(demo: Demo) -> None:
    assert demo[1].code == 0, demo[1].out + demo[1].err
    assert demo[1].err == ""


def test_the_order_stands_in_the_erps_folder(demo: Demo) -> None:
    (order,) = written(demo[0], "erp/incoming")
    document = json.loads(order.read_text())

    assert (document["kind"], document["number"], len(document["lines"])) == ("order", "4711", 3)


def test_the_invoice_for_acme_is_an_edifact_interchange(demo: Demo) -> None:
    invoices = [path for path in written(demo[0], "acme/outbox") if "INVOIC" in path.name]

    assert len(invoices) == 1
    (interchange,) = edifact.reader.read(invoices[0].read_bytes()).value or ()
    assert str(interchange.messages[0].identifier) == "INVOIC:D:96A:UN:EAN008"


def test_the_invoice_for_nordwind_is_a_ubl_document(demo: Demo) -> None:
    (invoice,) = written(demo[0], "nordwind/outbox")

    assert etree.QName(etree.fromstring(invoice.read_bytes())).localname == "Invoice"


def test_acme_is_told_what_became_of_both_orders(demo: Demo) -> None:
    answers = [path.read_bytes() for path in written(demo[0], "acme/outbox") if "CONTRL" in path.name]

    assert len(answers) == 2
    assert sum(b"UCM+1+ORDERS:D:96A:UN:EAN008+4" in answer for answer in answers) == 1


def test_the_fault_is_told_with_place_value_and_what_to_do(demo: Demo) -> None:
    shown = edi("-w", demo[0], "show", "M1" if "4712" in edi("-w", demo[0], "show", "M1", folder=demo[0]).out else "M2", folder=demo[0]).out

    assert "segment 10 QTY element 1 component 1" in shown
    assert "'XXL'" in shown
    assert "hint:" in shown


def test_everything_else_went_on(demo: Demo) -> None:
    listed = edi("-w", demo[0], "messages", "--json", folder=demo[0]).json["messages"]
    states = {line["number"]: line["status"]["processing"] for line in listed}

    assert states == {"4711": "done", "4712": "quarantined", "RE-2025-0815": "done", "RE-2025-0816": "done"}


def test_the_invoice_waits_for_its_contrl(demo: Demo) -> None:
    listed = edi("-w", demo[0], "acks", "--json", folder=demo[0]).json

    assert [(one["kind"], one["state"], one["number"]) for one in listed] == [("contrl", "expected", "RE-2025-0815")]


@pytest.mark.parametrize(
    "verb",
    [
        ["messages"],
        ["trace", "4711"],
        ["messages", "--held"],
        ["show", "O1"],
        ["replay", "T1", "--dry-run"],
        ["check"],
        ["explain", "M1"],
        ["transmissions"],
        ["transmissions", "--out"],
        ["acks"],
    ],
)
def test_what_the_demo_suggests_works(demo: Demo, verb: list[str]) -> None:
    called = edi("-w", demo[0], *verb, folder=demo[0])

    assert called.code == 0, called.err
    assert called.out.strip()


def test_a_second_demo_leaves_the_first_alone(demo: Demo) -> None:
    before = sorted(path for path in demo[0].rglob("*") if path.is_file())
    again = edi("demo", demo[0].name, folder=demo[0].parent)

    assert again.code == 0
    assert "w-2" in again.out
    assert sorted(path for path in demo[0].rglob("*") if path.is_file()) == before
