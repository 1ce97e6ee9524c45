"""The JSON side of a spoke: a shape of one's own, or the canonical document itself; CSV rows are read and written as JSON objects."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from edi.findings import Location
from edi.mapping import rows
from edi.mapping.binding_tree import TreeBinder
from edi.mapping.bound import BoundField
from edi.mapping.canonical import in_flight, leaves
from edi.mapping.codecs.base import CodecError, Value
from edi.mapping.emission import Emission
from edi.mapping.generate_json import JsonReadGenerator, JsonWriteGenerator
from edi.mapping.nodes import CsvSyntax, Definition, Entry
from edi.mapping.problems import Problems
from edi.mapping.program import Program, assemble
from edi.mapping.result import Document, Output, Unmapped
from edi.mapping.run import Run
from edi.mapping.runtime import as_text
from edi.mapping.tree import TreeNode, all_nodes

ENGINE_FIELDS = ("kind", "residue", "test")
"""Present in every canonical document, whatever a mapping says."""


class JsonSide:
    """One mapping of a JSON or CSV shape."""

    def __init__(self, definition: Definition, problems: Problems) -> None:
        self.definition = definition
        self.nodes: list[TreeNode] = TreeBinder(definition, problems).bind(definition.sections.get("body", []), None)
        self._programs: dict[tuple[str, bool], Program] = {}

    def fields(self) -> Iterator[tuple[BoundField, Entry]]:
        """All holes with their entries."""
        for node in all_nodes(self.nodes):
            for part in node.fields():
                yield part, node.entry

    def program(self, kind: str, traced: bool) -> Program:
        """The generated `read` or `write`."""
        key = (kind, traced)
        if key not in self._programs:
            emission = Emission(traced=traced)
            generator = JsonReadGenerator(self.nodes, emission) if kind == "read" else JsonWriteGenerator(self.nodes, emission)
            generator.generate()
            self._programs[key] = assemble(emission, name=f"{self.definition.name} {kind}{' traced' if traced else ''}", entry=kind)
        return self._programs[key]

    def read(self, message: object, run: Run, *, traced: bool) -> Document:
        """The document a JSON value says."""
        if self.definition.document_itself:
            return self._document_itself(message, run, traced=traced)
        document: Document = {}
        if not isinstance(message, dict):
            run.trouble = True
            run.say_refused([("", message, CodecError(f"a JSON object was expected, not {type(message).__name__}"))])
            return document
        self.program("read", traced).function(message, document, document, run, *(("", "") if traced else ()))
        run.compare()
        return document

    def _document_itself(self, message: object, run: Run, *, traced: bool) -> Document:
        refused: list[tuple[str, object, CodecError]] = []
        found = in_flight(message, self.definition.root, refused=refused)
        if refused or not isinstance(found, dict):
            run.trouble = True
            run.say_refused(refused or [("", message, CodecError("the value is not an object"))])
        document = found if isinstance(found, dict) else {}
        if traced:
            for path, value in leaves(document):
                where = "/" + path.replace("[", "/").replace("]", "").replace(".", "/")
                run.took(path, value, where, 0, 0, 1, 0, as_text(value) or "")
        return document

    def write(self, document: Document, run: Run, *, traced: bool) -> Output:
        """The JSON value; CSV: bytes."""
        if self.definition.document_itself:
            return {name: value for name, value in document.items() if name != "residue"}
        made: dict[str, Value] = {}
        self.program("write", traced).function(document, document, made, run, *(("",) if traced else ()))
        if isinstance(self.definition.syntax, CsvSyntax):
            return rows.write(made, self.definition.syntax)
        return made

    def parse(self, output: object) -> object:
        """What was written, as reading takes it."""
        if isinstance(self.definition.syntax, CsvSyntax) and isinstance(output, bytes):
            return rows.read(output, self.definition.syntax)[0]
        return output

    def unmapped(self, message: object, run: Run) -> tuple[tuple[Unmapped, ...], int, int]:
        """Values that nothing took, how many there are, and how many an `ignore` names."""
        left: list[Unmapped] = []
        filled = ignored = 0
        for path, value in _values(message):
            filled += 1
            if (path, 0, 0) in run.covered:
                continue
            dotted = ".".join(piece for piece in path.split("/")[1:] if not piece.isdigit())
            if dotted in ENGINE_FIELDS or any(fnmatchcase(dotted, pattern) for pattern, _ in self.definition.ignores):
                ignored += 1
            else:
                left.append(Unmapped(where=Location(path=path), value=str(value), segment=dotted))
        return tuple(left), filled, ignored

    def locate(self, where: object, element: int | str, component: int) -> Location:
        """The place of a JSON value."""
        return Location(path=where) if isinstance(where, str) else Location()


def _values(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _values(inner, f"{path}/{str(name).replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _values(inner, f"{path}/{index}")
    elif value not in (None, ""):
        yield path, value
