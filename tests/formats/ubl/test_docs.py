"""The page of findings and the code name the same codes."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_every_code_stands_in_the_reference_and_the_other_way_round() -> None:
    used = {
        code
        for path in (ROOT / "edi/formats/ubl").glob("*.py")
        for code in re.findall(r'"((?:ubl|xml|sbdh)\.[a-z_0-9]+)"', path.read_text())
    }
    written = re.findall(r"^\| `([a-z.0-9_]+)` \|", (ROOT / "docs/reference/ubl-findings.md").read_text(), re.MULTILINE)

    assert set(written) == used - {"xml.limit_depth"}
    assert written == sorted(written)
