"""The codecs: one class each, with `read` and `write`; a new one is added to `CODECS` and appears in the reference by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from edi.mapping.codecs import moments, numbers, tables, text, wrapping
from edi.mapping.codecs.base import Codec, CodecError, Setting, TableCodec, TextCodec, Value, ValueCodec, WireCodec
from edi.mapping.codecs.types import TYPES, TypeCodec

__all__ = ["CODECS", "TYPES", "Codec", "CodecError", "Setting", "TableCodec", "TextCodec", "TypeCodec", "Value", "ValueCodec", "WireCodec"]

CODECS: Final[dict[str, Callable[[str | None, Setting], Codec]]] = {
    "abs": numbers.Absolute,
    "chunk": wrapping.Chunk,
    "codes": tables.Codes,
    "cut": text.Cut,
    "date": moments.DatePart,
    "default": tables.Default,
    "dtm": moments.dtm,
    "fixed": text.Fixed,
    "joined": tables.Joined,
    "like": text.Like,
    "lines": wrapping.Lines,
    "map": tables.InlineMap,
    "neg": numbers.Negated,
    "pad": text.Pad,
    "scale": numbers.Scale,
    "strip0": text.StripZeros,
    "time": moments.TimePart,
    "upper": text.Upper,
    "wrap": wrapping.Wrap,
    "xref": tables.Xref,
}
"""How a mapping names them -> how they are made; raises `Refused` for an argument they cannot use."""
