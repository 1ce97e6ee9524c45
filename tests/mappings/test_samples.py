"""Of messages that others wrote, at least 95 % is carried or ignored by name, and stays the same through writing and reading (law L1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from edi import mapping
from edi.formats.ubl import reader as ubl_reader
from edi.mapping import laws
from tests.mappings.messages import groups

CARRIED: dict[str, tuple[str, ...]] = {
    "orders-eancom": ("ORDERS/D96A/pydifact__order.edi", "ORDERS/D96A/pydifact__order2.edi", "ORDERS/D96B/staedi__orders-with-group.edi"),
    "desadv-eancom": ("DESADV/D96A/bots-plugins__edifact__to_fixed_orders_desadv_invoice_aperak__outfile__dutchic__dutchic_desadv1.edi",),
    "pricat-eancom": (
        "PRICAT/D96A/bots-plugins__demo__sap_idoc_orders_WPPLU__demo_idoc__inbound_edifact__147.edi",
        "PRICAT/D96A/bots-plugins__demo__sap_idoc_orders_WPPLU__demo_idoc__inbound_edifact__148.edi",
    ),
}
STABLE: dict[str, tuple[str, ...]] = {
    **CARRIED,
    "invoic-eancom": ("INVOIC/D97A/pydifact__invoice1.edi", "INVOIC/D97B/staedi__invoic_d97b.edi"),
    "recadv-eancom": ("RECADV/D01B/recadv.edi",),
}


@pytest.mark.reference
@pytest.mark.parametrize("name", CARRIED)
def test_at_least_95_percent_are_carried(name: str, reference: Path) -> None:
    spoke, filled, left = mapping.load(name), 0, 0
    for file in CARRIED[name]:
        for release, tree in groups(spoke, reference / "edifact" / "samples" / file):
            reading = spoke.read(tree, release=release, trace=True).value
            assert reading is not None
            filled += reading.components
            left += len(reading.unmapped)

    assert left <= 0.05 * filled


@pytest.mark.reference
@pytest.mark.parametrize("name", STABLE)
def test_reading_what_was_written_gives_the_same_document(name: str, reference: Path) -> None:
    spoke = mapping.load(name)
    samples = [(file, tree) for file in STABLE[name] for _, tree in groups(spoke, reference / "edifact" / "samples" / file)]

    assert [str(failure) for failure in laws.stability(spoke, samples).failures] == []


UBL: dict[str, tuple[str, ...]] = {
    "ubl-invoice": ("Invoice-2.1-Example", "Invoice-2.1-Example-Trivial"),
    "ubl-credit-note": ("CreditNote-2.1-Example",),
    "ubl-inventory-report": ("InventoryReport-2.1-Example",),
}


@pytest.mark.reference
@pytest.mark.parametrize("name", UBL)
def test_at_least_95_percent_of_the_ubl_2_1_examples_are_carried_and_stable(name: str, reference: Path) -> None:
    spoke, filled, left = mapping.load(name), 0, 0
    for file in UBL[name]:
        document = ubl_reader.read((reference / "ubl" / "samples" / "oasis-UBL-2.1" / f"UBL-{file}.xml").read_bytes()).value
        reading = spoke.read(document, trace=True).value
        assert reading is not None
        filled += reading.components
        left += len(reading.unmapped)
        assert [str(failure) for failure in laws.stability(spoke, [(file, document)]).failures] == []

    assert left <= 0.05 * filled
