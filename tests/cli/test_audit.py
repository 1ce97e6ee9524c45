"""`edi audit` and `edi store` as people call them: heads kept elsewhere, evidence, retention by archive.yaml."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.cli.conftest import Called, edi


def test_heads_evidence_and_retention(demo: tuple[Path, Called], tmp_path: Path) -> None:
    workspace = demo[0]
    first, second = tmp_path / "heads" / "1.json", tmp_path / "heads" / "2.json"
    first.parent.mkdir()
    first.write_text(edi("-w", workspace, "audit", "head", "--json", folder=tmp_path).out)
    second.write_text(edi("-w", workspace, "audit", "head", "--since", first, folder=tmp_path).out)

    against = edi("-w", workspace, "audit", "verify", "--against", first.parent, folder=tmp_path)
    assert (against.code, "2 kept heads stand in it" in against.out) == (0, True)
    assert edi("audit", "verify-heads", first.parent, folder=tmp_path).code == 0

    forged = tmp_path / "forged.json"
    forged.write_text(json.dumps({**json.loads(first.read_text()), "root": "0" * 64}))
    assert edi("-w", workspace, "audit", "verify", "--against", forged, folder=tmp_path).code == 2
    longer = tmp_path / "longer.json"
    longer.write_text(json.dumps({**json.loads(first.read_text()), "size": 10_000}))
    cut = edi("-w", workspace, "audit", "verify", "--against", longer, folder=tmp_path)
    assert (cut.code, "ends before entry 10000" in cut.out + cut.err) == (2, True)

    pack = tmp_path / "evidence.zip"
    assert edi("-w", workspace, "audit", "export", "T1", pack, folder=tmp_path).code == 0
    assert edi("audit", "verify-pack", pack, "--against", first, folder=tmp_path).code == 0
    assert edi("audit", "verify-pack", pack, "--against", longer, folder=tmp_path).code == 2
    assert edi("audit", "verify-pack", pack, "--against", pack, folder=tmp_path).code == 1


def test_periods_come_from_archive_yaml_and_mistakes_in_it_are_told(tmp_path: Path) -> None:
    workspace = tmp_path / "w"
    assert edi("init", workspace, folder=tmp_path).code == 0
    assert edi("run", "--once", "--as-root", folder=workspace).code == 0
    (workspace / "archive.yaml").write_text("retention: {country: de, years: {invoice: 10}}\nheads: {channel: nowhere}\n")
    wrong = edi("check", folder=workspace)
    assert wrong.code != 0
    assert "there is no channel 'nowhere'" in wrong.out + wrong.err

    (workspace / "archive.yaml").write_text("retention: {country: de, years: {invoice: 10}}\n")
    assert edi("check", folder=workspace).code == 0
    assert edi("store", "expire", "--dry-run", folder=workspace).code == 0
    assert edi("store", "plan", "--json", folder=workspace).json["bytes_to_expire"] == 0
    shutil.rmtree(workspace)
