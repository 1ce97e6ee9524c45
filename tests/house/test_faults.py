"""The page of named faults is up to date: every fault of the register stands on it, and each test it names still cites it."""

from __future__ import annotations

import re
from pathlib import Path

from tests.faults.register import named

CHECKOUT = Path(__file__).parents[2]
ROWS = re.findall(r"^\| ([FMHT]-?[A-Z]?\d\d) \|.*\| ([^|]+) \|$", (CHECKOUT / "docs/reference/faults.md").read_text(), re.MULTILINE)


def test_every_fault_stands_on_the_page_and_is_tried() -> None:
    assert list(named()) == [name for name, _ in ROWS]
    assert [] == [name for name, files in ROWS if files == "none"]


def test_every_test_the_page_names_is_there_and_cites_the_fault() -> None:
    cited = [(name, CHECKOUT / "tests" / file) for name, files in ROWS for file in re.findall("`([^`]+)`", files)]

    assert [] == [f"{file} does not cite {name}: python -m tests.faults --write" for name, file in cited if not _cites(file, name)]


def _cites(file: Path, name: str) -> bool:
    spelled = name.replace("-", "[-_]")
    return file.exists() and re.search(rf"(?<![A-Za-z0-9]){spelled}(?!\d)", file.read_text().replace("_", "-"), re.IGNORECASE) is not None
