"""`edi mapping`: check, test, explain and draft mappings; what changes with a change; documentation from them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edi.cli import mapping_archive, mapping_author, mapping_files
from edi.cli.mapping_archive import Wanted
from edi.cli.options import AsJson, day_or_none, family

if TYPE_CHECKING:
    from edi.mapping.compare import Comparison
    from edi.mapping.laws import Report
    from edi.mapping.spoke import Spoke

app = family("Mappings between messages and the documents of the ERP: check them, test them, see what they do.")
mapping_author.register(app)

Names = Annotated[list[str] | None, typer.Argument(help="Mappings; without any, all of the workspace, or the shipped ones.")]
Samples = Annotated[list[Path] | None, typer.Argument(help="Message files, or folders of them.")]
Partner = Annotated[
    str | None,
    typer.Option("--partner", help="Whose cross-reference tables are asked; with --over archive, only messages of this partner."),
]
Since = Annotated[
    str | None, typer.Option("--since", help="With --over archive: only what came since this day, 2026-11-02.", callback=day_or_none)
]
Kind = Annotated[str | None, typer.Option("--kind", help="With --over archive: only documents of this kind.")]


@app.command()
def check(
    context: typer.Context,
    names: Names = None,
    into: Annotated[
        str | None, typer.Option("--into", help="A mapping that writes what these read: what cannot cross, what may be too long.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check mapping files: every problem with file, line and column, in one pass; warnings too.

    Exit code 0: no problem; 1: there are problems.
    """
    from edi.cli import output
    from edi.errors import ConfigError
    from edi.mapping.problems import MappingProblems

    failed = False
    shown: list[dict[str, object]] = []
    for name in names or mapping_files.all_names(context):
        try:
            spoke = mapping_files.load(context, name)
        except MappingProblems as error:
            failed = True
            shown += [{"mapping": name, "severity": "error", "problem": problem} for problem in error.problems]
            continue
        except ConfigError as error:
            failed = True
            shown.append({"mapping": name, "severity": "error", "problem": str(error)})
            continue
        tables = mapping_files.table_problems(context, spoke)
        failed = failed or bool(tables)
        shown += [{"mapping": name, "severity": "error", "problem": problem} for problem in tables]
        crossing = mapping_files.crossing(spoke, mapping_files.load(context, into)) if into else []
        shown += [{"mapping": name, "severity": "warning", "problem": problem} for problem in [*spoke.warnings, *crossing]]
        if not as_json:
            output.say(f"{name}: {spoke.kind}, {len(spoke.bound())} fields carried both ways, {len(spoke.warnings)} warnings")
    if as_json:
        output.as_json(shown)
    else:
        for one in shown:
            output.complain(f"{one['severity']}: {one['problem']}")
    if failed:
        raise typer.Exit(output.COULD_NOT_RUN)


@app.command("test")
def run_tests(
    context: typer.Context,
    names: Names = None,
    drawn: Annotated[int, typer.Option("--drawn", help="How many drawn documents go through each mapping.")] = 300,
    sample: Annotated[
        list[Path] | None, typer.Option("--sample", help="Message files the laws are checked on too; may be given again.")
    ] = None,
    junit: Annotated[Path | None, typer.Option("--junit", help="Write the results as JUnit XML, for CI.")] = None,
) -> None:
    """Run the tests beside mappings, and the laws on drawn documents and samples.

    Exit code 0: all passed; 2: something failed.
    """
    from edi.cli import output
    from edi.mapping import laws
    from edi.mapping.cases import run_cases

    results: list[tuple[str, str, list[str]]] = []
    for name in names or mapping_files.all_names(context):
        spoke = mapping_files.load(context, name)
        results += [(name, case.name, case.failures) for case in run_cases(spoke, mapping_files.files(context))]
        messages = list(mapping_files.messages(context, sample or [], spoke))
        reports = (laws.put_get(spoke, drawn), laws.nothing_dangles(spoke, min(drawn, 50)), *_sample_laws(spoke, messages))
        results += [
            (name, f"law {report.law}, {report.tried} tried", [str(failure) for failure in report.failures[:20]]) for report in reports
        ]
    for name, case_name, failures in results:
        output.say(f"{'ok  ' if not failures else 'FAIL'} {name}: {case_name}")
        for failure in failures:
            output.say(f"       {failure}")
    if junit is not None:
        junit.write_text(mapping_files.junit(results), encoding="utf-8")
    if any(failures for _, _, failures in results):
        raise typer.Exit(output.SOMETHING_FAILED)


