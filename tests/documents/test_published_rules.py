"""The checks of sums and taxes say what the published EN 16931 rules say, on their authors' own unit tests read into our document."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from edi import mapping
from edi.documents.checks import check
from edi.formats.ubl import reader

VEFA = "{http://difi.no/xsd/vefa/validator/1.0}"
CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
CAC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"
RULES = {
    "BR-53",
    *(f"BR-CO-{number:02}" for number in (3, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 21, 22, 23, 24, 26)),
    *(f"BR-{category}-{number}" for category in ("Z", "E", "AE", "IC", "G", "O") for number in ("08", "09")),
    "BR-S-08",
}
NOT_SEEN = {
    # Two different totals of the tax in one currency; the canonical document holds one.
    ("BR-CO-15.xml", 8),
    # One line's category names no tax scheme: not every part says its VAT, so nothing is compared.
    ("BR-IC-08.xml", 11),
    ("BR-O-08.xml", 11),
    ("BR-Z-08.xml", 11),
}
EMPTY = {
    # A tax breakdown without anything in it; the document holds none then.
    ("BR-CO-18.xml", 1),
    ("BR-CO-18.xml", 2),
}


def completed(fragment: Any) -> bytes:
    """The fragment as an EN 16931 document in euro: unit tests leave out whatever their rule does not look at."""
    for name, value in (("DocumentCurrencyCode", "EUR"), ("CustomizationID", "urn:cen.eu:en16931:2017")):
        if fragment.find(f"{CBC}{name}") is None:
            fragment.insert(0, etree.Element(f"{CBC}{name}"))
            fragment[0].text = value
    for total in fragment.findall(f"{CAC}TaxTotal"):
        if total.find(f"{CBC}TaxAmount") is None:
            total.insert(0, etree.Element(f"{CBC}TaxAmount"))
            total[0].text = "0"
    for subtotal in fragment.iter(f"{CAC}TaxSubtotal"):
        category = subtotal.find(f"{CAC}TaxCategory")
        if category is None:
            category = etree.SubElement(subtotal, f"{CAC}TaxCategory")
        if category.find(f"{CAC}TaxScheme") is None:
            etree.SubElement(etree.SubElement(category, f"{CAC}TaxScheme"), f"{CBC}ID").text = "VAT"
    for amount in fragment.iter(f"{CBC}TaxAmount"):
        if amount.get("currencyID") is None:
            amount.set("currencyID", "EUR")
    return etree.tostring(fragment, with_tail=False)


@pytest.mark.reference
def test_unit_tests_of_sums_and_taxes_come_out_as_their_authors_expect(reference: Path) -> None:
    spokes = {"Invoice": mapping.load("ubl-invoice"), "CreditNote": mapping.load("ubl-credit-note")}
    failing: Counter[str] = Counter()
    wrong = []
    for path in sorted((reference / "rules" / "unit").rglob("*.xml")):
        for number, test in enumerate(etree.fromstring(path.read_bytes()).iterfind(f"{VEFA}test"), start=1):
            wanted = {(entry.text or "").strip(): entry.tag.removeprefix(VEFA) for entry in test.iterfind(f"{VEFA}assert/*")}
            wanted = {rule: kind for rule, kind in wanted.items() if rule in RULES}
            if not wanted or (path.name, number) in NOT_SEEN | EMPTY:
                continue
            (fragment,) = [child for child in test if isinstance(child.tag, str) and child.tag != f"{VEFA}assert"]
            document = reader.read(completed(fragment)).value
            assert document is not None
            spoke = spokes[document.kind]
            reading = spoke.read(document).value
            assert reading is not None
            said = " ".join(finding.text for finding in check(spoke.kind, reading.document))
            for rule, kind in wanted.items():
                failing[rule] += kind != "success"
                if (kind == "success") is (f"({rule})" in said):
                    wrong.append(f"{path.name} test {number}: {kind} {rule}")

    assert wrong == []
    assert len(+failing) >= 25
    assert failing.total() > 70
