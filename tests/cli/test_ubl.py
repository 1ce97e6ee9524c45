"""`edi ubl` and `edi rules` as people type them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from edi.cli.app import app
from edi.formats.ubl import model, reader, xsd
from tests.formats.ubl.invoices import invoice
from tests.formats.ubl.rule_running import SCHEMA, needs_saxon


def edi(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "ws"
    assert edi("init", folder).exit_code == 0
    return folder


def test_a_sample_is_valid_ubl() -> None:
    result = edi("ubl", "sample", "Order", "--seed", "3")
    document = reader.read(result.stdout_bytes).value

    assert document is not None
    assert (document.kind, xsd.validate(document)) == ("Order", ())


def test_a_misspelt_document_type_is_suggested() -> None:
    result = edi("ubl", "sample", "Invioce")

    assert "did you mean Invoice" in str(result.exception)


def test_show_lists_children_with_how_often() -> None:
    result = edi("ubl", "show", "cac:InvoiceLine", "--json")

    assert result.exit_code == 0
    assert json.loads(result.output)["type"]["children"][0] == {"name": "cbc:ID", "minimum": 1, "maximum": 1, "type": None}
    assert "at least 1" in edi("ubl", "show", "Invoice").output
    assert "currencyID" in edi("ubl", "show", "cbc:PayableAmount").output


@pytest.mark.reference
def test_published_schemas_are_taken_over_into_the_workspace(reference: Path, workspace: Path) -> None:
    result = edi("-w", workspace, "ubl", "import", reference / "ubl" / "xsd" / "2.2", "--version", "2.2-own")

    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in (workspace / "schemas/ubl/2.2-own").iterdir()) == sorted(model.FILES)


@pytest.mark.parametrize("version", ["../x", "a/b", ".hidden", ""])
def test_a_version_that_is_no_folder_name_is_refused(tmp_path: Path, version: str) -> None:
    assert "cannot be the name of a folder" in str(edi("ubl", "import", tmp_path, "--version", version).exception)


@needs_saxon
def test_rules_are_added_listed_and_run(workspace: Path, tmp_path: Path) -> None:
    rules = tmp_path / "r.sch"
    rules.write_text(
        SCHEMA.format(
            '<ns prefix="cbc" uri="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"/><pattern><rule context="/*"><assert id="OWN-1" test="cbc:Note">An invoice has a note.</assert></rule></pattern>'
        )
    )
    document = tmp_path / "invoice.xml"
    document.write_bytes(invoice())

    added = edi("-w", workspace, "rules", "add", rules, "--id", "org.example:invoice:1", "--document", "Invoice", "--from", "2020-01-01")
    listed = edi("-w", workspace, "rules", "list", "--json")
    failed = edi("-w", workspace, "rules", "run", document)
    document.write_bytes(invoice(extra="<cbc:Note>1</cbc:Note>"))
    kept = edi("-w", workspace, "rules", "run", document, "--rules", "org.example:invoice:1")

    assert added.exit_code == 0, added.output
    assert [entry["id"] for entry in json.loads(listed.output) if not entry["id"].startswith(("peppol", "factur"))] == [
        "org.example:invoice:1"
    ]
    assert (failed.exit_code, "rule.OWN-1" in failed.output) == (2, True)
    assert (kept.exit_code, kept.output.strip()) == (0, "0 findings by org.example:invoice:1")
    assert edi("-w", workspace, "check").exit_code == 0


def test_rules_that_nobody_added_are_named(workspace: Path, tmp_path: Path) -> None:
    document = tmp_path / "invoice.xml"
    document.write_bytes(invoice())

    assert "no rule set" in str(edi("-w", workspace, "rules", "run", document, "--rules", "a:b:1").exception)
    assert "is no day" in str(edi("-w", workspace, "rules", "add", document, "--id", "a:b:1", "--from", "soon").exception)
