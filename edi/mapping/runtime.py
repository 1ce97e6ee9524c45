"""What generated code calls: small functions over documents, and the arithmetic of expressions where what is missing stays missing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, DivisionByZero, InvalidOperation
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from lxml import etree

from edi.formats.edifact.structure import Group
from edi.formats.edifact.syntax import Segment
from edi.mapping.codecs.base import CodecError, Value
from edi.mapping.codecs.types import decimal_text

if TYPE_CHECKING:
    from edi.mapping.run import Run

Object = dict[str, Value]
NONE: Mapping[str, Value] = MappingProxyType({})


def selected(items: Sequence[Object] | None, key: str, value: str) -> Mapping[str, Value]:
    """The first item whose key has the value; empty if there is none."""
    for item in items or ():
        if item.get(key) == value:
            return item
    return NONE


def select(items: list[Object], key: str, value: str) -> Object:
    """The first item whose key has the value, made where there is none."""
    for item in items:
        if item.get(key) == value:
            return item
    items.append({key: value})
    return items[-1]


def first(items: Sequence[Object] | None) -> Mapping[str, Value]:
    """The first item; empty if there is none."""
    return items[0] if items else NONE


def make_first(items: list[Object]) -> Object:
    """The first item, made where there is none."""
    if not items:
        items.append({})
    return items[0]


def merged_moment(before: Value | None, part: Value) -> Value:
    """A date and a time of one moment, in whichever order they come."""
    if not isinstance(before, str) or not isinstance(part, str):
        return part
    if part.startswith("T"):
        return before[:10] + part if not before.startswith("T") else part
    return part + before if before.startswith("T") else part


def packed(slots: list[list[str]], maximum: int) -> Iterator[list[list[str]]]:
    """Slots in portions that fit one segment."""
    for start in range(0, len(slots), maximum):
        yield slots[start : start + maximum]


def padded(pieces: list[str] | None, count: int) -> list[str]:
    """The pieces with empty ones behind, for places that have something after them."""
    found = pieces or []
    return [*found, *[""] * (count - len(found))]


def text_of(element: etree._Element) -> str:
    """The text of an element without blanks around it."""
    text = element.text
    return text.strip() if text else ""


def stands(element: etree._Element, path: tuple[str, ...], alternatives: tuple[str, ...]) -> bool:
    """True if there is such a descendant (or attribute), with one of the texts where any are named."""
    here = [element]
    for name in path:
        if name.startswith("@"):
            return any(one.get(name[1:]) in alternatives if alternatives else one.get(name[1:]) is not None for one in here)
        here = [child for one in here for child in one if child.tag == name]
    return any(text_of(one) in alternatives for one in here) if alternatives else bool(here)


_ODD = re.compile('[&<>"\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]')
"""What is markup, or forbidden: most texts hold neither, and are asked once."""
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_MARKUP = re.compile('[&<>"\r]')
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"}


def escape_text(text: str) -> str:
    """The text as XML writes it. Raises CodecError for characters XML cannot hold."""
    if not _ODD.search(text):
        return text
    if _FORBIDDEN.search(text):
        raise CodecError(f"{text!r} holds a control character, which XML cannot carry", hint="remove it where the document is made")
    return _MARKUP.sub(lambda found: _ESCAPES[found[0]], text)


def attribute(name: str, value: str | None) -> str:
    """An attribute with a blank before it; nothing where the value is absent."""
    if value is None:
        return ""
    if not value.isalnum():
        value = escape_text(value).replace("\n", "&#10;").replace("\t", "&#9;")
    return f' {name}="{value}"'


def wire_text(value: object) -> str:
    """A JSON scalar as text; nothing for null. Raises CodecError for an object or array."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal | int):
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    raise CodecError(f"a value was expected, an {'array' if isinstance(value, list) else 'object'} came")


def listed(value: object) -> list[object]:
    """An array, or a single value as an array of one; empty for null."""
    return value if isinstance(value, list) else [] if value is None else [value]


