"""Releases that nobody here has seen, by the command that users have: every published one as if it were new, and copies that were changed on the way."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edi.cli.app import app
from edi.cli.directory import open_archive
from edi.formats.edifact import directory
from edi.workspace.tables import WorkspaceTables

pytestmark = pytest.mark.reference

Files = Mapping[str, bytes]


def zipped(files: Files) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def archive(reference: Path, release: str) -> Path:
    return reference / "edifact" / "unece" / f"{release.replace('.', '')}.tar.xz"


def imported(workspace: Path, source: Path) -> str:
    workspace.mkdir(exist_ok=True)
    (workspace / "routes.yaml").write_text("us: us\nroutes: []\n")
    done = CliRunner().invoke(app, ["-w", str(workspace), "directory", "import", str(source)])
    assert done.exit_code == 0, done.output
    return done.output


def assert_as_shipped(workspace: Path, release: str) -> None:
    """The workspace's tables of a release say what the shipped ones say, in full."""
    ours, shipped = directory.load(release, tables=WorkspaceTables(workspace)), directory.load(release)
    names = (workspace / "schemas" / "edifact" / "segments.txt").read_text()
    tags = re.findall(r"^[A-Z]{3}$", names, re.MULTILINE)
    elements = re.findall(r"^\d{4}$", (workspace / "schemas" / "edifact" / "elements.txt").read_text(), re.MULTILINE)

    assert ours is not shipped
    assert ours.message_types() == shipped.message_types()
    assert [ours.message(name) for name in ours.message_types()] == [shipped.message(name) for name in shipped.message_types()]
    assert len(tags) > 80
    assert [ours.segment(tag) for tag in tags] == [shipped.segment(tag) for tag in tags]
    assert [ours.codes(element) for element in elements] == [shipped.codes(element) for element in elements]


@pytest.mark.proof
@pytest.mark.parametrize("release", directory.releases())
def test_a_release_converts_unseen_into_an_empty_workspace(reference: Path, tmp_path: Path, release: str) -> None:
    said = imported(tmp_path / "workspace", archive(reference, release))

    assert f"{release}: " in said
    assert_as_shipped(tmp_path / "workspace", release)


def each(change: Callable[[bytes], bytes]) -> Callable[[Files], Files]:
    return lambda files: {name: change(content) for name, content in files.items()}


def messages(change: Callable[[bytes], bytes]) -> Callable[[Files], Files]:
    """The files with drawn tables changed; words are of another code page."""
    return lambda files: {name: change(content) if "_D." in name.upper() else content for name, content in files.items()}


def in_zips_of_a_zip(files: Files) -> Files:
    """As UNECE packs it: one archive per directory within one for the release."""
    shelves: dict[str, dict[str, bytes]] = {}
    for name, content in files.items():
        shelves.setdefault("edmd" if "_D." in name.upper() else Path(name).name[:4].lower(), {})[Path(name).name] = content
    return {f"{shelf}.zip": zipped(held) for shelf, held in shelves.items()}


def without_annexes(files: Files) -> Files:
    """Readme, service code lists and interactive directories lost, as in many a mirror."""
    return {name: content for name, content in files.items() if re.search(r"(ED|TR)[ECS]D\.|UNCL|_D\.", name.upper())}


def without_last_page(content: bytes) -> bytes:
    """The blank lines and the end-of-file mark behind the last entry lost."""
    return content.rstrip(b"\r\n \x1a\x0c")


CHANGES: dict[str, Callable[[Files], Files]] = {
    "line feeds alone": each(lambda content: content.replace(b"\r\n", b"\n")),
    "carriage returns doubled": each(lambda content: content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\r\n")),
    "box characters in UTF-8": messages(lambda content: content.decode("cp437").encode()),
    "box characters taken for Latin-1, in UTF-8": each(lambda content: content.decode("latin-1").encode()),
    "byte order mark": messages(lambda content: b"\xef\xbb\xbf" + content.decode("cp437").encode()),
    "form feeds between pages": each(lambda content: content.replace(b"\r\n\r\n\r\n", b"\r\n\x0c\r\n\r\n")),
    "blanks at line ends": each(lambda content: content.replace(b"\r\n", b"   \r\n")),
    "small file names": lambda files: {name.lower(): content for name, content in files.items()},
    "folders of DOS": lambda files: {name.replace("/", "\\").upper(): content for name, content in files.items()},
    "zips in a zip": in_zips_of_a_zip,
    "zips in a zip in a zip": lambda files: {"d.zip": zipped(in_zips_of_a_zip(files))},
    "annexes lost": without_annexes,
    "last page lost": each(without_last_page),
}


@pytest.mark.proof
@pytest.mark.parametrize("release", ["D.93A", "D.96A", "D.99B", "D.23A"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_copy_changed_on_the_way_converts_to_the_same(reference: Path, tmp_path: Path, release: str, change: str) -> None:
    source = tmp_path / "copy.zip"
    source.write_bytes(zipped(CHANGES[change](open_archive(archive(reference, release)))))

    imported(tmp_path / "workspace", source)
    assert_as_shipped(tmp_path / "workspace", release)
