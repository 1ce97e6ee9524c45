"""What the EANCOM spokes write is valid by our own rules in both directories, and reads back the same."""

from __future__ import annotations

from decimal import Decimal

import pytest

from edi import mapping
from edi.mapping.spoke_edifact import EdifactSide, texts_of
from tests.mappings.messages import validated
from tests.mappings.samples import BUYER, DESPATCH, ITEM, ORDER, RESPONSE, SELLER, Document

REMITTANCE: Document = {
    "number": "Z-1",
    "type_code": "481",
    "issue_date": "2025-12-24",
    "currency": "EUR",
    "seller": SELLER,
    "buyer": BUYER,
    "total": Decimal("1420.86"),
    "lines": [
        {
            "document": {"type": "380", "number": "RE-1", "date": "2025-11-25"},
            "amount_due": Decimal("1420.86"),
            "amount": Decimal("1420.86"),
        }
    ],
}
CATALOGUE: Document = {
    "number": "PL-7",
    "type_code": "9",
    "issue_date": "2025-12-24",
    "currency": "EUR",
    "valid": {"start": "2026-01-01", "end": "2026-06-30"},
    "seller": SELLER,
    "buyer": BUYER,
    "lines": [
        {
            "id": "1",
            "action": "1",
            "item": ITEM,
            "prices": [{"qualifier": "AAA", "net": Decimal("9.95"), "base_quantity": Decimal(1), "unit": "C62"}],
        }
    ],
}
CASES: dict[str, tuple[Document, str]] = {
    "orders-eancom": (ORDER, "EAN008"),
    "ordchg-eancom": ({**ORDER, "order": {"number": "4710"}}, "EAN008"),
    "ordrsp-eancom": (RESPONSE, "EAN005"),
    "desadv-eancom": (DESPATCH, "EAN005"),
    "recadv-eancom": ({**DESPATCH, "received": "2025-11-25"}, "EAN005"),
    "remadv-eancom": (REMITTANCE, "EAN003"),
    "pricat-eancom": (CATALOGUE, "EAN007"),
}

NO_PLACE = {("remadv-eancom", "D.96A"): ["seller.vat_id", "buyer.vat_id"]}
"""What a release has no segment for: REMADV of D.96A has no RFF below NAD. Named when it is written."""


@pytest.mark.parametrize("release", ["D.96A", "D.01B"])
@pytest.mark.parametrize("name", CASES)
def test_what_is_written_is_valid_and_nothing_of_it_is_left_over(name: str, release: str) -> None:
    spoke, (document, association) = mapping.load(name), CASES[name]
    outcome = spoke.write(document, release=release)
    assert outcome.value is not None
    assert isinstance(spoke.side, EdifactSide)
    segments = outcome.value.output
    back = spoke.read(spoke.side.tree(segments, release), release=release, trace=True)  # type: ignore[arg-type]
    assert back.value is not None

    found = (*outcome.findings, *validated(spoke, segments, release, association))  # type: ignore[arg-type]
    assert sorted(str(finding).partition(":")[0] for finding in found) == sorted(NO_PLACE.get((name, release), []))
    assert (back.findings, back.value.unmapped) == ((), ())


def test_lines_without_a_handling_unit_stand_under_a_packing_segment_of_their_own() -> None:
    lines = [{"id": "1", "quantity": Decimal(5), "unit": "C62", "item": ITEM}]
    outcome = mapping.load("desadv-eancom").write({"number": "L", "issue_date": "2025-11-24", "seller": SELLER, "lines": lines})
    assert outcome.value is not None

    tags = [segment.tag for segment in outcome.value.output]  # type: ignore[union-attr]
    assert tags[tags.index("CPS") + 1] == "LIN"


def test_an_order_reads_the_same_from_edifact_and_from_ubl() -> None:
    """Law L6 on one document: what both spokes carry crosses unchanged."""
    eancom, ubl = mapping.load("orders-eancom"), mapping.load("ubl-order")
    assert isinstance(eancom.side, EdifactSide)
    written = eancom.write(ORDER, release="D.96A").value
    assert written is not None
    read = eancom.read(eancom.side.tree(written.output, "D.96A"), release="D.96A").value  # type: ignore[arg-type]
    assert read is not None
    crossed = ubl.write(read.document).value
    assert crossed is not None
    back = ubl.read(ubl.side.parse(crossed.output)).value  # type: ignore[union-attr,arg-type]
    assert back is not None

    assert back.document["lines"] == read.document["lines"] == ORDER["lines"]
    assert [back.document[name] for name in ("number", "issue_date", "currency")] == [
        ORDER[name] for name in ("number", "issue_date", "currency")
    ]


@pytest.mark.parametrize(("name", "item"), [("orders-eancom", "item"), ("invoic-eancom", "item"), ("ordrsp-eancom", "substitute")])
@pytest.mark.parametrize(("release", "code"), [("D.96A", "EN"), ("D.01B", "SRV")])
def test_an_article_number_has_the_code_of_its_release(name: str, item: str, release: str, code: str) -> None:
    """7143: EANCOM 97 says EN, EANCOM 2002 says SRV, although the list of D.01B still has EN."""
    gtin = str(ITEM["gtin"])
    document: Document = {"lines": [{"id": "1", item: {"gtin": gtin}}]}
    written = mapping.load(name).write(document, release=release).value
    assert written is not None

    assert any(f"{gtin}:{code}" in text for text in texts_of(written.output))  # type: ignore[arg-type]  # segments
