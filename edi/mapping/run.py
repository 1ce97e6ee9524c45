"""One reading or writing: what generated code reports to, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import overload

from lxml import etree

from edi.findings import Finding, Location, Severity
from edi.formats.edifact.syntax import Segment
from edi.limits import FINDINGS_MAX
from edi.mapping.codecs.base import CodecError, Value
from edi.mapping.compiled import Line
from edi.mapping.result import Context, Trace
from edi.mapping.runtime import Object, as_text
from edi.ports import CrossReference

Where = object
"""What a value stood in: a segment, an XML element, or the path of a JSON value."""


Element = int | str
"""Element index from 0 (EDIFACT), the name of an attribute (XML), or 0."""


Taken = tuple[str, Value, Where, Element, int, int, int, object]
"""Path, value, where it stood, element and component from 0, how many components, entry number, wire text."""
Place = tuple[Where, Element, int]
"""Where, element and component from 0."""
Covered = set[Place]
"""Places, `where` by what tells it apart: the path of a JSON value, else the id of the very object."""


class Traces(Sequence[Trace]):
    """Traces made when they are looked at: most are never, and a location is dear."""

    def __init__(self, taken: list[Taken], lines: Mapping[int, Line], locate: Callable[[Where, Element, int], Location]) -> None:
        self._taken = taken
        self._lines = lines
        self._locate = locate

    def __len__(self) -> int:
        return len(self._taken)

    @overload
    def __getitem__(self, index: int) -> Trace: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Trace, ...]: ...
    def __getitem__(self, index: int | slice) -> Trace | tuple[Trace, ...]:
        if isinstance(index, slice):
            return tuple(self._made(one) for one in self._taken[index])
        return self._made(self._taken[index])

    def _made(self, taken: Taken) -> Trace:
        path, value, where, element, component, _, number, wire = taken
        entry = self._lines.get(number)
        text = wire if isinstance(wire, str) else ":".join(str(piece) for piece in wire) if isinstance(wire, list | tuple) else str(wire)
        line, pattern = (entry.place, entry.pattern) if entry is not None else ("", "document")
        return Trace(path=path, value=value, where=self._locate(where, element, component), wire=text, line=line, pattern=pattern)


class Run:
    """Plain code only notes that something was odd (`trouble`); the traced code, run again, says what and where."""

    def __init__(
        self, lines: Mapping[int, Line], tables: CrossReference, context: Context, *, locate: Callable[[Where, Element, int], Location]
    ) -> None:
        self.lines = lines
        self.tables = tables
        self.context: Mapping[str, str] = context.values
        self._numbers = {name: iter(numbers) for name, numbers in context.numbers.items()}
        self.locate = locate
        self.trouble = False
        self.crowded = False
        """Writing: several values wanted one place."""
        self.findings: list[Finding] = []
        self.taken: list[Taken] = []
        self.took = self.taken.append
        """A value was carried. Told in full only when somebody asks: see `Traces`."""
        self._passed: list[Place] = []
        self.cover = self._passed.append
        """A constant or passive part was recognised."""
        self.later: list[tuple[Callable[[], Value | None], str, Where, Element, int, int, Callable[[], Value] | None, str]] = []
        self._indexes: dict[tuple[int, tuple[str, ...], int], dict[tuple[Value | None, ...], list[Object]]] = {}
        self.kept: list[object] = []

    # -- cross-references and sequences, as codecs and expressions ask for them

    def to_canonical(self, table: str, value: str) -> str | None:
        return self.tables.to_canonical(table, value)

    def to_wire(self, table: str, value: str) -> str | None:
        return self.tables.to_wire(table, value)

    def next_number(self, name: str) -> str:
        number = next(self._numbers.get(name, iter(())), None)
        if number is None:
            raise ValueError(f"no number of the sequence {name!r} was given")
        return number

    # -- traced code: what was carried

    def traces(self) -> Traces:
        """Everything that was carried."""
        return Traces(self.taken, self.lines, self.locate)

    def covered(self) -> Covered:
        """Every place that something was taken from or recognised at."""
        places: Covered = {
            (where if where.__class__ is str else id(where), element, component) for where, element, component in self._passed
        }
        for _, _, where, element, component, span, _, _ in self.taken:
            key = where if where.__class__ is str else id(where)
            for position in (component,) if span == 1 else range(component, component + span):
                places.add((key, element, position))
        return places

    def cover_tree(self, where: etree._Element) -> None:
        """Everything in an XML element is knowingly dropped."""
        for element in where.iter():
            self.cover((element, 0, 0))
            for name in element.attrib:
                self.cover((element, str(name), 0))

    def cover_rest(self, where: Segment, element: int, component: int) -> None:
        """`*`: the rest of the element is knowingly dropped."""
        elements = where.elements
        for position in range(component, len(elements[element]) if element < len(elements) else 0):
            self.cover((where, element, position))

    # -- traced code: what was odd

    def refused(  # noqa: PLR0917 -- as above
        self, path: str, value: object, error: ValueError, where: Where, element: Element, component: int, number: int
    ) -> None:
        """A codec could not carry a value."""
        self._say(
            "mapping.value", f"{path}: {error}", number, where, element, component, value, hint=getattr(error, "hint", None), path=path
        )

    def unwritten(self, path: str, value: object, error: ValueError, number: int) -> None:
        """A codec could not write a value of the document."""
        self._say("mapping.value", f"{path}: {error}", number, None, 0, 0, value, hint=getattr(error, "hint", None), path=path)

    def too_long(self, path: str, value: str, width: int, number: int) -> None:
        """A text is longer than the directory allows at its place."""
        text = f"{path}: {value!r} has {len(value)} characters, the element takes {width}"
        hint = "lay it over components with |wrap, or shorten it with |cut(…) and accept the loss"
        self._say("mapping.length", text, number, None, 0, 0, value, hint=hint, path=path)

    def say_refused(self, refused: Sequence[tuple[str, object, CodecError]]) -> None:
        """Values of a canonical document in JSON that the model does not take."""
        for path, value, error in refused[: FINDINGS_MAX - len(self.findings)]:
            where = Location(path="/" + path.replace("[", "/").replace("]", "").replace(".", "/"))
            told = value if isinstance(value, str) else repr(value)
            self.findings.append(Finding(code="mapping.value", text=f"{path}: {error}", where=where, value=told, hint=error.hint))

    def missing(self, path: str, number: int, where: Where = None) -> None:
        """A required field is absent."""
        self._say(
            "mapping.required",
            f"the required field {path} is absent",
            number,
            where,
            0,
            0,
            None,
            hint=f"{self.lines[number].pattern!r} requires it",
            path=path,
        )

    def more(self, number: int, where: Where, severity: str, path: str) -> None:
        """More came than the entry's `max` allows."""
        text = f"{path}: more came than the {self.lines[number].maximum or 1} that can be carried"
        self._say(
            "mapping.more", text, number, where, 0, 0, None, severity=Severity.ERROR if severity == "error" else Severity.INFO, path=path
        )

    def passive(self, expected: tuple[str, ...], found: str, where: Where, element: Element, component: int, number: int) -> None:
        """A constant written along came with another value."""
        text = f"{found!r} stands where the mapping writes {expected[0]!r}"
        self._say("mapping.passive", text, number, where, element, component, found, severity=Severity.INFO)

    def _say(  # noqa: PLR0913, PLR0917 -- everything a finding names
        self, code: str, text: str, number: int, where: Where, element: Element, component: int, value: object,
        *, severity: Severity = Severity.ERROR, hint: str | None = None, path: str | None = None,
    ) -> None:  # fmt: skip
        if len(self.findings) >= FINDINGS_MAX:
            return
        location = self.locate(where, element, component) if where is not None else Location(path=path)
        told = as_text(value) if isinstance(value, str | bool | Decimal) else None if value is None else str(value)
        self.findings.append(
            Finding(code=code, text=f"{text} ({self.lines[number].place})", severity=severity, where=location, value=told, hint=hint)
        )

    def compare(self) -> None:
        """Compare what was computed or repeated with what came, now that the whole document is read; what only repeats say is taken."""
        for compute, wire, where, element, component, number, take, path in self.later:
            try:
                value = compute()
                if value is None and take is not None:
                    self.took((path, take(), where, element, component, 1, number, wire))
                    continue
            except ValueError:
                continue
            expected = as_text(value)
            if expected is None or same_value(expected, wire):
                continue
            text = f"{wire!r} came where {expected!r} was computed from the document"
            self._say("mapping.differs", text, number, where, element, component, wire, severity=Severity.WARNING)

    # -- joins and references

    def having(
        self, items: Sequence[Object] | None, names: tuple[str, ...], values: tuple[Value | None, ...], number: int = 0
    ) -> Sequence[Object]:
        """The items whose fields have these values; found by an index that is made once.

        With the number of an entry, an item is given once only: where two parents have one id, the first has all its items.
        """
        if not items:
            return ()
        key = (id(items), names, number)
        index = self._indexes.get(key)
        if index is None:
            index = self._indexes[key] = {}
            self.kept.append(items)
            for item in items:
                index.setdefault(tuple(_hashable(item.get(name)) for name in names), []).append(item)
        wanted = tuple(_hashable(value) for value in values)
        return index.pop(wanted, ()) if number else index.get(wanted, ())

    def referred(self, items: list[Object], by: str, found: Object, id_name: str = "id") -> Value | None:
        """The id of the item with the same natural key, which is completed or added; None if the object says nothing."""
        natural = found.get(by)
        for item in items:
            if natural is not None and item.get(by) == natural:
                for name, value in found.items():
                    item.setdefault(name, value)
                return item.get(id_name)
        if not found:
            return None
        taken = {item.get(id_name) for item in items}
        number = len(items) + 1
        while str(number) in taken:
            number += 1
        found.setdefault(id_name, str(number))
        items.append(found)
        return found[id_name]


def _hashable(value: Value | None) -> Value | None:
    return None if isinstance(value, list | dict) else value


def same_value(expected: str, found: str) -> bool:
    """Equal as text, or as numbers."""
    if expected == found:
        return True
    try:
        return Decimal(expected) == Decimal(found.replace(",", "."))
    except InvalidOperation:
        return False


__all__ = ["CodecError", "Element", "Run", "same_value"]
