"""A spoke: one loaded mapping, which reads messages into canonical documents and writes them back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from typing import TypeAlias

from edi.errors import ConfigError
from edi.findings import Finding, Location, Outcome, Severity
from edi.formats.edifact.structure import Group
from edi.formats.edifact.syntax import Segment
from edi.formats.json import writer as json_writer
from edi.formats.yaml.problem import Problem
from edi.mapping.bindings import Binding
from edi.mapping.codecs.base import CodecError, Value
from edi.mapping.compiled import Compiled, Computed
from edi.mapping.kept import Kept
from edi.mapping.losing import lost
from edi.mapping.nodes import Definition, EdifactSyntax, JsonSyntax, Syntax, UblSyntax
from edi.mapping.partial import Looked
from edi.mapping.program import Programs
from edi.mapping.result import Context, Document, Output, Reading, Trace, Unmapped, Writing
from edi.mapping.run import Run
from edi.mapping.runtime import runnable
from edi.mapping.source import MappingFiles, shipped_files
from edi.mapping.spoke_edifact import EdifactSide, locate
from edi.mapping.spoke_json import JsonSide
from edi.mapping.spoke_xml import XmlSide
from edi.mapping.study import Study
from edi.ports import CrossReference, NoCrossReference, NoProgramCache, ProgramCache, TableSource

Side: TypeAlias = EdifactSide | XmlSide | JsonSide
_NO_CONTEXT = Context()


class Spoke:
    """One syntax <-> the canonical document. Made by `load`."""

    def __init__(self, compiled: Compiled, study: Study, side: Side) -> None:
        self.side = side
        self._compiled = compiled
        self._study = study
        """Loaded when somebody asks for more than reading and writing need."""
        self._asked = {one for told in compiled.doubts.values() for one in told} | {*compiled.joined}
        """What each document is asked before it is taken for written whole."""

    tables: CrossReference = NoCrossReference()
    """Cross-reference tables that are asked where reading and writing are handed no others."""

    def asking(self, tables: CrossReference) -> Spoke:
        """The same spoke with other cross-reference tables, for those who read and write without naming any."""
        made = copy(self)
        made.tables = tables
        return made

    @property
    def name(self) -> str:
        return self._compiled.name

    @property
    def kind(self) -> str:
        return self._compiled.kind

    @property
    def syntax(self) -> Syntax:
        return self._compiled.syntax

    @property
    def document_itself(self) -> bool:
        """True if the syntax is the canonical document."""
        return self._compiled.document_itself

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What should be looked at; the spoke works nevertheless."""
        return self._compiled.warnings

    @property
    def definition(self) -> Definition:
        """The mapping file as values."""
        return self._study.definition

    @property
    def binding(self) -> Binding:
        """The definition in the structure of its syntax."""
        return self._study.binding

    def read(
        self,
        message: Group | object,
        *,
        trace: bool = False,
        xref: CrossReference | None = None,
        context: Context = _NO_CONTEXT,
        release: str | None = None,
    ) -> Outcome[Reading]:
        """The document a message says: a group tree, a UBL document or element, or a JSON value, as the syntax is.

        With `trace`, also where each value came from, and what found no place.
        """
        traced = trace or self._compiled.residue
        run = self._run(xref, context)
        document = self._read(message, run, release, traced=traced)
        if run.trouble and not traced:
            run = self._run(xref, context)
            document = self._read(message, run, release, traced=True)
        left: tuple[Unmapped, ...] = ()
        filled = ignored = 0
        if traced:
            left, filled, ignored = self.side.unmapped(message, run)  # type: ignore[arg-type]  # the side knows its own message
        document = {**document, "kind": self.kind} if "kind" in document else {"kind": self.kind, **document}
        self._drop(document, run)
        self._fill(document, run)
        findings = [*run.findings, *self._check(document, run)]
        if self._compiled.residue and isinstance(self.side, EdifactSide) and isinstance(message, Group):
            kept: list[Value] = [*self.side.residue(message, run)]
            if kept:
                document["residue"] = kept
        reading = Reading(
            document=document, traces=run.traces() if trace else (), unmapped=left if trace else (), components=filled, ignored=ignored
        )
        return Outcome(reading, tuple(findings))

    def _read(self, message: object, run: Run, release: str | None, *, traced: bool) -> Document:
        if isinstance(self.side, EdifactSide):
            if not isinstance(message, Group):
                raise TypeError(f"{self.name} reads the group tree of an EDIFACT message, not {type(message).__name__}")
            return self.side.read(message, self.side.release_for(release or getattr(message.spec, "release", None)), run, traced=traced)
        return self.side.read(message, run, traced=traced)

    def write(
        self,
        document: Document,
        *,
        release: str | None = None,
        context: Context = _NO_CONTEXT,
        xref: CrossReference | None = None,
        trace: bool = False,
    ) -> Outcome[Writing]:
        """The message of a document. `release`: the EDIFACT directory to write for, one of the declared; without it the first."""
        run = self._run(xref, context)
        chosen = self.side.release_for(release) if isinstance(self.side, EdifactSide) else ""
        try:
            output = self._write(document, chosen, run, traced=False)
            if run.trouble:
                run = self._run(xref, context)
                output = self._write(document, chosen, run, traced=True)
        except CodecError as error:
            where = _finding("mapping.value", str(error), self._compiled.place)
            return Outcome(None, (*run.findings, where))
        findings = [*run.findings, *self._check(document, run), *self._lost(document, output, chosen, run)]
        traces: Sequence[Trace] = ()
        if trace:
            traces = self._traces_of(output, chosen, xref)
        return Outcome(Writing(output=output, release=chosen, traces=traces), tuple(findings))

    def _write(self, document: Document, release: str, run: Run, *, traced: bool) -> Output:
        if isinstance(self.side, EdifactSide):
            return self.side.write(document, release, run, traced=traced)
        return self.side.write(document, run, traced=traced)

    def _traces_of(self, output: Output, release: str, xref: CrossReference | None) -> Sequence[Trace]:
        """Where each value stands in what was written: by reading it back, which gives the same document (law L2)."""
        back = self._read_back(output, release, xref, trace=True)
        return back.traces if back is not None else ()

    def _lost(self, document: Document, output: Output, release: str, run: Run) -> tuple[Finding, ...]:
        """What of the document the output does not say. Read back only where something may be lost."""
        looked = Looked(document)
        if not run.crowded and not any(doubt.raised_by(looked, release) for doubt in self._asked):
            return ()
        back = self._read_back(output, release, run.tables)
        return lost(document, back.document if back is not None else {}, self._compiled.doubts, self._compiled.joined)

    def _read_back(self, output: Output, release: str, xref: CrossReference | None, *, trace: bool = False) -> Reading | None:
        """What was written, read as its receiver would."""
        if isinstance(self.side, EdifactSide):
            assert isinstance(output, list)
            segments = [segment for segment in output if isinstance(segment, Segment)]
            return self.read(self.side.tree(segments, release), trace=trace, xref=xref, release=release).value
        return self.read(self.side.parse(output), trace=trace, xref=xref).value

    def _run(self, xref: CrossReference | None, context: Context) -> Run:
        return Run(self._compiled.lines, xref if xref is not None else self.tables, context, locate=_locator(self.side))

    def _fill(self, document: Document, run: Run) -> None:
        """`fill:`, in order, only where a field is empty."""
        for fill in self._compiled.fills:
            for item in _objects(document, fill.owner):
                if _get(item, fill.names) is not None:
                    continue
                try:
                    value = runnable(fill.python)(item, document, run)
                except ValueError as error:
                    run.findings.append(_finding("mapping.fill", f"{fill.text} could not be computed: {error}", fill.place))
                    continue
                if value is not None:
                    _set(item, fill.names, value)

    def _drop(self, document: Document, run: Run) -> None:
        """`drop:`, where the condition holds."""
        for drop in self._compiled.drops:
            *above, last = drop.names
            for item in _objects(document, drop.owner):
                owner = _get(item, tuple(above)) if above else item
                if isinstance(owner, dict) and last in owner and runnable(drop.python)(item, document, run) is True:
                    del owner[last]

    def fill(self, document: Document) -> None:
        """Complete a document as reading does (`drop:`, `fill:`)."""
        run = self._run(None, _NO_CONTEXT)
        self._drop(document, run)
        self._fill(document, run)

    def _check(self, document: Document, run: Run) -> list[Finding]:
        """`check:`; an expression with a missing operand says nothing."""
        found = []
        for check in self._compiled.checks:
            try:
                holds = runnable(check.python)(document, document, run)
            except ValueError:
                continue
            if holds is False:
                found.append(_finding("mapping.check", _told(check, document), check.place, severity=Severity.WARNING))
        return found

    def as_bytes(self, output: Output) -> bytes:
        """An output of JSON, as the syntax has its decimals; bytes stay what they are."""
        if isinstance(output, bytes):
            return output
        return json_writer.write(output, decimals=self.syntax.decimals if isinstance(self.syntax, JsonSyntax) else "text")

    def bound(self) -> frozenset[str]:
        """Canonical paths of everything the spoke carries in both directions, lists not marked."""
        return self._compiled.bound

    def cross_references(self) -> tuple[str, ...]:
        """The names of the cross-reference tables it asks."""
        return self._compiled.cross_references

    def partly(self) -> dict[str, str]:
        """Canonical paths that are carried only in part, with the reason: `only the first of contacts`, `only the date`."""
        return dict(self._compiled.partly)

    def source(self, direction: str = "read", *, traced: bool = False, release: str | None = None) -> str:
        """The generated Python, for people."""
        chosen = self.side.release_for(release) if isinstance(self.side, EdifactSide) else ""
        return self._study.generate(direction, chosen, traced).text.source


