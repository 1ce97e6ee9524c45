"""`edi guide`: what partners narrow of the standard, checked, and built into a page they can read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edi.cli.options import AsJson, family

if TYPE_CHECKING:
    from edi.formats.edifact.guide_samples import Sample

app = family("Partners' guides to EDIFACT messages: list them, check them, build pages and samples from them.")

Name = Annotated[str, typer.Argument(help="A guide such as acme/ORDERS: schemas/edifact/guides/acme/ORDERS.yaml.")]


@app.command("list")
def list_(
    context: typer.Context,
    as_json: AsJson = False,
) -> None:
    """List the guides of the workspace with the agreements that use them."""
    from edi.cli import assembly, output

    workspace = assembly.workspace(context)
    folder = workspace.folder / "schemas" / "edifact" / "guides"
    names = sorted(path.relative_to(folder).with_suffix("").as_posix() for path in folder.glob("*/*.yaml"))
    used = {
        name: ", ".join(
            f"{partner.name} {agreement.kind} {agreement.direction}"
            for partner in workspace.partners.values()
            for agreement in partner.agreements
            if agreement.guide == name
        )
        for name in names
    }
    if as_json:
        output.as_json(used)
    elif names:
        output.table(("guide", "agreed for"), used.items())
    else:
        output.say(f"there is no guide under {folder}")


@app.command()
def check(
    context: typer.Context,
    name: Name,
    as_json: AsJson = False,
) -> None:
    """Check one guide against its directory: names exist, and it only narrows the standard.

    Exit code 0: no problem; 1: there are problems.
    """
    from edi.cli import assembly, output
    from edi.workspace import guides
    from edi.workspace.tables import WorkspaceTables

    guide, problems = guides.examine(name, WorkspaceTables(assembly.folder(context)))
    fine = f"{name}: {len(guide.rules)} rules for {guide.message}; no problem found" if guide else ""
    output.problems([str(one) for one in problems], fine, as_json=as_json, failed=output.COULD_NOT_RUN)


@app.command()
def build(
    context: typer.Context,
    name: Name,
    into: Annotated[Path, typer.Option("--into", help="The folder to write into; made if it is not there.")] = Path("guide"),
) -> None:
    """Build the page a partner reads, and sample messages: one that keeps to the guide, and one for each rule that breaks it.

    The samples lie beside the page, each named for what is wrong with it.
    """
    from edi.cli import assembly, output
    from edi.cli.guide_page import render
    from edi.formats.edifact import directory as directories
    from edi.formats.edifact.guide_samples import samples
    from edi.workspace import guides
    from edi.workspace.tables import WorkspaceTables

    tables = WorkspaceTables(assembly.folder(context))
    guide = guides.load(name, tables)
    _, version, release, _, *association = guide.message.split(":")
    directory = directories.load(f"{version}.{release}", association="".join(association), tables=tables)
    made = tuple(samples(guide, directory))
    into.mkdir(parents=True, exist_ok=True)
    page = into / f"{name.replace('/', '-')}.html"
    page.write_text(render(guide, directory, made), encoding="utf-8")
    for sample in made:
        _write(into / "samples", sample)
    output.say(f"{page}, and {len(made)} samples in {into / 'samples'}")
    if not made:
        output.say("no sample could be made that keeps to the guide: some of its rules contradict each other or the standard")


@app.command()
def draft(
    context: typer.Context,
    name: Name,
    files: Annotated[list[Path], typer.Argument(help="Interchanges the partner sent, or we sent them.", exists=True, dir_okay=False)],
    title: Annotated[str, typer.Option("--title", help="The title of the guide.")] = "",
) -> None:
    """Draft a guide from real messages, on standard output: what always came must come, codes that came are taken.

    All messages must be of one type and release. Read the draft before you agree on it: it narrows to what was seen.
    """
    from edi.cli import assembly, output
    from edi.errors import ConfigError
    from edi.formats.edifact import directory as directories
    from edi.formats.edifact import reader, structure
    from edi.formats.edifact.guide_draft import draft as drafted
    from edi.workspace.guide_text import guide_text
    from edi.workspace.tables import WorkspaceTables

    messages = [
        message for file in files for one in reader.read(file.read_bytes(), source=file.name).value or () for message in one.messages
    ]
    kinds = sorted({str(message.identifier) for message in messages})
    if len(kinds) != 1:
        raise ConfigError(f"the files hold {', '.join(kinds) or 'no message'}", hint="a guide is for one message type; name files of one")
    _, version, release, _, *association = kinds[0].split(":")
    directory = directories.load(f"{version}.{release}", association="".join(association), tables=WorkspaceTables(assembly.folder(context)))
    spec = directory.message(messages[0].identifier.type)
    if spec is None:
        raise ConfigError(f"directory {directory.release} has no message {messages[0].identifier.type!r}")
    trees = [tree for message in messages if (tree := structure.build(message, spec).value) is not None]
    remark = f"Drafted from {len(trees)} message{'s' * (len(trees) != 1)} in {len(files)} file{'s' * (len(files) != 1)}; narrow and widen it as agreed."
    output.say(guide_text(drafted(name, kinds[0], trees, directory, title=title), remarks=(remark,)).removesuffix("\n"))


def _write(folder: Path, sample: Sample) -> None:
    folder.mkdir(exist_ok=True)
    name = "".join(character if character.isalnum() or character in "+-._" else "_" for character in sample.name)
    (folder / f"{name}.edi").write_bytes(sample.content)
