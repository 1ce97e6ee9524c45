"""Invoices in other formats: each is read back by the mapping that wrote it, and what is missing is what was named."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from edi import library, mapping
from edi.mapping.result import Document
from edi.web.status.export import SUFFIXES, made
from tests.web.desk import Counter
from tests.web.test_documents import plain
from tests.web.test_security import names

DEMO = Path(__file__).parents[2] / "edi/demo/erp-invoice-acme.json"


@pytest.fixture(scope="module")
def invoice() -> Document:
    outcome = mapping.load("erp-invoice").read(json.loads(DEMO.read_text()))
    assert outcome.value is not None
    return outcome.value.document


@pytest.mark.parametrize("wanted", ["ubl", "edifact"])
def test_what_is_written_reads_back_as_the_same_invoice(invoice: Document, wanted: str) -> None:
    export = made(invoice, wanted)
    assert export.data is not None
    outcome = library.documents_of(export.data)
    assert outcome.value is not None
    (back,) = outcome.value

    assert (invoice["number"], invoice["totals"]["payable"]) == (back["number"], back["totals"]["payable"])  # type: ignore[index]
    assert len(invoice["lines"]) == len(back["lines"])  # type: ignore[arg-type]
    missing = {name for name in invoice if name not in back} - {"function"}
    assert missing <= {path.partition(".")[0] for path in export.lost}


def test_json_is_the_document_itself(invoice: Document) -> None:
    export = made(invoice, "json")
    outcome = mapping.load("erp-invoice").read(json.loads(export.data or b""))

    assert () == export.lost
    assert outcome.value is not None
    assert invoice == outcome.value.document


def test_csv_has_a_row_for_each_line_and_names_what_it_leaves_out(invoice: Document) -> None:
    export = made(invoice, "csv")
    rows = list(csv.DictReader(io.StringIO((export.data or b"").decode("utf-8-sig"))))

    assert len(invoice["lines"]) == len(rows)  # type: ignore[arg-type]
    assert {str(invoice["number"])} == {row["number"] for row in rows}
    assert format(invoice["lines"][0]["net_amount"], "f") == rows[0]["lines.net_amount"]  # type: ignore[index]
    assert "allowance_charges" in export.lost


def test_t25_text_of_others_is_no_formula_and_numbers_stay_numbers(invoice: Document) -> None:
    from decimal import Decimal

    evil: Document = {**invoice, "buyer_reference": "=cmd|' /C calc'!A0", "totals": {"payable": Decimal("-5.00")}}
    (row, *_) = csv.DictReader(io.StringIO((made(evil, "csv").data or b"").decode("utf-8-sig")))

    assert row["buyer_reference"].startswith("'=")
    assert "-5.00" == row["totals.payable"]


def test_edifact_without_glns_says_why_there_is_none(invoice: Document) -> None:
    seller = {name: value for name, value in invoice["seller"].items() if name != "gln"}  # type: ignore[attr-defined]

    export = made({**invoice, "seller": seller}, "edifact")

    assert (None, "export.no_gln") == (export.data, export.why)


def test_what_a_format_cannot_say_is_named(invoice: Document) -> None:
    assert {"notes.subject", "function"} & set(made({**invoice, "function": "9"}, "ubl").lost)


def test_the_page_offers_each_format_and_the_download_is_it(busy: Counter) -> None:
    busy.house.drop("demo.json", DEMO.read_bytes(), channel="erp/in")
    busy.house.engine.run_once()
    person = busy.partner()
    name = names(person, "/documents?direction=out")[0]
    page = person.get(f"/documents/{name}/export")

    assert f"/documents/{name}/export" in person.get(f"/documents/{name}").text
    for wanted, suffix in SUFFIXES.items():
        answer = person.get(f"/documents/{name}/export/{wanted}")
        assert 200 == answer.status_code, wanted
        assert f'.{suffix}"' in answer.headers["content-disposition"]
    assert "UBL" in plain(page.text)
    assert 404 == person.get(f"/documents/{name}/export/xls").status_code
    assert 404 == busy.partner("boreal").get(f"/documents/{name}/export/csv").status_code
