"""The hard cases of EDI mapping, one folder each: a mapping, what it reads and writes, and the laws on drawn documents."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from edi import mapping
from edi.mapping import laws
from edi.mapping.cases import run_cases
from edi.mapping.source import MappingFiles

FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "mapping"
CASES = sorted(path.relative_to(FOLDER).as_posix().removesuffix(".map.yaml") for path in FOLDER.glob("*/*.map.yaml"))


def files(folder: str) -> MappingFiles:
    def find(name: str) -> tuple[str, str] | None:
        path = FOLDER / folder / (name if name.endswith((".yaml", ".csv")) else f"{name}.map.yaml")
        return (path.name, path.read_text(encoding="utf-8")) if path.is_file() else None

    return find


@cache
def spoke(case: str) -> mapping.Spoke:
    folder, _, name = case.partition("/")
    return mapping.load(name, files(folder))


@pytest.mark.parametrize("case", CASES)
def test_the_case_reads_and_writes_as_it_says(case: str) -> None:
    results = run_cases(spoke(case), files(case.partition("/")[0]))

    assert results
    assert {result.name: result.failures for result in results if not result.passed} == {}


@pytest.mark.parametrize(
    "case", [case for case in CASES if not case.startswith(("44_", "14_free_text_over_components_and_segments_joined"))]
)
def test_drawn_documents_come_back_as_they_were(case: str) -> None:
    assert laws.put_get(spoke(case), 25).failures == []
