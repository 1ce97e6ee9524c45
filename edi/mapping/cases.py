"""Runs the tests written beside a mapping, `<name>.test.yaml`: what a message says, what a document becomes.

mapping: orders-eancom
tests:
  - name: what it shows
    edifact: |              # or ubl:, json:, csv: - the body of a message; `release:` names a directory
      BGM+220+4711+9'...
    expect: {number: '4711'}     # a part of the document; what is not named is not compared
    unmapped: []                 # segments (or paths) that found no place
    back: same                   # writing the document gives the same message again
    xref: {articles: {8877: ABC}}    # what cross-reference tables say in this test, theirs: ours
  - name: the other direction
    document: {number: '1'}
    edifact_has: ["QTY+21:2:KGM"]      # or ubl_has:, json_has:
    back: same                   # reading what was written gives the same document again
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from edi.errors import ConfigError, EdiError
from edi.formats import json as json_format
from edi.formats.edifact.structure import Group
from edi.formats.edifact.syntax import Segment, Syntax
from edi.formats.ubl import reader as ubl_reader
from edi.formats.yaml import reader as yaml_reader
from edi.formats.yaml.problem import problem_of, suggest
from edi.mapping import rows
from edi.mapping.canonical import in_flight, leaves
from edi.mapping.codecs.base import CodecError
from edi.mapping.laws import get_put
from edi.mapping.nodes import CsvSyntax
from edi.mapping.problems import MappingProblems
from edi.mapping.result import Document, Output, Reading, Trace
from edi.mapping.source import MappingFiles
from edi.mapping.spoke import Spoke
from edi.mapping.spoke_edifact import EdifactSide, texts_of

KEYS = (
    "name", "edifact", "ubl", "json", "csv", "release", "xref", "expect", "unmapped", "back", "document", "edifact_has", "ubl_has", "json_has",
    "findings",
)  # fmt: skip
"""What a test may say."""


@dataclass(frozen=True, slots=True)
class _Tables:
    """Cross-reference tables of one test, theirs to ours."""

    values: Mapping[str, Mapping[str, str]]

    def to_canonical(self, table: str, value: str) -> str | None:
        return self.values.get(table, {}).get(value)

    def to_wire(self, table: str, value: str) -> str | None:
        return next((theirs for theirs, ours in self.values.get(table, {}).items() if ours == value), None)


@dataclass(slots=True, kw_only=True)
class CaseResult:
    """One test and what was wrong; nothing if it passed."""

    name: str
    line: int
    failures: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not self.failures


def run_cases(spoke: Spoke, files: MappingFiles) -> list[CaseResult]:
    """The results of the tests beside a mapping, in order; none if there is no such file. Raises MappingProblems, ConfigError."""
    found = files(f"{spoke.name}.test.yaml")
    if found is None:
        return []
    path, text = found
    outcome = yaml_reader.read(text, source=path)
    if outcome.value is None:
        raise MappingProblems(path, tuple(problem_of(finding, file=path, text=text) for finding in outcome.findings))
    tests = outcome.value.get("tests")
    if tests is None or tests.kind != "sequence":
        raise ConfigError(f"{path} has no list of tests", hint="tests:\n  - name: …")
    return [_run(spoke, node) for node in tests.items]


def _run(spoke: Spoke, node: yaml_reader.Node) -> CaseResult:
    name = node.get("name")
    result = CaseResult(name=name.text if name is not None else "", line=node.line)
    unknown = [key for key in node.keys() if key not in KEYS]  # noqa: SIM118 -- a YAML node, not a dict
    if unknown:
        result.failures.append(f"unknown key {unknown[0]!r}: {suggest(unknown[0], KEYS) or ''}")
        return result
    tables = node.get("xref")
    if tables is not None:
        spoke = spoke.asking(_Tables({name.text: {one.text: other.text for one, other in table.entries} for name, table in tables.entries}))
    try:
        if node.get("document") is not None:
            _written(spoke, node, result)
        else:
            _read(spoke, node, result)
    except EdiError as error:
        result.failures.append(str(error))
    return result


def _read(spoke: Spoke, node: yaml_reader.Node, result: CaseResult) -> None:
    """A message, and what the document should say."""
    release = node.get("release")
    message = message_of(spoke, node, release.text if release is not None else None)
    outcome = spoke.read(message, trace=True)
    assert outcome.value is not None
    _expected(spoke, node, outcome.value, result)
    unmapped = node.get("unmapped")
    if unmapped is not None:
        left = list(dict.fromkeys(one.segment for one in outcome.value.unmapped))
        if left != [item.text for item in unmapped.items]:
            result.failures.append(f"not carried over: {left}")
    wanted = node.get("findings")
    if wanted is not None and [item.text for item in wanted.items] != (codes := [one.code for one in outcome.findings]):
        result.failures.append(f"findings: expected {[item.text for item in wanted.items]}, got {codes}")
    if wanted is None:
        result.failures += [str(one) for one in outcome.findings if one.is_error]
    back = node.get("back")
    if back is not None and back.text == "same":
        _same_message(spoke, message, outcome.value, result)


def message_of(spoke: Spoke, node: yaml_reader.Node, release: str | None) -> object:
    """The message a test gives, as the spoke reads it. Raises ConfigError."""
    makers: dict[str, Callable[[str], object]] = {
        "edifact": lambda text: edifact_tree(spoke, text, release),
        "ubl": lambda text: ubl_document(spoke, text),
        "json": json_value,
        "csv": lambda text: csv_value(spoke, text),
    }
    for key, make in makers.items():
        given = node.get(key)
        if given is not None:
            return make(given.text)
    raise ConfigError(f"the test in line {node.line} has neither a message nor a document", hint="edifact:, ubl:, json: or document:")


def edifact_tree(spoke: Spoke, text: str, release: str | None = None) -> Group:
    """The group tree of a message body written as text, UNH and UNT left out."""
    if not isinstance(spoke.side, EdifactSide):
        raise ConfigError(f"{spoke.name} does not read EDIFACT")
    syntax = Syntax(encoding="utf-8")
    raws = [raw for raw in syntax.cut(text.strip().encode()) if raw.strip()]
    segments = [Segment.found(raw, syntax, number=number, offset=0) for number, raw in enumerate(raws, 2)]
    body = [segment for segment in segments if segment.tag not in ("UNA", "UNB", "UNH", "UNT", "UNZ")]
    return spoke.side.tree(body, spoke.side.release_for(release))


def ubl_document(spoke: Spoke, text: str) -> object:
    """A UBL document written as text; without a root element, what stands in one."""
    root = getattr(spoke.syntax, "root", "")
    if not text.lstrip().startswith(("<?xml", f"<{root}")) and hasattr(spoke.side, "wrapped"):
        text = spoke.side.wrapped(text)
    outcome = ubl_reader.read(text.strip().encode())
    if outcome.value is None:
        raise ConfigError("the test's UBL cannot be read: " + "; ".join(str(one) for one in outcome.findings))
    return outcome.value


def json_value(text: str) -> object:
    """A JSON value, numbers exact."""
    outcome = json_format.read(text.encode())
    if outcome.value is None:
        raise ConfigError("the test's JSON cannot be read: " + "; ".join(str(one) for one in outcome.findings))
    return outcome.value


def csv_value(spoke: Spoke, text: str) -> object:
    """The first document of CSV rows."""
    assert isinstance(spoke.syntax, CsvSyntax)
    return rows.read(text.encode(), spoke.syntax)[0]


def _expected(spoke: Spoke, node: yaml_reader.Node, reading: Reading, result: CaseResult) -> None:
    expect = node.get("expect")
    if expect is None:
        return
    notes: list[tuple[str, object, CodecError]] = []
    wanted = in_flight(expect.as_plain(), spoke.definition.root, refused=notes)
    result.failures += [f"expect: {path}: {error}" for path, _, error in notes]
    actual = dict(leaves(reading.document))
    for path, value in leaves(wanted or {}):
        if actual.get(path) != value:
            result.failures.append(f"{path}: expected {value!r}, got {actual.get(path)!r}   {_origin(reading.traces, path)}")


def _origin(traces: Sequence[Trace], path: str) -> str:
    found = next((trace for trace in traces if trace.path == path), None)
    return f"<- {found.wire!r} at {found.where} ({found.line})" if found is not None else "(no pattern filled it)"


def _same_message(spoke: Spoke, message: object, reading: Reading, result: CaseResult) -> None:
    if isinstance(message, Group):
        lines = get_put(spoke, message)
        if lines:
            result.failures.append("back: " + " / ".join(lines))
        return
    outcome = spoke.write(reading.document)
    assert outcome.value is not None
    again = spoke.read(parsed(spoke, outcome.value.output)).value
    if again is None or again.document != reading.document:
        result.failures.append("back: reading what was written gives another document")


def _written(spoke: Spoke, node: yaml_reader.Node, result: CaseResult) -> None:
    """A document, and what the message should have."""
    given = node.get("document")
    assert given is not None
    notes: list[tuple[str, object, CodecError]] = []
    document = in_flight(given.as_plain(), spoke.definition.root, refused=notes)
    result.failures += [f"document: {path}: {error}" for path, _, error in notes]
    assert isinstance(document, dict)
    release = node.get("release")
    outcome = spoke.write(document, release=release.text if release is not None else None)
    if outcome.value is None:
        result.failures += [str(one) for one in outcome.findings]
        return
    wanted = node.get("findings")
    codes = [one.code for one in outcome.findings]
    if wanted is not None and [item.text for item in wanted.items] != codes:
        result.failures.append(f"findings: expected {[item.text for item in wanted.items]}, got {codes}")
    if wanted is None:
        result.failures += [str(one) for one in outcome.findings if one.is_error and one.code != "mapping.required"]
    _has(spoke, node, outcome.value.output, result)
    back = node.get("back")
    if back is not None and back.text == "same":
        _same_document(spoke, document, outcome.value.output, outcome.value.release, result)


def _has(spoke: Spoke, node: yaml_reader.Node, output: Output, result: CaseResult) -> None:
    if isinstance(output, bytes):
        text = output.decode()
    elif isinstance(output, list):
        text = "\n".join(["", *texts_of([one for one in output if isinstance(one, Segment)]), ""])
    else:
        text = spoke.as_bytes(output).decode()
    for key in ("edifact_has", "ubl_has", "json_has"):
        wanted = node.get(key)
        for item in wanted.items if wanted is not None else ():
            looked = f"\n{item.text}\n" if key == "edifact_has" else item.text
            if looked not in text:
                result.failures.append(f"{item.text} is missing in the output:{text}")


def parsed(spoke: Spoke, output: Output, release: str = "") -> object:
    """What was written, as reading takes it."""
    if isinstance(spoke.side, EdifactSide):
        assert isinstance(output, list)
        return spoke.side.tree([one for one in output if isinstance(one, Segment)], spoke.side.release_for(release))
    return spoke.side.parse(output)


def _same_document(spoke: Spoke, document: Document, output: Output, release: str, result: CaseResult) -> None:
    again = spoke.read(parsed(spoke, output, release)).value
    assert again is not None
    before, after = dict(leaves({"kind": spoke.kind, **document})), dict(leaves(again.document))
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) != after.get(path):
            result.failures.append(f"back: {path}: wrote {before.get(path)!r}, read {after.get(path)!r}")
