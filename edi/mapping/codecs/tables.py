"""Codecs that look a value up: code tables of the mapping, cross-references of the partner, values that stand for absence."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from edi.mapping.codecs.base import CodecError, Setting, TableCodec, TextCodec, Value, ValueCodec
from edi.mapping.codecs.text import quoted
from edi.mapping.problems import Refused
from edi.mapping.tables import Column, Table, pairs_column
from edi.ports import CrossReference


class Codes(TextCodec):
    """A code table of the mapping, or one column of it.

    >>> units = Table(name="units", columns={"": pairs_column((("PCE", "C62", ""),), other="same")})
    >>> codec = Codes("units", Setting(tables={"units": units}))
    >>> codec.read("PCE"), codec.write("C62"), codec.read("KGM")
    ('C62', 'PCE', 'KGM')
    """

    name = "codes"
    exactness = "norm"
    usage = "codes(units), codes(response.4343): a table of the mapping, or one column of it"

    def __init__(self, argument: str | None, setting: Setting) -> None:
        wanted = (argument or "").strip()
        table_name, _, column_name = wanted.partition(".")
        table = setting.tables.get(table_name)
        if not isinstance(table, Table):
            known = ", ".join(sorted(setting.tables)) or "none; write them under `codes:`"
            raise Refused(f"no code table {table_name!r}", hint=f"tables: {known}")
        column = table.columns.get(column_name)
        if column is None:
            raise Refused(f"the table {table_name!r} has no column {column_name!r}", hint="columns: " + ", ".join(map(repr, table.columns)))
        self.table = table
        self.column_name = column_name
        self.column: Column = column

    def read(self, text: str) -> str | None:
        return self.column.to_canonical(text, self.table.name)

    def write(self, text: str) -> str | None:
        return self.column.to_wire(text, self.table.name)

    def image(self, number: int) -> Value | None:
        values = self.column.image
        if not values:
            return None
        return values[number % len(values)]


class InlineMap(Codes):
    """A small table written where it is used: wire = document.

    >>> InlineMap("A=false, C=true", Setting()).read("A")
    'false'
    """

    name = "map"
    usage = "map(A=false, C=true): a table written here, wire = document"

    def __init__(self, argument: str | None, setting: Setting) -> None:
        rows = []
        for piece in (argument or "").split(","):
            wire, equals, value = (part.strip() for part in piece.partition("="))
            if not equals or not wire or not value:
                raise Refused(f"cannot read the pair {piece.strip()!r}", hint="map(A=false, C=true)")
            rows.append((wire, value, ""))
        self.table = Table(name="map", columns={"": pairs_column(tuple(rows), other="error")})
        self.column_name = ""
        self.column = self.table.columns[""]


class Xref(TableCodec):
    """A cross-reference table of the partner, handed in by the workspace.

    >>> class Articles:
    ...     def to_canonical(self, table, value): return {"8877": "ABC"}.get(value)
    ...     def to_wire(self, table, value): return {"ABC": "8877"}.get(value)
    >>> Xref("articles", Setting()).read_with("8877", Articles())
    'ABC'
    """

    name = "xref"
    usage = "xref(articles): a cross-reference table of the partner, both directions"

    def __init__(self, argument: str | None, setting: Setting) -> None:
        self.table, _, self.other = (part.strip() for part in (argument or "").partition(","))
        if not self.table:
            raise Refused("xref needs the name of a table", hint="xref(articles) or xref(articles, same)")
        if self.other not in ("", "same"):
            raise Refused(f"{self.other!r} is not known here", hint="xref(articles, same) passes on what the table does not have")

    def read_with(self, text: str, tables: CrossReference) -> str | None:
        return self._or_same(tables.to_canonical(self.table, text), text)

    def write_with(self, text: str, tables: CrossReference) -> str | None:
        return self._or_same(tables.to_wire(self.table, text), text)

    def _or_same(self, found: str | None, text: str) -> str:
        if found is not None:
            return found
        if self.other == "same":
            return text
        raise CodecError(
            f"{text!r} is not in the cross-reference table {self.table!r}", hint=f"add it to the table, or write xref({self.table}, same)"
        )


class Default(ValueCodec):
    """A value that stands for absence on the wire.

    >>> codec = Default("C62", Setting())
    >>> codec.read_absent(), codec.write("C62"), codec.write("KGM")
    ('C62', None, 'KGM')
    """

    name = "default"
    exactness = "norm"
    usage = "default(C62): nothing on the wire means C62, and C62 is not written"

    def __init__(self, argument: str | None, setting: Setting) -> None:
        text = (argument or "").strip()
        if not text:
            raise Refused("default needs a value", hint="default(C62)")
        text = quoted(text, self.name) if text[0] in "'\"" else text
        try:
            self.value: Value = Decimal(text) if setting.kind == "decimal" else text == "true" if setting.kind == "bool" else text
        except InvalidOperation as error:
            raise Refused(f"{text!r} is not a number, and the field is one", hint="default(1)") from error

    def read_absent(self) -> Value:
        """What absence means."""
        return self.value

    def read(self, value: Value) -> Value:
        return value

    def write(self, value: Value) -> Value | None:
        return None if value == self.value else value


class Joined(TextCodec):
    """A list of texts in one text.

    >>> codec = Joined("', '", Setting())
    >>> codec.split("a, b"), codec.join(["a", "b"])
    (['a', 'b'], 'a, b')
    """

    name = "joined"
    exactness = "norm"
    usage = 'joined(", "): a list of texts in one text'

    def __init__(self, argument: str | None, setting: Setting) -> None:
        self.separator = quoted(argument, self.name)
        if not self.separator:
            raise Refused("joined needs a separator", hint='joined(", ")')

    def split(self, text: str) -> list[str]:
        """The texts; empty ones are left out."""
        return [piece for piece in text.split(self.separator) if piece]

    def join(self, texts: list[str]) -> str:
        """The one text."""
        return self.separator.join(texts)

    def read(self, text: str) -> str:
        return text

    def write(self, text: str) -> str:
        return text
