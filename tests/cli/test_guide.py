"""`edi guide` builds what a partner's programmer needs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edi.cli.app import app
from edi.formats.edifact import directory
from edi.formats.edifact.guide_samples import judge
from edi.workspace import guides
from edi.workspace.init import init
from edi.workspace.tables import WorkspaceTables
from tests.workspace.test_guides import GUIDE


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "w"
    init(folder)
    place = folder / "schemas" / "edifact" / "guides" / "acme"
    place.mkdir(parents=True)
    (place / "ORDERS.yaml").write_text(GUIDE.replace("title: Orders", "title: Orders <b>&"), encoding="utf-8")
    return folder


def run(workspace: Path, *arguments: str) -> str:
    done = CliRunner().invoke(app, ["--workspace", str(workspace), "guide", *arguments])
    assert done.exit_code == 0, done.output
    return done.output


def test_the_page_shows_structure_rules_values_and_escapes_what_it_is_told(workspace: Path, tmp_path: Path) -> None:
    run(workspace, "build", "acme/ORDERS", "--into", str(tmp_path / "out"))
    page = (tmp_path / "out" / "acme-ORDERS.html").read_text(encoding="utf-8")
    for part in (
        "Orders &lt;b&gt;&amp; from Acme",
        "NAD+BY/CTA+OC",
        "SG25",
        "an1..8",
        "unique for ever",
        "must not be sent",
        "Call us before",
    ):
        assert part in page
    assert "<b>" not in page
    anchors = set(re.findall(r'id="(r\d+)"', page))
    assert set(re.findall(r'href="#(r\d+)"', page)) == anchors
    assert "http" not in page


def test_every_sample_is_judged_as_the_page_says(workspace: Path, tmp_path: Path) -> None:
    run(workspace, "build", "acme/ORDERS", "--into", str(tmp_path / "out"))
    page = (tmp_path / "out" / "acme-ORDERS.html").read_text(encoding="utf-8")
    guide = guides.load("acme/ORDERS", WorkspaceTables(workspace))
    tables = directory.load("D.96A", association="EAN008")
    claimed = dict(re.findall(r"<h3>([^<]+)</h3>\n<p>[^<]*?(?:; answered with <code>([a-z._]+)</code>)?\.</p>", page))
    samples = {each.stem: each.read_bytes() for each in (tmp_path / "out" / "samples").iterdir()}

    assert len(samples) == 22
    assert samples.keys() == {name.replace("/", "_") for name in claimed}
    for name, code in claimed.items():
        findings = {finding.code for finding in judge(samples[name.replace("/", "_")], guide, tables)}
        assert code in findings if code else not findings, name


def test_the_branching_diagram_stands_groups_over_what_they_hold(workspace: Path, tmp_path: Path) -> None:
    run(workspace, "build", "acme/ORDERS", "--into", str(tmp_path / "out"))
    page = (tmp_path / "out" / "acme-ORDERS.html").read_text(encoding="utf-8")
    boxes = re.findall(r'<rect x="([\d.]+)" y="(\d+)"[^>]*>\n<text[^>]*>([A-Z]{3})</text>', page)
    places = {tag: (float(x), int(y)) for x, y, tag in boxes}

    assert ["UNH", "BGM", "DTM", "NAD", "CTA", "LIN"] == [tag for _, _, tag in boxes][:6]
    assert (places["NAD"][0], places["NAD"][1] < places["CTA"][1]) == (places["CTA"][0], True)
    assert len(set(places.values())) == len(boxes)
    assert page.count("<path") == 2 * (1 + sum(tag in {"NAD", "LIN"} for tag in places))


def test_the_valid_sample_shows_every_segment_the_guide_lists(workspace: Path, tmp_path: Path) -> None:
    run(workspace, "build", "acme/ORDERS", "--into", str(tmp_path / "out"))
    text = (tmp_path / "out" / "samples" / "valid.edi").read_text()
    assert [line[:3] for line in text.splitlines()] == ["UNB", "UNH", "BGM", "DTM", "NAD", "CTA", "LIN", "QTY", "UNS", "UNT", "UNZ"]


def test_check_and_list_say_what_there_is(workspace: Path) -> None:
    assert "acme/ORDERS: 7 rules for ORDERS:D:96A:UN:EAN008; no problem found" in run(workspace, "check", "acme/ORDERS")
    assert "acme/ORDERS" in run(workspace, "list")


def test_check_points_at_what_is_wrong(workspace: Path) -> None:
    place = workspace / "schemas" / "edifact" / "guides" / "acme" / "ORDERS.yaml"
    place.write_text(GUIDE.replace("NAD+BY/CTA", "NAD+BY/CTR"))
    done = CliRunner().invoke(app, ["--workspace", str(workspace), "guide", "check", "acme/ORDERS"])
    assert done.exit_code == 1
    assert "ORDERS.yaml:15:3: ORDERS has no NAD+BY/CTR+OC" in done.output


def test_a_draft_from_a_real_order_is_a_guide_that_check_passes(workspace: Path, tmp_path: Path) -> None:
    order = Path(__file__).parents[2] / "edi" / "demo" / "acme-order-4711.edi"
    text = run(workspace, "draft", "acme/DRAFT", str(order), "--title", "Drafted")
    (workspace / "schemas" / "edifact" / "guides" / "acme" / "DRAFT.yaml").write_text(text, encoding="utf-8")
    assert "no problem found" in run(workspace, "check", "acme/DRAFT")
    run(workspace, "build", "acme/DRAFT", "--into", str(tmp_path / "out"))
    assert (tmp_path / "out" / "samples" / "valid.edi").exists()
