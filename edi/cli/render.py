"""`edi render FILE`: documents as people read them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edi.cli.options import AsJson

if TYPE_CHECKING:
    from edi.documents.render import Rendering
    from edi.mapping.source import MappingFiles
    from edi.ports import TableSource


def render(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file with messages, or a document of ours as JSON; `-` is standard input.")],
    mapping: Annotated[
        str | None, typer.Option("--from", help="The mapping that reads it; without it, the shipped one for the kind of message.")
    ] = None,
    as_html: Annotated[bool, typer.Option("--html", help="As a page for a browser, with its style in it.")] = False,
    language: Annotated[str, typer.Option("--language", help="Of the page: en, nl, de, fr or vi.")] = "en",
    target: Annotated[Path | None, typer.Option("--output", "-o", help="Write there instead of the terminal; .html is a page.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the documents of a file as text or as a page: head, parties, lines, sums. Nothing is kept or sent.

    Exit code 2: something in it could not be read.
    """
    from edi import library
    from edi.cli import output
    from edi.cli.files import read_file
    from edi.documents.render import render as rendered
    from edi.documents.render import text

    files, tables = _workspace(context)
    outcome = library.documents_of(read_file(file), read=mapping, source=file.name, files=files, tables=tables)
    renderings = [rendered(one) for one in outcome.value or ()]
    if as_json:
        output.as_json(renderings)
    elif as_html or (target is not None and target.suffix.lower() in {".html", ".htm"}):
        _put(_page(renderings, language), target)
    else:
        _put(output.clean("\n".join(text(one) for one in renderings)), target)
    if not outcome.ok:
        for finding in outcome.findings:
            output.complain(finding)
        raise typer.Exit(output.SOMETHING_FAILED)


def _put(shown: str, target: Path | None) -> None:
    import sys

    if target is not None:
        target.write_text(shown, encoding="utf-8")
    else:
        sys.stdout.write(shown)


def _page(renderings: list[Rendering], language: str) -> str:
    """All documents on one page that needs nothing beside it."""
    from markupsafe import Markup

    from edi.errors import ConfigError
    from edi.web.pages import site
    from edi.web.pages.texts import LANGUAGES
    from edi.web.status.documents import NUMERIC

    if language not in LANGUAGES:
        raise ConfigError(f"pages do not speak {language!r}", hint=f"one of: {', '.join(LANGUAGES)}")
    reader = site.Reader(language=language, timezone="UTC")
    title = ", ".join(f"{reader.say(f'kind.{one.kind}')} {one.number}".strip() for one in renderings[:3])
    style = Markup(site.style().decode())  # noqa: S704 -- our own file
    return site.render("document.html", reader, documents=renderings, title=title, style=style, numeric=NUMERIC)


def _workspace(context: typer.Context) -> tuple[MappingFiles, TableSource | None]:
    """Mappings and tables of the workspace before the shipped ones; without a workspace only these."""
    from edi.cli import assembly
    from edi.mapping.source import shipped_files

    if assembly.tables(context) is None:
        return shipped_files, None
    loaded = assembly.workspace(context)
    return (lambda name: loaded.mapping_text(name) or shipped_files(name)), loaded.table_source
