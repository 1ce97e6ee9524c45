"""`edi directory import` and `list`: archives as they are published, and the folder of tables they end in."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edi.cli.app import app
from edi.cli.directory import open_archive
from edi.errors import ConfigError
from edi.formats.edifact import directory
from edi.workspace.tables import WorkspaceTables
from tests.formats.edifact import published as p

pytestmark = pytest.mark.storeless

RELEASE = {
    **p.files("30A", EDED=p.ELEMENTS_NEW, EDCD=p.COMPOSITES_NEW, EDSD=p.SEGMENTS_NEW, UNCL=p.CODES_NEW),
    **p.message("TESTER", "30A", p.TABLE_NEW),
}
OLDER = {
    **p.files("29B", TRED=p.ELEMENTS_OLD, TRCD=p.COMPOSITES_OLD, TRSD=p.SEGMENTS_OLD, UNCL_1=p.CODES_OLD),
    **p.message("TESTER", "29B", p.TABLE_BOX),
}


def packed(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    path.write_bytes(packed(files))
    return path


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    (folder / "routes.yaml").write_text("us: us\nroutes: []\n")
    return folder


def edi(*words: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def test_an_imported_release_is_there_for_the_workspace(tmp_path: Path, workspace: Path) -> None:
    code, said = edi("-w", workspace, "directory", "import", zipped(tmp_path / "d30a.zip", RELEASE))

    assert (0, f"D.30A: 1 message types are in {workspace / 'schemas' / 'edifact'}\n") == (code, said)
    tables = WorkspaceTables(workspace)
    assert "D.30A" == directory.releases(tables)[-1]
    imported = directory.load("D.30A", tables=tables)
    assert ("TESTER",) == imported.message_types()
    assert 99 == imported.segment("BGM").elements[1].repeats_max  # type: ignore[union-attr]  # it was imported
    assert {
        "1": "First",
        "2": "Second, long enough to go on",
        "3": "Third, behind a tab",
        "X": "A code that looks like a mark",
    } == imported.codes("5105")
    assert directory.load("D.96A", tables=tables).message("ORDERS") is not None


def test_a_second_release_joins_the_first_in_any_order(tmp_path: Path, workspace: Path) -> None:
    for name, files in (("newer", RELEASE), ("older", OLDER)):
        edi("-w", workspace, "directory", "import", zipped(tmp_path / f"{name}.zip", files))

    tables = WorkspaceTables(workspace)
    assert ("D.29B", "D.30A") == directory.releases(tables)[-2:]
    assert ["an..35", "an..70"] == [directory.load(name, tables=tables).element("1004").format for name in ("D.29B", "D.30A")]  # type: ignore[union-attr]  # both have it


def test_importing_a_release_again_changes_nothing(tmp_path: Path) -> None:
    archive, folder = zipped(tmp_path / "d30a.zip", RELEASE), tmp_path / "tables"

    def after_import() -> dict[str, str]:
        edi("directory", "import", archive, "--into", folder)
        return {path.name: path.read_text() for path in folder.rglob("*") if path.is_file()}

    assert after_import() == after_import()


def test_archives_within_the_archive_are_opened(tmp_path: Path) -> None:
    """UNECE packs EDED, EDMD and the others each by itself."""
    parts = {f"{name.replace('/', '_')}.ZIP": packed({name: content}) for name, content in RELEASE.items()}

    assert {**RELEASE} == {**open_archive(zipped(tmp_path / "whole.zip", parts))}


@pytest.mark.parametrize("kind", ["gz", "xz"])
def test_tar_archives_and_folders_are_opened_too(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"release.tar.{kind}"
    with tarfile.open(path, f"w:{kind}") as archive:  # type: ignore[call-overload]  # the mode is made of a parameter
        for name, content in RELEASE.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    folder = tmp_path / "unpacked"
    for name, content in open_archive(path).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)

    assert {**RELEASE} == {**open_archive(path)}
    assert sorted(RELEASE.values()) == sorted(open_archive(folder).values())


def test_what_could_not_be_read_is_said_and_the_exit_code_is_2(tmp_path: Path) -> None:
    broken = p.TABLE_NEW.replace("00040   BGM Beginning of message                     C   9", "00040   BGM Beginning")
    files = {**RELEASE, **p.message("BROKEN", "30A", broken)}
    code, said = edi("directory", "import", zipped(tmp_path / "d30a.zip", files), "--into", tmp_path / "tables")

    assert 2 == code
    assert "error directory.line_not_read  BROKEN_D.30A, line 25" in said
    assert "D.30A: 1 message types" in said


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 broken", packed({"a.txt": b"x"})[:-10]])
def test_a_file_that_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "d30a.zip"
    path.write_bytes(content)

    with pytest.raises(ConfigError, match=r"could not be opened: .*\n  hint: give a \.zip, \.tar, \.tar\.xz or \.tar\.gz archive"):
        open_archive(path)


def test_an_archive_that_unpacks_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edi.limits.DIRECTORY_BYTES_MAX", 100_000)
    bomb = packed({"a.zip": packed({f"{index}.txt": bytes(60_000) for index in range(4)})})
    path = tmp_path / "bomb.zip"
    path.write_bytes(bomb)

    with pytest.raises(ConfigError, match="holds more than one EDIFACT release can"):
        open_archive(path)


def test_an_archive_of_something_else_leaves_no_table_behind(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="was not imported"):
        edi("directory", "import", zipped(tmp_path / "photos.zip", {"a.txt": b"x"}), "--into", tmp_path / "tables")

    assert not (tmp_path / "tables").exists()


def test_the_list_names_every_release_with_how_many_message_types(workspace: Path) -> None:
    code, said = edi("-w", workspace, "directory", "list", "--json")

    assert 0 == code
    assert {"release": "D.96A", "message_types": 125} in json.loads(said)
    assert "D.24A" in edi("-w", workspace, "directory", "list")[1]
