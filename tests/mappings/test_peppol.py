"""What the Peppol flavours write is right by the published schema and rules."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from edi import mapping
from edi.documents import validate
from edi.formats.ubl import reader, rules, schematron, schematron_xslt, xsd
from edi.mapping.draw import draw
from tests.mappings.messages import demo
from tests.mappings.samples import DESPATCH, ORDER, RESPONSE, Document

BILLING = ("CEN-EN16931-UBL.sch", "PEPPOL-EN16931-UBL.sch")


def invoice() -> Document:
    """The demo invoice, which does not say what it follows."""
    reading = mapping.load("erp-invoice").read(demo("erp-invoice-nord.json")).value
    assert reading is not None
    return {name: value for name, value in reading.document.items() if name not in {"specification", "profile"}}


CASES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "peppol-order": (lambda: ORDER, ("PEPPOLBIS-T01.sch",)),
    "peppol-order-response": (lambda: RESPONSE, ("PEPPOLBIS-T76.sch",)),
    "peppol-despatch-advice": (lambda: DESPATCH, ("PEPPOLBIS-T16.sch",)),
    "peppol-invoice": (invoice, BILLING),
    "peppol-credit-note": (lambda: {**invoice(), "kind": "credit_note", "type_code": "381"}, BILLING),
}


def written(name: str) -> bytes:
    outcome = mapping.load(name).write(CASES[name][0]())
    assert outcome.value is not None
    assert outcome.findings == ()
    return outcome.value.output  # type: ignore[return-value]


@pytest.mark.parametrize("name", CASES)
def test_the_document_agrees_with_itself(name: str) -> None:
    document = CASES[name][0]()

    assert validate(document["kind"], document) == ()


@pytest.mark.parametrize("name", CASES)
def test_the_schema_accepts_it(name: str) -> None:
    document = reader.read(written(name)).value
    assert document is not None

    assert xsd.validate(document) == ()


@pytest.mark.parametrize("name", CASES)
def test_it_says_what_it_follows(name: str) -> None:
    document = reader.read(written(name)).value
    assert document is not None

    assert "urn:" in (document.customization or "")
    assert "urn:" in (document.profile or "")


@cache
def compiled(path: Path) -> Any:
    saxonche = pytest.importorskip("saxonche", reason="saxonche is not installed: it runs the rules")
    processor = saxonche.PySaxonProcessor(license=False)
    text = schematron_xslt.compile_schema(schematron.read(path.read_bytes(), source=path.name)).decode()
    return processor, processor.new_xslt30_processor().compile_stylesheet(stylesheet_text=text)


@pytest.mark.reference
@pytest.mark.parametrize("name", CASES)
def test_the_published_rules_find_nothing(name: str, reference: Path) -> None:
    for rule_file in CASES[name][1]:
        processor, sheet = compiled(reference / "rules" / "sch" / rule_file)
        report = sheet.transform_to_string(xdm_node=processor.parse_xml(xml_text=written(name).decode()))

        assert [(found["id"], found["text"]) for found in rules.failures(report.encode()) if found.get("flag") != "warning"] == []


def strangers(name: str, seed: int, reference: Path) -> list[str]:
    """Rules that find an element which is no part of the data model, in a document drawn from the mapping with every field it has."""
    written = mapping.load(name).write(draw(mapping.load(name), seed)).value
    assert written is not None
    found = []
    for rule_file in CASES[name][1]:
        processor, sheet = compiled(reference / "rules" / "sch" / rule_file)
        report = sheet.transform_to_string(xdm_node=processor.parse_xml(xml_text=written.output.decode()))  # type: ignore[union-attr]
        failed = rules.failures(report.encode())
        found += [one["id"] for one in failed if "not part of the data model" in one["text"] or one["id"].startswith("UBL-CR-")]
    return found


@pytest.mark.reference
@pytest.mark.parametrize("name", CASES)
def test_nothing_is_written_that_is_no_part_of_the_data_model(name: str, reference: Path) -> None:
    assert [found for seed in range(3) for found in strangers(name, seed, reference)] == []


@pytest.mark.proof
@pytest.mark.reference
@pytest.mark.parametrize("name", CASES)
def test_of_a_hundred_drawn_documents_nothing_is_written_that_is_no_part_of_the_data_model(name: str, reference: Path) -> None:
    assert [found for seed in range(100) for found in strangers(name, seed, reference)] == []
