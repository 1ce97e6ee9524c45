"""The scalar types of the canonical document, and `about`, which says of a field what it is and where it stands on the wire.

In flight a document is a plain dict: `Decimal` for decimals, `str` for text, codes and moments, `bool`; an absent value has no key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal as Number
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?")
NUMBER = re.compile(r"-?\d+(\.\d+)?")
WEEK = re.compile(r"\d{4}-W(0[1-9]|[1-4]\d|5[0-3])")


class Type(StrEnum):
    """What a scalar field holds."""

    TEXT = "text"
    CODE = "code"
    DECIMAL = "decimal"
    BOOL = "bool"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class Scalar:
    """The mark a scalar annotation carries; introspection looks for it."""

    type: Type


def read_number(value: object) -> Number:
    """The exact decimal of a Decimal, an int or plain digits; a binary float has already lost them and is refused."""
    if isinstance(value, Number) and value.is_finite():
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Number(value)
    if isinstance(value, str) and NUMBER.fullmatch(value):
        return Number(value)
    raise PydanticCustomError("decimal", "is not an exact decimal number")


def read_moment(value: str) -> str:
    """The moment unchanged, if it is a day or a minute that exists."""
    if not MOMENT.fullmatch(value):
        raise PydanticCustomError(
            "moment", "is neither a date 2024-03-15 nor a date and time 2024-03-15T10:23 with or without seconds and offset"
        )
    try:
        date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
    except ValueError as error:
        raise PydanticCustomError("moment", "is a date or time that does not exist") from error
    return value


Text = Annotated[str, Scalar(Type.TEXT), StringConstraints(min_length=1)]
Code = Annotated[str, Scalar(Type.CODE), StringConstraints(min_length=1, max_length=70, pattern=r"^\S(.*\S)?$")]
Decimal = Annotated[
    Number,
    Scalar(Type.DECIMAL),
    BeforeValidator(read_number),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}, {"type": "number"}]}),
]
Bool = Annotated[bool, Scalar(Type.BOOL)]
Moment = Annotated[
    str,
    Scalar(Type.MOMENT),
    AfterValidator(read_moment),
    WithJsonSchema({"type": "string", "pattern": f"^{MOMENT.pattern}$", "description": "ISO 8601 date, or date and time"}),
]
Week = Annotated[str, Scalar(Type.TEXT), StringConstraints(pattern=f"^{WEEK.pattern}$")]

Places = str | Mapping[str, str]
"""One position, or one per surroundings: keys are the kind or the names of fields the object may hang under; `""` is for all others."""


def about(text: str, *, bt: Places = "", edifact: Places = "", ubl: Places = "", required: bool = False, engine: bool = False) -> Any:
    """A field of a canonical model: what it says, its EN 16931 business term, and its EDIFACT and UBL positions.

    `engine` marks the few fields the engine fills from the envelope, which no spoke needs to bind.
    """
    extra: dict[str, Any] = {"bt": bt, "edifact": edifact, "ubl": ubl, "engine": engine}
    return Field(... if required else None, description=text, json_schema_extra=extra)


class Part(BaseModel):
    """Any object of a document. Unknown fields are refused: they are typing errors, and would be lost in silence."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    x: dict[str, Text] | None = about("Extension fields of one's own, carried between any two spokes that name them.", engine=True)
