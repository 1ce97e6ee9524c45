"""The grammar of patterns of trees: paths of XML elements or JSON keys, with what selects and what stands at their end.

path      = step { ("/" in XML, "." in JSON) step } [ " = " part ] [ " !always" ]
step      = name { "[" predicate "]" }
predicate = [ "!" ] path [ "=" quoted ] | "@" name "=" ( quoted | field )
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from edi.mapping.pattern import ALWAYS, Constant, Field, Part, SegmentPattern, constant, part, split_at, unescape
from edi.mapping.problems import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicate:
    """`[cac:TaxScheme/cbc:ID='VAT']`, `[cac:TaxSubtotal]`, `[!cac:TaxSubtotal]`: selects when reading, is built when writing."""

    path: tuple[str, ...]
    alternatives: tuple[str, ...] = ()
    """Texts that are accepted, the first is written; empty where only existence counts."""
    field: Field | None = None
    """`[cbc:TaxAmount/@currencyID={/currency}]`: the text of a field read before."""
    negated: bool = False
    column: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributePart:
    name: str
    part: Constant | Field
    column: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One element of an XML path or one key of a JSON path."""

    name: str
    predicates: tuple[Predicate, ...] = ()
    attributes: tuple[AttributePart, ...] = ()
    many: bool = False
    """JSON only: `[]`, an array."""
    column: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TreePattern:
    """A pattern of XML or JSON: steps and what stands at their end."""

    text: str
    steps: tuple[Step, ...]
    value: Part = None
    always: bool = False


Pattern: TypeAlias = SegmentPattern | TreePattern

_NAME: Final = re.compile(r"(?:[A-Za-z_][\w.-]*:)?[A-Za-z_][\w.-]*")


def xml_pattern(text: str) -> TreePattern:
    """A pattern such as `cac:Party/cbc:Name[@languageID='de'] = {name}`. Raises Refused."""
    body, always = (text[: -len(ALWAYS)], True) if text.endswith(ALWAYS) else (text, False)
    left, value = _sides(body)
    steps = tuple(_xml_step(piece, offset) for piece, offset in split_at(left, "/"))
    return TreePattern(text=text, steps=steps, value=value, always=always)


def _sides(body: str) -> tuple[str, Part]:
    pieces = split_at(body, " = ")
    if len(pieces) == 1:
        return body.strip(), None
    right = body[pieces[1][1] :]
    value = part(right.strip(), pieces[1][1] + len(right) - len(right.lstrip()))
    return pieces[0][0].rstrip(), value


def _xml_step(piece: str, offset: int) -> Step:
    name, brackets = _brackets(piece, offset)
    if not re.fullmatch(r"@?" + _NAME.pattern, name):
        raise Refused(f"{name!r} is not an element name", offset, hint="write it with its prefix, e.g. cbc:ID")
    predicates, attributes = [], []
    for inner, at in brackets:
        if inner.startswith("@"):
            attributes.append(_attribute(inner, at))
        else:
            predicates.append(_predicate(inner, at))
    return Step(name=name, predicates=tuple(predicates), attributes=tuple(attributes), column=offset)


def _brackets(piece: str, offset: int) -> tuple[str, list[tuple[str, int]]]:
    """The name before the first bracket, and what stands in each bracket with its offset."""
    start = piece.find("[")
    if start < 0:
        return piece.strip(), []
    found, depth, begin = [], 0, start
    for index in range(start, len(piece)):
        if piece[index] == "[":
            begin = index + 1 if not depth else begin
            depth += 1
        elif piece[index] == "]":
            depth -= 1
            if not depth:
                found.append((piece[begin:index], offset + begin))
        elif not depth:
            raise Refused(f"{piece[index:]!r} stands behind a bracket", offset + index, hint="separate steps with /")
    if depth:
        raise Refused("a bracket is not closed", offset + start)
    return piece[:start].strip(), found


def _attribute(inner: str, offset: int) -> AttributePart:
    name, equals, value = inner[1:].partition("=")
    if not equals:
        raise Refused("an attribute needs a value", offset, hint="write [@schemeID='0088'] or [@unitCode={unit}]")
    text = value.strip()
    passive = text.startswith("~")
    found = part(text, offset + 1 + len(name) + 1) if "{" in text else constant(_unquoted(text[passive:], offset), offset + len(name) + 2)
    if isinstance(found, Constant):
        found = Constant(alternatives=found.alternatives, passive=passive, column=found.column)
    if not isinstance(found, Constant | Field):
        raise Refused("an attribute is a fixed value or a field", offset)
    return AttributePart(name=name.strip(), part=found, column=offset)


def _predicate(inner: str, offset: int) -> Predicate:
    negated = inner.startswith("!")
    path, equals, value = inner[negated:].partition("=")
    if path.endswith("!"):
        path, negated = path[:-1], True
    names = tuple(name.strip() for name in path.split("/"))
    for name in names:
        if not re.fullmatch(r"@?" + _NAME.pattern, name):
            raise Refused(f"{name!r} is not an element name", offset, hint="write [cac:TaxScheme/cbc:ID='VAT']")
    found = part(value.strip(), offset + len(inner) - len(value)) if value.strip().startswith("{") else None
    if isinstance(found, Field):
        return Predicate(path=names, field=found, negated=negated, column=offset)
    alternatives = constant(_unquoted(value.strip(), offset), offset).alternatives if equals else ()
    return Predicate(path=names, alternatives=alternatives, negated=negated, column=offset)


def _unquoted(text: str, offset: int) -> str:
    if len(text) < 2 or text[0] not in "'\"" or text[-1] != text[0]:
        raise Refused(f"{text!r} is not quoted", offset, hint="fixed values in brackets stand in quotes: [@schemeID='0088']")
    return text[1:-1]


def json_pattern(text: str) -> TreePattern:
    """A pattern such as `positionen[]` or `summe.netto = {totals.payable}`. Raises Refused."""
    body, always = (text[: -len(ALWAYS)], True) if text.endswith(ALWAYS) else (text, False)
    left, value = _sides(body)
    steps = tuple(_json_step(piece, offset) for piece, offset in split_at(left, "."))
    return TreePattern(text=text, steps=steps, value=value, always=always)


def _json_step(piece: str, offset: int) -> Step:
    name, brackets = _brackets(piece, offset)
    if not name:
        raise Refused("a key is empty", offset, hint="dots stand between keys: summe.netto")
    many = bool(brackets)
    predicates = tuple(_json_predicate(inner, at) for inner, at in brackets if inner)
    return Step(name=unescape(name), predicates=predicates, many=many, column=offset)


def _json_predicate(inner: str, offset: int) -> Predicate:
    negated = inner.startswith("!")
    path, equals, value = inner[negated:].partition("=")
    if path.endswith("!"):
        path, negated = path[:-1], True
    alternatives = constant(_unquoted(value.strip(), offset), offset).alternatives if equals else ()
    return Predicate(path=tuple(path.strip().split(".")), alternatives=alternatives, negated=negated, column=offset)