def load(name: str, files: MappingFiles = shipped_files, *, tables: TableSource | None = None, cache: ProgramCache | None = None) -> Spoke:
    """The spoke of a mapping file. Raises MappingProblems with everything that is wrong in it; ConfigError where there is none.

    `files` gives mapping files by name, `tables` the operator's own directories, `cache` what another process compiled.
    """
    study, kept = Study(name, files, tables), Kept(name, cache or NoProgramCache())
    compiled = kept.compiled(files)
    if compiled is None:
        compiled = study.compiled()
        kept.keep(compiled, study.files)
    return Spoke(compiled, study, _side(compiled, Programs(name, study.generate, kept), tables))


def _side(compiled: Compiled, programs: Programs, tables: TableSource | None) -> Side:
    match compiled.syntax:
        case EdifactSyntax():
            return EdifactSide(compiled, programs, tables)
        case UblSyntax():
            return XmlSide(compiled, programs)
        case _:
            return JsonSide(compiled, programs)


def cannot_cross(read: Spoke, write: Spoke) -> frozenset[str]:
    """Canonical paths that the one spoke reads and the other cannot write: what a route loses."""
    if read.kind != write.kind and {read.kind, write.kind} != {"invoice", "credit_note"}:
        raise ConfigError(f"{read.name} reads {read.kind}, {write.name} writes {write.kind}", hint="a route composes spokes of one kind")
    return read.bound() - write.bound()


