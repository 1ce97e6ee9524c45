"""`edi ubl`: the type tables: take over published schemas, look at a type, write a document to begin with, make bindings."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edi.cli.options import AsJson, family

if TYPE_CHECKING:
    from edi.formats.ubl.model import Element, ElementUse, UblTables

app = family("UBL document types: import schemas, look at types, write samples, make Python bindings.")

Version = Annotated[str, typer.Option("--version", "-v", help="Version of UBL: 2.1, 2.2, 2.3, 2.4 or one you imported.")]


@app.command("import")
def import_(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(help="The folder with the published .xsd files; folders in it are searched too.", exists=True, file_okay=False)
    ],
    version: Annotated[str, typer.Option("--version", "-v", help="Under which name the tables are kept, e.g. 2.1 or 2.1-own.")],
    into: Annotated[Path | None, typer.Option("--into", help="The folder of UBL tables; without it, schemas/ubl of the workspace.")] = None,
) -> None:
    """Convert published schemas into type tables: names, order, cardinality, data types, attributes.

    The tables of a workspace are looked up before those that come with the program.
    """
    from edi.cli import assembly, output
    from edi.errors import ConfigError
    from edi.formats.ubl import model, published

    if not version or any(mark in version for mark in ("/", "\\", "..")) or version.startswith("."):
        raise ConfigError(f"{version!r} cannot be the name of a folder", hint="name it like 2.1 or 2.1-own")
    files = {path.name: path.read_bytes() for path in sorted(folder.rglob("*.xsd"))}
    if not files:
        raise ConfigError(f"there is no .xsd file in {folder}", hint="name the folder that holds maindoc/ and common/")
    tables = published.tables_of(files)
    target = (into or assembly.folder(context) / "schemas" / "ubl") / version
    target.mkdir(parents=True, exist_ok=True)
    for name, content in tables.items():
        (target / name).write_bytes(content)
    loaded = model.from_json(version, *(tables[name] for name in model.FILES))
    output.say(f"{len(loaded.documents)} document types of {len(files)} schema files are in {target}")


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A document such as Invoice, or an element such as cac:Party or cbc:ID.")],
    version: Version = "2.1",
    as_json: AsJson = False,
) -> None:
    """Show what stands in an element: children in order with how often, or data type and attributes."""
    from edi.cli import output
    from edi.formats.ubl import model, view

    tables = model.load(version)
    element = _element(tables, name)
    if as_json:
        output.as_json(element)
        return
    if element.data is not None:
        attributes = [(entry.name, entry.type, "must" if entry.required else "may") for entry in element.data.attributes]
        output.say(f"{element.name}: {element.data.name}, {element.data.value}")
        output.table(("attribute", "type", "use"), attributes)
        return
    rows = [(use.name, view.words_of(use.name.rpartition(":")[2]), _often(use), _type(tables, use)) for use in element.children]
    output.table(("child", "meaning", "how often", "type"), rows, title=f"{element.name}, UBL {version}")


@app.command()
def sample(
    kind: Annotated[str, typer.Argument(help="A document type, e.g. Invoice.")],
    version: Version = "2.1",
    seed: Annotated[int | None, typer.Option("--seed", help="A number: the document gets optional parts too, chosen by it.")] = None,
) -> None:
    """Write a valid document to begin with: all that must be there, to standard output."""
    import random
    import sys

    from edi.formats.ubl import model, writer
    from edi.formats.ubl import sample as samples

    tables = model.load(version)
    _document(tables, kind)
    chance = random.Random(seed)  # noqa: S311 -- which optional parts a sample has is no secret
    root = samples.minimal(tables, kind) if seed is None else samples.sample(tables, kind, chance.randrange)
    sys.stdout.buffer.write(writer.to_bytes(root, pretty=True))


def _element(tables: UblTables, name: str) -> Element:
    from edi.errors import ConfigError

    element = tables.element(name)
    if element is None:
        known = [*tables.documents, *(f"{prefix}:{local}" for prefix in ("cac", "cbc", "ext") for local in tables.elements(prefix))]
        raise ConfigError(f"UBL {tables.version} has no {name!r}", hint=_nearest(name, known))
    return element


def _document(tables: UblTables, kind: str) -> Element:
    from edi.errors import ConfigError

    document = tables.document(kind)
    if document is None:
        raise ConfigError(f"UBL {tables.version} has no document type {kind!r}", hint=_nearest(kind, tables.documents))
    return document


def _nearest(name: str, known: Iterable[str]) -> str | None:
    import difflib

    close = difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)
    return f"did you mean {' or '.join(close)}?" if close else None


def _often(use: ElementUse) -> str:
    if use.maximum is None:
        return "any number" if use.minimum == 0 else f"at least {use.minimum}"
    return "once" if (use.minimum, use.maximum) == (1, 1) else f"{use.minimum} to {use.maximum}"


def _type(tables: UblTables, use: ElementUse) -> str:
    found = tables.type_of_use(use)
    return found.name.rpartition(":")[2].removesuffix("Type") if found is not None else "anything"


@app.command()
def bindings(
    kind: Annotated[str, typer.Argument(help="A document type, e.g. Invoice.")],
    version: Version = "2.1",
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Where to keep the classes; without it, the cache folder of your account.")
    ] = None,
) -> None:
    """Make Python classes of a version's documents, and show how to use those of one.

    The classes give completion in an editor, put elements in order by themselves and say exactly what is missing.
    """
    from edi import library_ubl
    from edi.cli import output
    from edi.formats.ubl import model

    _document(model.load(version), kind)
    made = library_ubl.bindings(version, folder=folder)
    output.say(f"The classes are in {made.folder / made.package}")
    output.say()
    output.say("  from edi import library_ubl")
    place = f", folder=Path({str(folder)!r})" if folder else ""
    output.say(f"  ubl = library_ubl.bindings({version!r}{place})")
    output.say(f"  document = ubl.document({kind!r}).{kind}()")
    output.say("  document.ID = '1'            # and so on; parts come from ubl.cac and ubl.cbc")
    output.say("  content, findings = library_ubl.write(document)")
