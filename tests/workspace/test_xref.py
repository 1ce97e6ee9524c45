"""Cross-reference tables translate both ways, for their partner, on their days."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from edi.ports import CrossReference
from edi.workspace.loader import load
from tests.workspace.build import KINDS, problems, write

DAY = date(2026, 11, 22)


def tables(folder: Path, files: dict[str, str | None], *, partner: str | None = "acme", day: date = DAY) -> CrossReference:
    return load(write(folder, files), kinds=KINDS).xref.on(day, partner)


def test_a_value_is_found_in_both_directions(tmp_path: Path) -> None:
    found = tables(tmp_path, {"xref/items.csv": "wire,canonical\nA-1,4711\n"})
    assert found.to_canonical("items", "A-1") == "4711"
    assert found.to_wire("items", "4711") == "A-1"
    assert found.to_canonical("items", "A-2") is None
    assert found.to_wire("nothing", "4711") is None


def test_the_partners_own_table_is_asked_before_the_one_for_everybody(tmp_path: Path) -> None:
    files: dict[str, str | None] = {
        "xref/items.csv": "wire,canonical\nA-1,house\nB-1,both\n",
        "xref/acme/items.csv": "wire,canonical\nA-1,own\n",
    }
    found = tables(tmp_path, files)
    assert [found.to_canonical("items", value) for value in ("A-1", "B-1")] == ["own", "both"]
    assert tables(tmp_path, files, partner=None).to_canonical("items", "A-1") == "house"


@pytest.mark.parametrize(("day", "expected"), [(date(2025, 12, 31), "old"), (date(2026, 1, 1), "new"), (date(2027, 1, 1), None)])
def test_a_row_holds_from_its_first_day_to_its_last(tmp_path: Path, day: date, expected: str | None) -> None:
    text = "wire;canonical;from;to\nA;old;;2025-12-31\nA;new;2026-01-01;2026-12-31\n"
    assert tables(tmp_path, {"xref/items.csv": text}, day=day).to_canonical("items", "A") == expected


def test_of_several_wire_values_with_one_meaning_the_first_valid_one_is_written(tmp_path: Path) -> None:
    text = "rows:\n  - {wire: OLD, canonical: x, to: 2025-12-31}\n  - {wire: NEW, canonical: x}\n  - {wire: ALSO, canonical: x}\n"
    found = tables(tmp_path, {"xref/items.yaml": text})
    assert found.to_wire("items", "x") == "NEW"
    assert [found.to_canonical("items", value) for value in ("NEW", "ALSO", "OLD")] == ["x", "x", None]


def test_a_short_table_is_a_yaml_mapping_and_keeps_leading_zeros(tmp_path: Path) -> None:
    assert tables(tmp_path, {"xref/units.yaml": "values: {007: '0815', NO: no}\n"}).to_canonical("units", "007") == "0815"


@pytest.mark.parametrize(
    ("path", "text", "line", "expected"),
    [
        ("xref/a.csv", "wire,canonical\nA,1\nA,2\n", 3, "'A' means '1' by line 2 and '2' here, on the same day"),
        ("xref/a.csv", "theirs,ours\nA,1\n", 1, "the first line names the columns 'theirs, ours'"),
        ("xref/a.csv", "wire,canonical\nA,\n", 2, "a row needs both values, wire and canonical"),
        ("xref/a.csv", "wire,canonical,from\nA,1,1.2.2026\n", 2, "from is '1.2.2026', not a day"),
        ("xref/a.csv", 'wire,canonical\n"A"x,1\n', 2, "the line is no CSV: ',' expected after '\"'"),
        ("xref/a.yaml", "valeus: {a: b}\n", 1, "the table holds neither values, rows nor a query"),
        ("xref/a.yaml", "rows: [{wire: a, canonical: b, unitl: 2026-01-01}]\n", 1, "unknown key 'unitl'"),
        ("xref/a.yaml", "values: {a: b, a: c}\n", 1, "the key 'a' stands twice; first in line 1"),
        ("xref/nobody/a.csv", "wire,canonical\n", None, "the table is for the partner 'nobody', and there is none"),
        ("xref/acme/x/a.csv", "wire,canonical\n", None, "the table lies too deep"),
    ],
)
def test_a_table_that_is_not_right_says_where(tmp_path: Path, path: str, text: str, line: int | None, expected: str) -> None:
    found = problems(tmp_path, {path: text})
    assert [(path, line, expected)] == [(problem.file, problem.line, problem.text) for problem in found]
