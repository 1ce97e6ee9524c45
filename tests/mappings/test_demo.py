"""The demo documents go through the spokes whole, and what comes out is valid by the rules of its syntax."""

from __future__ import annotations

import pytest

from edi import mapping
from edi.documents import validate
from edi.findings import Severity
from edi.formats.edifact import directory, reader, validation
from edi.formats.ubl import reader as ubl_reader
from edi.formats.ubl import xsd
from tests.mappings.messages import DEMO, demo, groups, validated


def read_order() -> dict[str, object]:
    spoke = mapping.load("orders-eancom")
    ((release, tree),) = groups(spoke, DEMO / "acme-order-4711.edi")
    reading = spoke.read(tree, release=release, trace=True).value
    assert reading is not None
    assert reading.unmapped == ()
    return reading.document


def test_the_order_is_read_whole() -> None:
    order = read_order()

    assert (order["number"], order["contract"], len(order["lines"])) == ("4711", "RV-2025-017", 3)  # type: ignore[arg-type]


def test_the_order_agrees_with_itself() -> None:
    assert validate("order", read_order()) == ()


def test_the_order_file_is_valid_edifact() -> None:
    (interchange,) = reader.read((DEMO / "acme-order-4711.edi").read_bytes()).value or ()
    (message,) = interchange.messages

    assert [str(finding) for finding in (*interchange.findings, *message.findings) if finding.severity != Severity.INFO] == []
    assert validation.validate(message, directory.load("D.96A", association="EAN008")) == ()


def test_the_faulty_order_is_sound_in_its_envelope_and_faulty_inside() -> None:
    (interchange,) = reader.read((DEMO / "faulty-order.edi").read_bytes()).value or ()
    (message,) = interchange.messages
    found = validation.validate(message, directory.load("D.96A", association="EAN008"))

    assert [str(finding) for finding in (*interchange.findings, *message.findings) if finding.severity != Severity.INFO] == []
    assert {finding.where.tag for finding in found if finding.is_error} == {"QTY"}


def test_the_order_becomes_an_ubl_order_that_the_schema_accepts() -> None:
    writing = mapping.load("ubl-order").write(read_order()).value
    assert writing is not None
    document = ubl_reader.read(writing.output).value  # type: ignore[arg-type]
    assert document is not None

    assert xsd.validate(document) == ()


@pytest.mark.parametrize(("release", "association"), [("D.96A", "EAN008"), ("D.01B", "EAN011")])
def test_the_invoice_becomes_valid_edifact_and_comes_back(release: str, association: str) -> None:
    spoke, invoice = mapping.load("invoic-eancom"), demo("erp-invoice-acme.json")
    canonical = mapping.load("erp-invoice").read(invoice).value
    assert canonical is not None
    outcome = spoke.write(canonical.document, release=release)
    assert outcome.value is not None

    assert (*outcome.findings, *validated(spoke, outcome.value.output, release, association)) == ()  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["erp-invoice-acme.json", "erp-invoice-nord.json"])
def test_the_invoice_agrees_with_itself(name: str) -> None:
    reading = mapping.load("erp-invoice").read(demo(name)).value
    assert reading is not None

    assert validate("invoice", reading.document) == ()


def test_the_invoice_becomes_ubl_that_the_schema_accepts_and_comes_back() -> None:
    canonical = mapping.load("erp-invoice").read(demo("erp-invoice-nord.json")).value
    assert canonical is not None
    spoke = mapping.load("ubl-invoice")
    writing = spoke.write(canonical.document).value
    assert writing is not None
    document = ubl_reader.read(writing.output).value  # type: ignore[arg-type]
    assert document is not None
    back = spoke.read(document).value
    assert back is not None

    assert xsd.validate(document) == ()
    assert canonical.document == back.document
