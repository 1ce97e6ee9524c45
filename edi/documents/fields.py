"""The fields of a kind as a tree: what the mapping compiler, the JSON Schema and the reference pages read from the models."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from edi.documents.kinds import model
from edi.documents.scalars import Places, Scalar, Type

NO_FIELDS: Mapping[str, Field] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a document: a scalar (`type` is set), an object (`children`), or a list of either."""

    name: str
    path: str
    """Dotted from the root, lists not marked: `lines.item.gtin`; empty for the root."""
    type: Type | None
    """None for an object."""
    is_list: bool = False
    required: bool = False
    values: tuple[str, ...] = ()
    """The only values allowed; empty if any will do."""
    bt: str = ""
    edifact: str = ""
    """Position in the segment or group it stands in."""
    ubl: str = ""
    """XPath from the object it belongs to; from the root of the document for a leading slash."""
    text: str = ""
    engine: bool = False
    """The engine fills it; no spoke need bind it."""
    children: Mapping[str, Field] = field(default_factory=lambda: NO_FIELDS)
    extensible: bool = False
    """Any name may stand below: the `x` of an object."""

    @property
    def is_object(self) -> bool:
        return self.type is None

    def child(self, name: str) -> Field | None:
        """The field of that name in this object; None if there is none."""
        if self.extensible:
            return Field(name=name, path=f"{self.path}.{name}", type=Type.TEXT, text="Extension field.", engine=True)
        return self.children.get(name)

    def leaves(self) -> Iterator[Field]:
        """All scalars below, in the order of the model; extension objects are left out."""
        for child in self.children.values():
            if child.type is not None:
                yield child
            elif not child.extensible:
                yield from child.leaves()


@cache
def fields(kind: str) -> Field:
    """The root of the tree of a kind. Raises ConfigError for a kind we do not know."""
    return Field(name=kind, path="", type=None, required=True, children=_children(model(kind), (kind,)))


def resolve(kind: str, path: str) -> Field | None:
    """The field at a dotted path such as `lines.item.gtin`; None if there is none."""
    found: Field | None = fields(kind)
    for name in path.split("."):
        found = found.child(name) if found is not None else None
    return found


def _children(owner: type[BaseModel], above: tuple[str, ...]) -> Mapping[str, Field]:
    return MappingProxyType({name: _field(name, info, above) for name, info in _in_model_order(owner)})


def _in_model_order(owner: type[BaseModel]) -> list[tuple[str, FieldInfo]]:
    """Kind and number first, lines and extensions last; in between as the classes have them."""
    order = {"kind": -3, "number": -2, "id": -2, "type_code": -1, "lines": 1, "test": 2, "residue": 2, "x": 3}
    return sorted(owner.model_fields.items(), key=lambda item: order.get(item[0], 0))


def _field(name: str, info: FieldInfo, above: tuple[str, ...]) -> Field:
    extra = info.json_schema_extra
    assert isinstance(extra, dict), f"{name} was declared without about()"
    annotation, marks = _without_none(info.annotation), tuple(info.metadata)
    is_list = typing.get_origin(annotation) is list
    if is_list:
        annotation, marks = typing.get_args(annotation)[0], ()
    type_, values, children, extensible = _shape(annotation, marks, (*above, name))
    return Field(
        name=name,
        path=".".join((*above[1:], name)),
        type=type_,
        is_list=is_list,
        required=info.is_required(),
        values=values,
        bt=_place(extra["bt"], above, name),
        edifact=_place(extra["edifact"], above, name),
        ubl=_place(extra["ubl"], above, name),
        text=info.description or "",
        engine=bool(extra["engine"]),
        children=children,
        extensible=extensible,
    )


def _shape(
    annotation: object, marks: tuple[object, ...], above: tuple[str, ...]
) -> tuple[Type | None, tuple[str, ...], Mapping[str, Field], bool]:
    if typing.get_origin(annotation) is typing.Annotated:
        annotation, *inner = typing.get_args(annotation)
        marks = (*marks, *inner)
    if typing.get_origin(annotation) is Literal:
        return Type.CODE, typing.get_args(annotation), NO_FIELDS, False
    if typing.get_origin(annotation) is dict:
        return None, (), NO_FIELDS, True
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return None, (), _children(annotation, above), False
    for mark in marks:
        if isinstance(mark, Scalar):
            return mark.type, (), NO_FIELDS, False
    return Type.TEXT, (), NO_FIELDS, False


def _without_none(annotation: object) -> object:
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        (annotation,) = (one for one in typing.get_args(annotation) if one is not type(None))
    return annotation


def _place(places: object, above: tuple[str, ...], name: str) -> str:
    """The position that fits these surroundings: the first key that is the field's name, an enclosing one, or the kind."""
    if isinstance(places, str):
        return places
    assert isinstance(places, dict)
    for surrounding, place in places.items():
        if surrounding in (name, *above):
            return str(place)
    return str(places.get("", ""))


__all__ = ["Field", "Places", "fields", "resolve"]
