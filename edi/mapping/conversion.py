"""The codecs of one field put in a row: components of the wire -> text -> the field's type -> value, and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from edi.documents.fields import Field as ModelField
from edi.mapping.codecs import CODECS, TYPES, Codec, CodecError, Setting, TableCodec, TextCodec, TypeCodec, Value, ValueCodec, WireCodec
from edi.mapping.codecs.moments import DatePart, FormattedMoment, TimePart
from edi.mapping.codecs.numbers import Absolute, NumberCodec
from edi.mapping.codecs.tables import Codes, Default, Joined
from edi.mapping.codecs.text import Cut, Like
from edi.mapping.codecs.types import Moment, Number, Text, decimal, decimal_text
from edi.mapping.codecs.wrapping import Wrapping
from edi.mapping.nodes import Entry
from edi.mapping.paths import Target
from edi.mapping.pattern import Field
from edi.mapping.problems import Refused
from edi.mapping.tables import Table
from edi.ports import CrossReference

Direct: TypeAlias = "tuple[Callable[..., Value | None], Callable[..., str | list[str] | None]]"
"""Reading and writing without a row of codecs between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """Both directions of a field. `span` components are taken."""

    wire: WireCodec | None
    texts: tuple[TextCodec, ...]
    type: TypeCodec
    values: tuple[ValueCodec, ...]
    joined: Joined | None = None

    @property
    def span(self) -> int:
        return self.wire.span if self.wire is not None else 1

    @property
    def identity(self) -> bool:
        """True if text goes through unchanged."""
        return self.wire is None and not self.texts and not self.values and isinstance(self.type, Text) and self.joined is None

    @property
    def raw(self) -> bool:
        """True if JSON can hold the value as it is: nothing changes its text."""
        return self.wire is None and not self.texts and self.joined is None

    def write_raw(self, value: Value) -> Value | None:
        """The value after the codecs that change values only."""
        current: Value | None = value
        for codec in reversed(self.values):
            current = codec.write(current) if current is not None else None
        return current

    @property
    def part(self) -> str:
        """`date`, `time`, or nothing: which part of a moment it carries."""
        for codec in self.texts:
            if isinstance(codec, DatePart | TimePart):
                return codec.name
        return ""

    @property
    def default(self) -> Default | None:
        """The codec that gives absence a meaning, if there is one."""
        return next((codec for codec in self.values if isinstance(codec, Default)), None)

    @property
    def column(self) -> str:
        """`table.column` of a multi-column table, else nothing."""
        for codec in self.texts:
            if isinstance(codec, Codes) and codec.column_name:
                return f"{codec.table.name}.{codec.column_name}"
        return ""

    @property
    def table(self) -> Table:
        """The multi-column table it belongs to."""
        return next(codec.table for codec in self.texts if isinstance(codec, Codes))

    @property
    def codecs(self) -> tuple[Codec, ...]:
        """All codecs but the type's own, from the wire on."""
        return (*((self.wire,) if self.wire is not None else ()), *self.texts, *self.values, *((self.joined,) if self.joined else ()))

    @property
    def exactness(self) -> str:
        """The weakest of its codecs."""
        order = ("iso", "norm", "part", "loss", "read-only")
        return max((codec.exactness for codec in self.codecs), key=order.index, default="iso")

    def read(self, wire: str | Sequence[str], tables: CrossReference) -> Value | None:
        """The canonical value; None where a table drops it. Raises CodecError (a ValueError)."""
        value: Value | None = self.wire.read(wire) if self.wire is not None else wire if isinstance(wire, str) else wire[0]
        if self.wire is not None and not isinstance(value, str):
            return value
        for codec in self.texts:
            if value is None or value == "":
                return None
            value = codec.read_with(str(value), tables) if isinstance(codec, TableCodec) else codec.read(str(value))
        if value is None or value == "":
            return None
        if self.part != "time":
            value = self.type.read(str(value))
        for later in self.values:
            value = later.read(value) if value is not None else None
        return value

    def read_list(self, wire: str | Sequence[str], tables: CrossReference) -> list[Value]:
        """The values of a joined text."""
        assert self.joined is not None
        single = self if self.wire is None else replace(self, wire=None)
        text = self.wire.read(wire) if self.wire is not None else wire
        found = [single.read(piece, tables) for piece in self.joined.split(str(text))]
        return [value for value in found if value is not None]

    def write_list(self, values: Sequence[Value], tables: CrossReference) -> str | list[str] | None:
        """A list of values as a joined text, or its components; None where the list is empty."""
        assert self.joined is not None
        single = self if self.wire is None else replace(self, wire=None)
        pieces = [single.write(value, tables) for value in values]
        text = self.joined.join([piece for piece in pieces if isinstance(piece, str)])
        return (self.wire.write(text) if self.wire is not None else text) if text else None

    def write(self, value: Value, tables: CrossReference) -> str | list[str] | None:
        """The text on the wire, or several components; None where nothing is to be written. Raises CodecError (a ValueError)."""
        current: Value | None = value
        for codec in reversed(self.values):
            current = codec.write(current) if current is not None else None
        if current is None:
            return None
        if self.wire is not None and not isinstance(current, str) and not self.texts:
            return self.wire.write(current)
        text: str | None = self.type.write(current)
        for inner in reversed(self.texts):
            if text is None:
                return None
            text = inner.write_with(text, tables) if isinstance(inner, TableCodec) else inner.write(text)
        return self.wire.write(text) if self.wire is not None and text is not None else text

    @property
    def direct(self) -> Direct | None:
        """Both directions as plain functions, where one codec does it all: what most fields have, and what is fastest."""
        if self.joined is not None or self.values or self.part:
            return None
        if self.wire is None and not self.texts:
            return (decimal, decimal_text) if isinstance(self.type, Number) else (self.type.read, self.type.write)
        if self.wire is None and len(self.texts) == 1 and isinstance(self.type, Text) and not isinstance(self.texts[0], TableCodec):
            return self.texts[0].read, self.texts[0].write
        if self.wire is not None and not self.texts and isinstance(self.type, Text | Moment):
            return self.wire.read, self.wire.write
        return None

    def write_long(self, value: Value, tables: CrossReference) -> list[str] | None:
        """The pieces of a text over as many components as it takes, for `more: repeat`."""
        assert isinstance(self.wire, Wrapping)
        text = replace(self, wire=None).write(value, tables)
        return self.wire.pieces(text) if isinstance(text, str) else None

    def image(self, number: int) -> Value | None:
        """A canonical value that comes back unchanged, another one for another number where there are that many; None: any text."""
        if self.joined is not None and self.wire is not None:
            return replace(self, wire=None).image(number)
        for codec in (*self.values, *reversed(self.texts), *((self.wire,) if self.wire else ())):
            made = codec.image(number)
            if made is not None:
                return self._typed(made)
        return self.type.image(number)

    def _typed(self, made: Value) -> Value:
        return self.type.read(made) if isinstance(made, str) and self.type.name in ("bool", "decimal") else made


