"""The canonical document as JSON has it <-> as it is in flight: numbers exact, only fields the model knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from edi.documents.fields import Field
from edi.mapping.codecs.base import CodecError, Value
from edi.mapping.codecs.types import TYPES


def in_flight(value: object, field: Field, path: str = "", refused: list[tuple[str, object, CodecError]] | None = None) -> Value | None:
    """The value with the types of the model; what does not fit is left out and noted in `refused`."""
    notes = refused if refused is not None else []
    if field.is_list and isinstance(value, list):
        found = [in_flight(item, _single(field), f"{path}[{index}]", notes) for index, item in enumerate(value)]
        return [item for item in found if item is not None] or None
    if field.is_object and isinstance(value, dict):
        return _object(value, field, path, notes)
    try:
        return _scalar(value, field)
    except CodecError as error:
        notes.append((path, value, error))
        return None


def _object(value: dict[str, object], field: Field, path: str, notes: list[tuple[str, object, CodecError]]) -> Value | None:
    made: dict[str, Value] = {}
    for name, inner in value.items():
        child = field.child(name)
        below = f"{path}.{name}" if path else name
        if child is None:
            notes.append((below, inner, CodecError(f"the model has no field {name!r}")))
        elif inner is not None and (item := in_flight(inner, child, below, notes)) is not None:
            made[name] = item
    return made or None


def _single(field: Field) -> Field:

    return replace(field, is_list=False)


def _scalar(value: object, field: Field) -> Value | None:
    kind = field.type.value if field.type is not None else ""
    if isinstance(value, bool) and kind == "bool":
        return value
    if isinstance(value, Decimal | int) and not isinstance(value, bool) and kind == "decimal":
        return Decimal(value)
    if isinstance(value, str) and kind:
        return TYPES[kind].read(value) if value else None
    raise CodecError(f"{value!r} is not a {kind or 'n object'}")


def leaves(value: Value, path: str = "") -> Iterator[tuple[str, Value]]:
    """All scalars of a document with their paths, indexes from 0."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{index}]")
    else:
        yield path, value


def unindexed(path: str) -> str:
    """The path without its indexes: `lines.unit` for `lines[0].unit`."""
    return "".join(piece.partition("]")[2] if index else piece for index, piece in enumerate(path.split("[")))