def _locator(side: Side) -> Callable[[object, int | str, int], Location]:
    return locate if isinstance(side, EdifactSide) else side.locate


def _objects(document: Document, owner: tuple[str, ...]) -> list[Document]:
    """The objects a fill or drop looks at: the items of the innermost list on its path, else the document."""
    found: list[Document] = [document]
    for name in owner:
        below: list[Document] = []
        for item in found:
            inner = item.get(name)
            if isinstance(inner, list):
                below += [one for one in inner if isinstance(one, dict)]
            elif isinstance(inner, dict):
                below.append(inner)
        found = below
    return found


def _get(item: Document, names: tuple[str, ...]) -> Value | None:
    value: Value | None = item
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _set(item: Document, names: tuple[str, ...], value: Value) -> None:
    for name in names[:-1]:
        inner = item.setdefault(name, {})
        assert isinstance(inner, dict)
        item = inner
    item[names[-1]] = value


def _told(check: Computed, document: Document) -> str:
    """The check's text with the values of its fields."""
    values = ", ".join(f"{path} {_shown(document, path)}" for path in check.shown)
    return f"{check.text}: {values}" if values else check.text


def _shown(document: Document, path: str) -> str:
    value = _get(document, tuple(path.split(".")))
    return "absent" if value is None else f"{value!r}" if isinstance(value, str) else f"{value}"


def _finding(code: str, text: str, place: str, *, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(code=code, text=f"{text} ({place})", severity=severity, where=Location(path="/"))
