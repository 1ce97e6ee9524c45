"""The rules others publish: they compile, and their authors' unit tests come out as written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from edi.engine.rules import SaxonRunner
from edi.formats.ubl import reader, rules, schematron, schematron_xslt, writer
from tests.formats.ubl.rule_running import needs_saxon

pytestmark = [needs_saxon, pytest.mark.reference]

VEFA = "{http://difi.no/xsd/vefa/validator/1.0}"
EN16931 = "CEN-EN16931-UBL.sch"


def compile_file(reference: Path, name: str) -> bytes:
    return schematron_xslt.compile_schema(schematron.read((reference / "rules" / "sch" / name).read_bytes(), source=name))


@pytest.fixture(scope="module")
def en16931(reference: Path) -> Iterator[SaxonRunner]:
    with SaxonRunner({EN16931: compile_file(reference, EN16931)}) as runner:
        yield runner


def unexpected(runner: SaxonRunner, path: Path) -> Iterator[str]:
    """What a unit test expects and does not get."""
    for number, test in enumerate(etree.fromstring(path.read_bytes()).iterfind(f"{VEFA}test"), start=1):
        (document,) = [child for child in test if isinstance(child.tag, str) and child.tag != f"{VEFA}assert"]
        failed = Counter(entry["id"] for entry in runner.run(EN16931, etree.tostring(document, with_tail=False)))
        for expectation in test.iterfind(f"{VEFA}assert/*"):
            kind, rule = expectation.tag.removeprefix(VEFA), (expectation.text or "").strip()
            wanted = {"success": failed[rule] == 0, "error": failed[rule] > 0, "warning": failed[rule] > 0}.get(kind, True)
            if kind == "error" and expectation.get("number"):
                wanted = failed[rule] == int(expectation.get("number", "0"))
            if not wanted:
                yield f"{path.name} test {number}: {kind} {rule}, failed {failed[rule]} times"


@pytest.mark.parametrize("folder", ["Invoice-unit-UBL", "CreditNote-unit-UBL"])
def test_a_sample_of_the_unit_tests_comes_out_as_their_authors_expect(reference: Path, en16931: SaxonRunner, folder: str) -> None:
    paths = sorted((reference / "rules" / "unit" / folder).glob("*.xml"))[::10]

    assert [text for path in paths for text in unexpected(en16931, path)] == []


@pytest.mark.proof
def test_every_unit_test_comes_out_as_its_authors_expect(reference: Path, en16931: SaxonRunner) -> None:
    paths = sorted((reference / "rules" / "unit").rglob("*.xml"))

    assert len(paths) == 277
    assert [text for path in paths for text in unexpected(en16931, path)] == []


def check_runs(reference: Path, name: str) -> None:
    document = reader.read((reference / "ubl/samples/oasis-UBL-2.1/UBL-Order-2.1-Example.xml").read_bytes()).value
    assert document is not None
    with SaxonRunner({name: compile_file(reference, name)}) as runner:
        failed = runner.run(name, writer.to_bytes(document.root))
    assert all(finding.code.startswith("rule.") for finding in rules.findings(document, failed, name))


@pytest.mark.parametrize("name", ["PEPPOLBIS-T01.sch", "PEPPOL-EN16931-UBL.sch"])
def test_two_of_the_published_rules_compile_and_run(reference: Path, name: str) -> None:
    check_runs(reference, name)


@pytest.mark.proof
def test_all_published_rules_compile_and_run(reference: Path) -> None:
    names = sorted(path.name for path in (reference / "rules" / "sch").glob("*.sch"))

    assert len(names) == 14
    for name in names:
        check_runs(reference, name)


def test_a_published_invoice_has_findings_with_places(reference: Path, en16931: SaxonRunner) -> None:
    document = reader.read((reference / "ubl/samples/oasis-UBL-2.1/UBL-Invoice-2.1-Example.xml").read_bytes()).value
    assert document is not None

    found = rules.findings(document, en16931.run(EN16931, writer.to_bytes(document.root)), EN16931)

    assert {"rule.BR-01", "rule.BR-CL-25", "rule.UBL-DT-01"} <= {finding.code for finding in found}
    assert all(finding.where.line and finding.where.path for finding in found)
