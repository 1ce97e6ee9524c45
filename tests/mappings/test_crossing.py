"""A document goes from EDIFACT to UBL and from UBL to EDIFACT, and is right there by others' rules and by our own."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from edi import mapping
from edi.findings import Finding
from edi.formats.edifact.syntax import Segment
from edi.formats.ubl import reader, rules, xsd
from edi.mapping import laws
from edi.mapping.draw import Dice, draw
from edi.mapping.nodes import EdifactSyntax
from edi.mapping.spoke_edifact import EdifactSide
from tests.mappings.messages import validated
from tests.mappings.samples import BUYER, DESPATCH, ITEM, ORDER, RESPONSE, SELLER, Document
from tests.mappings.test_eancom import CATALOGUE, NO_PLACE, REMITTANCE
from tests.mappings.test_l6 import PAIRS
from tests.mappings.test_peppol import BILLING, compiled, invoice
from tests.mappings.test_samples import ubl_documents

D = Decimal
ANSWER: Document = {
    "number": "A-1",
    "issue_date": "2025-11-26",
    "response": "accepted",
    "type_code": "312",
    "sender": BUYER,
    "receiver": SELLER,
    "document": {"type": "ON", "number": "4711"},
}
STOCK: Document = {
    "number": "LB-1",
    "type_code": "35",
    "issue_date": "2025-12-24",
    "seller": SELLER,
    "buyer": BUYER,
    "reporter": BUYER,
    "period": {"start": "2025-12-01", "end": "2025-12-24"},
    "lines": [{"id": "1", "item": ITEM, "quantity": D(120), "unit": "C62"}],
}
RECEIPT: Document = {
    **{name: value for name, value in DESPATCH.items() if name not in {"despatch_date", "shipment"}},
    "kind": "receiving_advice",
    "type_code": "632",
    "received": "2025-11-25",
    "lines": [
        {"id": "1", "quantity": D(98), "unit": "C62", "rejected_quantity": D(2), "order_line": {"line": "1", "order": "4711"}, "item": ITEM}
    ],
    "handling_units": [],
}


def billed(kind: str, type_code: str) -> Document:
    return {**invoice(), "kind": kind, "type_code": type_code}


def documents() -> dict[str, tuple[str, str, Document]]:
    """Kind -> EDIFACT spoke, UBL spoke, a document both can carry."""
    return {
        "order": ("orders-eancom", "peppol-order", ORDER),
        "order_change": (
            "ordchg-eancom",
            "ubl-order-change",
            {**ORDER, "kind": "order_change", "type_code": "230", "sequence": "1", "order": {"number": "4711"}},
        ),
        "order_response": ("ordrsp-eancom", "peppol-order-response", {**RESPONSE, "type_code": "231"}),
        "despatch_advice": ("desadv-eancom", "peppol-despatch-advice", DESPATCH),
        "receiving_advice": ("recadv-eancom", "ubl-receipt-advice", RECEIPT),
        "invoice": ("invoic-eancom", "peppol-invoice", billed("invoice", "380")),
        "credit_note": ("credit-note-eancom", "peppol-credit-note", billed("credit_note", "381")),
        "remittance_advice": ("remadv-eancom", "ubl-remittance-advice", REMITTANCE),
        "price_catalogue": ("pricat-eancom", "ubl-catalogue", {**CATALOGUE, "provider": SELLER, "receiver": BUYER}),
        "inventory_report": ("invrpt-eancom", "ubl-inventory-report", STOCK),
        "application_response": ("aperak-eancom", "ubl-application-response", ANSWER),
    }


KINDS = (
    "order", "order_change", "order_response", "despatch_advice", "receiving_advice", "invoice", "credit_note",
    "remittance_advice", "price_catalogue", "inventory_report", "application_response",
)  # fmt: skip
RULES = {
    "order": ("PEPPOLBIS-T01.sch",),
    "order_response": ("PEPPOLBIS-T76.sch",),
    "despatch_advice": ("PEPPOLBIS-T16.sch",),
    "invoice": BILLING,
    "credit_note": BILLING,
}
OPTIONAL = (
    "notes", "contract", "period", "delivery.terms_code",   "buyer.contacts", "shipment",
    "lines.item.seller_id", "lines.instances", "lines.order_line.order", "lines.backorder_quantity",
    "handling_units.type", "handling_units.gross_weight", "lines.notes", "allowance_charges.percent", "references", "project",
    "despatch", "receipt", "delivery.estimated", "payment.reference",
)  # fmt: skip
"""What a drawn document may leave out: the rules do not ask for it."""


def variation(document: Document, seed: int) -> Document:
    """The document without some of what is optional; every number and text is its own."""
    dice, made = Dice(seed), copy.deepcopy(document)
    for path in OPTIONAL:
        if dice.chance(50):
            drop(made, path.split("."))
    made["number"] = f"N-{seed}"
    return made


def drop(value: Any, names: list[str]) -> None:
    if isinstance(value, list):
        for one in value:
            drop(one, names)
    elif isinstance(value, dict) and len(names) > 1:
        drop(value.get(names[0]), names[1:])
    elif isinstance(value, dict):
        value.pop(names[0], None)


def variations(kind: str, count: int) -> Iterator[Document]:
    document = documents()[kind][2]
    yield document
    for seed in range(1, count):
        yield variation(document, seed)


def through_edifact(name: str, document: Document, release: str) -> Document:
    """The document as it is read from the message that says it."""
    spoke = mapping.load(name)
    assert isinstance(spoke.side, EdifactSide)
    outcome = spoke.write(document, release=release)
    assert outcome.value is not None
    segments: list[Segment] = outcome.value.output  # type: ignore[assignment]
    reading = spoke.read(spoke.side.tree(segments, release), release=release).value
    assert reading is not None
    return reading.document


def ubl(name: str, document: Document) -> bytes:
    outcome = mapping.load(name).write(document)
    assert outcome.value is not None
    assert [str(one) for one in outcome.findings if one.is_error] == []
    return outcome.value.output  # type: ignore[return-value]


def releases(name: str) -> tuple[str, ...]:
    syntax = mapping.load(name).syntax
    assert isinstance(syntax, EdifactSyntax)
    return syntax.versions


@pytest.mark.parametrize("kind", KINDS)
def test_from_edifact_to_ubl_the_schema_accepts_it(kind: str) -> None:
    eancom, peppol, _ = documents()[kind]
    for release in releases(eancom):
        for document in variations(kind, 3):
            found = reader.read(ubl(peppol, through_edifact(eancom, document, release))).value
            assert found is not None
            assert [str(one) for one in xsd.validate(found)] == []


@pytest.mark.reference
@pytest.mark.parametrize("kind", RULES)
def test_from_edifact_to_ubl_the_published_rules_find_nothing(kind: str, reference: Path) -> None:
    eancom, peppol, _ = documents()[kind]
    for rule_file in RULES[kind]:
        processor, sheet = compiled(reference / "rules" / "sch" / rule_file)
        for document in variations(kind, 3):
            text = ubl(peppol, through_edifact(eancom, document, releases(eancom)[0])).decode()
            report = sheet.transform_to_string(xdm_node=processor.parse_xml(xml_text=text))
            assert [(found["id"], found["text"]) for found in rules.failures(report.encode()) if found.get("flag") != "warning"] == []


@pytest.mark.parametrize("kind", KINDS)
def test_from_ubl_to_edifact_our_own_rules_find_nothing(kind: str) -> None:
    eancom, peppol, _ = documents()[kind]
    edifact, spoke = mapping.load(eancom), mapping.load(peppol)
    assert isinstance(edifact.syntax, EdifactSyntax)
    for document in variations(kind, 3):
        reading = spoke.read(spoke.side.parse(ubl(peppol, document))).value  # type: ignore[union-attr]
        assert reading is not None
        for release in releases(eancom):
            outcome = edifact.write(reading.document, release=release)
            assert outcome.value is not None
            found = validated(edifact, outcome.value.output, release, edifact.syntax.association_of(release))  # type: ignore[arg-type]
            told = [str(one) for one in (*outcome.findings, *found) if one.is_error]
            assert [one for one in told if one.partition(":")[0] not in NO_PLACE.get((eancom, release), [])] == []


FACTS = {
    "UBL-Invoice-2.0": {"LIN 1082 'A'", "ALC 7161 '17'"},
    "UBL-Invoice-2.1-Example-Trivial": {"lines[0].quantity"},
    "UBL-Invoice-2.1-Example.xml": {"TAX 5305 'AA'"},
    "UBL-CreditNote-2.1": {"TAX 5305 'AA'"},
}
"""Sample -> what it says that a release has no code for: a line that is called A (D.96A counts), a charge with a code of UBL 2.0,
the lower rate (not in D.96A), an invoice line without quantity."""


def told(finding: Finding) -> str:
    """Segment, element and value of what our validation found; the path of what writing found."""
    found = re.search(r" (\w{3}) element.*: (\d{4}) .* is ('[^']*')", str(finding))
    return f"{found[1]} {found[2]} {found[3]}" if found else str(finding).partition(":")[0]


@pytest.mark.reference
def test_samples_of_ubl_become_messages_that_our_own_rules_accept(reference: Path) -> None:
    found: dict[str, set[str]] = {}
    for file, name, document in ubl_documents(reference):
        reading = mapping.load(name).read(document).value
        assert reading is not None
        for eancom in (one for one, ubl in PAIRS.items() if ubl == name):
            spoke = mapping.load(eancom)
            for release in releases(eancom):
                outcome = spoke.write(reading.document, release=release)
                assert outcome.value is not None
                association = spoke.syntax.association_of(release)  # type: ignore[union-attr]
                checked = validated(spoke, outcome.value.output, release, association)  # type: ignore[arg-type]
                errors = [one for one in (*outcome.findings, *checked) if one.is_error and one.code != "mapping.lost"]
                sample = next((one for one in FACTS if file.startswith(one)), file)
                found[sample] = found.get(sample, set()) | {told(one) for one in errors}

    assert {sample: errors for sample, errors in found.items() if errors} == FACTS


CONTENT = {"edifact.code_unknown", "edifact.too_long", "edifact.too_short", "edifact.not_numeric", "edifact.component_missing"}
"""What drawn values bring about that are no codes, no numbers, and measures without unit."""
# More than ten references fit no RFF group: the message's own limit, which its validation names.


@pytest.mark.parametrize("kind", KINDS)
def test_drawn_documents_of_ubl_keep_the_structure_of_the_message(kind: str) -> None:
    eancom, peppol, _ = documents()[kind]
    edifact, spoke = mapping.load(eancom), mapping.load(peppol)
    assert isinstance(edifact.syntax, EdifactSyntax)
    for seed in range(6):
        document = laws._back(spoke, draw(spoke, seed), None)
        for release in releases(eancom):
            written = edifact.write(document, release=release).value
            assert written is not None
            found = validated(edifact, written.output, release, edifact.syntax.association_of(release))  # type: ignore[arg-type]
            mandatory = (
                {one.code for one in found if one.is_error}
                - CONTENT
                - {"edifact.segment_missing", "edifact.group_missing", "edifact.element_missing", "edifact.group_repeats"}
            )
            assert mandatory == set(), [str(one) for one in found if one.code in mandatory]


@pytest.mark.proof
@pytest.mark.parametrize("kind", KINDS)
def test_forty_variations_of_each_document_cross_both_ways(kind: str, reference: Path) -> None:
    eancom, peppol, _ = documents()[kind]
    edifact, spoke = mapping.load(eancom), mapping.load(peppol)
    assert isinstance(edifact.syntax, EdifactSyntax)
    sheets = [compiled(reference / "rules" / "sch" / one) for one in RULES.get(kind, ())]
    for document in variations(kind, 40):
        for release in releases(eancom):
            written = ubl(peppol, through_edifact(eancom, document, release))
            found = reader.read(written).value
            assert found is not None
            assert [str(one) for one in xsd.validate(found)] == []
            for processor, sheet in sheets:
                report = sheet.transform_to_string(xdm_node=processor.parse_xml(xml_text=written.decode()))
                assert [one["id"] for one in rules.failures(report.encode()) if one.get("flag") != "warning"] == []
            reading = spoke.read(spoke.side.parse(written)).value  # type: ignore[union-attr]
            assert reading is not None
            outcome = edifact.write(reading.document, release=release)
            assert outcome.value is not None
            back = validated(edifact, outcome.value.output, release, edifact.syntax.association_of(release))  # type: ignore[arg-type]
            assert [str(one) for one in (*outcome.findings, *back) if one.is_error] == []
