"""The command line as people call it: a process of its own, its output and its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True)
class Called:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def edi(*arguments: str | Path, folder: Path, data: bytes = b"", **environment: str) -> Called:
    """`edi ...` in a folder. A traceback is never an answer, whatever was asked."""
    done = subprocess.run(
        [sys.executable, "-m", "edi", *map(str, arguments)],
        cwd=folder,
        input=data,
        capture_output=True,
        check=False,
        timeout=120,
        env={**os.environ, "COLUMNS": "200", **environment},
    )
    out, err = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    assert "Traceback" not in err, err
    return Called(done.returncode, out, err)


@pytest.fixture
def call(tmp_path: Path) -> Callable[..., Called]:
    return lambda *arguments, **options: edi(*arguments, folder=options.pop("folder", tmp_path), **options)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Called]:
    """The workspace that `edi demo` leaves, and what it said; for looking, not for changing."""
    folder = tmp_path_factory.mktemp("demo")
    called = edi("demo", "w", folder=folder)
    return folder / "w", called
