"""Where the machine says no (full disks, folders that cannot be read), people hear what, where and what to do, and never a traceback."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from edi.cli import output
from tests.cli.conftest import edi

pytestmark = pytest.mark.storeless


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    assert edi("init", "w", folder=tmp_path).code == 0
    return tmp_path / "w"


@pytest.mark.parametrize("arguments", [["check"], ["--help"], ["mapping", "doc", "orders-eancom"]])
def test_output_that_finds_no_room_is_said(workspace: Path, arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([sys.executable, "-m", "edi", *arguments], cwd=workspace, stdout=full, stderr=subprocess.PIPE, check=False)

    assert (1, True, False) == (done.returncode, b"No space left on device\n  hint: make room" in done.stderr, b"Traceback" in done.stderr)


def test_a_place_that_cannot_be_written_is_named(workspace: Path) -> None:
    (workspace / "var/daemon.lock").mkdir(parents=True)
    called = edi("run", "--once", *(["--as-root"] if os.geteuid() == 0 else []), folder=workspace)

    assert (1, True) == (called.code, f"{workspace}/var/daemon.lock could not be used: Is a directory" in called.err)


def test_a_folder_that_cannot_be_read_is_a_problem_beside_the_others(workspace: Path) -> None:
    partners = workspace / "partners"
    partners.rename(workspace / "away")
    partners.symlink_to("partners")
    (workspace / "channels/erp-in.yaml").write_text("channel: erp-in\n\tkind: x\n")
    called = edi("check", folder=workspace)

    assert called.code == 1
    assert "partners: the folder cannot be read: Too many levels of symbolic links" in called.out
    assert "channels/erp-in.yaml:2:1: a tab indents this line" in called.out


def test_where_nobody_can_be_asked_nothing_is_done(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(typer.Exit) as ended:
        output.agreed("Delete them?", yes=False)

    assert (output.COULD_NOT_RUN, "nobody can be asked here: --yes does it\n") == (ended.value.exit_code, capsys.readouterr().err)
    assert output.agreed("Delete them?", yes=True)


def test_a_day_that_is_none_and_a_file_that_is_no_text_are_named(workspace: Path) -> None:
    mapping = workspace / "mappings/orders-eancom.map.yaml"
    mapping.write_bytes(b"mapping: \xff")

    assert "'abc' is no day\n  hint: write it as 2027-01-31" in edi("messages", "--since", "abc", folder=workspace).err
    assert "orders-eancom.map.yaml is not UTF-8" in edi("mapping", "check", "orders-eancom", folder=workspace).err
    assert "orders-eancom.map.yaml is not UTF-8" in edi("mapping", "fmt", mapping, folder=workspace).err


def test_web_yaml_is_checked_beside_all_other_files(workspace: Path) -> None:
    (workspace / "web.yaml").write_text("status: {url: https://edi.example/status, lstn: here}\n")
    (workspace / "partners/acme.yaml").write_text("partner: acme\n\tname: x\n")
    told = edi("check", folder=workspace).out

    assert "web.yaml:1:43: unknown key 'lstn'" in told
    assert "hint: did you mean 'listen'?" in told
    assert "partners/acme.yaml:2:1" in told