def _sample_laws(spoke: Spoke, messages: list[tuple[str, object]]) -> Iterator[Report]:
    from edi.mapping import laws

    if messages:
        yield laws.stability(spoke, messages)
        yield laws.coverage(spoke, messages)


@app.command()
def coverage(
    context: typer.Context,
    name: mapping_files.Name,
    samples: Samples = None,
    over: Annotated[list[Path] | None, typer.Option("--over", help="`archive`: what came in the past; or files and folders.")] = None,
    partner: Partner = None,
    since: Since = None,
    kind: Kind = None,
    as_json: AsJson = False,
) -> None:
    """How much of messages a mapping carries, what is left over again and again, which patterns never matched."""
    from edi.cli import output
    from edi.mapping.coverage import business_terms, covered

    spoke = mapping_files.load_with_tables(context, name, partner)
    places = [*(samples or []), *(over or [])]
    if not places:
        raise typer.BadParameter("give message files, or --over archive")
    wanted = Wanted(partner=partner, since=since, kind=kind)
    found = covered(spoke, (message for _, message in _past(context, places, spoke, wanted)))
    terms = business_terms(spoke)
    if as_json:
        shown = {"messages": found.messages, "components": found.components, "left_over": found.left_over, "share": round(found.share, 4)}
        output.as_json({**shown, "leftovers": dict(found.leftovers), "unused": found.unused, "terms": terms})
        return
    output.say(f"{found.messages} messages, {found.components} components, {found.share:.1%} carried or ignored by name")
    for sentence in found.sentences(f"of partner {partner}" if partner else ""):
        output.say(sentence)
    if found.unused:
        output.table(("patterns no message had",), [(one,) for one in found.unused])
    missing = [term for term, is_bound in terms.items() if not is_bound]
    if missing:
        output.say("not bound: " + ", ".join(missing))


def _past(context: typer.Context, places: list[Path], spoke: Spoke, wanted: Wanted) -> Iterator[tuple[str, object]]:
    """Messages of the archive, or of files and folders."""
    if mapping_archive.is_archive(places):
        yield from mapping_archive.messages(context, spoke, wanted)
    else:
        yield from mapping_files.messages(context, places, spoke)


