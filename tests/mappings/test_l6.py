"""Law L6 on the shipped mappings: what two spokes both carry whole crosses from one to the other unchanged; what does not is named here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edi import mapping
from edi.mapping import laws
from edi.mapping.canonical import leaves, unindexed
from edi.mapping.draw import draw
from edi.mapping.result import Document
from tests.mappings.test_samples import UNSTABLE, excepted, messages, ubl_documents

PAIRS = {
    "orders-eancom": "ubl-order",
    "ordchg-eancom": "ubl-order-change",
    "ordrsp-eancom": "ubl-order-response",
    "desadv-eancom": "ubl-despatch-advice",
    "recadv-eancom": "ubl-receipt-advice",
    "invoic-eancom": "ubl-invoice",
    "invoic-en16931": "ubl-invoice",
    "credit-note-eancom": "ubl-credit-note",
    "remadv-eancom": "ubl-remittance-advice",
    "pricat-eancom": "ubl-catalogue",
    "invrpt-eancom": "ubl-inventory-report",
    "aperak-eancom": "ubl-application-response",
}
LOST = {
    "*": {
        "lines.price.unit": "UBL writes the unit of a price with its base quantity only",
        "lines.prices.unit": "UBL writes the unit of a price with its base quantity only",
        "lines.item.classifications.list": "written with a code of that list only",
    },
    "ubl-order-response": {"response": "UBL has one code for changed and conditional"},
    "ubl-despatch-advice": {
        "shipment.weight_unit": "a unit stands with its weight only",
        "shipment.volume_unit": "a unit stands with its volume only",
        "handling_units": "UBL names a unit with the lines in it, by its SSCC: one without lines or SSCC has no place",
    },
    "ubl-receipt-advice": {"handling_units": "UBL names a unit with the lines in it, by its SSCC: one without lines or SSCC has no place"},
    "desadv-eancom": {"lines": "lines stand under their unit, so those of one unit follow each other: the order differs, not the lines"},
    "recadv-eancom": {"lines": "lines stand under their unit, so those of one unit follow each other: the order differs, not the lines"},
    "ubl-catalogue": {"currency": "a catalogue of UBL names the currency with its prices: without a price there is none"},
    "aperak-eancom": {
        "response": "4343 says accepted, rejected, conditional or received; paid and the other answers to invoices it does not have"
    },
    "invoic-en16931": {
        "accounting_reference": "RFF+AOU stands with the buyer: without a buyer it has no place",
        "payment.debited_account": "FII+PB stands with the buyer: without a buyer it has no place",
    },
    "invoic-en16931 ubl-invoice": {
        "attachments.filename": "a file name goes with the content, which INVOIC does not have",
        "notes": "a note without text is none in UBL",
    },
}
"""Writing spoke (or `first second`) -> path, or what it begins with -> why it does not cross."""


def cause(first: str, second: str, path: str) -> str | None:
    for key in ("*", second, f"{first} {second}"):
        for name, why in LOST.get(key, {}).items():
            if path == name or path.startswith(name + "."):
                return why
    return None


BROKEN_TEXT = {"UBL-CreditNote-2.1-Example.xml lines[0].item.description", "UBL-Invoice-2.1-Example.xml lines[0].item.description"}
"""A text with line ends and tabs, which IMD cannot hold; writing says so (mapping.value)."""
DIRECTIONS = [*PAIRS.items(), *((second, first) for first, second in PAIRS.items())]


@pytest.mark.parametrize(("first", "second"), DIRECTIONS)
def test_drawn_documents_keep_what_both_carry(first: str, second: str) -> None:
    report = laws.composition(mapping.load(first), mapping.load(second), 8)

    assert [str(one) for one in report.failures if cause(first, second, unindexed(one.path)) is None] == []


@pytest.mark.proof
@pytest.mark.parametrize(("first", "second"), DIRECTIONS)
def test_three_hundred_drawn_documents_keep_what_both_carry(first: str, second: str) -> None:
    report = laws.composition(mapping.load(first), mapping.load(second), laws.DRAWN)

    assert [str(one) for one in report.failures if cause(first, second, unindexed(one.path)) is None] == []


def test_the_lines_of_a_despatch_advice_are_the_same_in_another_order() -> None:
    ubl, eancom = mapping.load("ubl-despatch-advice"), mapping.load("desadv-eancom")
    for seed in range(20):
        before = laws._back(ubl, draw(ubl, seed), None)
        after = laws._back(eancom, before, None)

        assert ids(before) == ids(after)


def ids(document: Document) -> list[str]:
    lines = document.get("lines", [])
    assert isinstance(lines, list)
    return sorted(str(line["id"]) for line in lines if isinstance(line, dict))


def lost(first: str, second: str, document: Document) -> Iterator[str]:
    """What both spokes carry whole and does not come back from the second."""
    one, other = mapping.load(first), mapping.load(second)
    whole = (one.bound() & other.bound()) - one.partly().keys() - other.partly().keys()
    after = dict(leaves(laws._back(other, document, None)))
    for path, value in leaves(document):
        if unindexed(path) in whole and laws._plain_moment(after.get(path)) != laws._plain_moment(value):
            yield f"{path}: {value!r} came back as {after.get(path)!r}"


@pytest.mark.reference
def test_samples_of_edifact_keep_what_both_carry_in_ubl(reference: Path) -> None:
    found = []
    for file, first, release, tree in messages(reference):
        reading = mapping.load(first).read(tree, release=release).value
        assert reading is not None
        if not excepted(file, UNSTABLE):
            second = PAIRS[first]
            found += [
                f"{file} {one}"
                for one in lost(first, second, reading.document)
                if cause(first, second, unindexed(one.partition(":")[0])) is None
            ]

    assert found == []


@pytest.mark.reference
def test_samples_of_ubl_keep_what_both_carry_in_edifact(reference: Path) -> None:
    found = []
    for file, first, document in ubl_documents(reference):
        reading = mapping.load(first).read(document).value
        assert reading is not None
        second = next(eancom for eancom, ubl in PAIRS.items() if ubl == first)
        found += [
            f"{file} {one}"
            for one in lost(first, second, reading.document)
            if cause(first, second, unindexed(one.partition(":")[0])) is None
        ]

    assert {one.partition(":")[0] for one in found} == BROKEN_TEXT
