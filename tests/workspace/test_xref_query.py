"""A cross-reference table that a database answers: asked once, only read, held to the rules of a file."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import psycopg
import pytest

from edi.channels import directory
from edi.errors import ConfigError
from edi.formats.yaml.problem import Problem
from edi.workspace.init import init
from edi.workspace.loader import examine, load
from edi.workspace.secrets import SecretReference
from edi.workspace.xref import CrossReferences
from edi.workspace.xref_database import ask
from edi.workspace.xref_query import Query
from tests.workspace.build import KINDS, problems, write

DAY = date(2026, 11, 22)
ROWS = """
CREATE TABLE articles (customer varchar(10), theirs varchar(20), ours varchar(20), since date, until date);
INSERT INTO articles VALUES ('acme', 'A-1', '4711', NULL, '2025-12-31'), ('acme', 'A-1', '4712', '2026-01-01', NULL),
  ('acme', 'A-9', '4712', '2026-01-01', NULL), ('beta', 'A-1', '9999', NULL, NULL), (NULL, 'B-1', '5000', NULL, NULL);
"""
DATABASE = "database: ${env:ERP_DATABASE}\n"
WHOLE = (
    DATABASE
    + """\
query: SELECT customer, theirs, ours, since, until FROM articles
columns: {wire: theirs, canonical: ours, from: since, to: until, partner: customer}
"""
)
PLACE = "xref/articles.yaml"


@pytest.fixture(params=["sqlite", "postgresql"])
def erp(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a database with articles, which stands in the environment too."""
    if request.param == "sqlite":
        place = tmp_path / "erp.db"
        with closing(sqlite3.connect(place)) as connection:
            connection.executescript(ROWS)
        url = f"sqlite:///{place}"
    else:
        url = str(request.getfixturevalue("postgres_url"))
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            connection.execute(ROWS)
    monkeypatch.setenv("ERP_DATABASE", url)
    return url


def tables(folder: Path, text: str, path: str = PLACE) -> CrossReferences:
    return load(write(folder / "w", {path: text}), kinds=KINDS).xref


def refusal(folder: Path, query: str) -> str:
    """Why the answer to a query cannot be used."""
    with pytest.raises(ConfigError) as caught:
        tables(folder, f"{DATABASE}query: {query}\n").called("articles")
    return str(caught.value)


def test_both_directions_for_a_partner_on_a_day(tmp_path: Path, erp: str) -> None:
    found = tables(tmp_path, WHOLE)
    acme = found.on(DAY, "acme")
    assert [acme.to_canonical("articles", value) for value in ("A-1", "A-9", "B-1", "C-1")] == ["4712", "4712", "5000", None]
    assert (acme.to_wire("articles", "4712"), acme.to_wire("articles", "5000")) == ("A-1", "B-1")
    assert found.on(date(2025, 6, 1), "acme").to_canonical("articles", "A-1") == "4711"
    assert found.on(DAY, "beta").to_canonical("articles", "A-1") == "9999"


def test_values_go_in_as_parameters(tmp_path: Path, erp: str) -> None:
    text = f"{DATABASE}query: SELECT theirs AS wire, ours AS canonical FROM articles WHERE customer = :customer\nparameters: "
    own = tables(tmp_path, text + "{customer: beta}\n", "xref/acme/articles.yaml")
    assert own.on(DAY, "acme").to_canonical("articles", "A-1") == "9999"
    assert own.on(DAY, "beta").to_canonical("articles", "A-1") is None
    nobody = tables(tmp_path, text + "{customer: \"beta' OR '1'='1\"}\n", "xref/acme/articles.yaml")
    assert nobody.on(DAY, "acme").to_canonical("articles", "A-1") is None


def test_the_database_is_asked_once_and_a_replay_as_of_then_asks_nobody(tmp_path: Path, erp: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = tables(tmp_path, WHOLE)
    kept = found.texts(["articles"])
    monkeypatch.setenv("ERP_DATABASE", "sqlite:///gone.db")
    assert found.on(DAY, "acme").to_canonical("articles", "A-1") == "4712"
    then = CrossReferences.of_kept(json.dumps({name: ["", text] for name, text in kept.items()}))
    assert then.on(DAY, "acme").to_wire("articles", "4712") == "A-1"


def test_the_same_rows_are_the_same_text_in_whatever_order_they_are_found(tmp_path: Path, erp: str) -> None:
    query = "query: SELECT theirs AS wire, ours AS canonical FROM articles WHERE since IS NOT NULL"
    one = tables(tmp_path, f"{DATABASE}{query}\n").texts(["articles"])
    other = f"query: SELECT * FROM (SELECT theirs AS wire, ours AS canonical FROM articles WHERE since IS NOT NULL {'LIMIT 10'}) AS found"
    assert tables(tmp_path, f"{DATABASE}{other}\n").texts(["articles"]) == one
    asked_for = tables(tmp_path, f"{DATABASE}{query} ORDER BY theirs DESC\n")
    assert asked_for.on(DAY, None).to_wire("articles", "4712") == "A-9", "the query's own order is kept"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT theirs AS wire, ours AS canonicl FROM articles", "the query gives no column 'canonical' for canonical"),
        ("SELECT theirs AS wire, ours AS canonical, since AS form FROM articles", "the query gives a column 'form', which says nothing to us"),
        ("SELECT theirs AS wire, ours AS canonical, ours AS wire FROM articles", "the query gives several columns 'wire' for wire"),
        ("SELECT 'A' AS wire, NULL AS canonical", "row 1 of the answer: a row needs both values, wire and canonical"),
        ("SELECT 'A' AS wire, 'B' AS canonical, 'soon' AS \"from\"", "row 1 of the answer: from is 'soon', not a day"),
        ("SELECT theirs AS wire, ours AS canonical FROM articles WHERE theirs = 'A-1' ORDER BY ours",
         "'A-1' means '4711' by row 1 of the answer and '4712' by row 2, on the same day"),
        ("SELECT theirs AS wire FROM nowhere", "the database ${env:ERP_DATABASE} gives no answer: "),
        ("WITH gone AS (DELETE FROM articles RETURNING *) SELECT theirs AS wire, ours AS canonical FROM gone",
         "the database ${env:ERP_DATABASE} gives no answer: "),
    ],
)  # fmt: skip
def test_an_answer_that_cannot_be_used_says_where_and_why(tmp_path: Path, erp: str, query: str, expected: str) -> None:
    said = refusal(tmp_path, query)
    assert f"{PLACE}:2: {expected}" in said
    assert "  hint: " in said


