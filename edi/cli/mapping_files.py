"""Mappings, tables and messages as `edi mapping` finds them: the workspace's before the shipped ones; files, folders, the archive."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

Name = Annotated[str, typer.Argument(help="A mapping such as orders-eancom: mappings/orders-eancom.map.yaml.")]

if TYPE_CHECKING:
    from edi.formats.edifact.structure import Group
    from edi.formats.yaml.problem import Problem
    from edi.mapping.result import Document, Output
    from edi.mapping.source import MappingFiles
    from edi.mapping.spoke import Spoke
    from edi.workspace.workspace import Workspace


def files(context: typer.Context) -> MappingFiles:
    """Mappings of the workspace before the shipped ones; a path to a file is read as it is."""
    from edi.cli import assembly
    from edi.cli.files import read_text
    from edi.errors import ConfigError
    from edi.mapping.source import shipped_files

    try:
        folder = assembly.folder(context)
    except ConfigError:
        folder = None

    def find(name: str) -> tuple[str, str] | None:
        given = Path(name)
        if name.endswith(".map.yaml") and given.is_file():
            return str(given), read_text(given)
        file = name if name.endswith((".yaml", ".csv")) else f"{name}.map.yaml"
        if folder is not None and ".." not in file and (folder / "mappings" / file).is_file():
            return f"mappings/{file}", read_text(folder / "mappings" / file)
        return shipped_files(name)

    return find


def all_names(context: typer.Context) -> list[str]:
    from edi import shipped
    from edi.cli import assembly
    from edi.errors import ConfigError

    try:
        folder = assembly.folder(context) / "mappings"
        own = sorted(path.name for path in folder.glob("*.map.yaml"))
    except ConfigError:
        own = []
    return [name.removesuffix(".map.yaml") for name in own or shipped.names("mappings") if name.endswith(".map.yaml")]


def load(context: typer.Context, name: str) -> Spoke:
    from edi.cli import assembly
    from edi.mapping.spoke import load
    from edi.workspace.program_cache import programs_of

    own = assembly.tables(context)
    return load(name, files(context), tables=own, cache=programs_of(own.folder if own else None))


def load_with_tables(context: typer.Context, name: str, partner: str | None = None) -> Spoke:
    """The mapping with the workspace's cross-reference tables of today, for a partner or for everybody, where it asks any."""
    from datetime import UTC, datetime

    spoke = load(context, name)
    loaded = _workspace(context) if spoke.cross_references() else None
    return spoke.asking(loaded.xref.on(datetime.now(UTC).date(), partner)) if loaded is not None else spoke


def table_problems(context: typer.Context, spoke: Spoke) -> list[Problem]:
    """What is wrong with the cross-reference tables that a mapping asks; nothing outside a workspace."""
    from edi.workspace.checks_xref import table_problems

    loaded = _workspace(context) if spoke.cross_references() else None
    return table_problems(loaded.xref, [spoke], files(context), starting=False) if loaded is not None else []


def _workspace(context: typer.Context) -> Workspace | None:
    """The workspace around; None where there is none. Raises ConfigError where it is not right."""
    from edi.cli import assembly
    from edi.errors import ConfigError

    try:
        assembly.folder(context)
    except ConfigError:
        return None
    return assembly.workspace(context)


def messages(context: typer.Context, places: list[Path], spoke: Spoke | None) -> Iterator[tuple[str, object]]:
    """The messages of files and folders that a mapping can read, with a label each; all EDIFACT messages without a mapping."""
    from edi import library
    from edi.cli import assembly
    from edi.engine.reading import EdifactContent
    from edi.mapping.nodes import EdifactSyntax

    for place in places:
        for file in sorted(path for path in place.rglob("*") if path.is_file()) if place.is_dir() else [place]:
            for interchange in library.read(file.read_bytes(), source=file.name, tables=assembly.tables(context)).interchanges:
                for message in interchange.messages:
                    content = message.content
                    if isinstance(content, EdifactContent):
                        fits = spoke is None or (
                            isinstance(spoke.syntax, EdifactSyntax) and content.message.identifier.type == spoke.syntax.message
                        )
                        if content.tree is not None and fits:
                            yield f"{file.name} {message.reference}", content.tree
                    elif spoke is not None and not isinstance(spoke.syntax, EdifactSyntax) and message.syntax == syntax_of(spoke):
                        yield file.name, content


