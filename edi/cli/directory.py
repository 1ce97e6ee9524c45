"""`edi directory`: the UN/EDIFACT releases there are tables for, and taking over another one from its published archive."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edi.cli.options import AsJson, family

if TYPE_CHECKING:
    from edi.formats.edifact.directory_import import ReleaseTables

app = family("UN/EDIFACT directories: list the releases, import another one.")


@app.command("import")
def import_(
    context: typer.Context,
    archive: Annotated[
        Path, typer.Argument(help="The published archive of one release (.zip, .tar, .tar.xz, .tar.gz), or a folder of it.", exists=True)
    ],
    into: Annotated[Path | None, typer.Option("--into", help="The folder of tables; without it, schemas/edifact of the workspace.")] = None,
) -> None:
    """Convert a published directory release into tables: tags, positions, formats, cardinalities, code values, short names.

    Exit code 2: the release was imported, and something in it could not be read; each place is named.
    """
    from edi.cli import assembly, output
    from edi.errors import ConfigError
    from edi.formats.edifact.directory_import import import_archive

    outcome = import_archive(open_archive(archive))
    output.findings(outcome.findings)
    if outcome.value is None:
        raise ConfigError(f"{archive} was not imported", hint="the lines above say what is missing")
    folder = into if into is not None else assembly.folder(context) / "schemas" / "edifact"
    write_tables(folder, outcome.value)
    output.say(f"{outcome.value.release}: {len(outcome.value.messages)} message types are in {folder}")
    if not outcome.ok:
        raise typer.Exit(output.SOMETHING_FAILED)


@app.command("list")
def list_(
    context: typer.Context,
    as_json: AsJson = False,
) -> None:
    """List the releases there are tables for, the workspace's own and the shipped ones."""
    from edi.cli import assembly, output
    from edi.errors import ConfigError
    from edi.formats.edifact import directory
    from edi.workspace.tables import WorkspaceTables

    try:
        tables = WorkspaceTables(assembly.folder(context))
    except ConfigError:
        tables = None
    rows = [(name, len(directory.load(name, tables=tables).message_types())) for name in directory.releases(tables)]
    if as_json:
        output.as_json([{"release": release, "message_types": count} for release, count in rows])
    else:
        output.table(("release", "message types"), rows)


def open_archive(path: Path) -> Mapping[str, bytes]:
    """The files of an archive or folder by name, archives within it opened too: UNECE packs each directory by itself.

    Raises ConfigError for what is no archive, and for more files or bytes than a release can have.
    """
    from edi.errors import ConfigError
    from edi.limits import DIRECTORY_BYTES_MAX, DIRECTORY_FILES_MAX

    files: dict[str, bytes] = {}
    total = 0
    try:
        for name, content in _contents(path):
            total += len(content)
            if total > DIRECTORY_BYTES_MAX or len(files) >= DIRECTORY_FILES_MAX:
                raise ConfigError(f"{path} holds more than one EDIFACT release can", hint="name the archive of a single release")
            files[name] = content
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError, RuntimeError, NotImplementedError) as error:
        raise ConfigError(f"{path} could not be opened: {error}", hint="give a .zip, .tar, .tar.xz or .tar.gz archive") from error
    return files


def _contents(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        for entry in sorted(path.rglob("*")):
            if entry.is_file():
                yield from _unpacked(entry.name, entry.read_bytes())
    elif tarfile.is_tarfile(path):
        yield from _tar(path)
    else:
        yield from _zip(path.read_bytes())


def _tar(path: Path) -> Iterator[tuple[str, bytes]]:
    from edi.limits import DIRECTORY_BYTES_MAX

    with tarfile.open(path) as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.isfile() else None
            if stream is not None:
                yield from _unpacked(member.name, stream.read(DIRECTORY_BYTES_MAX + 1))


def _unpacked(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """The file, or what an archive within the archive holds."""
    if name.lower().endswith(".zip"):
        yield from _zip(content)
    else:
        yield name, content


def _zip(content: bytes, depth: int = 0) -> Iterator[tuple[str, bytes]]:
    from edi.limits import DIRECTORY_BYTES_MAX

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for entry in archive.infolist():
            if entry.is_dir():
                continue
            with archive.open(entry) as stream:
                inner = stream.read(DIRECTORY_BYTES_MAX + 1)
            if entry.filename.lower().endswith(".zip") and depth < 2:
                yield from _zip(inner, depth + 1)
            else:
                yield entry.filename, inner


def write_tables(folder: Path, tables: ReleaseTables) -> None:
    """Merge a release into the table set of a folder, which may be empty; each file is replaced as a whole."""
    from edi.errors import ConfigError
    from edi.formats.edifact.directory_import.pool import Pool, is_table

    names = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.txt"))] if folder.is_dir() else []
    try:
        pool = Pool.read({name: (folder / name).read_text("utf-8") for name in names if is_table(name)})
    except ValueError as error:
        raise ConfigError(f"the tables in {folder} cannot be read: {error}", hint="name an empty folder with --into") from error
    pool.add(tables)
    # The list of releases comes last: until it names the new one, nobody asks the other files for it.
    written = sorted(pool.write().items(), key=lambda file: file[0] == "releases.txt")
    for name, text in written:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_name(f".{target.name}.new")
        beside.write_text(text, "utf-8")
        beside.replace(target)
