"""Whatever stands in the operator's files, it ends as a workspace or as problems with a place, never as a crash (P33, P39)."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from edi.channels import directory
from edi.workspace.loader import examine
from tests.workspace.build import FILES, write
from tests.workspace.test_guides import GUIDE

XREF = "wire,canonical,from,to\nA,1,2026-01-01,\nB,2,,\n"
CHANGED = {
    **{path: text for path, text in FILES.items() if not path.startswith("mappings")},
    "partners/acme.yaml": FILES["partners/acme.yaml"].replace("direction: in,", "direction: in, guide: acme/ORDERS,"),
    "schemas/edifact/guides/acme/ORDERS.yaml": GUIDE,
    "xref/items.csv": XREF,
}
PIECES = [
    "",
    ":",
    "-",
    "[",
    "]",
    "{",
    "}",
    "'",
    '"',
    "\n",
    "  ",
    "\t",
    "&a ",
    "*a",
    "!!x ",
    "|",
    "#",
    ",",
    "0",
    "NO",
    "null",
    "\x00",
    "é",
    "${env:X}",
    "../",
    "a: b\n",
    "- ",
]


def mutated(text: str, chance: random.Random) -> str:
    """The text with a few pieces cut out, put in or doubled."""
    for _ in range(chance.randint(1, 4)):
        at, length = chance.randrange(len(text) + 1), chance.choice([0, 1, 3, 20])
        text = text[:at] + chance.choice(PIECES) * chance.choice([1, 1, 2]) + text[at + length :]
    return text


@pytest.mark.parametrize("path", sorted(CHANGED))
def test_a_file_changed_at_random_never_crashes_the_check(tmp_path: Path, path: str) -> None:
    kinds = {"directory": directory.Settings}
    folder = write(tmp_path, dict(CHANGED))
    assert examine(folder, kinds=kinds)[1] == ()
    chance = random.Random(path)
    for _ in range(60):
        (folder / path).write_text(mutated(CHANGED[path], chance), encoding="utf-8", errors="surrogatepass")
        workspace, problems = examine(folder, kinds=kinds)
        assert (workspace is None) == bool(problems)
        assert all(problem.file and str(problem) for problem in problems)
