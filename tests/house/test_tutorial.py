"""The tutorial and the guide for the night are run as they stand: their files are written, their commands are typed, in order."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"(?:<!-- (?P<note>[^>]*) -->\n)?```(?P<language>\w+)\n(?P<body>.*?)```", re.DOTALL)


def blocks(page: str) -> Iterator[tuple[str, str, str]]:
    """Note, language and text of every block, in order."""
    for match in BLOCK.finditer((ROOT / "docs" / page).read_text(encoding="utf-8")):
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


def walk(page: str, folder: Path) -> str:
    """Do what the page says, and return all that was said to it."""
    where, said = folder, ""
    for note, language, body in blocks(page):
        if note.startswith(("file", "append")):
            write(note, body, folder)
        elif language == "sh":
            done = type_in(body, where)
            said += done.stdout
            assert (done.returncode != 0) is note.startswith("fails"), f"{body}\n{done.stdout}{done.stderr}"
            where = folder / "my-edi"
    return said


@pytest.mark.timeout(300)
def test_a_new_integrator_gets_a_partners_orders_into_the_erp(tmp_path: Path) -> None:
    said = walk("tutorial/a-new-partner.md", tmp_path)

    assert "100.0% carried or ignored by name" in said
    assert "STK   orders-bergmann.map.yaml" in said
    assert "output: delivered: order B-90417" in said
    assert "units: KAR = XCT" in said
    assert "1 of 1 messages differ" in said
    assert "with the mappings of then" in said
    assert len(list((tmp_path / "my-edi/data/erp/incoming").iterdir())) == 1


@pytest.mark.timeout(300)
def test_an_operator_repairs_what_stands_still_at_night(tmp_path: Path) -> None:
    said = walk("how-to/at-night.md", tmp_path)

    assert "T1 is accepted now; 1 delivered" in said
    assert "2 went through, 0 failed again; 2 delivered" in said
    assert "output: retrying: order 5002" in said
    assert "nothing leaves" in said
    assert "each follows the one before it" in said
    assert len(list((tmp_path / "my-edi/data/erp/incoming").iterdir())) == 4