def saved(context: typer.Context, files: list[Path]) -> dict[Path, int]:
    """When these files and everything under the workspace's mappings/ and xref/ were last saved."""
    from edi.cli import assembly
    from edi.errors import ConfigError

    try:
        folder = assembly.folder(context)
        files = [*files, *(folder / "mappings").rglob("*"), *(folder / "xref").rglob("*")]
    except ConfigError:
        pass
    return {file: file.stat().st_mtime_ns for file in files if file.is_file()}


def as_text(spoke: Spoke, written: Output) -> str:
    """What a mapping wrote, one segment per line where it is EDIFACT."""
    from edi.formats.edifact.syntax import Segment
    from edi.mapping.spoke_edifact import texts_of

    if isinstance(written, list) and all(isinstance(one, Segment) for one in written):
        return "\n".join(texts_of([one for one in written if isinstance(one, Segment)]))
    return spoke.as_bytes(written).decode()


def syntax_of(spoke: Spoke) -> str:
    return {"UblSyntax": "ubl", "JsonSyntax": "json", "CsvSyntax": "csv"}.get(type(spoke.syntax).__name__, "edifact")


def kind_of(message: Group) -> str:
    from edi.engine.kinds import edifact_kind

    first = next((segment for segment in message.segments() if segment.tag == "BGM"), None)
    return edifact_kind(message.name, first.get(1) if first else "") or "order"


def base_for(context: typer.Context, message: Group, *, but: str) -> str | None:
    """A mapping that reads such messages, best of this release, but not the one that is being drafted; None if there is none."""
    from edi.mapping.nodes import EdifactSyntax

    names = [name for name in all_names(context) if name.startswith(message.name.lower()) and name != but]
    release = getattr(message.spec, "release", "")
    for name in names if len(names) > 1 else ():
        syntax = load(context, name).syntax
        if isinstance(syntax, EdifactSyntax) and release in syntax.versions:
            return name
    return names[0] if names else None


def document_of(context: typer.Context, file: Path) -> Document:
    """The first document of a file in any syntax that a shipped mapping reads, or in our own JSON. Raises ConfigError."""
    from edi import library
    from edi.cli import assembly
    from edi.documents.fields import fields
    from edi.errors import ConfigError
    from edi.mapping.canonical import in_flight

    found = library.documents_of(file.read_bytes(), source=file.name, files=files(context), tables=assembly.tables(context))
    if found.value is None:
        why = f": {found.findings[0]}" if found.findings else ""
        raise ConfigError(f"{file} holds no document{why}", hint="UBL, EDIFACT, or JSON as `edi convert --to erp-order` writes it")
    document = in_flight(found.value[0], fields(str(found.value[0]["kind"])))
    assert isinstance(document, dict), "an object stays one"
    return document


def junit(results: list[tuple[str, str, list[str]]]) -> str:
    """Test results as JUnit XML."""
    from xml.sax.saxutils import escape, quoteattr

    failed = sum(1 for _, _, failures in results if failures)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<testsuite name="mappings" tests="{len(results)}" failures="{failed}">']
    for name, case, failures in results:
        lines.append(f"  <testcase classname={quoteattr(name)} name={quoteattr(case)}>")
        lines += [f"    <failure>{escape(chr(10).join(failures))}</failure>"] if failures else []
        lines.append("  </testcase>")
    return "\n".join([*lines, "</testsuite>", ""])


def crossing(read: Spoke, write: Spoke) -> list[object]:
    """What is lost between two mappings, and what may be too long for the second: warnings for people."""
    from edi.mapping import cannot_cross
    from edi.mapping.bindings import EdifactBinding
    from edi.mapping.problems import Problems
    from edi.mapping.widths import too_narrow

    lost = sorted(cannot_cross(read, write))
    told: list[object] = [f"{path} cannot cross: {read.name} reads it, {write.name} has no place for it" for path in lost]
    told += [f"{path} crosses in part: {why}" for path, why in sorted(write.partly().items()) if path in read.bound()]
    problems = Problems()
    if isinstance(read.binding, EdifactBinding) and isinstance(write.binding, EdifactBinding):
        too_narrow(read.binding, write.binding, problems)
    return [*told, *problems.warnings]
