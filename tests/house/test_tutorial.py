"""The tutorial is run as it stands: its files are written, its commands are typed, in order."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/tutorial/a-new-partner.md"
BLOCK = re.compile(r"(?:<!-- (?P<note>[^>]*) -->\n)?```(?P<language>\w+)\n(?P<body>.*?)```", re.DOTALL)


def blocks() -> Iterator[tuple[str, str, str]]:
    """Note, language and text of every block, in order."""
    for match in BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        yield match["note"] or "", match["language"], match["body"]


def type_in(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The lines of a block as a person at a shell types them; as root a container is assumed."""
    if os.geteuid() == 0:
        script = script.replace("edi run --once", "edi run --once --as-root")
    edi = f'edi() {{ "{sys.executable}" -m edi "$@"; }}\n'
    return subprocess.run(["bash", "-euc", edi + script], cwd=folder, capture_output=True, text=True, check=False)


def write(note: str, body: str, folder: Path) -> None:
    verb, _, name = note.partition(": ")
    place = folder / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text((place.read_text(encoding="utf-8") if verb == "append" else "") + body, encoding="utf-8")


@pytest.mark.timeout(300)
def test_a_new_integrator_gets_a_partners_orders_into_the_erp(tmp_path: Path) -> None:
    where, said = tmp_path, ""
    for note, language, body in blocks():
        if note.startswith(("file", "append")):
            write(note, body, tmp_path)
        elif language == "sh":
            done = type_in(body, where)
            said += done.stdout
            assert (done.returncode != 0) is note.startswith("fails"), f"{body}\n{done.stdout}{done.stderr}"
            where = tmp_path / "my-edi"

    assert "100.0% carried or ignored by name" in said
    assert "STK   orders-bergmann.map.yaml" in said
    assert "output: delivered: order B-90417" in said
    assert "units: KAR = XCT" in said
    assert "1 of 1 messages differ" in said
    assert "with the mappings of then" in said
    assert len(list((tmp_path / "my-edi/data/erp/incoming").iterdir())) == 1
