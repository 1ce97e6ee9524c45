"""Writes JSON exactly: decimals with all their digits, as texts or as numbers; the same value gives the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Literal

from edi.errors import FormatError

DecimalForm = Literal["text", "number"]


def write(value: object, *, decimals: DecimalForm = "text", sort: bool = False, indent: int | None = 2) -> bytes:
    """The value as UTF-8 JSON ending in a line end.

    `decimals`: as texts `"12.50"`, which no program can round, or as numbers `12.50`. `sort`: keys in alphabetical order instead of
    the order of the document. `indent` None: all on one line.
    Raises FormatError for a text with half a surrogate pair, which no encoding can hold.
    """
    text = _Writer(decimals, sort=sort, indent=indent).text(value, 0) + "\n"
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise FormatError(
            f"the text {error.object[error.start : error.end]!a} is half a character and cannot be written as JSON",
            hint="mend it at the source",
        ) from error


class _Writer:
    def __init__(self, decimals: DecimalForm, *, sort: bool, indent: int | None) -> None:
        self._quote = '"' if decimals == "text" else ""
        self._sort = sort
        self._indent = indent

    def text(self, value: object, depth: int) -> str:
        # Nearly all values are of these types themselves; asking for them by name costs a fifth of asking what they could be.
        if type(value) is str:
            return encode_basestring(value)
        if type(value) is dict:
            return self._object(value, depth)
        if type(value) is list:
            return self._block("[]", [self.text(one, depth + 1) for one in value], depth)
        return self._rarer(value, depth)

    def _rarer(self, value: object, depth: int) -> str:
        match value:
            case None | bool():
                return {None: "null", True: "true", False: "false"}[value]
            case str():
                return encode_basestring(value)
            case int():
                return str(value)
            case Decimal() if value.is_finite():
                return f"{self._quote}{value:f}{self._quote}"
            case Mapping():
                return self._object(value, depth)
            case list() | tuple():
                return self._block("[]", [self.text(one, depth + 1) for one in value], depth)
        raise AssertionError(f"a document holds {value!r}, which JSON cannot say exactly")

    def _object(self, value: Mapping[str, object], depth: int) -> str:
        keys = sorted(value) if self._sort else value
        return self._block("{}", [f"{encode_basestring(key)}: {self.text(value[key], depth + 1)}" for key in keys], depth)

    def _block(self, brackets: str, inner: list[str], depth: int) -> str:
        if not inner:
            return brackets
        if self._indent is None:
            return brackets[0] + ", ".join(inner) + brackets[1]
        pad = "\n" + " " * (self._indent * (depth + 1))
        return f"{brackets[0]}{pad}{f',{pad}'.join(inner)}\n{' ' * (self._indent * depth)}{brackets[1]}"
