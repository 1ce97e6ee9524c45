"""What `edi mapping` does with the archive: where stored values came from, and past messages for coverage and diff."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from pathlib import Path

    from edi.engine.context import Context
    from edi.engine.provenance import Arrival, Provenance, Way
    from edi.mapping.result import Document
    from edi.mapping.spoke import Spoke
    from edi.store.store import Reading

ARCHIVE = "archive"
"""The word for `--over` that means our own memory instead of a folder."""


def is_stored(name: str) -> bool:
    """True for `T3`, `M5`, `O7`: something of the archive, not a mapping."""
    return re.fullmatch(r"[TMO][0-9]+", name) is not None


def is_archive(places: list[Path]) -> bool:
    """True if `--over archive` was said; a folder of that name is `./archive`. Raises BadParameter if both are asked for."""
    named = [str(place) == ARCHIVE for place in places]
    if any(named) and not all(named):
        raise typer.BadParameter("give either the archive or files")
    return any(named)


# -- explain ----------------------------------------------------------------------------------------------------------


def explain(context: typer.Context, name: str, *, path: str | None, segment: int | None, as_json: bool) -> None:
    """Print where the values of stored messages came from and where they went."""
    from edi.cli import output
    from edi.engine.provenance import wanted
    from edi.errors import EdiError

    with _opened(context) as (engine, view):
        found = list(_provenances(engine, view, name))
    shown = [(one, wanted(one.ways, path=path, segment=segment)) for one in found]
    if as_json:
        output.as_json([_as_json(one, ways, path, segment) for one, ways in shown])
    else:
        for one, ways in shown:
            _print(one, ways, path, segment)
    if not any(ways for _, ways in shown) and (path or segment):
        what = f"the field {path!r}" if path else f"segment {segment}"
        raise EdiError(f"nothing in {name} came from or went to {what}", hint=f"edi mapping explain {name} shows every field")


def _provenances(engine: Context, view: Reading, name: str) -> Iterator[Provenance]:
    from sqlalchemy import select

    from edi.engine.provenance import provenance
    from edi.errors import EdiError
    from edi.store.tables import message, outbound

    number = int(name[1:])
    if name[0] == "M":
        yield provenance(engine, view, number)
    elif name[0] == "O":
        row = view.connection.execute(select(outbound.c.message_id).where(outbound.c.id == number)).one_or_none()
        if row is None:
            raise EdiError(f"nothing here is called {name!r}", hint="edi messages lists what there is")
        if row.message_id is None:
            raise EdiError(f"{name} is an acknowledgement of ours, made by no mapping", hint=f"edi show {name} shows it")
        yield provenance(engine, view, row.message_id, outbound_id=number)
    else:
        ids = (
            view.connection.execute(select(message.c.id).where(message.c.transmission_id == number).order_by(message.c.id)).scalars().all()
        )
        if not ids:
            raise EdiError(f"nothing here is called {name!r}, or it holds no message", hint="edi transmissions lists what there is")
        for message_id in ids:
            yield provenance(engine, view, message_id)


def _print(one: Provenance, ways: tuple[Way, ...], path: str | None, segment: int | None) -> None:
    from edi.cli import output

    used = ", ".join(
        f"{how.version} {'as of then' if how.of_then else 'as it is now, its text of then is not kept'}" for how in one.mappings
    )
    output.say(f"{one.message} of {one.transmission}, read again with {used}")
    output.table(
        ("path", "value", "from", "byte", "as", "mapping", "table", "to"),
        [
            (way.path, way.value, way.where, way.where.offset, way.wire, way.line, way.table, "\n".join(map(_arrival, way.arrivals)))
            for way in ways
        ],
    )
    for left in one.unmapped:
        if path is None and segment in {None, left.where.segment}:
            output.say(f"unmapped: {left.segment} ({left.where}: {left.value!r})")
    for note in one.notes:
        output.say(note)


def _arrival(one: Arrival) -> str:
    table = f", {one.table}" if one.table else ""
    return f"{one.output} {one.where} {one.wire!r} ({one.line}{table})"


def _as_json(one: Provenance, ways: tuple[Way, ...], path: str | None, segment: int | None) -> dict[str, object]:
    unmapped = [left for left in one.unmapped if path is None and segment in {None, left.where.segment}]
    return {
        "message": one.message,
        "transmission": one.transmission,
        "mappings": one.mappings,
        "values": ways,
        "unmapped": unmapped,
        "notes": one.notes,
    }


# -- past messages ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which of the past messages."""

    partner: str | None = None
    since: str | None = None
    """A day, or a moment as the store writes it."""
    kind: str | None = None


