"""`edi contrl FILE`: the CONTRL we would answer."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def contrl(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file with EDIFACT interchanges.")],
    receipt: Annotated[bool, typer.Option("--receipt", help="Only the receipt (UCI 8), which says nothing about the messages.")] = False,
    list_accepted: Annotated[bool, typer.Option("--list-accepted", help="A UCM for accepted messages too.")] = False,
    reference: Annotated[str, typer.Option("--reference", help="The control reference (0020) of the answer.")] = "1",
    version: Annotated[
        str,
        typer.Option("--version", help="The CONTRL the partner wants: 2:2, D:3, 4:1, or D:3:UN:EAN002. Without it, that of its syntax."),
    ] = "",
    lines: Annotated[bool, typer.Option("--lines", help="One segment a line.")] = False,
) -> None:
    """Write the CONTRL that answers a file, in the sender's syntax version, down to the component that is wrong. Nothing is sent.

    Exit code 0: it accepts everything; 2: it rejects something, or no CONTRL can be built.
    """
    from datetime import UTC, datetime

    from edi.cli import assembly, output
    from edi.cli.files import read_file
    from edi.engine import reading
    from edi.errors import ConfigError
    from edi.findings import has_errors
    from edi.formats.edifact import contrl as answers
    from edi.formats.edifact.envelope import Interchange
    from edi.formats.edifact.layout import lines as one_a_line
    from edi.formats.edifact.reader import read

    if version and not answers.MESSAGE_VERSION.fullmatch(version):
        raise ConfigError(
            f"{version!r} is no version of CONTRL", hint="one of: 2:2, D:3, 4:1, or with agency and association, D:3:UN:EAN002"
        )
    found = reading.read(read_file(file), source=file.name, tables=assembly.tables(context))
    answered = accepted = True
    for interchange in found.interchanges:
        findings = [*interchange.findings, *(finding for message in interchange.messages for finding in message.findings)]
        kind = answers.Answer.RECEIPT if receipt else answers.Answer.FUNCTIONAL
        written = None
        if isinstance(interchange.source, Interchange):
            written = answers.answer(
                interchange.source,
                findings,
                control_reference=reference,
                prepared=datetime.now(UTC),
                kind=kind,
                list_accepted=list_accepted,
                message_version=version,
            )
        if written is None:
            answered = False
            output.complain(f"{file.name}: no CONTRL can be built: its UNB lacks what an answer needs, or it holds only CONTRL")
            output.findings(findings)
            continue
        accepted = accepted and not has_errors(findings)
        read_again = read(written).value or ()
        sys.stdout.buffer.write(b"".join(one_a_line(one) for one in read_again) if lines else written + b"\n")
    if not found.interchanges:
        output.findings(found.findings)
    if not (found.interchanges and answered and accepted):
        raise typer.Exit(output.SOMETHING_FAILED)
