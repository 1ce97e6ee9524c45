"""The JSON side of a spoke: a shape of one's own, or the canonical document itself; CSV rows are read and written as JSON objects."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from edi.documents import fields
from edi.findings import Location
from edi.mapping import rows
from edi.mapping.canonical import in_flight, leaves
from edi.mapping.codecs.base import CodecError, Value
from edi.mapping.compiled import Compiled
from edi.mapping.nodes import CsvSyntax
from edi.mapping.program import Programs
from edi.mapping.result import Document, Output, Unmapped
from edi.mapping.run import Run
from edi.mapping.runtime import as_text

ENGINE_FIELDS = ("kind", "residue", "test")
"""Present in every canonical document, whatever a mapping says."""


class JsonSide:
    """Reads and writes JSON values, and CSV rows as such."""

    def __init__(self, compiled: Compiled, programs: Programs) -> None:
        self._compiled = compiled
        self._programs = programs

    def read(self, message: object, run: Run, *, traced: bool) -> Document:
        """The document a JSON value says."""
        if self._compiled.document_itself:
            return self._document_itself(message, run, traced=traced)
        document: Document = {}
        if not isinstance(message, dict):
            run.trouble = True
            run.say_refused([("", message, CodecError(f"a JSON object was expected, not {type(message).__name__}"))])
            return document
        self._programs("read", "", traced)(message, document, document, run, *(("", "") if traced else ()))
        run.compare()
        return document

    def _document_itself(self, message: object, run: Run, *, traced: bool) -> Document:
        refused: list[tuple[str, object, CodecError]] = []
        found = in_flight(message, fields(self._compiled.kind), refused=refused)
        if refused or not isinstance(found, dict):
            run.trouble = True
            run.say_refused(refused or [("", message, CodecError("the value is not an object"))])
        document = found if isinstance(found, dict) else {}
        if traced:
            for path, value in leaves(document):
                where = "/" + path.replace("[", "/").replace("]", "").replace(".", "/")
                run.took((path, value, where, 0, 0, 1, 0, as_text(value) or ""))
        return document

    def write(self, document: Document, run: Run, *, traced: bool) -> Output:
        """The JSON value; CSV: bytes."""
        if self._compiled.document_itself:
            return {name: value for name, value in document.items() if name != "residue"}
        made: dict[str, Value] = {}
        self._programs("write", "", traced)(document, document, made, run, *(("",) if traced else ()))
        if isinstance(self._compiled.syntax, CsvSyntax):
            return rows.write(made, self._compiled.syntax)
        return made

    def parse(self, output: object) -> object:
        """What was written, as reading takes it."""
        if isinstance(self._compiled.syntax, CsvSyntax) and isinstance(output, bytes):
            return rows.read(output, self._compiled.syntax)[0]
        return output

    def unmapped(self, message: object, run: Run) -> tuple[tuple[Unmapped, ...], int, int]:
        """Values that nothing took, how many there are, and how many an `ignore` names."""
        left: list[Unmapped] = []
        filled = ignored = 0
        covered = run.covered()
        for path, value in _values(message):
            filled += 1
            if (path, 0, 0) in covered:
                continue
            dotted = ".".join(piece for piece in path.split("/")[1:] if not piece.isdigit())
            if dotted in ENGINE_FIELDS or any(fnmatchcase(dotted, pattern) for pattern in self._compiled.ignores):
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
