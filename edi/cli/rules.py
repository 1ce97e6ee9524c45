"""`edi rules`: put rule sets into the workspace, see which there are, run them over a document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edi.cli.options import AsJson, family

if TYPE_CHECKING:
    from datetime import date

    from edi.engine.rules import RuleFolder
    from edi.formats.ubl.reader import UblDocument
    from edi.formats.ubl.rules import RuleSet

app = family("Business rules for UBL documents: EN 16931, Peppol, XRechnung, your own.")


@app.command()
def add(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The rules: Schematron (.sch) or compiled (.xslt, .xsl).", exists=True, dir_okay=False)],
    name: Annotated[str, typer.Option("--id", help="Owner, purpose and version, e.g. eu.peppol.bis3:invoice:2026.5.")],
    valid_from: Annotated[str | None, typer.Option("--from", help="The first day they count, YYYY-MM-DD.")] = None,
    valid_to: Annotated[str | None, typer.Option("--to", help="The last day they count, YYYY-MM-DD.")] = None,
    document: Annotated[str, typer.Option("--document", help="For documents of this type only, e.g. Invoice.")] = "",
    customization: Annotated[
        list[str] | None,
        typer.Option("--customization", help="For documents with this CustomizationID; * stands for any text. Can be given several times."),
    ] = None,
    profile: Annotated[str, typer.Option("--profile", help="For documents with this ProfileID; * stands for any text.")] = "",
    phase: Annotated[str, typer.Option("--phase", help="The Schematron phase to run.")] = "#DEFAULT",
) -> None:
    """Put rules into the workspace; they are compiled once to see that they can be.

    Files they include must lie in schemas/ubl/rules already. The rules are pinned: a changed file is refused until it is added again.
    """
    import hashlib

    from edi.cli import output
    from edi.engine.rules import slug
    from edi.formats.ubl.rules import Applies, RuleSet, check_id

    content = file.read_bytes()
    suffix = file.suffix.lower()
    rule_set = RuleSet(
        id=check_id(name),
        format="schematron" if suffix == ".sch" else "xslt",
        file=f"{slug(name)}{suffix}",
        sha256=hashlib.sha256(content).hexdigest(),
        valid_from=_day(valid_from),
        valid_to=_day(valid_to),
        applies=tuple(Applies(document=document, customization=pattern, profile=profile) for pattern in customization or [""]),
        phase=phase,
    )
    path = _folder(context).add(rule_set, content)
    output.say(f"{rule_set.id} is in {path}")


@app.command("list")
def list_(
    context: typer.Context,
    as_json: AsJson = False,
) -> None:
    """Show the rule sets of the workspace, and compiled rules that installed packages carry."""
    from edi.cli import output

    sets = _folder(context).all_sets()
    if as_json:
        output.as_json(sets)
        return
    output.table(("rule set", "from", "to", "for"), [(entry.id, entry.valid_from, entry.valid_to, _for(entry)) for entry in sets])


@app.command()
def run(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The UBL document.", exists=True, dir_okay=False)],
    names: Annotated[
        list[str] | None, typer.Option("--rules", help="The id of a rule set; without it, those that are for the document today.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run rules over a document and show what they have against it.

    Exit code 0: nothing that is an error; 2: there are errors.
    """
    from edi.cli import output
    from edi.engine.rules import SaxonRunner
    from edi.errors import ConfigError, FormatError
    from edi.findings import has_errors
    from edi.formats.ubl import reader, rules

    read = reader.read(file.read_bytes(), source=file.name)
    if read.value is None:
        raise FormatError(str(read.findings[0]))
    folder = _folder(context)
    sets = folder.all_sets()
    chosen = [entry for entry in sets if entry.id in names] if names else list(_for_today(sets, read.value))
    missing = set(names or ()) - {entry.id for entry in chosen}
    if missing:
        raise ConfigError(f"there is no rule set {', '.join(sorted(missing))}", hint="edi rules list shows those there are")
    if not chosen:
        raise ConfigError("no rule set of the workspace is for this document", hint="edi rules add puts rules in; --rules names one")
    with SaxonRunner(folder=folder) as runner:
        found = rules.validate(read.value, chosen, runner)
    if as_json:
        output.as_json(found)
    else:
        output.findings(found)
        output.say(f"{len(found)} findings by {', '.join(entry.id for entry in chosen)}")
    if has_errors(found):
        raise typer.Exit(output.SOMETHING_FAILED)


def _for_today(sets: tuple[RuleSet, ...], document: UblDocument) -> tuple[RuleSet, ...]:
    from datetime import UTC, datetime

    from edi.formats.ubl import rules

    day = datetime.now(UTC).date()
    return rules.select(sets, kind=document.kind, customization=document.customization, profile=document.profile, day=day)


def _folder(context: typer.Context) -> RuleFolder:
    from edi.cli import assembly
    from edi.engine.rules import RuleFolder

    return RuleFolder(assembly.folder(context))


def _day(text: str | None) -> date | None:
    from datetime import date

    from edi.errors import ConfigError

    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} is no day", hint="write YYYY-MM-DD") from error


def _for(rule_set: RuleSet) -> str:
    return "; ".join(
        " ".join(part for part in (entry.document, entry.customization, entry.profile) if part) or "anything" for entry in rule_set.applies
    )
