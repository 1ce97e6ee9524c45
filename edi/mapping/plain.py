"""Compiled mappings as bytes and back: plain values, code, and objects of a few classes that are named here; nothing else can come out.

Rule: the bytes come only from a cache that gives back what this very program put there (`edi.ports.ProgramCache`), since they hold code.
"""

from __future__ import annotations

import marshal  # noqa: TID251 -- only of what a cache vouches for: see the rule above
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from types import CodeType
from typing import Any, Final
from zoneinfo import ZoneInfo

from edi.formats.yaml.problem import Problem
from edi.mapping.codecs import CODECS, TYPES
from edi.mapping.codecs.moments import FormattedMoment, FormattedPeriod, FormattedWeek
from edi.mapping.compiled import Compiled, Computed, Line
from edi.mapping.conversion import Conversion
from edi.mapping.nodes import CsvSyntax, EdifactSyntax, JsonSyntax, UblSyntax
from edi.mapping.partial import Doubt
from edi.mapping.tables import Column, Table

CLASSES: Final[tuple[type, ...]] = (
    Compiled, Computed, Line, Doubt, Problem, EdifactSyntax, UblSyntax, JsonSyntax, CsvSyntax, Conversion, Table, Column,
    FormattedMoment, FormattedPeriod, FormattedWeek,
    *(codec for codec in CODECS.values() if isinstance(codec, type)),
    *dict.fromkeys(type(one) for one in TYPES.values()),
)  # fmt: skip
_NUMBERS: Final = {cls: number for number, cls in enumerate(CLASSES)}

_TUPLE, _AGAIN, _DECIMAL, _ZONE = -1, -2, -3, -4
"""What a marshalled tuple begins with: one of these, or the number of a class."""


def dump(value: object) -> bytes:
    """The value as bytes. Raises TypeError for an object of a class that is not named here."""
    return marshal.dumps(_Plain().of(value))


def restore(data: bytes) -> Any:
    """The value that was dumped."""
    return _Restored().of(marshal.loads(data))  # noqa: S302 -- only what this program put into its cache, which is authenticated


class _Plain:
    """One value on its way to bytes; objects that occur again are told once."""

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}

    def of(self, value: object) -> Any:
        match value:
            case None | bool() | int() | str() | bytes() | CodeType() | frozenset():
                return value
            case tuple():
                return (_TUPLE, *map(self.of, value))
            case list():
                return [self.of(one) for one in value]
            case Mapping():
                return {key: self.of(one) for key, one in value.items()}
            case Decimal():
                return (_DECIMAL, str(value))
            case ZoneInfo():
                return (_ZONE, value.key)
        return self._object(value)

    def _object(self, value: object) -> object:
        if id(value) in self._seen:
            return (_AGAIN, self._seen[id(value)])
        if type(value) not in _NUMBERS:
            raise TypeError(f"objects of {type(value).__name__} are not kept")
        held = {one.name: getattr(value, one.name) for one in fields(value)} if is_dataclass(value) else vars(value)
        plain = (_NUMBERS[type(value)], {name: self.of(one) for name, one in held.items()})
        self._seen[id(value)] = len(self._seen)
        return plain


class _Restored:
    """One value on its way back."""

    def __init__(self) -> None:
        self._made: list[object] = []

    def of(self, value: Any) -> Any:
        restored = _HOW.get(value.__class__)
        return value if restored is None else restored(self, value)

    def _tuple(self, value: tuple[Any, ...]) -> object:
        first = value[0]
        if first >= 0:
            return self._object(CLASSES[first], value[1])
        if first == _TUPLE:
            return tuple(map(self.of, value[1:]))
        if first == _AGAIN:
            return self._made[value[1]]
        return Decimal(value[1]) if first == _DECIMAL else ZoneInfo(value[1])

    def _object(self, cls: type, held: dict[str, Any]) -> object:
        values = {name: self.of(one) for name, one in held.items()}
        if is_dataclass(cls):
            made: object = cls(**values)
        else:
            made = object.__new__(cls)
            made.__dict__.update(values)
        self._made.append(made)
        return made

    def _list(self, value: list[Any]) -> object:
        return [self.of(one) for one in value]

    def _dict(self, value: dict[Any, Any]) -> object:
        return {key: self.of(one) for key, one in value.items()}


_HOW: Final[dict[type, Callable[[_Restored, Any], object]]] = {
    tuple: _Restored._tuple,  # noqa: SLF001 -- one table for what `of` does
    list: _Restored._list,  # noqa: SLF001
    dict: _Restored._dict,  # noqa: SLF001
}
