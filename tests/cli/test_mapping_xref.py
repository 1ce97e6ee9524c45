"""Cross-reference tables in the hands of who writes mappings: asked by every command that translates, replaced in tests and laws."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edi.cli import mapping as verb
from edi.workspace.init import init
from tests.cli.conftest import edi
from tests.cli.test_mapping import ORDER

pytestmark = pytest.mark.storeless

MINE = """\
mapping: mine
kind: order
syntax: {edifact: ORDERS, versions: [D.96A]}
header:
  - BGM+220+{number!}+9
  - DTM+137:{issue_date!}
detail:
  - each: lines
    LIN+{id}++{item.seller_id|xref(articles)}:EN:
      - QTY+21:{quantity}:{unit}
ignore: ["NAD+SU+*", "NAD+BY+*", "LOC+27+*", "CNT+2:*"]
not_carried: {'*': an example}
"""
TESTS = """\
mapping: mine
tests:
  - name: their number is ours
    edifact: BGM+220+1+9'DTM+137:20251117:102'LIN+1++8877:EN'QTY+21:2:PCE'
    xref: {articles: {8877: ABC}}
    expect: {lines: [{item: {seller_id: ABC}}]}
    back: same
  - name: another one is none of theirs
    edifact: BGM+220+1+9'DTM+137:20251117:102'LIN+1++1:EN'QTY+21:2:PCE'
    findings: [mapping.value]
"""


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with one mapping of ours and a database of articles, one for everybody and one for Acme."""
    folder = tmp_path / "w"
    init(folder)
    (folder / "mappings/mine.map.yaml").write_text(MINE)
    (folder / "mappings/mine.test.yaml").write_text(TESTS)
    (folder / "order.edi").write_text(ORDER)
    with closing(sqlite3.connect(folder / "erp.db")) as connection:
        connection.executescript(
            "CREATE TABLE a (theirs, ours, partner); INSERT INTO a VALUES ('4000862141404', 'SCREW', NULL), ('4000862141404', 'BOLT', 'acme')"
        )
    (folder / "xref").mkdir()
    (folder / "xref/articles.yaml").write_text(
        "database: ${env:ERP_DATABASE}\nquery: SELECT theirs, ours, partner FROM a\ncolumns: {wire: theirs, canonical: ours}\n"
    )
    monkeypatch.setenv("ERP_DATABASE", "sqlite:///erp.db")
    monkeypatch.chdir(folder)
    return folder


def run(*arguments: str, expect: int = 0) -> str:
    result = CliRunner().invoke(verb.app, list(arguments), catch_exceptions=False)
    assert expect == result.exit_code, result.output
    return result.output


def test_tests_bring_tables_of_their_own_and_the_laws_need_none(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERP_DATABASE", "sqlite:///gone.db")
    said = run("test", "mine", "--drawn", "20")
    assert "ok   mine: their number is ours" in said
    assert "ok   mine: law L2, 20 tried" in said


@pytest.mark.parametrize(("partner", "expected"), [((), "SCREW"), (("--partner", "acme"), "BOLT")])
def test_explain_and_watch_ask_the_tables_of_today(house: Path, partner: tuple[str, ...], expected: str) -> None:
    (value,) = json.loads(run("explain", "mine", "order.edi", "--path", "lines.item.seller_id", "--json", *partner))["values"]
    assert (value["wire"], value["value"]) == ("4000862141404", expected)
    assert f'"seller_id": "{expected}"' in run("watch", "mine", "order.edi", "--once", *partner)


def test_check_tells_a_table_that_is_missing_and_a_column_that_is(house: Path) -> None:
    run("check", "mine")
    (house / "xref/articles.yaml").write_text("database: ${env:ERP_DATABASE}\nquery: SELECT theirs AS wire, ours AS canonicl FROM a\n")
    assert "xref/articles.yaml:2: the query gives no column 'canonical' for canonical" in run("check", "mine", expect=1)
    (house / "xref/articles.yaml").rename(house / "xref/article.yaml")
    said = run("check", "mine", expect=1)
    assert "mappings/mine.map.yaml:9:31: there is no cross-reference table 'articles'" in said
    assert "did you mean 'article'?" in said


def test_convert_asks_the_tables_too(house: Path) -> None:
    called = edi("convert", "order.edi", "--from", "mine", "--to", "erp-order", folder=house)
    assert json.loads(called.out)["lines"][0]["item"]["seller_id"] == "SCREW"