@pytest.mark.parametrize("word", ["CREATE TABLE more (x int)", "DELETE FROM articles"])
def test_nothing_can_be_written_whatever_the_query_says(tmp_path: Path, erp: str, word: str) -> None:
    query = Query.model_construct(database=SecretReference.read("${env:ERP_DATABASE}"), query=word, columns={}, parameters={})
    with pytest.raises(ConfigError, match=r"read-?only"):
        ask(query, tmp_path)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("postgresql://edi@127.0.0.1:1/erp", "connection failed"),
        ("sqlite:///nowhere.db", "unable to open database file"),
        ("mysql://host/erp", "is none that can be asked: mysql"),
        ("an address", "the secret of the database ${env:ERP_DATABASE} is no address of a database"),
    ],
)
def test_a_database_that_is_away_is_told_with_its_secrets_name_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, expected: str
) -> None:
    monkeypatch.setenv("ERP_DATABASE", value)
    said = refusal(tmp_path, "SELECT 'A' AS wire, 'B' AS canonical")
    assert expected in said
    assert "hint: " in said


def test_no_problem_shows_the_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERP_DATABASE", "postgresql://edi:geheim@127.0.0.1:1/erp")
    assert "geheim" not in refusal(tmp_path, "SELECT 'A' AS wire, 'B' AS canonical")


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        (DATABASE + "query: DELETE FROM articles\n", 2, "only a SELECT is asked, and this begins with 'DELETE'"),
        (DATABASE + "query: SELECT 1; DROP TABLE articles\n", 2, "only one statement is asked; a semicolon stands inside"),
        (DATABASE + "query: SELECT theirs AS wire, ours AS canonical FROM a WHERE c = :customer\n", 1,
         "the query asks for :customer, which `parameters` does not give"),
        (DATABASE + "query: SELECT 1\nparameters: {customer: a}\n", 1, "the query does not ask for :customer, which `parameters` gives"),
        (DATABASE + "query: SELECT 1\ncolumns: {wired: a}\n", 3,
         "'wired' is no column of a table: wire, canonical, from, to, partner; write ours: theirs"),
        (DATABASE + "qery: SELECT 1\n", 1, "the key 'query' is missing"),
        ("database: sqlite:///erp.db\nquery: SELECT 1\n", 1, "a secret stands here in clear text; write ${env:NAME} or ${file:PATH}"),
    ],
)  # fmt: skip
def test_a_query_that_is_not_right_is_told_at_its_line(tmp_path: Path, text: str, line: int, expected: str) -> None:
    found = problems(tmp_path, {PLACE: text})
    assert (PLACE, line, expected) in [(problem.file, problem.line, problem.text) for problem in found]


MAPPING = (
    "mappings/orders-own-numbers.map.yaml",
    "[{item.seller_id}:SA:*:*]+[{item.gtin}",
    "[{item.seller_id|xref(articles)}:SA:*:*]+[{item.gtin}",
)


def checked(folder: Path, changes: dict[str, str]) -> tuple[Problem, ...]:
    """The problems of the starter workspace with files added and an order mapping asking for a table."""
    init(folder)
    path, old, new = MAPPING
    text = (folder / path).read_text(encoding="utf-8")
    assert old in text
    (folder / path).write_text(text.replace(old, new, 1), encoding="utf-8")
    for name, content in changes.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    workspace, found = examine(folder, kinds={"directory": directory.Settings}, compile_mappings=True)
    assert (workspace is None) == bool(found)
    return found


def test_a_check_asks_and_tells_bad_columns(tmp_path: Path, erp: str) -> None:
    assert checked(tmp_path / "good", {PLACE: WHOLE}) == ()
    (found,) = checked(tmp_path / "bad", {PLACE: WHOLE.replace("wire: theirs", "wire: thiers")})
    assert (found.file, found.line, found.text) == (PLACE, 2, "the query gives no column 'thiers' for wire")
    assert found.hint == "did you mean 'theirs'?"


def test_a_check_leaves_out_a_database_whose_secret_is_set_elsewhere(tmp_path: Path) -> None:
    assert checked(tmp_path / "w", {PLACE: WHOLE}) == ()


def test_a_table_that_nobody_wrote_is_told_at_the_mappings_line(tmp_path: Path) -> None:
    found = checked(tmp_path / "w", {"xref/article.csv": "wire,canonical\n"})
    assert {(one.file, one.text, one.hint) for one in found} == {
        ("mappings/orders-own-numbers.map.yaml", "there is no cross-reference table 'articles'", "did you mean 'article'?")
    }
    assert all(one.excerpt and "xref(articles)" in one.excerpt for one in found)