def messages(context: typer.Context, spoke: Spoke, wanted: Wanted) -> Iterator[tuple[str, object]]:
    """Past messages that the mapping's syntax fits, oldest last; a bar on the terminal shows how far it is."""
    from edi.cli import mapping_files, output
    from edi.engine.provenance import stored_messages
    from edi.engine.reading import EdifactContent
    from edi.mapping.nodes import EdifactSyntax

    syntax = spoke.syntax
    with _opened(context) as (engine, view):
        lines = [
            line for line in _lines(view, wanted) if not isinstance(syntax, EdifactSyntax) or line.type.startswith(f"{syntax.message}:")
        ]
        ids = [int(line.name[1:]) for line in lines if line.kind is None or _is_kind(spoke, line.kind)]
        for name, message in stored_messages(engine, view, output.progress(ids, "reading past messages")):
            if message.syntax != mapping_files.syntax_of(spoke):
                continue
            content = message.content.tree if isinstance(message.content, EdifactContent) else message.content
            if content is not None:
                yield name, content


def documents(context: typer.Context, spoke: Spoke, wanted: Wanted) -> Iterator[tuple[str, Document]]:
    """Past documents of the mapping's kind, for a mapping that writes; a bar on the terminal shows how far it is."""
    from edi.cli import output
    from edi.documents.fields import fields
    from edi.errors import StoreError
    from edi.formats import json as json_format
    from edi.mapping.canonical import in_flight
    from edi.store import queries

    with _opened(context) as (_engine, view):
        lines = [line for line in _lines(view, wanted) if line.kind is not None and _is_kind(spoke, line.kind)]
        for line in output.progress(lines, "reading past documents"):
            detail = queries.message_detail(view, int(line.name[1:]))
            for one in detail.documents[:1] if detail is not None else ():
                try:
                    read = json_format.read(view.payload(one.payload_sha256), source=one.name).value
                except StoreError:
                    continue  # its retention ended
                value = in_flight(read, fields(one.kind))
                if isinstance(value, dict):
                    yield one.name, {**value, "kind": one.kind}


def only_writes(context: typer.Context, mapping: str) -> bool:
    """True if routes write with the mapping and none reads with it."""
    from edi.cli import assembly

    routes = assembly.workspace(context).routes
    return any(mapping == to.write for route in routes for to in route.to) and all(mapping != route.read for route in routes)


def _lines(view: Reading, wanted: Wanted):  # type: ignore[no-untyped-def]  # the store's lines, imported late
    from edi.store import queries

    found: list[queries.MessageLine] = []
    before: int | None = None
    chosen = queries.Filter(partner=wanted.partner, kind=wanted.kind, since=wanted.since)
    while page := queries.messages(view, chosen, before=before):
        found += page
        before = int(page[-1].name[1:])
    return found


def _is_kind(spoke: Spoke, kind: str) -> bool:
    return kind == spoke.kind or {kind, spoke.kind} == {"invoice", "credit_note"}


@contextmanager
def _opened(context: typer.Context) -> Iterator[tuple[Context, Reading]]:
    from edi.cli import assembly, logs

    logs.set_up(quiet=True)
    with assembly.engine(assembly.workspace(context)) as engine, engine.context.store.reading() as view:
        yield engine.context, view