@app.command()
def explain(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A mapping; or M5, O7, T3 of the archive.")],
    sample: Annotated[Path | None, typer.Argument(help="A message file; of the archive, a field: lines[0].unit.")] = None,
    path: Annotated[str | None, typer.Option("--path", help="A field of the document: lines[0].unit, or lines.unit for all lines.")] = None,
    segment: Annotated[int | None, typer.Option("--segment", help="An input segment by its number, UNH being 1: where did it go?")] = None,
    to: Annotated[str | None, typer.Option("--to", help="A mapping that writes the document: shows the place in its output too.")] = None,
    line: Annotated[
        int | None, typer.Option("--line", help="Decode the pattern in this line of the mapping against the directory.")
    ] = None,
    source: Annotated[bool, typer.Option("--source", help="Show the generated Python instead.")] = False,
    partner: Annotated[str | None, typer.Option("--partner", help="Of a message file: whose cross-reference tables are asked.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say where values of a document come from: the input's segment or path, the mapping line, the place in the output.

    `edi mapping explain M5 lines.unit` reads the stored bytes again, with the mapping of then, and follows each value into the outputs.
    """
    from edi.cli import output

    if mapping_archive.is_stored(name):
        mapping_archive.explain(context, name, path=path or (str(sample) if sample else None), segment=segment, as_json=as_json)
        return
    spoke = mapping_files.load_with_tables(context, name, partner)
    if source:
        output.say(spoke.source("read") + "\n" + spoke.source("write"))
    elif line is not None:
        from edi.cli import assembly
        from edi.mapping.explain import decode

        rows = decode(spoke, line, tables=assembly.tables(context))
        if as_json:
            output.as_json(rows)
        else:
            output.table(("place", "element", "format", "mapping"), [(row.place, row.element, row.format, row.part) for row in rows])
    elif sample is None:
        raise typer.BadParameter("give a message file, --line or --source")
    else:
        write = mapping_files.load_with_tables(context, to, partner) if to else None
        _explain_sample(context, spoke, sample, path, segment, write, as_json=as_json)


def _explain_sample(
    context: typer.Context, spoke: Spoke, sample: Path, path: str | None, segment: int | None, write: Spoke | None, *, as_json: bool
) -> None:
    from edi.cli import output
    from edi.mapping.explain import explain as explain_reading

    for label, message in mapping_files.messages(context, [sample], spoke):
        outcome = spoke.read(message, trace=True)
        if outcome.value is None:
            continue
        written = write.write(outcome.value.document, trace=True).value if write else None
        found = explain_reading(outcome.value, path=path, segment=segment, written=written.traces if written else ())
        left = [one for one in outcome.value.unmapped if (segment is None and path is None) or one.where.segment == segment]
        if as_json:
            output.as_json({"message": label, "values": found, "unmapped": left, "findings": outcome.findings})
            continue
        output.table(
            ("path", "value", "from", "as", "mapping", "to"),
            [(one.path, one.value, one.where, one.wire, one.line, one.then) for one in found],
            title=label,
        )
        for one in left:
            output.say(f"unmapped: {one.segment} ({one.where}: {one.value!r})")
        for finding in outcome.findings:
            output.say(str(finding))


@app.command()
def diff(
    context: typer.Context,
    old: Annotated[str, typer.Argument(help="The mapping as it is.")],
    new: Annotated[str, typer.Argument(help="The mapping as it shall be: a name, or a file ending in .map.yaml.")],
    over: Annotated[list[Path], typer.Option("--over", help="`archive`: what came in the past; or files and folders.")],
    to: Annotated[str | None, typer.Option("--to", help="Compare also what this mapping writes of both documents.")] = None,
    partner: Partner = None,
    since: Since = None,
    kind: Kind = None,
    as_json: AsJson = False,
) -> None:
    """Translate past messages with two mappings and group what differs: look before a change goes live.

    A mapping that routes only write with is compared by what it writes of past documents. Exit code 0: nothing differs; 2: something does.
    """
    from edi.cli import output
    from edi.mapping.compare import compare, compare_writing

    before, after = (mapping_files.load_with_tables(context, name, partner) for name in (old, new))
    wanted = Wanted(partner=partner, since=since, kind=kind)
    if mapping_archive.is_archive(over) and mapping_archive.only_writes(context, old):
        result = compare_writing(before, after, mapping_archive.documents(context, before, wanted))
    else:
        write = mapping_files.load_with_tables(context, to, partner) if to else None
        result = compare(before, after, _past(context, over, before, wanted), write=write)
    if as_json:
        output.as_json(result)
    else:
        _show_comparison(result)
    if result.changed:
        raise typer.Exit(output.SOMETHING_FAILED)


def _show_comparison(result: Comparison) -> None:
    from edi.cli import output

    output.say(f"{result.changed} of {result.messages} messages differ")
    for title, changes in (("document", result.documents), ("output", result.outputs)):
        if changes:
            rows = [(one.path, one.messages, one.before, one.after, one.example) for one in changes.values()]
            output.table((title, "messages", "before", "after", "for example"), rows)
