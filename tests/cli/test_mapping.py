"""`edi mapping` as people call it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edi import library
from edi.cli.mapping import app

pytestmark = pytest.mark.storeless

ORDER = (
    "UNB+UNOC:3+4054321000009:14+4012345500004:14+251117:1030+1'UNH+1+ORDERS:D:96A:UN:EAN008'BGM+220+4711+9'DTM+137:20251117:102'"
    "NAD+SU+4012345500004::9'NAD+BY+4054321000009::9'LIN+1++4000862141404:EN'QTY+21:120:PCE'LOC+27+DE'UNS+S'CNT+2:1'UNT+11+1'UNZ+1+1'"
)


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    path = tmp_path / "order.edi"
    path.write_text(ORDER)
    return path


def run(*arguments: str | Path, expect: int = 0) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert expect == result.exit_code, result.output
    return result.output


def test_check_says_what_is_wrong_and_where(tmp_path: Path) -> None:
    path = tmp_path / "mine.map.yaml"
    path.write_text("mapping: mine\nkind: order\nsyntax: {edifact: ORDERS, versions: [D.96A]}\nheader:\n  - BGM+220+{numbr}\n")

    assert ":5:14: unknown field 'numbr'" in run("check", path, expect=1)
    assert "orders-eancom: order" in run("check", "orders-eancom")


def test_explain_says_where_a_value_came_from(sample: Path) -> None:
    found = json.loads(run("explain", "orders-eancom", sample, "--path", "lines.unit", "--to", "ubl-order", "--json"))

    (value,) = found["values"]
    assert ("lines[0].unit", "C62", "PCE") == (value["path"], value["value"], value["wire"])
    assert "segment 7 QTY element 1 component 3" in value["where"]
    assert "unitCode" in value["then"]


def test_explain_says_where_a_segment_went(sample: Path) -> None:
    found = json.loads(run("explain", "orders-eancom", sample, "--segment", "6", "--json"))

    assert ["lines[0].id", "lines[0].item.gtin"] == [value["path"] for value in found["values"]]


def test_explain_shows_the_generated_code(sample: Path) -> None:
    assert "# orders-eancom.map.yaml:" in run("explain", "orders-eancom", "--source")


def test_a_draft_can_be_checked_and_reads_its_sample(sample: Path, tmp_path: Path) -> None:
    draft = tmp_path / "draft.map.yaml"
    draft.write_text(run("draft", sample, "--base", "orders-eancom"))

    run("check", draft)
    found = json.loads(run("explain", draft, sample, "--path", "lines.item.gtin", "--json"))
    assert ["4000862141404"] == [value["value"] for value in found["values"]]


def test_a_draft_from_a_pair_finds_the_values(sample: Path, tmp_path: Path) -> None:
    document = tmp_path / "order.json"
    document.write_text(
        '{"kind": "order", "number": "4711", "issue_date": "2025-11-17", "lines": [{"id": "1", "quantity": "120", "item": {"gtin": "4000862141404"}}]}'
    )

    text = run("draft", sample, "--with", document)

    assert "DTM+137:{issue_date}" in text
    assert "QTY+21:{quantity}" in text


def test_a_draft_from_edifact_and_ubl_that_mean_the_same_loads_and_carries_what_both_say(tmp_path: Path) -> None:
    data = ORDER.replace("QTY+21:120:PCE'", "QTY+21:120:PCE'RFF+CT:K-4711'").replace("UNT+11", "UNT+12").encode()
    (tmp_path / "order.edi").write_bytes(data)
    (made,) = library.convert(data, read="orders-eancom", write="ubl-order").value or ()
    (tmp_path / "order.xml").write_bytes(made.payload)
    draft = tmp_path / "draft.map.yaml"

    run("draft", tmp_path / "order.edi", "--with", tmp_path / "order.xml", "-o", draft)

    assert float(json.loads(run("coverage", draft, tmp_path / "order.edi", "--json"))["share"]) > 0.8
    (quantity,) = json.loads(run("explain", draft, tmp_path / "order.edi", "--path", "lines.quantity", "--json"))["values"]
    assert "120" == quantity["value"]


def test_a_draft_leaves_out_what_cannot_be_and_says_why(tmp_path: Path) -> None:
    """Two values of one segment that are items of one list: a mapping has no place for that, and the draft loads without."""
    references = "".join(f"RFF+{code}:X{code}'" for code in ("CT", "PL", "VN"))
    (tmp_path / "order.edi").write_text(
        ORDER.replace("UNS+S", f"FTX+AAI+++first'FTX+AAI+++second'{references}UNS+S").replace("UNT+11", "UNT+16")
    )
    draft = tmp_path / "draft.map.yaml"
    draft.write_text(run("draft", tmp_path / "order.edi", "--base", "orders-eancom"))
    assert "each: " in draft.read_text()
    run("check", draft)


def test_diff_groups_what_a_change_does(sample: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed.map.yaml"
    changed.write_text("mapping: changed\nextends: orders-eancom\ncodes:\n  units: {pairs: [[PCE, EA]]}\n")

    found = run("diff", "orders-eancom", changed, "--over", sample, "--json", expect=2)

    result = json.loads(found)
    assert (1, 1) == (result["messages"], result["changed"])
    assert ("C62", "EA") == (result["documents"]["lines.unit"]["before"], result["documents"]["lines.unit"]["after"])
    run("diff", "orders-eancom", "orders-eancom", "--over", sample)


def test_coverage_names_what_is_never_mapped(sample: Path, tmp_path: Path) -> None:
    small = tmp_path / "small.map.yaml"
    small.write_text(
        "mapping: small\nkind: order\nsyntax: {edifact: ORDERS, versions: [D.96A]}\nheader:\n  - BGM+{type_code}+{number}+{function}\n"
    )

    assert "NAD+SU in 1 of 1 messages, never mapped" in run("coverage", small, sample)
    assert float(json.loads(run("coverage", small, sample, "--json"))["share"]) < 0.5


def test_tests_are_run_and_written_for_ci(tmp_path: Path) -> None:
    report = tmp_path / "junit.xml"

    assert "law L2, 5 tried" in run("test", "erp-order", "--drawn", "5", "--junit", report)
    assert 'failures="0"' in report.read_text()


def test_fmt_keeps_comments_and_changes_nothing_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.map.yaml"
    path.write_text("# about\nkind:   order\nmapping: a   # its name\nsyntax: {json: a}\nbody:\n- nr = {number}\n")

    run("fmt", path, "--check", expect=2)
    run("fmt", path)
    first = path.read_text()
    run("fmt", path)

    assert first == path.read_text()
    assert "# about" in first
    assert "# its name" in first
    assert first.index("mapping:") < first.index("kind:")


def test_doc_and_schema_are_printed() -> None:
    assert "| Line | Pattern |" in run("doc", "orders-eancom")
    assert "array" in run("schema")


def test_watch_shows_document_and_leftovers(sample: Path) -> None:
    assert '"number": "4711"' in run("watch", "orders-eancom", sample, "--once")


def test_watch_shows_anew_at_each_save_and_goes_on_after_a_mistake(sample: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.map.yaml"
    right = "mapping: mine\nkind: order\nsyntax: {edifact: ORDERS, versions: [D.96A]}\nheader:\n  - BGM+220+{number}+9\n"
    mine.write_text(right)
    command = [sys.executable, "-u", "-m", "edi", "mapping", "watch", str(mine), str(sample)]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as watching:
        assert watching.stdout is not None
        shown = iter(watching.stdout.readline, "")
        try:
            assert any('"number": "4711"' in line for line in shown)
            mine.write_text(right.replace("{number}", "{numbr}"))
            assert any("unknown field 'numbr'" in line for line in shown)
            mine.write_text(right)
            assert any('"number": "4711"' in line for line in shown)
        finally:
            watching.terminate()
