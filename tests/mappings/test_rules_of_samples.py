"""Messages of others become UBL, and each published rule that finds something there finds what the message does not say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from edi import mapping
from edi.documents.checks_identifiers import gs1_digit_agrees
from edi.formats.ubl import reader, rules, xsd
from tests.expected import assert_as_expected
from tests.mappings.samples import Document
from tests.mappings.test_peppol import BILLING, compiled
from tests.mappings.test_samples import messages

TARGETS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "orders-eancom": ("peppol-order", ("PEPPOLBIS-T01.sch",)),
    "ordrsp-eancom": ("peppol-order-response", ("PEPPOLBIS-T76.sch",)),
    "desadv-eancom": ("peppol-despatch-advice", ("PEPPOLBIS-T16.sch",)),
    "invoic-eancom": ("peppol-invoice", BILLING),
    "credit-note-eancom": ("peppol-credit-note", BILLING),
}
CREDITS = ("381", "396", "261", "83")
"""Type codes of credit notes."""

SUMS = (
    "totals.line_net", "totals.tax_exclusive", "totals.tax_inclusive", "totals.tax", "totals.payable", "lines.net_amount",
    "tax_breakdown.taxable", "tax_breakdown.amount", "totals.charges",
)  # fmt: skip
"""What sums are made of."""
PRICED = ("lines.quantity", "lines.unit", "lines.net_amount", "lines.price.net")
NEEDS: Mapping[str, tuple[str, ...]] = {
    "cbc:ID": ("number", "lines.id"),
    "cbc:IssueDate": ("issue_date",),
    "cac:AccountingSupplierParty": ("seller",),
    "cac:AccountingCustomerParty": ("buyer",),
    "cac:SellerSupplierParty": ("seller",),
    "cac:BuyerCustomerParty": ("buyer",),
    "cac:DeliveryCustomerParty": ("ship_to",),
    "cac:InvoiceLine": ("lines",),
    "cac:CreditNoteLine": ("lines",),
    "cac:OrderLine": ("lines",),
    "cac:LegalMonetaryTotal": ("totals",),
    "cbc:LineExtensionAmount": ("lines.net_amount", "currency"),
    "cbc:PayableAmount": ("currency",),
    "cbc:TaxInclusiveAmount": ("currency",),
    "cbc:PriceAmount": ("lines.price.net", "currency"),
    "cbc:Amount": ("lines.price.net",),
    "cbc:TaxAmount": ("totals.tax", "tax_breakdown.amount", "currency"),
    "BR-02": ("number",),
    "BR-03": ("issue_date",),
    "BR-04": ("type_code",),
    "BR-05": ("currency",),
    "BR-06": ("seller.name",),
    "BR-07": ("buyer.name",),
    "BR-08": ("seller.address",),
    "BR-09": ("seller.address.country",),
    "BR-10": ("buyer.address",),
    "BR-11": ("buyer.address.country",),
    "BR-12": ("totals.line_net",),
    "BR-13": ("totals.tax_exclusive",),
    "BR-14": ("totals.tax_inclusive",),
    "BR-16": ("lines",),
    "BR-21": ("lines.id",),
    "BR-22": ("lines.quantity",),
    "BR-23": ("lines.unit", "lines.quantity"),
    "BR-24": ("lines.net_amount",),
    "BR-25": ("lines.item.name",),
    "BR-26": ("lines.price.net",),
    "BR-27": ("lines.price.net",),
    "BR-42": ("lines.allowance_charges.reason",),
    "BR-45": ("tax_breakdown.taxable",),
    "BR-46": ("tax_breakdown.amount",),
    "BR-53": ("totals.tax_accounting",),
    "BR-CO-04": ("lines.tax.category",),
    "BR-CO-10": SUMS,
    "BR-CO-12": SUMS,
    "BR-CO-13": SUMS,
    "BR-CO-14": SUMS,
    "BR-CO-15": SUMS,
    "BR-CO-16": SUMS,
    "BR-CO-17": ("tax_breakdown.taxable", "tax_breakdown.amount"),
    "BR-CO-18": ("tax_breakdown",),
    "BR-CO-23": ("lines.allowance_charges.reason",),
    "BR-CO-26": ("seller.gln", "seller.registration", "seller.vat_id"),
    "BR-S-01": ("lines.tax.category", "tax_breakdown"),
    "BR-S-02": ("seller.vat_id",),
    "BR-S-04": ("seller.vat_id",),
    "BR-S-08": SUMS,
    "BR-S-09": SUMS,
    "BR-CL-03": ("currency",),
    "PEPPOL-EN16931-CL007": ("currency",),
    "PEPPOL-EN16931-R003": ("buyer_reference", "order.number"),
    "PEPPOL-EN16931-R010": ("buyer.gln",),
    "PEPPOL-EN16931-R020": ("seller.gln",),
    "PEPPOL-EN16931-R041": ("lines.allowance_charges.base", "allowance_charges.base"),
    "PEPPOL-EN16931-R046": ("lines.price.net",),
    "PEPPOL-EN16931-R051": ("currency",),
    "PEPPOL-EN16931-R053": ("tax_breakdown",),
    "PEPPOL-EN16931-R054": ("totals.tax_accounting",),
    "PEPPOL-EN16931-R055": ("totals.tax_accounting",),
    "PEPPOL-EN16931-R120": PRICED,
    "UBL-SR-48": ("lines.tax.category",),
    "PEPPOL-T01-B00103": ("number",),
    "PEPPOL-T01-B00104": ("issue_date",),
    "PEPPOL-T01-B00105": ("currency",),
    "PEPPOL-T01-B00106": ("buyer",),
    "PEPPOL-T01-B00107": ("seller",),
    "PEPPOL-T01-B00108": ("lines",),
    "PEPPOL-T01-B03701": ("buyer.gln",),
    "PEPPOL-T01-B03702": ("buyer.name",),
    "PEPPOL-T01-B07202": ("seller.address",),
    "PEPPOL-T01-B07203": ("seller.name",),
    "PEPPOL-T01-B14901": ("ship_to.address",),
    "PEPPOL-T01-B24101": ("lines.unit",),
    "PEPPOL-T01-B28301": ("currency",),
    "PEPPOL-T01-B29301": ("lines.item.name",),
    "PEPPOL-T01-B32301": ("lines.item.attributes.name", "lines.item.attributes.code"),
    "PEPPOL-T01-R024": PRICED,
    "PEPPOL-T76-B00105": ("response",),
    "PEPPOL-T76-B00108": ("seller",),
    "PEPPOL-T76-B00109": ("buyer",),
    "PEPPOL-T76-B03802": ("lines.order_line.line",),
    "PEPPOL-T76-B03902": ("lines.status",),
    "PEPPOL-T76-B05701": ("lines.item.name",),
    "PEPPOL-T16-B00106": ("ship_to",),
    "PEPPOL-T16-B02002": ("seller.name",),
    "PEPPOL-T16-B04302": ("ship_to.name",),
    "PEPPOL-T16-B18301": ("lines.unit",),
    "PEPPOL-T16-B19601": ("lines.item.name",),
    "PEPPOL-T16-R004": ("lines.item.name",),
}
"""Rule, or element the schema misses -> the fields it asks for: one of them is missing somewhere in the document."""


def glns(document: Document) -> str:
    found = [str(party["gln"]) for party in parties(document) if "gln" in party]
    return "a GLN with a wrong check digit" if not all(map(gs1_digit_agrees, found)) else ""


def countries(document: Document) -> str:
    found = [str(party.get("address", {}).get("country", "")) for party in parties(document)]
    return "a country that is none" if any(len(one) != 2 or not one.isalpha() or one == "xx" for one in found if one) else ""


def origins(document: Document) -> str:
    return (
        "a country of origin that is none" if any(line.get("item", {}).get("origin_country") == "EU" for line in document["lines"]) else ""
    )


def vat_ids(document: Document) -> str:
    found = [str(party["vat_id"]) for party in parties(document) if "vat_id" in party]
    return "a VAT number without its country" if any(not one[:2].isalpha() or one[:2] == "VR" for one in found) else ""


def codes(document: Document) -> str:
    return "a type code that no invoice has" if document.get("type_code") not in (None, "380", "381", "384", "326", "389") else ""


def parties(document: Document) -> list[Document]:
    return [
        one for one in document.values() if isinstance(one, dict) and ("gln" in one or "name" in one or "address" in one or "vat_id" in one)
    ]


WRONG: Mapping[str, Callable[[Document], str]] = {
    "PEPPOL-COMMON-R040": glns,
    "PEPPOL-T01-B05401": countries,
    "BR-CL-15": origins,
    "BR-CO-09": vat_ids,
    "BR-CL-01": codes,
    "PEPPOL-EN16931-P0100": codes,
}
"""Rule -> what is wrong in the message itself."""


def missing(value: Any, names: list[str]) -> bool:
    """True if a field is absent somewhere: in the document, in an item of a list, or because the list is."""
    if not names:
        return False
    here = value.get(names[0]) if isinstance(value, dict) else None
    if here is None or here == []:
        return True
    return any(missing(one, names[1:]) for one in here) if isinstance(here, list) else missing(here, names[1:])


def cause(document: Document, rule: str) -> str:
    """What of the message makes the rule fail; empty if it is ours."""
    gone = [path for path in NEEDS.get(rule, ()) if missing(document, path.split("."))]
    if gone:
        return f"no {', '.join(gone)}"
    return WRONG[rule](document) if rule in WRONG else ""


def documents(reference: Path) -> Iterator[tuple[str, str, Document]]:
    """File with the number of the message, name of the mapping, document as it was read."""
    counts: dict[str, int] = {}
    for file, name, release, tree in messages(reference):
        if name in TARGETS:
            counts[file] = counts.get(file, 0) + 1
            reading = mapping.load(name).read(tree, release=release).value
            assert reading is not None
            is_credit = name == "invoic-eancom" and reading.document.get("type_code") in CREDITS
            chosen = "credit-note-eancom" if is_credit else name
            yield f"{file}#{counts[file]}", chosen, {**reading.document, "kind": mapping.load(chosen).kind}


def found_in(text: bytes, rule_files: tuple[str, ...], reference: Path) -> list[str]:
    """Elements the schema misses, then the rules that fail."""
    document = reader.read(text).value
    assert document is not None
    found = [finding.text.split(" ")[0] for finding in xsd.validate(document)]
    for rule_file in rule_files:
        processor, sheet = compiled(reference / "rules" / "sch" / rule_file)
        report = sheet.transform_to_string(xdm_node=processor.parse_xml(xml_text=text.decode()))
        found += [one["id"] for one in rules.failures(report.encode()) if one.get("flag") != "warning"]
    return list(dict.fromkeys(found))


@pytest.mark.proof
@pytest.mark.reference
def test_what_a_rule_finds_in_a_converted_sample_the_sample_does_not_say(reference: Path) -> None:
    rows, ours = [], []
    for case, name, document in documents(reference):
        target, rule_files = TARGETS[name]
        written = mapping.load(target).write(document).value
        assert written is not None
        causes = {rule: cause(document, rule) for rule in found_in(written.output, rule_files, reference)}  # type: ignore[arg-type]
        ours += [f"{case} {rule}" for rule, why in causes.items() if not why]
        rows += [f"{case} -> {target}" + ("" if causes else ": right"), *(f"    {rule}: {why}" for rule, why in causes.items())]

    assert ours == []
    assert_as_expected(Path(__file__).with_name("rules_of_samples.txt"), "\n".join(rows) + "\n")


def test_a_rule_that_fails_although_the_message_says_it_is_ours() -> None:
    document: Document = {"kind": "order", "number": "1", "lines": [{"item": {"name": "Saw"}, "quantity": Decimal(1)}, {"item": {}}]}

    assert (cause(document, "PEPPOL-T01-B29301"), cause(document, "PEPPOL-T01-B00103"), cause(document, "PEPPOL-T01-B99999")) == (
        "no lines.item.name",
        "",
        "",
    )
