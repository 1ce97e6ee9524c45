"""`edi init` writes a workspace that is right as it stands."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from edi.channels import directory
from edi.errors import ConfigError
from edi.workspace.init import init
from edi.workspace.loader import examine


def test_the_new_workspace_has_no_problem(tmp_path: Path) -> None:
    folder = tmp_path / "my-edi"
    written = init(folder)
    assert {"routes.yaml", "partners/us.yaml", "partners/acme.yaml", "channels/erp-in.yaml", "README.md", ".gitignore"} <= set(written)
    workspace, problems = examine(folder, kinds={"directory": directory.Settings})
    assert problems == ()
    assert workspace is not None
    assert {"acme", "nordwind"} == set(workspace.partners)


def test_an_existing_workspace_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "routes.yaml").write_text("mine")
    with pytest.raises(ConfigError, match="not empty"):
        init(tmp_path)
    assert (tmp_path / "routes.yaml").read_text() == "mine"


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    assert init(tmp_path)


def test_the_unit_names_the_folder_and_leaves_no_placeholder(tmp_path: Path) -> None:
    init(tmp_path / "w")
    unit = (tmp_path / "w" / "deploy" / "edi.service").read_text()
    assert f"ReadWritePaths={tmp_path / 'w'}" in unit
    assert "@FOLDER@" not in unit
    assert "@EDI@" not in unit


def test_only_the_owner_may_look_into_the_secrets(tmp_path: Path) -> None:
    init(tmp_path / "w")
    assert (tmp_path / "w" / "secrets").stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_finds_no_fault_with_the_unit(tmp_path: Path) -> None:
    init(tmp_path / "w")
    unit = tmp_path / "w" / "deploy" / "edi.service"
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if "edi.service" in line and "User" not in line]
    assert complaints == []