def conversion_of(part: Field, field: ModelField, setting: Setting, *, formatted_moment: bool) -> Conversion:
    """The conversion of a field of the model. Raises Refused at the codec that does not fit.

    `formatted_moment`: the place holds value and format code (C507), so a moment takes two components there.
    """
    wire: WireCodec | None = None
    texts: list[TextCodec] = []
    values: list[ValueCodec] = []
    joined: Joined | None = None
    kind = _kind_of(field)
    for call in part.codecs:
        codec = _made(call.name, call.argument, call.column, setting)
        if isinstance(codec, WireCodec):
            if wire is not None or texts or values:
                raise Refused(f"{call.name} lays text over components and stands first", call.column)
            wire = codec
        elif isinstance(codec, Joined):
            joined = codec
        elif isinstance(codec, TextCodec):
            if values:
                before = ", ".join(one.name for one in values)
                raise Refused(
                    f"{call.name} changes text and stands before codecs that change values", call.column, hint=f"put it before {before}"
                )
            texts.append(codec)
        elif isinstance(codec, ValueCodec):
            values.append(codec)
    _check_kind(part, field, kind, texts, values)
    if wire is None and formatted_moment and kind == "moment" and not any(isinstance(codec, Like) for codec in texts):
        wire = FormattedMoment(None, setting)
    return Conversion(wire=wire, texts=tuple(texts), type=TYPES.get(kind, TYPES["text"]), values=tuple(values), joined=joined)


def _made(name: str, argument: str | None, column: int, setting: Setting) -> Codec:
    make = CODECS.get(name)
    if make is None:
        raise Refused(f"unknown codec {name!r}", column, hint="codecs: " + ", ".join(CODECS))
    try:
        return make(argument, setting)
    except Refused as refused:
        raise Refused(refused.text, column, hint=refused.hint) from refused


def _kind_of(field: ModelField) -> str:
    if field.type is not None:
        return str(field.type.value)
    return "period" if {"start", "end"} <= set(field.children) else "object"


def _check_kind(part: Field, field: ModelField, kind: str, texts: list[TextCodec], values: list[ValueCodec]) -> None:
    if kind == "object" or (kind == "period" and not any(call.name == "dtm" for call in part.codecs)):
        raise Refused(
            f"{part.path!r} is an object, not a value",
            part.column,
            hint="name a field of it: " + ", ".join(list(field.children)[:8]),
        )
    if kind != "decimal" and (wrong := next((codec for codec in values if isinstance(codec, NumberCodec)), None)) is not None:
        raise Refused(f"{part.path!r} is a {kind}, and {wrong.name} is for numbers", part.column, hint="bind a decimal field")
    if kind != "moment" and any(isinstance(codec, DatePart | TimePart) for codec in texts):
        raise Refused(f"{part.path!r} is a {kind}, not a moment", part.column, hint="date and time are parts of a moment")
    if kind not in ("text", "code", "moment") and any(isinstance(codec, Cut) for codec in texts):
        raise Refused(f"{part.path!r} is a {kind}; cutting it would change its value", part.column)


def check_lists(part: Field, target: Target, conversion: Conversion, entry: Entry) -> None:
    """A list goes through `joined`, and nothing else does; what drops the sign is for reading. Raises Refused."""
    if target.list_steps and conversion.joined is None:
        raise Refused(f"{part.path!r} leads through a list", part.column, hint="use each:, a selector such as ids[scheme=91], or joined(…)")
    if conversion.joined is not None and not target.list_steps and not target.field.is_list:
        raise Refused(f"{part.path!r} is one value, and joined is for a list of texts", part.column, hint="{notes.text|joined(', ')}")
    if entry.direction != "read" and any(isinstance(codec, Absolute) for codec in conversion.values):
        raise Refused("abs drops the sign, so nothing could be written back as it was", part.column, hint="dir: read beside it, or neg")


def setting_kind(field: ModelField) -> str:
    """The field's type as codecs name it."""
    return _kind_of(field)


__all__ = ["CodecError", "Conversion", "conversion_of", "setting_kind"]
