"""The same invoice as EDIFACT and as UBL gives the same canonical document where both files carry the same data."""

from __future__ import annotations

from pathlib import Path

import pytest

from edi import mapping
from edi.formats.ubl import reader
from edi.mapping.canonical import leaves, unindexed
from tests.mappings.messages import groups

PIECES = "pieces have another code in the UBL file"
SUBJECT = "UBL has the text of a note only"
CAUSES: dict[int, dict[str, str]] = {
    1: {
        "lines.item.name": "the EDIFACT file has blanks behind the name, three names are cut or spelled otherwise in the UBL file",
        "notes.text": "the UBL file breaks the text into lines",
        "notes.subject": SUBJECT,
        "lines.unit": PIECES,
        "payment.accounts.iban": "the EDIFACT file gives the first account twice, the UBL file a second one",
        "profile": "only the EDIFACT file names it",
    },
    2: {
        "allowance_charges.reason_code": "95 and 88",
        "seller.vat_id": "the UBL file puts NO in front",
        "buyer.vat_id": "the UBL file puts NO in front",
        "tax_representative.vat_id": "the UBL file puts NO in front",
        "lines.quantity": "1 and 2",
        "lines.price.gross": "2.75 and 2.70",
        "lines.price.discount": "0.275 and 0.27",
        "lines.price.unit": "only the UBL file has it",
        "payment.terms": "the UBL file breaks the text into lines",
        "payment.accounts.iban": "the EDIFACT file gives the account twice",
        "profile": "P3 and its name",
        "lines.item.classifications.code": "the two files list them in another order, one is another",
        "lines.item.gtin": "the UBL file has them under a scheme that is not that of GTIN",
        "lines.order_line.line": "only the EDIFACT file has the fifth",
        "lines.unit": PIECES,
        "tax_point": "the EDIFACT file has the day, the UBL file the code",
        "tax_point_code": "the EDIFACT file has the day, the UBL file the code",
        "notes.subject": SUBJECT,
        "notes.text": "FTX+AGM, the reason of an exemption, is a note: INVOIC does not say which rate it is about",
        "tax_breakdown.exemption_reason": "FTX+AGM, the reason of an exemption, is a note: INVOIC does not say which rate it is about",
        "attachments.filename": "UBL has a file name with the content only",
        "attachments.id": "only the UBL file has a second one",
        "attachments.description": "only the UBL file has a second one",
        "attachments.mime": "only the UBL file has a second one",
        "attachments.content": "only the UBL file has a second one",
    },
    4: {
        "seller.contacts.email": "other data",
        "lines.unit": PIECES,
        "notes.subject": SUBJECT,
        "profile": "only the EDIFACT file names it",
        "payment.accounts.iban": "the EDIFACT file gives the account twice",
    },
}
"""By example: which fields differ or stand on one side only, and why. Any other difference is ours."""


@pytest.mark.reference
@pytest.mark.parametrize("number", CAUSES)
def test_both_files_say_the_same(number: int, reference: Path) -> None:
    folder = reference / "paired" / f"example{number}"
    edifact, ubl = mapping.load("invoic-en16931"), mapping.load("ubl-invoice")
    ((release, tree),) = groups(edifact, folder / f"EDIFACT_EXAMPLE{number}.TXT")
    first = edifact.read(tree, release=release).value
    second = ubl.read(reader.read((folder / f"ubl-tc434-example{number}.xml").read_bytes()).value).value
    assert first is not None
    assert second is not None
    one, other = dict(leaves(first.document)), dict(leaves(second.document))

    assert {unindexed(path) for path in one.keys() | other.keys() if one.get(path) != other.get(path)} == set(CAUSES[number])
    assert sum(one[path] == other[path] for path in one.keys() & other.keys()) > 70


@pytest.mark.reference
@pytest.mark.parametrize("number", CAUSES)
def test_at_least_95_percent_of_each_file_are_carried(number: int, reference: Path) -> None:
    folder = reference / "paired" / f"example{number}"
    spoke, ubl = mapping.load("invoic-en16931"), mapping.load("ubl-invoice")
    ((release, tree),) = groups(spoke, folder / f"EDIFACT_EXAMPLE{number}.TXT")
    document = reader.read((folder / f"ubl-tc434-example{number}.xml").read_bytes()).value
    readings = [spoke.read(tree, release=release, trace=True).value, ubl.read(document, trace=True).value]

    for reading in readings:
        assert reading is not None
        assert len(reading.unmapped) <= 0.05 * reading.components
