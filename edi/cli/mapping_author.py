"""What an author of mappings works with beside `edi mapping check` and `test`: draft, fmt, doc, schema, watch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edi.cli import mapping_files

if TYPE_CHECKING:
    from edi.mapping.spoke import Spoke


def register(app: typer.Typer) -> None:
    """Add the commands to `edi mapping`."""
    for command in (draft, fmt, doc, schema, watch):
        app.command()(command)


def draft(
    context: typer.Context,
    sample: Annotated[Path, typer.Argument(help="An EDIFACT message to begin with.")],
    base: Annotated[str | None, typer.Option("--base", help="A mapping that reads such messages already: its fields are proposed.")] = None,
    document: Annotated[
        Path | None, typer.Option("--with", help="A file that means the same, in UBL, EDIFACT or our own JSON: its values are looked for.")
    ] = None,
    name: Annotated[str, typer.Option("--name", help="The new mapping's name.")] = "draft",
    target: Annotated[Path | None, typer.Option("--output", "-o", help="A new file to write it to, instead of the terminal.")] = None,
) -> None:
    """Write a first draft of a mapping from a sample message; edit it, then `edi mapping check` and `test`."""
    from edi.cli import output
    from edi.errors import ConfigError
    from edi.formats.edifact.structure import Group
    from edi.mapping.draft import draft as draft_text
    from edi.mapping.draft import matched, places_of

    message = next((one for _, one in mapping_files.messages(context, [sample], None)), None)
    if not isinstance(message, Group):
        raise ConfigError(f"{sample} is no EDIFACT message with a known structure", hint="edi inspect FILE says what it is")
    kind = mapping_files.kind_of(message)
    reader = base or mapping_files.base_for(context, message, but=name)
    if reader is None and document is None:
        raise ConfigError(f"no mapping reads {message.name}", hint="name one with --base, or a file that means the same with --with")
    reading = mapping_files.load(context, reader).read(message, trace=True).value if reader is not None else None
    places = places_of(reading.traces) if reading is not None else {}
    if document is not None:
        places = matched(message, mapping_files.document_of(context, document), kind, known=places)
    text = draft_text(message, places, name=name, kind=kind)
    if target is None:
        output.say(text)
    elif target.exists():
        raise ConfigError(f"{target} is there already", hint="name a new file; a draft never overwrites")
    else:
        target.write_text(text + "\n", encoding="utf-8")
        output.say(f"{target} written; next: edit it, edi mapping check {name}")


def fmt(
    files: Annotated[list[Path], typer.Argument(help="Mapping files.")],
    dry_run: Annotated[bool, typer.Option("--check", help="Change nothing; exit code 2 if a file would change.")] = False,
) -> None:
    """Bring mapping files into the canonical layout; comments stay."""
    from edi.cli import output
    from edi.cli.files import read_text
    from edi.mapping.layout import formatted

    changed = False
    for file in files:
        text = read_text(file)
        tidy = formatted(text, source=str(file))
        if tidy != text:
            changed = True
            output.say(f"{file}: {'would change' if dry_run else 'changed'}")
            if not dry_run:
                file.write_text(tidy, encoding="utf-8")
    if changed and dry_run:
        raise typer.Exit(output.SOMETHING_FAILED)


def doc(context: typer.Context, name: mapping_files.Name) -> None:
    """Print a mapping as Markdown: each line with its fields, terms and codecs, the tables, what is not carried."""
    from edi.cli import output
    from edi.mapping.guide_page import page

    output.say(page(mapping_files.load(context, name)))


def schema() -> None:
    """Print the JSON Schema of mapping files, for completion in editors."""
    from edi.cli import output
    from edi.mapping.file_schema import mapping_schema

    output.as_json(mapping_schema())


def watch(
    context: typer.Context,
    name: mapping_files.Name,
    sample: Annotated[Path, typer.Argument(help="A message file.")],
    to: Annotated[str | None, typer.Option("--to", help="A mapping that writes the document: shows its output instead.")] = None,
    partner: Annotated[str | None, typer.Option("--partner", help="Whose cross-reference tables are asked.")] = None,
    once: Annotated[bool, typer.Option("--once", help="Show once and end.")] = False,
) -> None:
    """Show document and findings of a sample anew at each save of a mapping, of a table beside it or of the sample; Ctrl-C ends."""
    import time

    from edi.cli import output
    from edi.errors import EdiError

    before: object = None
    while True:
        state = mapping_files.saved(context, [Path(name), sample])
        if state != before:
            before = state
            output.say(f"=== {time.strftime('%H:%M:%S')} {name}")
            try:
                _show(context, mapping_files.load_with_tables(context, name, partner), sample, to)
            except EdiError as error:
                output.complain(error)
        if once:
            return
        time.sleep(0.5)


def _show(context: typer.Context, spoke: Spoke, sample: Path, to: str | None) -> None:
    from edi.cli import output

    write = mapping_files.load_with_tables(context, to) if to else None
    shown = False
    for label, message in mapping_files.messages(context, [sample], spoke):
        shown = True
        outcome = spoke.read(message, trace=True)
        findings = [*outcome.findings]
        output.say(f"--- {label}")
        if outcome.value is not None and write is not None:
            written = write.write(outcome.value.document)
            findings += written.findings
            output.say(mapping_files.as_text(write, written.value.output) if written.value is not None else "no output")
        elif outcome.value is not None:
            output.as_json(outcome.value.document)
        for one in outcome.value.unmapped if outcome.value is not None else ():
            output.say(f"unmapped: {one.segment} ({one.value!r})")
        for finding in findings:
            output.say(str(finding))
    if not shown:
        output.say(f"{sample} holds no message that {spoke.name} reads")
