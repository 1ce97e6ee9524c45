"""The same invoice as EDIFACT and as UBL gives the same canonical document where both files carry the same data."""

from __future__ import annotations

from pathlib import Path

import pytest

from edi import mapping
from edi.formats.ubl import reader
from edi.mapping.canonical import leaves
from tests.mappings.messages import groups

CAUSES: dict[int, dict[str, str]] = {
    1: {
        "item.name": "the EDIFACT file has blanks behind the name, three names are cut or spelled otherwise in the UBL file",
        "notes[0].text": "the UBL file breaks the text into lines",
        "unit": "H87 and EA for pieces",
        "payment.accounts[1].iban": "the EDIFACT file gives the first account twice, the UBL file a second one",
    },
    2: {
        "allowance_charges[0].reason_code": "95 and 88",
        "vat_id": "the UBL file puts NO in front",
        "lines[0].quantity": "1 and 2",
        "lines[2].price.gross": "2.75 and 2.70",
        "lines[2].price.discount": "0.275 and 0.27",
        "payment.terms": "the UBL file breaks the text into lines",
        "profile": "P3 and its name",
        "classifications": "the two files list them in another order",
        "unit": "NAR and EA for pieces",
    },
    4: {
        "seller.contacts[0].email": "other data",
        "unit": "C62 and EA for pieces",
    },
}
"""By example: which fields differ, and why. Any other difference is ours."""


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
    shared = [path for path in one if path in other]
    different = [path for path in shared if one[path] != other[path] and not any(cause in path for cause in CAUSES[number])]

    assert different == []
    assert len(shared) > 70
    assert [cause for cause in CAUSES[number] if not any(cause in path and one[path] != other[path] for path in shared)] == []


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
