"""What the tools say: style, types, floors. The same as `make check`, so that nothing lands that it refuses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "command",
    [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"], ["importlinter.cli", "--no-cache"]],
    ids=["style", "layout", "types", "floors"],
)
def test_the_tools_find_nothing(command: list[str]) -> None:
    if command[0] == "importlinter.cli":
        line = [str(Path(sys.executable).with_name("lint-imports")), *command[1:]]
    else:
        line = [sys.executable, "-m", *command]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
