"""The wheel is what users get: one top-level name, the starter inside, and it converts a file where there is no checkout."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built once from the sources as they are."""
    target = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(target), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(target.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that has the wheel and what it depends on, and no checkout."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "env")], check=True)
    packages = next((folder / "env" / "lib").glob("python*/site-packages"))
    zipfile.ZipFile(wheel).extractall(packages)
    # The dependencies of the test environment; .pth files in there, such as the one of the checkout, are not read.
    (packages / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return folder / "env" / "bin" / "python"


def edi(python: Path, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(python), "-I", "-m", "edi", *arguments], cwd=folder, capture_output=True, text=True, check=False)


def test_the_wheel_has_one_top_level_name(wheel: Path) -> None:
    names = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}

    assert {name for name in names if not name.endswith(".dist-info")} == {"edi"}


def test_the_wheel_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size < 15_000_000


def test_the_wheel_carries_licence_and_notice(wheel: Path) -> None:
    names = {name.rsplit("/", 1)[-1] for name in zipfile.ZipFile(wheel).namelist()}

    assert {"LICENSE", "NOTICE", "py.typed"} <= names


def test_an_installed_edi_is_not_the_checkout(installed: Path, tmp_path: Path) -> None:
    where = subprocess.run(
        [str(installed), "-I", "-c", "import edi; print(edi.__file__)"], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert str(ROOT / "edi") not in where.stdout


def test_an_installed_edi_writes_a_workspace_that_is_right(installed: Path, tmp_path: Path) -> None:
    assert edi(installed, "init", "my-edi", folder=tmp_path).returncode == 0

    checked = edi(installed, "--workspace", "my-edi", "check", folder=tmp_path)

    assert "no problem found" in checked.stdout, checked.stdout + checked.stderr


def test_an_installed_edi_converts_a_file(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "order.edi").write_bytes((ROOT / "edi/demo/acme-order-4711.edi").read_bytes())
    done = edi(installed, "convert", "order.edi", "--from", "orders-eancom", "--to", "erp-order", folder=tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert '"number": "4711"' in done.stdout
