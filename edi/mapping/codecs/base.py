"""What every codec is: a pair of functions that undo each other, and what a mapping may say about it.

Reading applies the codecs of a field from left to right, wire to document; writing from right to left. Three stages:
components of the wire -> text -> the field's type -> value. Codecs of a stage stand before those of the next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar, Literal, TypeAlias

from edi.ports import CrossReference, NoCrossReference

Value: TypeAlias = "str | Decimal | bool | list[Value] | dict[str, Value]"
"""A canonical value; absent is None, and no codec but `default` sees it."""

Stage: TypeAlias = Literal["wire", "text", "type", "value"]
Class: TypeAlias = Literal["iso", "norm", "part", "loss", "read-only"]


class CodecError(ValueError):
    """The value has no place on the other side; the text says why, the hint what to do. Becomes a finding."""

    def __init__(self, text: str, *, hint: str | None = None) -> None:
        super().__init__(text)
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What the text of a mapping says beyond the codec's own arguments."""

    tables: Mapping[str, object] = field(default_factory=dict)
    """Code tables of the mapping by name (`edi.mapping.tables.Table`)."""
    repeats: int | None = None
    """Components the directory has at this place, for codecs that take a size from there."""
    width: int | None = None
    """Characters the directory allows at this place."""
    kind: str = "text"
    """The field's type: text, code, decimal, bool, moment, period."""
    timezone: str | None = None


class Codec:
    """A codec as a mapping names it: `name`, how many components it takes, and how exact it is.

    `read` and `write` undo each other on everything `image` can give.
    """

    name: ClassVar[str] = ""
    stage: ClassVar[Stage] = "text"
    exactness: ClassVar[Class] = "iso"
    usage: ClassVar[str] = ""
    """One line for the reference: what it does, with an example."""

    @property
    def span(self) -> int:
        """How many components it takes."""
        return 1

    def image(self, number: int) -> Value | None:
        """A canonical value this codec can carry, another one for another number where it has that many; None for anything."""
        return None


class WireCodec(Codec):
    """Several components <-> one text."""

    stage = "wire"
    joiner: ClassVar[str] = " "
    only_for: ClassVar[tuple[str, ...]] = ()
    """Codes of 2379 behind the value that it is for; empty if any will do."""

    def read(self, components: Sequence[str]) -> Value:
        raise NotImplementedError

    def write(self, value: Value) -> list[str]:
        raise NotImplementedError


class TextCodec(Codec):
    """Text <-> text."""

    stage = "text"

    def read(self, text: str) -> str | None:
        raise NotImplementedError

    def write(self, text: str) -> str | None:
        raise NotImplementedError


class TableCodec(TextCodec):
    """Text <-> text by a partner's table, which is handed in when the mapping runs."""

    def read_with(self, text: str, tables: CrossReference) -> str | None:
        raise NotImplementedError

    def write_with(self, text: str, tables: CrossReference) -> str | None:
        raise NotImplementedError

    def read(self, text: str) -> str | None:
        return self.read_with(text, NoCrossReference())

    def write(self, text: str) -> str | None:
        return self.write_with(text, NoCrossReference())


class ValueCodec(Codec):
    """Canonical value <-> canonical value."""

    stage = "value"

    def read(self, value: Value) -> Value | None:
        raise NotImplementedError

    def write(self, value: Value) -> Value | None:
        raise NotImplementedError
