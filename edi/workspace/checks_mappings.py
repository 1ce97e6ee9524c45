"""Mappings compile, every route's two sides fit together, and nothing is lost on the way that the route does not accept."""

from __future__ import annotations

from collections.abc import Mapping

from edi.documents import fields, resolve
from edi.errors import ConfigError
from edi.formats.yaml.problem import Problem, suggest
from edi.formats.yaml.reader import Path
from edi.mapping.expressions import compile_expression
from edi.mapping.nodes import EdifactSyntax, UblSyntax
from edi.mapping.problems import MappingProblems, Refused
from edi.mapping.source import UsedFiles, shipped_files
from edi.mapping.spoke import Spoke, cannot_cross, load
from edi.workspace.checks_xref import table_problems
from edi.workspace.files import Files
from edi.workspace.loss import is_accepted
from edi.workspace.model import Agreement, Route
from edi.workspace.program_cache import programs_of
from edi.workspace.shapes import Shapes
from edi.workspace.tables import WorkspaceTables
from edi.workspace.workspace import MappingTexts

_FILE = "routes.yaml"
LOSSES_SHOWN_MAX = 12
"""Fields of one problem that are named; `edi mapping` shows all."""


def check_mappings(files: Files, shapes: Shapes, *, all_of_them: bool = True) -> Mapping[str, tuple[Spoke, str]]:
    """Every mapping of the folder, or only those that routes use; then every route through those that compile.

    Gives those that compiled, each with the files it was loaded from as one text.
    """
    texts = MappingTexts(files.mappings)
    tables, programs = WorkspaceTables(files.folder, files.digest()), programs_of(files.folder)
    spokes: dict[str, Spoke] = {}
    used_files: dict[str, UsedFiles] = {}

    def find(name: str) -> tuple[str, str] | None:
        return texts(name) or shipped_files(name)

    routed = {name for route in shapes.routes.routes for name in (route.read, *(target.write for target in route.to))}
    for name in sorted(
        {*(texts.names() if all_of_them else routed & set(texts.names())), *(name for name in routed if shipped_files(name))}
    ):
        try:
            used = UsedFiles(find)
            spokes[name] = load(name, used, tables=tables, cache=programs)
            used_files[name] = used
        except MappingProblems as error:
            files.problems += error.problems
        except ConfigError as error:
            files.problems.append(Problem(file=f"mappings/{name}.map.yaml", text=error.message, hint=error.hint, code="config.mapping"))
    for index, route in enumerate(shapes.routes.routes):
        _check_route(files, shapes, ("routes", index), route, spokes)
    files.problems += table_problems(shapes.xref, spokes.values(), find, starting=not all_of_them)
    unknown = {name for _, name in shapes.xref.declared}
    return {
        name: (spokes[name], used.text(shapes.xref.texts(spokes[name].cross_references())))
        for name, used in used_files.items()
        if unknown.isdisjoint(spokes[name].cross_references())
    }


def _check_route(files: Files, shapes: Shapes, where: Path, route: Route, spokes: Mapping[str, Spoke]) -> None:
    read = spokes.get(route.read)
    kind = route.source.kind or (read.kind if read else None)
    if kind is None:
        return
    _check_expression(files, (*where, "from", "content"), route.source.content, kind)
    for position, path in enumerate(route.accept_loss):
        if resolve(kind, path.removesuffix(".*")) is None:
            hint = suggest(path, [leaf.path for leaf in fields(kind).leaves()])
            files.complain(_FILE, (*where, "accept_loss", position), f"{kind} has no field {path!r}", hint=hint, code="config.reference")
    if read is not None and route.source.kind is not None and not _meet(route.source.kind, read.kind):
        text = f"the route is for {route.source.kind!r}, its mapping {route.read!r} reads {read.kind!r}"
        files.complain(_FILE, (*where, "read"), text, hint="name a mapping of that kind", code="config.route")
    for position, target in enumerate(route.to):
        here = (*where, "to", position)
        _check_expression(files, (*here, "when"), target.when, kind)
        write = spokes.get(target.write)
        if read is not None and write is not None:
            _check_loss(files, (*here, "write"), route, read, write)
            _check_agreed(files, shapes, (*here, "write"), target.channel, write)


def _meet(one: str, other: str) -> bool:
    return one == other or {one, other} == {"invoice", "credit_note"}


def _check_expression(files: Files, where: Path, text: str | None, kind: str) -> None:
    if text is None:
        return
    try:
        compile_expression(text, fields(kind), fields(kind))
    except Refused as error:
        files.complain(_FILE, where, error.text, hint=error.hint, code="config.expression")


def _check_loss(files: Files, where: Path, route: Route, read: Spoke, write: Spoke) -> None:
    """Foreseen for messages. Our own JSON may hold any field, so there only the document at hand can tell (`loss`)."""
    try:
        lost = cannot_cross(read, write)
    except ConfigError as error:
        files.complain(_FILE, where, error.message, hint=error.hint, code="config.route")
        return
    if read.document_itself:
        return
    unaccepted = sorted(path for path in lost if not is_accepted(path, route.accept_loss))
    if unaccepted:
        named = ", ".join(unaccepted[:LOSSES_SHOWN_MAX]) + (", …" if len(unaccepted) > LOSSES_SHOWN_MAX else "")
        text = f"{read.name} reads {len(unaccepted)} fields that {write.name} cannot write: {named}"
        files.complain(_FILE, where, text, hint="add to accept_loss what may be lost on this route", code="config.loss")


def _check_agreed(files: Files, shapes: Shapes, where: Path, channel_name: str, write: Spoke) -> None:
    """What goes to a partner is in the syntax that was agreed."""
    channel = shapes.channels.get(channel_name)
    partner = shapes.partners.get(channel.partner) if channel and channel.partner else None
    agreements = [one for one in partner.agreements if one.direction == "out" and _meet(one.kind, write.kind)] if partner else []
    if partner and agreements and not any(_speaks(write, agreement) for agreement in agreements):
        agreed = ", ".join(agreement.message for agreement in agreements)
        text = f"{write.name} does not write what was agreed with {partner.name!r}: {agreed}"
        files.complain(_FILE, where, text, hint="name a mapping for that message, or agree on another", code="config.agreement")


def _speaks(write: Spoke, agreement: Agreement) -> bool:
    match write.syntax:
        case EdifactSyntax(message=message, versions=versions):
            parts = agreement.message.split(":")
            return agreement.syntax == "edifact" and parts[0] == message and f"{parts[1]}.{parts[2]}" in versions
        case UblSyntax(root=root):
            return agreement.syntax == "ubl" and agreement.message.split(":")[0] == root
        case _:
            return agreement.syntax == "json"
