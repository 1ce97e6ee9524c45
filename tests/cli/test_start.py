"""What the commands for a single EDIFACT file load: the time to start is most of the time they take."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.generate import Writer

SLOW_TO_LOAD = {"lxml", "sqlmodel", "sqlalchemy", "alembic", "asn1crypto", "cryptography", "paramiko", "yaml", "rich.console", "edi.documents", "edi.mapping", "edi.store", "edi.workspace.model"}  # fmt: skip
ONE_FILE = ["inspect", "validate", "contrl", "fmt", "diff"]


@pytest.mark.parametrize("verb", ONE_FILE)
def test_a_command_for_one_edifact_file_loads_edifact_and_nothing_else_of_weight(verb: str, tmp_path: Path) -> None:
    file = tmp_path / "order.edi"
    file.write_bytes(b"".join(Writer().mixed(1)))
    code = (
        "import sys; from contextlib import suppress; from edi.cli import main\n"
        f"sys.argv = {['edi', verb, str(file), *([str(file)] if verb == 'diff' else [])]!r}\n"
        "with suppress(SystemExit): main()\n"
        "print(*sys.modules, sep='\\n', file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    assert set() == SLOW_TO_LOAD & set(done.stderr.decode().split())
