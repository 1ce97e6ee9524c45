"""Code tables: pairs of wire and document value, or rows with several wire columns; the first pair wins in each direction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edi.mapping.codecs.base import CodecError

Pair = tuple[str, str, str]
"""Wire, document, and `<` for reading only, `>` for writing only, `` for both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One wire column of a table against its document values."""

    reading: Mapping[str, str]
    writing: Mapping[str, str]
    other: str
    """`error`, `same`, `drop`, or `=value`."""
    unused: tuple[Pair, ...] = ()
    """Pairs that can never be used in either direction."""

    @property
    def image(self) -> tuple[str, ...]:
        """Document values that come back from the wire as they were."""
        return tuple(dict.fromkeys(value for value in self.reading.values() if self.reading.get(self.writing.get(value, "")) == value))

    def to_canonical(self, text: str, table: str) -> str | None:
        """The document's value; None where the table says to drop it. Raises CodecError."""
        found = self.reading.get(text)
        return found if found is not None else self._other(text, table)

    def to_wire(self, text: str, table: str) -> str | None:
        """The wire's value; None where the table says to drop it. Raises CodecError."""
        found = self.writing.get(text)
        return found if found is not None else self._other(text, table)

    def _other(self, text: str, table: str) -> str | None:
        if self.other == "same":
            return text
        if self.other == "drop":
            return None
        if self.other.startswith("="):
            return self.other[1:]
        raise CodecError(f"code {text!r} is not in table {table}", hint=f"add it to the table {table}, or give the table `other: same`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of a mapping; a table of pairs has the one column ``."""

    name: str
    columns: Mapping[str, Column]
    rows: tuple[tuple[str, Mapping[str, str]], ...] = ()
    """Of a table of rows: the document's value and its wire values by column, those of reading only included."""

    def agreeing(self, texts: Mapping[str, str]) -> str:
        """The value of the first row that agrees with every filled column. Raises CodecError."""
        filled = {column: text for column, text in texts.items() if text}
        for value, wires in self.rows:
            if all(wires.get(column) == text for column, text in filled.items()):
                return value
        shown = ", ".join(f"{column} {text!r}" for column, text in filled.items())
        raise CodecError(f"no row of table {self.name} has {shown}", hint=f"add the row to the table {self.name}")


def pairs_column(pairs: tuple[Pair, ...], *, other: str) -> Column:
    """A column from pairs in the order of the file."""
    reading: dict[str, str] = {}
    writing: dict[str, str] = {}
    unused = []
    for pair in pairs:
        wire, value, way = pair
        new_reading = way != ">" and wire not in reading
        new_writing = way != "<" and value not in writing
        if new_reading:
            reading[wire] = value
        if new_writing:
            writing[value] = wire
        if not new_reading and not new_writing:
            unused.append(pair)
    return Column(reading=reading, writing=writing, other=other, unused=tuple(unused))
