"""Of messages that others wrote, at least 95 % is carried or ignored by name, and stays the same through writing and reading (law L1)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from edi import mapping
from edi.errors import FormatError
from edi.formats.edifact import reader
from edi.formats.edifact.structure import Group
from edi.formats.ubl import reader as ubl_reader
from edi.mapping import laws
from tests.mappings.messages import groups

SPOKES = {
    "APERAK": "aperak-eancom",
    "DESADV": "desadv-eancom",
    "INVOIC": "invoic-eancom",
    "INVRPT": "invrpt-eancom",
    "ORDCHG": "ordchg-eancom",
    "ORDERS": "orders-eancom",
    "ORDRSP": "ordrsp-eancom",
    "PRICAT": "pricat-eancom",
    "RECADV": "recadv-eancom",
    "REMADV": "remadv-eancom",
}
EXCEPT = {
    "edifact.ORDRSP.edi": "a message of the German energy market (1.1e), which has its own meanings for IMD, AJT, PRI+CAL and LOC+172",
    "edifact.ORDRSP-formatted.edi": "the same message with line ends",
    "edifact.Issue203.edi": "shows nearly every segment of the message once, many with meanings made up or unknown to trade (DTM+111, MOA+333, ALC+PP)",
    "edifact_xml__edifact__desadv1.edi": "units that are a cage and a box at once (two PAC under one CPS), and DTM+23E, which is no code",
    "huge_file2.edi": "one UNH and then thousands of orders without UNH or UNT between them; what follows the first has no place in a message",
    "invoice1.edi": "dates of twelve digits that say they have eight (102)",
    "invoice_with_colon_at_end.edi": "dates of twelve digits that say they have eight (102)",
    "ErrorEventsTest": "pieces of a few segments, made to be wrong",
}
"""What a file's name ends with or holds -> why less of it is carried."""
UNSTABLE = {
    **EXCEPT,
    "invoic_d97b_bad.edi": "made to be wrong: quantities and prices that are no numbers",
    "invoic_d93a_una.edi": "dates that do not exist",
}
UBL = {
    "ApplicationResponse": "ubl-application-response",
    "Catalogue": "ubl-catalogue",
    "CreditNote": "ubl-credit-note",
    "DespatchAdvice": "ubl-despatch-advice",
    "InventoryReport": "ubl-inventory-report",
    "Invoice": "ubl-invoice",
    "Order": "ubl-order",
    "OrderChange": "ubl-order-change",
    "OrderResponse": "ubl-order-response",
    "ReceiptAdvice": "ubl-receipt-advice",
    "RemittanceAdvice": "ubl-remittance-advice",
}
UBL_EXCEPT = {"UBL-OrderResponse-2.1-Example.xml": "its line status codes (NoStatus, Disputed) are not of the code list; both are told"}


def excepted(name: str, exceptions: dict[str, str]) -> bool:
    return any(part in name for part in exceptions)


def messages(reference: Path) -> Iterator[tuple[str, str, str, Group]]:
    """File, spoke, release and tree of every EDIFACT message of a type we ship."""
    for path in sorted((reference / "edifact" / "samples").rglob("*")):
        if not path.is_file() or path.suffix in {".json", ".md", ".xml"} or "huge" in path.name:
            continue
        try:
            interchanges = reader.read(path.read_bytes()).value or ()
        except FormatError:
            continue
        types = {message.identifier.type for interchange in interchanges for message in interchange.messages}
        for name in sorted(SPOKES[one] for one in types if one in SPOKES):
            for release, tree in groups(mapping.load(name), path):
                yield path.name, name, release, tree


@cache
def shares(reference: Path) -> dict[str, tuple[int, int]]:
    """File -> filled components, and how many of them are left over."""
    found: dict[str, tuple[int, int]] = {}
    for file, name, release, tree in messages(reference):
        reading = mapping.load(name).read(tree, release=release, trace=True).value
        assert reading is not None
        filled, left = found.get(file, (0, 0))
        found[file] = filled + reading.components, left + len(reading.unmapped)
    return found


@pytest.mark.reference
def test_at_least_95_percent_of_every_edifact_sample_are_carried(reference: Path) -> None:
    found = shares(reference)
    thin = {file: f"{left} of {filled}" for file, (filled, left) in found.items() if left > 0.05 * filled}

    assert len(found) > 40
    assert {file: how for file, how in thin.items() if not excepted(file, EXCEPT)} == {}


@pytest.mark.reference
def test_what_is_excepted_is_still_thin(reference: Path) -> None:
    thin = [file for file, (filled, left) in shares(reference).items() if left > 0.05 * filled]

    assert [part for part in EXCEPT if part != "huge_file2.edi" and not any(part in file for file in thin)] == []


@pytest.mark.reference
def test_reading_what_was_written_from_edifact_gives_the_same_document(reference: Path) -> None:
    failures = [
        failure
        for file, name, _, tree in messages(reference)
        if not excepted(file, UNSTABLE)
        for failure in laws.stability(mapping.load(name), [(file, tree)]).failures
    ]

    assert [str(failure) for failure in failures] == []


def ubl_documents(reference: Path) -> Iterator[tuple[str, str, object]]:
    for path in sorted((reference / "ubl" / "samples").rglob("*.xml")):
        document = ubl_reader.read(path.read_bytes()).value
        if document is not None and document.kind in UBL:
            yield path.name, UBL[document.kind], document


@pytest.mark.reference
def test_at_least_95_percent_of_every_ubl_sample_are_carried(reference: Path) -> None:
    thin = {}
    for file, name, document in ubl_documents(reference):
        reading = mapping.load(name).read(document, trace=True).value
        assert reading is not None
        if len(reading.unmapped) > 0.05 * reading.components:
            thin[file] = [one.segment for one in reading.unmapped]

    assert set(UBL_EXCEPT) == set(thin)


@pytest.mark.reference
def test_reading_what_was_written_from_ubl_gives_the_same_document(reference: Path) -> None:
    failures = [
        failure
        for file, name, document in ubl_documents(reference)
        for failure in laws.stability(mapping.load(name), [(file, document)]).failures
    ]

    assert [str(failure) for failure in failures] == []
