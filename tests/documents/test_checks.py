"""Documents that do not agree with themselves."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal

import pytest

from edi.documents import validate
from edi.documents.checks_identifiers import gs1_digit_agrees, iban_agrees, vat_form_agrees

D = Decimal
INVOICE: dict[str, object] = {
    "kind": "invoice",
    "number": "R-1",
    "type_code": "380",
    "issue_date": "2024-03-15",
    "currency": "EUR",
    "seller": {"name": "A"},
    "buyer": {"name": "B"},
    "allowance_charges": [
        {"is_charge": False, "amount": D("3.82"), "percent": D(2), "base": D("191.00")},
        {"is_charge": True, "amount": D("10.00")},
    ],
    "lines": [
        {"id": "1", "quantity": D(10), "net_amount": D("99.50"), "price": {"net": D("9.95")}},
        {"id": "2", "quantity": D(30), "net_amount": D("91.50"), "price": {"net": D(305), "base_quantity": D(100)}},
    ],
    "tax_breakdown": [{"category": "S", "rate": D(19), "taxable": D("197.18"), "amount": D("37.46")}],
    "totals": {
        "line_net": D("191.00"),
        "allowances": D("3.82"),
        "charges": D("10.00"),
        "tax_exclusive": D("197.18"),
        "tax": D("37.46"),
        "tax_inclusive": D("234.64"),
        "prepaid": D("34.64"),
        "payable": D("200.00"),
    },
}


def changed(path: str, value: object) -> dict[str, object]:
    document = deepcopy(INVOICE)
    owner: object = document
    *above, last = path.split(".")
    for name in above:
        owner = owner[int(name)] if isinstance(owner, list) else owner[name]  # type: ignore[index]
    owner[last] = value  # type: ignore[index]
    return document


def codes(document: dict[str, object], kind: str = "invoice") -> list[str]:
    return [finding.code.removeprefix("document.") for finding in validate(kind, document)]


def test_an_invoice_whose_sums_are_right_has_no_findings() -> None:
    assert codes(INVOICE) == []


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("totals.line_net", D("191.01"), "total_line_net"),
        ("totals.allowances", D(4), "total_allowances"),
        ("totals.charges", D(11), "total_charges"),
        ("totals.tax_exclusive", D(197), "total_tax_exclusive"),
        ("totals.tax", D("37.47"), "total_tax"),
        ("totals.tax_inclusive", D("234.65"), "total_tax_inclusive"),
        ("totals.payable", D("234.64"), "total_payable"),
        ("tax_breakdown.0.rate", D(7), "tax_amount"),
        ("lines.0.price.net", D(10), "line_amount"),
        ("allowance_charges.0.percent", D(3), "percentage"),
        ("lines.1.id", "1", "line_number_twice"),
        ("lines.1.parent_line", "9", "parent_unknown"),
        ("lines.0.parent_line", "1", "parent_circle"),
        ("period", {"start": "2024-03-02", "end": "2024-03-01"}, "period_backward"),
        ("payment", {"due_date": "2024-03-01"}, "due_before_issue"),
        ("issue_date", "1024-03-15", "date_odd"),
        ("seller.gln", "4012345500005", "gln"),
        ("seller.gln", "40123455", "gln"),
        ("lines.0.item", {"gtin": "4000862141405"}, "gtin"),
        ("seller.vat_id", "DE12345678", "vat_id"),
        ("payment", {"accounts": [{"iban": "DE02120300000000202052"}]}, "iban"),
        ("payment", {"accounts": [{"bic": "DEUTDEF"}]}, "bic"),
        ("payment", {"creditor_id": "DE98ZZZ09999999998"}, "creditor_id"),
        ("buyer.endpoint", {"scheme": "0088", "value": "4012345500005"}, "gln"),
        ("order", {"number": "1", "date": "2024-03-16"}, "reference_later"),
        ("preceding_invoices", [{"number": "1", "date": "2024-03-16"}], "reference_later"),
        ("tax_currency", "SEK", "tax_accounting_missing"),
        ("currency", "EURO", "currency"),
        ("buyer.address", {"country": "GER"}, "country"),
    ],
)
def test_each_disagreement_is_found(path: str, value: object, code: str) -> None:
    assert code in codes(changed(path, value))


def taxed() -> dict[str, object]:
    """The invoice with the tax of every part."""
    document = deepcopy(INVOICE)
    for name in ("lines", "allowance_charges"):
        for one in document[name]:  # type: ignore[attr-defined]
            one["tax"] = {"category": "S", "rate": D("19.0")}
    return document


def test_a_tax_base_is_the_sum_of_what_is_taxed_so() -> None:
    assert codes(taxed()) == []
    document = taxed()
    document["lines"][0]["tax"] = {"category": "S", "rate": D(7)}  # type: ignore[index]

    found = [one for one in validate("invoice", document) if one.code.startswith("document.tax_")]

    assert [(one.code, one.is_error, one.where.path) for one in found] == [
        ("document.tax_base", True, "tax_breakdown[0].taxable"),
        ("document.tax_group_missing", False, "tax_breakdown"),
    ]
    assert (found[0].value, found[0].expected) == ("197.18", "97.68")
    assert found[1].value == "S at 7 %"


def test_a_category_without_tax_has_none() -> None:
    document = changed("tax_breakdown.0.category", "E")

    assert "tax_on_untaxed" in codes(document)
    assert [one.is_error for one in validate("invoice", document) if one.code == "document.tax_on_untaxed"] == [True]


def test_a_tax_point_is_a_day_or_a_code() -> None:
    document = {**INVOICE, "tax_point": "2024-03-15", "tax_point_code": "3"}

    assert codes(document) == ["tax_point_twice"]


def test_an_invoice_that_claims_en_16931_is_asked_for_what_that_wants() -> None:
    document = {**changed("tax_breakdown.0.category", "AE"), "specification": "urn:cen.eu:en16931:2017"}
    bare = {name: value for name, value in document.items() if name != "tax_breakdown"}
    whole = {
        **taxed(),
        "specification": "urn:cen.eu:en16931:2017",
        "seller": {"name": "A", "vat_id": "DE123456788"},
    }
    for one in whole["allowance_charges"]:  # type: ignore[attr-defined]
        one["reason_code"] = "95"

    assert codes(whole) == []
    assert {"exemption_reason_missing", "reason_missing", "seller_unidentified"} <= set(codes(document))
    assert "tax_breakdown_missing" in codes(bare)
    assert "tax_breakdown_missing" not in codes({**bare, "specification": "own"})


def test_a_difference_in_an_invoice_is_an_error_and_in_an_order_a_warning() -> None:
    totals = {"line_net": D(5)}
    lines = [{"id": "1", "quantity": D(1), "net_amount": D(4)}]
    order = {"number": "1", "issue_date": "2024-03-15", "seller": {"name": "A"}, "buyer": {"name": "B"}, "lines": lines, "totals": totals}
    (finding,) = validate("order", order)

    assert not finding.is_error
    assert [one.is_error for one in validate("invoice", changed("totals.line_net", D(1))) if one.code == "document.total_line_net"] == [
        True
    ]


def test_the_amounts_and_the_rule_are_shown() -> None:
    (finding,) = validate("invoice", changed("totals.payable", D("200.01")))

    assert str(finding).startswith("totals.payable: what is left to pay is 200.00, totals.payable says 200.01 (BR-CO-16)")
    assert (finding.value, finding.expected) == ("200.01", "200.00")


def despatch(units: list[dict[str, object]], unit: str) -> dict[str, object]:
    return {
        "number": "L-1",
        "issue_date": "2024-03-15",
        "handling_units": units,
        "lines": [{"id": "1", "quantity": D(1), "handling_unit": unit}],
    }


def test_a_line_lies_in_a_handling_unit_that_is_there() -> None:
    assert codes(despatch([{"id": "1"}], "1"), "despatch_advice") == []
    assert codes(despatch([{"id": "1"}], "2"), "despatch_advice") == ["handling_unit_unknown"]


def test_handling_units_do_not_stand_within_themselves() -> None:
    units: list[dict[str, object]] = [{"id": "1", "parent": "2"}, {"id": "2", "parent": "1"}, {"id": "3", "parent": "2"}]

    assert codes(despatch(units, "3"), "despatch_advice") == ["parent_circle", "parent_circle"]


def test_an_sscc_with_a_wrong_digit_is_mentioned() -> None:
    assert codes(despatch([{"id": "1", "sscc": "340123450000000014"}], "1"), "despatch_advice") == ["sscc"]
    assert codes(despatch([{"id": "1", "sscc": "354123450000000014"}], "1"), "despatch_advice") == []


@pytest.mark.parametrize("digits", ["4012345500004", "4054321000009", "96385074", "036000291452", "10614141000415", "354123450000000014"])
def test_gs1_check_digits_agree(digits: str) -> None:
    assert gs1_digit_agrees(digits)
    assert not gs1_digit_agrees(digits[:-1] + str((int(digits[-1]) + 1) % 10))


@pytest.mark.parametrize("iban", ["DE02120300000000202051", "GB33BUKB20201555555555", "NO9386011117947", "FR7630006000011234567890189"])
def test_ibans_agree(iban: str) -> None:
    assert iban_agrees(iban)
    assert not iban_agrees(iban[:-1])
    assert not iban_agrees(iban[:-1] + ("0" if iban[-1] != "0" else "1"))


@pytest.mark.parametrize(
    ("vat", "agrees"), [("DE123456789", True), ("ATU12345678", True), ("NL001234567B01", True), ("DE12345", False), ("123456789MVA", True)]
)
def test_vat_numbers_have_the_form_of_their_country(vat: str, agrees: bool) -> None:
    assert vat_form_agrees(vat) is agrees
