"""`edi validate FILE`: everything that is wrong with a file, in one pass."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from edi.engine.reading import ReadTransmission
    from edi.findings import Finding


def validate(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="An EDIFACT, UBL or JSON file; - reads standard input.")],
    guide: Annotated[str | None, typer.Option("--guide", help="A partner's guide on top of the standard, e.g. acme/ORDERS.")] = None,
    rules: Annotated[
        str, typer.Option("--rules", help="Business rules for UBL: auto (those for the document today), none, or the id of a rule set.")
    ] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="The findings as JSON.")] = False,
    as_sarif: Annotated[bool, typer.Option("--sarif", help="The findings as SARIF 2.1.0, for code review tools.")] = False,
) -> None:
    """Check a file against its standard: characters, envelope, structure, elements, codes; a partner's guide; business rules for UBL.

    Exit code 0: nothing is wrong (warnings may be shown); 2: errors were found.
    """
    from edi.cli import assembly, output
    from edi.cli.files import read_file
    from edi.engine import reading
    from edi.findings import has_errors

    found = reading.read(read_file(file), source=file.name, tables=assembly.tables(context))
    findings = (
        *found.all_findings(),
        *(_against(context, guide, found, file.name) if guide else ()),
        *_by_rules(context, rules, found),
    )
    if as_sarif:
        from edi.cli.sarif import sarif

        output.as_json(sarif(findings, file))
    elif as_json:
        output.as_json(findings)
    else:
        output.findings(findings)
        output.say(_summary(found, findings))
    if has_errors(findings):
        raise typer.Exit(output.SOMETHING_FAILED)


def _summary(found: ReadTransmission, findings: tuple[Finding, ...]) -> str:
    errors = sum(finding.is_error for finding in findings)
    messages = [message for interchange in found.interchanges for message in interchange.messages]
    kinds = ", ".join(sorted({message.type for message in messages})) or "nothing that could be read"
    said = f"{errors} error{'s' * (errors != 1)}, {len(findings) - errors} other findings"
    return f"{found.format or 'unknown format'}: {len(messages)} message{'s' * (len(messages) != 1)} ({kinds}); {said if findings else 'nothing found'}"


def _against(context: typer.Context, name: str, found: ReadTransmission, source: str) -> list[Finding]:
    """The guide's findings for every message it is for."""
    from edi.cli import assembly
    from edi.engine.reading import EdifactContent
    from edi.errors import ConfigError
    from edi.formats.edifact import guide as guides
    from edi.workspace import guides as files
    from edi.workspace.tables import WorkspaceTables

    guide = files.load(name, WorkspaceTables(assembly.folder(context)))
    contents = [message.content for interchange in found.interchanges for message in interchange.messages]
    fitting = [
        one
        for one in contents
        if isinstance(one, EdifactContent) and one.tree is not None and guide.message.startswith(one.message.identifier.type)
    ]
    if not fitting:
        raise ConfigError(f"guide {name!r} is for {guide.message}, and the file holds no such message")
    return [
        finding
        for one in fitting
        if one.tree is not None
        for finding in guides.validate(guide, one.tree, reference=one.message.reference, source=source)
    ]


def _by_rules(context: typer.Context, wanted: str, found: ReadTransmission) -> list[Finding]:
    """What business rules have against every UBL document that its schema has nothing against."""
    if found.format != "ubl":
        return []
    from datetime import UTC, datetime

    from edi.findings import has_errors
    from edi.formats.ubl.reader import UblDocument

    messages = [message for interchange in found.interchanges for message in interchange.messages if not has_errors(message.findings)]
    documents = [message.content for message in messages if isinstance(message.content, UblDocument)]
    if not documents or wanted == "none":
        return []
    from edi.cli import assembly
    from edi.engine.rules import RuleBook, RuleFolder
    from edi.formats.ubl import rules

    day = datetime.now(UTC).date()
    own = assembly.tables(context)
    with RuleBook(RuleFolder(own.folder if own else Path.cwd())) as book:  # without a workspace, so that files can be validated anywhere
        if wanted == "auto":
            return [finding for document in documents for finding in book.validate(document, day)]
        chosen = rules.named(book.sets, wanted, day)
        return [finding for document in documents for finding in rules.validate(document, [chosen], book.runner)]
