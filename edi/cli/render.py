"""`edi render FILE`: documents as people read them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def render(
    file: Annotated[Path, typer.Argument(help="A file with messages, or a document of ours as JSON; `-` is standard input.")],
    mapping: Annotated[str | None, typer.Option("--from", help="The mapping that reads it; not needed for documents of ours.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Show the documents of a file as text: head, parties, lines, sums. Nothing is kept or sent.

    Exit code 2: something in it could not be read.
    """
    from edi import library
    from edi.cli import output
    from edi.cli.files import read_file
    from edi.documents.render import render as rendered
    from edi.documents.render import text
    from edi.errors import ConfigError
    from edi.findings import has_errors

    found = library.read(read_file(file), source=file.name)
    if mapping is None and found.format != "json":
        raise ConfigError("only documents of ours say by themselves what they mean", hint="name the mapping: --from orders-eancom")
    outcome = library.convert(read_file(file), read=mapping, write=mapping, source=file.name) if mapping else None
    documents = [one.document for one in outcome.value or ()] if outcome else _own(found)
    findings = outcome.findings if outcome else library.all_findings(found)
    renderings = [rendered(one) for one in documents]
    if as_json:
        output.as_json(renderings)
    else:
        output.say("\n".join(text(one) for one in renderings).rstrip("\n"))
    if has_errors(findings) or not renderings:
        output.findings(findings)
        raise typer.Exit(output.SOMETHING_FAILED)


def _own(found: object) -> list[dict[str, object]]:
    """The documents of a JSON file."""
    from edi.engine.reading import ReadTransmission

    assert isinstance(found, ReadTransmission), "what the library read"
    contents = [message.content for one in found.interchanges for message in one.messages]
    return [dict(content) for content in contents if isinstance(content, dict)]
