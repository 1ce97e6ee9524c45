"""`edi inspect FILE`: what a file says, with the names and code meanings of its standard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from edi.formats.edifact.envelope import Interchange
    from edi.formats.edifact.inspect import Node
    from edi.formats.ubl.reader import UblDocument
    from edi.ports import TableSource


def inspect(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="An EDIFACT, UBL or JSON file.")],
    as_json: Annotated[bool, typer.Option("--json", help="The tree as JSON.")] = False,
    charset: Annotated[
        bool,
        typer.Option("--charset", help="Instead: which characters an EDIFACT file declares, which it holds, and what each policy does."),
    ] = False,
) -> None:
    """Show a file as a tree: groups, segments and elements with their names, values, and what codes mean. Nothing is judged."""
    from edi.cli import assembly
    from edi.cli.files import read_file
    from edi.formats import edifact

    data = read_file(file)
    if charset:
        _charset(data, file.name, as_json=as_json)
    elif edifact.looks_like(data):
        # Read without the engine around it, which takes longer to load than most files to show.
        tables = assembly.tables(context)
        for one in edifact.read(data, source=file.name).value or ():
            _edifact(one, tables, as_json=as_json)
    else:
        _other(data, file.name, as_json=as_json)


def _other(data: bytes, source: str, *, as_json: bool) -> None:
    from edi import library
    from edi.cli import output
    from edi.formats.ubl.reader import UblDocument

    found = library.read(data, source=source)
    for interchange in found.interchanges:
        match interchange.source:
            case UblDocument():
                _ubl(interchange.source, as_json=as_json)
            case _:
                output.as_json([message.content for message in interchange.messages])
    if not found.interchanges:
        output.findings(found.findings)
        raise typer.Exit(output.SOMETHING_FAILED)


def _charset(data: bytes, source: str, *, as_json: bool) -> None:
    from edi.cli import output
    from edi.formats.edifact import doctor

    reports = doctor.examine(data, source=source)
    if as_json:
        output.as_json([each.as_dict() for each in reports])
        return
    for each in reports:
        said = "as declared" if each.follows_declaration else "NOT as declared"
        output.say(
            f"interchange {each.control_reference}: UNB 0001 declares {each.declared} ({each.declared_name}); the bytes are {each.found}, {said}"
        )
        output.say(f"{each.foreign_count} of {each.characters} characters are not in {each.declared}")
        rows = [(one.character, one.count, "lost" if one.is_lost else one.nearest, one.first) for one in each.foreign]
        if rows:
            output.table(("character", "count", "nearest", "first at"), rows)
        output.table(("policy", "what it does"), [(str(policy), text) for policy, text in each.outcomes.items()])


def _edifact(interchange: Interchange, tables: TableSource | None, *, as_json: bool) -> None:
    from edi.cli import output
    from edi.formats.edifact.inspect import inspect as tree

    node = tree(interchange, tables)
    if as_json:
        output.as_json(node.as_dict())
        return
    output.coloured(_spans(depth, line) for depth, line in node.lines())


def _spans(depth: int, node: Node) -> Iterator[tuple[str, str]]:
    yield "  " * depth, ""
    yield node.id, COLOURS.get(node.kind, DIM)
    if node.position is not None and node.kind in {"segment", "group"}:
        yield f" [{node.position}]", DIM
    if node.value is not None:
        yield f"  {node.value}", "32"
    if node.meaning:
        yield f"  = {node.meaning}", "33"
    if node.name:
        yield f"  {node.name}", DIM


DIM = "2"
COLOURS = {"interchange": "1", "message": "1", "group": "1;35", "segment": "1;36"}
"""Terminals' own numbers (ECMA-48, select graphic rendition): 1 bold, 2 faint, 32 green, 33 yellow, 35 magenta, 36 cyan."""


def _ubl(document: UblDocument, *, as_json: bool) -> None:
    from edi.cli import output
    from edi.formats.ubl.view import rows

    found = tuple(rows(document))
    if as_json:
        output.as_json(found)
        return
    for row in found:
        attributes = "".join(f" {name}={value!r}" for name, value in row.attributes)
        output.say(
            f"{'  ' * row.depth}{row.name}{attributes}"
            + (f"  {row.value}" if row.value else "")
            + (f"  ({row.words})" if row.value else "")
        )
