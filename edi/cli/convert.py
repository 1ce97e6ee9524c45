"""`edi convert FILE`: one file in another syntax, without daemon or database."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from edi.formats.edifact.writer import EnvelopeValues
    from edi.library import Converted
    from edi.workspace.model import Route
    from edi.workspace.workspace import Workspace


def convert(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file to convert: EDIFACT, UBL or JSON.")],
    route: Annotated[str | None, typer.Option("--with", help="The route of the workspace whose mappings and agreement are used.")] = None,
    read: Annotated[str | None, typer.Option("--from", help="The mapping that reads it, e.g. orders-eancom.")] = None,
    write: Annotated[str | None, typer.Option("--to", help="The mapping that writes it, e.g. erp-order.")] = None,
    message: Annotated[str | None, typer.Option("--message", help="The EDIFACT message to write: INVOIC:D:96A:UN:EAN008.")] = None,
    reference: Annotated[
        str, typer.Option("--reference", help="The control reference (0020) of an EDIFACT result; no number of the workspace is taken.")
    ] = "1",
    target: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write there instead of the terminal; with several results a folder.")
    ] = None,
) -> None:
    """Convert a file and say everything noticed on the way; what found no place is listed.

    Nothing is stored or sent. Exit code 2 if the file or a message in it could not be converted.
    """
    from edi import library
    from edi.cli import mapping_files, output
    from edi.cli.files import read_file

    if (route is None) == (read is None or write is None):
        raise typer.BadParameter("give --with ROUTE, or --from MAPPING and --to MAPPING")
    loaded = _workspace(context, needed=route is not None)
    envelope: EnvelopeValues | None = None
    partners: tuple[str | None, str | None] = (None, None)
    if route is not None and loaded is not None:
        chosen = _route(loaded, route)
        read, write = chosen.read, chosen.to[0].write
        partners = chosen.source.partner, loaded.channels[chosen.to[0].channel].partner
        message, envelope = _envelope(loaded, chosen, message, reference)
    assert read is not None, "checked above"
    assert write is not None, "checked above"
    data = read_file(file)
    result = library.convert(
        data,
        read=mapping_files.load_with_tables(context, read, partners[0]),
        write=mapping_files.load_with_tables(context, write, partners[1]),
        source=file.name,
        message_type=message,
        envelope=envelope,
        tables=loaded.table_source if loaded else None,
    )
    for finding in result.findings:
        output.complain(finding)
    made = result.value or ()
    for one in made:
        for place in one.unmapped:
            output.complain(f"not carried over: {place}")
    _write(made, target)
    if not made or not result.ok:
        raise typer.Exit(output.SOMETHING_FAILED)


def _workspace(context: typer.Context, *, needed: bool) -> Workspace | None:
    """The workspace around; None if there is none and none is needed."""
    from edi.cli import assembly
    from edi.errors import ConfigError

    try:
        assembly.folder(context)
    except ConfigError:
        if needed:
            raise
        return None
    return assembly.workspace(context)


def _route(loaded: Workspace, name: str) -> Route:
    from edi.errors import ConfigError
    from edi.formats.yaml.problem import suggest

    route = next((one for one in loaded.routes if one.name == name), None)
    if route is None:
        raise ConfigError(f"there is no route {name!r}", hint=suggest(name, [one.name for one in loaded.routes]))
    return route


def _envelope(loaded: Workspace, route: Route, message: str | None, reference: str) -> tuple[str | None, EnvelopeValues | None]:
    """Message and envelope of a route's first output, as agreed."""
    from datetime import UTC, datetime

    from edi.engine.seal import References, envelope_values, parties

    target = route.to[0]
    partner = loaded.partners.get(loaded.channels[target.channel].partner or "")
    agreement = partner.agreement(route.source.kind or "", "out") if partner else None
    if partner is None or agreement is None:
        return message, None
    envelope = None
    if agreement.message and len(agreement.message.split(":")) > 2:
        sender, recipient = parties(loaded, agreement, partner)
        references = References(interchange=reference, message="1")
        envelope = envelope_values(agreement, partner, sender, recipient, references, datetime.now(UTC), test=True)
        message = message or agreement.message
    return message, envelope


def _write(made: tuple[Converted, ...], target: Path | None) -> None:
    if target is None:
        for one in made:
            sys.stdout.buffer.write(one.payload)
    elif len(made) == 1 and not target.is_dir():
        target.write_bytes(made[0].payload)
    else:
        target.mkdir(parents=True, exist_ok=True)
        for position, one in enumerate(made, start=1):
            (target / f"{position:04}_{one.kind}{one.suffix}").write_bytes(one.payload)
