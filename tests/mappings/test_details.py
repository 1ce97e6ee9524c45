"""Details of the shipped mappings that practice asks for, each by the wire."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from edi import mapping
from edi.formats.edifact.syntax import Segment
from edi.mapping.spoke_edifact import WIRE, EdifactSide, texts_of

Document = dict[str, Any]
D = Decimal


def read(name: str, wire: str, release: str | None = None) -> Document:
    """The document of a message's body; nothing of it may be left over."""
    spoke = mapping.load(name)
    assert isinstance(spoke.side, EdifactSide)
    segments = [Segment.found(text.encode(), WIRE, number=0, offset=0) for text in "".join(wire.split("\n")).split("'") if text.strip()]
    reading = spoke.read(spoke.side.tree(segments, spoke.side.release_for(release)), trace=True, release=release).value
    assert reading is not None
    assert [one.segment for one in reading.unmapped] == []
    return reading.document


def segments(name: str, document: Document, release: str | None = None) -> list[str]:
    outcome = mapping.load(name).write(document, release=release)
    assert outcome.value is not None
    assert [str(one) for one in outcome.findings if one.is_error and one.code != "mapping.required"] == []
    return texts_of(outcome.value.output)  # type: ignore[arg-type]


def xml(name: str, document: Document) -> str:
    outcome = mapping.load(name).write(document)
    assert outcome.value is not None
    return outcome.value.output.decode()  # type: ignore[union-attr]


LINE = "BGM+351+L1'DTM+137:20251124:102'CPS+1'LIN+1++4000862141404:EN'QTY+12:10:PCE'"


def test_several_marks_of_a_line_are_one_instance() -> None:
    line = read("desadv-eancom", LINE + "PCI+17'DTM+361:20260930:102'PCI+36E'GIN+BX+L77'GIN+BN+S1+S2'")["lines"][0]

    assert [{"best_before": "2026-09-30", "lot": "L77", "serials": ["S1", "S2"]}] == line["instances"]


def test_marks_with_quantities_are_instances_of_their_own() -> None:
    line = read("desadv-eancom", LINE + "PCI+36E'QTY+12:6'GIN+BX+L77'PCI+36E'QTY+12:4'GIN+BX+L78'")["lines"][0]

    assert [{"quantity": D(6), "lot": "L77"}, {"quantity": D(4), "lot": "L78"}] == line["instances"]


def test_serial_numbers_stand_with_the_goods() -> None:
    document = {
        "number": "L1",
        "issue_date": "2025-11-24",
        "lines": [{"id": "1", "quantity": D(2), "instances": [{"serials": ["S1", "S2"]}]}],
    }

    assert "GIN+BN+S1+S2" in segments("desadv-eancom", document)


def test_a_production_date_beside_the_marks_is_read() -> None:
    assert [{"produced": "2025-11-01"}] == read("desadv-eancom", LINE + "DTM+94:20251101:102'")["lines"][0]["instances"]


@pytest.mark.parametrize(("is_charge", "expected"), [(False, "MOA+204:10"), (True, "MOA+23:10")])
def test_en_16931_tells_allowances_and_charges_apart(is_charge: bool, expected: str) -> None:
    document = {"allowance_charges": [{"is_charge": is_charge, "amount": D(10)}]}
    written = segments("invoic-en16931", document)

    assert expected in written
    assert [{"is_charge": is_charge, "amount": D(10)}] == read("invoic-en16931", "'".join(written))["allowance_charges"]


TAXES: Document = {
    "currency": "EUR",
    "totals": {"tax": D(21), "payable": D(121)},
    "tax_breakdown": [
        {"category": "S", "rate": D(19), "taxable": D(100), "amount": D(19)},
        {"type": "ENV", "category": "S", "rate": D(2), "taxable": D(100), "amount": D(2)},
    ],
}


def test_a_tax_that_is_no_vat_keeps_its_kind_in_edifact() -> None:
    written = segments("invoic-eancom", TAXES)

    assert ["TAX+7+VAT+++:::19+S", "TAX+7+ENV+++:::2+S"] == sorted((one for one in written if one.startswith("TAX")), reverse=True)
    assert {None, "ENV"} == {one.get("type") for one in read("invoic-eancom", "'".join(written))["tax_breakdown"]}


def test_a_tax_that_is_no_vat_keeps_its_kind_in_ubl() -> None:
    spoke = mapping.load("ubl-invoice")
    text = xml("ubl-invoice", TAXES)
    reading = spoke.read(spoke.side.parse(text.encode())).value  # type: ignore[union-attr]
    assert reading is not None

    assert 1 == text.count("<cbc:ID>VAT</cbc:ID>")
    assert 1 == text.count("<cbc:ID>ENV</cbc:ID>")
    assert TAXES["tax_breakdown"] == reading.document["tax_breakdown"]


def test_amounts_tell_the_currency_where_the_document_does_not() -> None:
    spoke = mapping.load("ubl-invoice")
    text = xml("ubl-invoice", TAXES).replace("<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>", "")
    reading = spoke.read(spoke.side.parse(text.encode())).value  # type: ignore[union-attr]
    assert reading is not None

    assert "EUR" == reading.document["currency"]
    assert TAXES["totals"] == reading.document["totals"]


@pytest.mark.parametrize("name", ["orders-eancom", "ordrsp-eancom", "ordchg-eancom", "desadv-eancom", "recadv-eancom", "invoic-eancom"])
@pytest.mark.parametrize(
    ("element", "party"),
    [
        ("4054321000009::9", {"gln": "4054321000009"}),
        ("K7::91", {"ids": [{"scheme": "seller", "value": "K7"}]}),
        ("W1::92", {"ids": [{"scheme": "buyer", "value": "W1"}]}),
        ("792820524::16", {"ids": [{"scheme": "0060", "value": "792820524"}]}),
    ],
)
def test_the_agency_tells_whose_number_a_party_has(name: str, element: str, party: Document) -> None:
    buyer = read(name, f"BGM+220+1'NAD+BY+{element}'")["buyer"]

    assert party == buyer
    assert f"NAD+BY+{element}" in segments(name, {"number": "1", "buyer": buyer})


@pytest.mark.parametrize(
    ("name", "code", "field"),
    [("orders-eancom", ":IN", "buyer_id"), ("orders-eancom", ":SA", "seller_id"), ("orders-eancom", "", "buyer_id"),
     ("invoic-eancom", ":IN", "buyer_id"), ("invoic-eancom", "", "seller_id"), ("invoic-eancom", ":UP", "gtin")],
)  # fmt: skip
def test_the_code_tells_whose_number_an_article_has(name: str, code: str, field: str) -> None:
    assert {field: "8877"} == read(name, f"BGM+220+1'LIN+1++8877{code}'")["lines"][0]["item"]


def test_a_period_keeps_its_times() -> None:
    document = {"delivery": {"requested_period": {"start": "2025-11-24T08:00", "end": "2025-11-24T12:00"}}}
    spoke = mapping.load("ubl-order")
    reading = spoke.read(spoke.side.parse(xml("ubl-order", document).encode())).value  # type: ignore[union-attr]
    assert reading is not None

    period = reading.document["delivery"]["requested_period"]  # type: ignore[index,call-overload]
    assert ("2025-11-24T08:00", "2025-11-24T12:00") == (period["start"][:16], period["end"][:16])  # type: ignore[index,call-overload]
