"""How the type tables are written: `cbc:ID`, `cbc:Note*`, `cac:InvoiceLine+`, `currencyID! xsd:normalizedString`.

A child:      name, then for a child declared only here ` = type`, then how often: nothing is once, `?` `*` `+` `{2,5}` `{2,}`.
An attribute: name, `!` if required, a space, its type.
A type:       a list of children in order, or {"content": ..., "attributes": [...], "mixed": true}, or {"value": ..., "attributes": [...]}.
"""

from __future__ import annotations

from typing import Any, Final, TypedDict

Particle = Any
"""A child as text, or {"choice"|"sequence": [...], "occurs": "?"} or {"any": "##other", "process": "lax", "occurs": "*"}."""
Type = Any
"""JSON as the module's docstring says."""


class Module(TypedDict):
    """Everything one namespace declares."""

    namespace: str
    elements: dict[str, str]
    types: dict[str, Type]


class Document(TypedDict):
    """One document type; its root element bears the same name."""

    namespace: str
    type: Type


_OCCURS: Final = {"": (1, 1), "?": (0, 1), "*": (0, None), "+": (1, None)}
_SUFFIX: Final = {bounds: suffix for suffix, bounds in _OCCURS.items()}


def read_occurs(text: str) -> tuple[int, int | None]:
    """Minimum and maximum (None: any number) of `?`, `*`, `+`, `{2,5}`, `{2,}` or nothing."""
    if text.startswith("{"):
        minimum, _, maximum = text[1:-1].partition(",")
        return int(minimum), int(maximum) if maximum else None
    return _OCCURS[text]


def write_occurs(minimum: int, maximum: int | None) -> str:
    """The shortest text for how often."""
    known = _SUFFIX.get((minimum, maximum))
    return known if known is not None else f"{{{minimum},{'' if maximum is None else maximum}}}"


def read_use(text: str) -> tuple[str, str | None, int, int | None]:
    """Name, local type (None: declared globally), minimum, maximum of a child."""
    body, occurs = text, ""
    if text[-1] in "?*+":
        body, occurs = text[:-1], text[-1]
    elif text[-1] == "}":
        start = text.rindex("{")
        body, occurs = text[:start], text[start:]
    name, separator, type_name = body.partition(" = ")
    minimum, maximum = read_occurs(occurs)
    return name, type_name if separator else None, minimum, maximum


def read_attribute(text: str) -> tuple[str, str, bool]:
    """Name, type, whether required."""
    name, _, type_name = text.partition(" ")
    return name.removesuffix("!"), type_name, name.endswith("!")
