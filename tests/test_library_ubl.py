"""Typed UBL: made in Python in any order, written in schema order, exact to the digit, with exact complaints."""

from __future__ import annotations

import decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edi import library_ubl
from edi.cli import ubl as command
from edi.formats.ubl import model, reader, typed, xsd

pytestmark = pytest.mark.filterwarnings("ignore")
"""PyXB opens files without closing them; not ours to mend."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bindings")


@pytest.fixture(scope="module")
def ubl(folder: Path) -> library_ubl.Bindings:
    return library_ubl.bindings("2.1", folder=folder)


def invoice(ubl: library_ubl.Bindings):
    cac, cbc = ubl.cac, ubl.cbc
    document = ubl.document("Invoice").Invoice()
    document.LegalMonetaryTotal = cac.LegalMonetaryTotal(cbc.PayableAmount("292.20", currencyID="EUR"))
    document.IssueDate = "2026-11-22"
    document.ID = "R-1"
    document.AccountingCustomerParty = cac.AccountingCustomerParty(cac.Party(cac.PartyName("Muster GmbH")))
    document.AccountingSupplierParty = cac.AccountingSupplierParty(cac.Party(cac.PartyName("Acme Handels AG")))
    line = cac.InvoiceLine(ID="1", Item=cac.Item(Name="Schraube"))
    line.LineExtensionAmount = cbc.LineExtensionAmount(decimal.Decimal(100), currencyID="EUR")
    document.InvoiceLine.append(line)
    return document


def test_an_invoice_made_in_any_order_is_valid_and_keeps_its_digits(ubl: library_ubl.Bindings) -> None:
    content, findings = library_ubl.write(invoice(ubl))

    assert findings == ()
    assert isinstance(content, bytes)
    assert b'<cbc:PayableAmount currencyID="EUR">292.20</cbc:PayableAmount>' in content
    assert b'<cbc:LineExtensionAmount currencyID="EUR">100</cbc:LineExtensionAmount>' in content
    document = reader.read(content).value
    assert document is not None
    assert xsd.validate(document) == ()


def test_what_is_missing_is_said_exactly(ubl: library_ubl.Bindings) -> None:
    document = invoice(ubl)
    document.AccountingSupplierParty = None

    outcome = library_ubl.write(document)

    assert outcome.value is None
    assert [finding.code for finding in outcome.findings] == ["ubl.typed"]
    assert "AccountingSupplierParty" in str(outcome.findings[0].hint)


def test_a_misspelt_name_is_not_swallowed(ubl: library_ubl.Bindings) -> None:
    document = invoice(ubl)
    document.InvoiceLine[0].Item.Nam = "x"
    document.InvoiceLines = []

    found = library_ubl.write(document).findings

    assert sorted((finding.code, finding.value, finding.hint) for finding in found) == [
        ("ubl.typed_name", "InvoiceLines", "did you mean InvoiceLine?"),
        ("ubl.typed_name", "Nam", "did you mean Name?"),
    ]


def test_the_second_time_nothing_is_generated(ubl: library_ubl.Bindings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library_ubl, "generate", lambda *_: pytest.fail("generated again"))

    assert library_ubl.bindings("2.1", folder=ubl.folder) == ubl


def test_a_kind_the_version_lacks(ubl: library_ubl.Bindings) -> None:
    with pytest.raises(KeyError):
        ubl.document("BusinessCard")


def test_a_generator_that_fails_is_named(tmp_path: Path) -> None:
    with pytest.raises(library_ubl.BindingsError, match="could not be made"):
        library_ubl.generate({"Broken.xsd": "<x/>"}, tmp_path, "broken")

    assert list(tmp_path.iterdir()) == []


def test_the_command_shows_how_to_use_them(ubl: library_ubl.Bindings) -> None:
    result = CliRunner().invoke(command.app, ["bindings", "Invoice", "--folder", str(ubl.folder)])

    assert result.exit_code == 0
    assert "ubl.document('Invoice').Invoice()" in result.output


def test_schema_files_import_each_other_by_name() -> None:
    files = typed.schema_files(model.load("2.1"))

    assert 'schemaLocation="cac.xsd"' in files["Invoice.xsd"]
    assert not any("edi-ubl:" in text for text in files.values())