def holds(value: object, path: tuple[str, ...], alternatives: tuple[str, ...]) -> bool:
    """True if an object has the key, with one of the texts where any are named."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, dict | list):
        return not alternatives
    return wire_text(value) in alternatives if alternatives else value is not None


def opens(group: Group | Segment, tag: str, qualifier: str) -> bool:
    """True if such a segment stands in the group, or opens a group in it; `qualifier`: its first component, empty for any."""
    inside = (one.trigger if isinstance(one, Group) else one for one in group.items[1:]) if isinstance(group, Group) else ()
    return any(one.tag == tag and (not qualifier or one.get(1) == qualifier) for one in inside)


def segment(tag: str, elements: list[list[str]]) -> Segment:
    """The segment without empty components and elements at its ends."""
    for components in elements:
        while len(components) > 1 and not components[-1]:
            components.pop()
    while elements and elements[-1] in ([""], []):
        elements.pop()
    return Segment(tag, elements)


def spread(pieces: list[str] | None, count: int) -> Iterator[list[str]]:
    """Pieces in portions of one segment; one empty portion where there are none."""
    found = pieces or []
    for start in range(0, max(len(found), 1), count):
        yield found[start : start + count]


def add(left: Value | None, right: Value | None) -> Value | None:
    """Numbers added, or texts put together."""
    if left is None or right is None:
        return None
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    return _number(left) + _number(right)


def subtract(left: Value | None, right: Value | None) -> Value | None:
    return None if left is None or right is None else _number(left) - _number(right)


def multiply(left: Value | None, right: Value | None) -> Value | None:
    return None if left is None or right is None else _number(left) * _number(right)


def divide(left: Value | None, right: Value | None) -> Value | None:
    """The quotient; missing where the divisor is zero."""
    if left is None or right is None:
        return None
    try:
        return _number(left) / _number(right)
    except (DivisionByZero, InvalidOperation):
        return None


def negative(value: Value | None) -> Value | None:
    return None if value is None else -_number(value)


def magnitude(value: Value | None) -> Value | None:
    return None if value is None else abs(_number(value))


def _number(value: Value) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    raise ValueError(f"{value!r} is not a number")


def length(values: Sequence[Value] | None) -> Value:
    """How many; 0 for a missing list."""
    return Decimal(len(values or ()))


def total(values: Sequence[Value | None] | None) -> Value:
    """The sum of what is there; 0 for nothing."""
    return sum((_number(value) for value in values or () if value is not None), Decimal(0))


def rounded(value: Value | None, places: Value = Decimal(0)) -> Value | None:
    """Rounded half up, as invoices are."""
    if value is None:
        return None
    return _number(value).quantize(Decimal(1).scaleb(-int(_number(places))), rounding=ROUND_HALF_UP)


def least(*values: Value | Sequence[Value] | None) -> Value | None:
    found = _flat(values)
    return min(found, default=None)


def most(*values: Value | Sequence[Value] | None) -> Value | None:
    found = _flat(values)
    return max(found, default=None)


def _flat(values: Sequence[object]) -> list[Decimal]:
    flat: list[Decimal] = []
    for value in values:
        if isinstance(value, list | tuple):
            flat += _flat(value)
        elif value is not None:
            flat.append(_number(value))  # type: ignore[arg-type]  # a canonical value
    return flat


def first_value(values: Sequence[Value] | None) -> Value | None:
    """The first that is there."""
    return next((value for value in values or () if value is not None), None)


def distinct(values: Sequence[Value | None] | None) -> Sequence[Value]:
    """Each once, in order."""
    found: list[Value] = []
    for value in values or ():
        if value is not None and value not in found:
            found.append(value)
    return found


def exists(value: object) -> bool:
    """True if there is something."""
    return value is not None and not (isinstance(value, list | tuple | dict) and not value)


def as_text(value: Value | None) -> str | None:
    """A value in the form it has on the wire without any codec."""
    if value is None or isinstance(value, list | tuple | dict):
        return None
    if isinstance(value, str):
        return value
    return ("true" if value else "false") if isinstance(value, bool) else decimal_text(value)


def ordered(left: Value | None, operator: str, right: Value | None) -> bool | None:
    """A comparison; missing where an operand is, or where they cannot be compared."""
    if left is None or right is None or type(left) is not type(right):
        return None
    match operator:
        case "<":
            return left < right  # type: ignore[operator]  # same type, checked above
        case "<=":
            return left <= right  # type: ignore[operator]
        case ">":
            return left > right  # type: ignore[operator]
        case _:
            return left >= right  # type: ignore[operator]


def today(run: Run) -> str | None:
    """The date of the run's clock reading, which is an argument."""
    now = run.context.get("now")
    return now[:10] if isinstance(now, str) else None


def sequence(run: Run, name: str) -> str:
    """The next number of a sequence, as the run was given them."""
    return run.next_number(name)


NAMESPACE = {
    function.__name__: function
    for function in (
        selected, select, first, make_first, merged_moment, packed, padded, opens, segment, spread, Segment, Decimal, text_of, stands, escape_text, attribute, wire_text, listed, holds, add, subtract, multiply, divide, negative, magnitude, length, total,
        rounded, least, most, first_value, distinct, exists, as_text, ordered, today, sequence,
    )
}  # fmt: skip
"""What every generated text can name."""


@cache
def runnable(python: str) -> Callable[..., Value | None]:
    """A compiled expression's Python as a function of object, document and run."""
    namespace: dict[str, object] = {**NAMESPACE, "NONE": NONE}
    return eval(f"lambda o, root, x: {python}", namespace)  # type: ignore[no-any-return]  # noqa: S307 -- our own compiler's output
