"""The grammar of patterns: the wire itself with `{fields}` in it. Text in, values out; nothing here knows a document or a directory.

segment   = TAG { "+" element } [ " !always" ]
element   = slot | choice | part { ":" part }
choice    = "(" parts { " or " [ "<" ] parts } ")"
slot      = "[" part { ":" part } "]"
part      = "" | constant | field | calc | "*"
constant  = [ "~" ] text { "|" text }
field     = "{" [ "~" ] path [ "!" ] { "|" codec } "}"
calc      = "{=" expression "}"
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from edi.mapping.problems import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A fixed value; the first alternative is written, any is read."""

    alternatives: tuple[str, ...]
    passive: bool = False
    """`~`: written along, never decides, a difference is reported."""
    column: int = 0
    """Characters from 0 into the pattern."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodecCall:
    name: str
    argument: str | None
    """What stands between the parentheses; None without them."""
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A hole: a canonical path and how its value looks on the wire."""

    path: str
    passive: bool = False
    required: bool = False
    codecs: tuple[CodecCall, ...] = ()
    column: int = 0
    """Of the path's first character."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calculation:
    """`{=expression}`: computed when writing, compared when reading."""

    expression: str
    column: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Anything:
    """`*`: whatever stands there, knowingly dropped."""

    column: int = 0


Part: TypeAlias = Constant | Field | Calculation | Anything | None
Parts: TypeAlias = tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """One form of an element: `{gln}::9` of `({gln}::9 or <{buyer_id}::92)`."""

    parts: Parts
    read_only: bool = False
    """`<`: accepted when reading; another pattern writes its field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentPattern:
    text: str
    tag: str
    elements: tuple[Parts, ...]
    """By element position from 1, so `elements[0]` is element 1."""
    choices: Mapping[int, tuple[Alternative, ...]] = field(default_factory=dict)
    """By element index from 0: what stands there in one of several forms; `elements` is empty at that place."""
    slots: tuple[Parts, ...] = ()
    """What may stand in any element from position `len(elements) + 1` on, over repeated segments."""
    always: bool = False


ALWAYS: Final = " !always"
_FIELD: Final = re.compile(
    r"(?P<passive>~?)(?P<path>/?(?:[A-Za-z_]\w*(?:\[[^\]=]+=[^\]]*\])?)(?:\.[A-Za-z_]\w*(?:\[[^\]=]+=[^\]]*\])?)*)(?P<required>!?)(?P<codecs>(?:\|.*)?)"
)
_CODEC: Final = re.compile(r"(?P<name>[a-z]\w*)(?:\((?P<argument>.*)\))?", re.DOTALL)


def split_at(text: str, separator: str) -> list[tuple[str, int]]:
    """The pieces between separators that stand outside braces, brackets, parentheses and quotes, each with its offset."""
    pieces, start, depth, quote, index = [], 0, 0, "", 0
    while index < len(text):
        character = text[index]
        if quote:
            quote = "" if character == quote else quote
        elif character == "?" and not depth:
            index += 2
            continue
        elif character in "\"'" and depth:
            quote = character
        elif character in "{[(" and (character != "(" or depth):
            depth += 1
        elif character in "}])" and (character != ")" or depth):
            depth -= 1
        elif not depth and text.startswith(separator, index):
            pieces.append((text[start:index], start))
            start = index = index + len(separator)
            continue
        index += 1
    pieces.append((text[start:], start))
    return pieces


def segment_pattern(text: str) -> SegmentPattern:
    """A pattern such as `DTM+137:{issue_date}`. Raises Refused, pointing at the part."""
    body, always = (text[: -len(ALWAYS)], True) if text.endswith(ALWAYS) else (text, False)
    (tag, _), *rest = split_at(body, "+")
    if not re.fullmatch(r"[A-Z][A-Z0-9]{2}", tag):
        raise Refused(f"{tag!r} is not a segment tag", hint="a pattern begins with three capital letters, e.g. DTM+137:{issue_date}")
    elements: list[Parts] = []
    choices: dict[int, tuple[Alternative, ...]] = {}
    slots: list[Parts] = []
    for piece, offset in rest:
        if piece.startswith("["):
            slots.append(_slot(piece, offset))
        elif slots:
            raise Refused(
                "an element stands behind a slot", offset, hint="slots [..] come last: they may stand in any repeat of the element"
            )
        elif piece.startswith("(") and piece.endswith(")"):
            choices[len(elements)] = _choice(piece, offset, first=not elements)
            elements.append(())
        else:
            elements.append(_parts(piece, offset))
    return SegmentPattern(text=text, tag=tag, elements=tuple(elements), choices=choices, slots=tuple(slots), always=always)


def _parts(text: str, offset: int) -> Parts:
    return tuple(part(inner, offset + at) for inner, at in split_at(text, ":"))


def _choice(piece: str, offset: int, *, first: bool) -> tuple[Alternative, ...]:
    """`({gln}::9 or {ids[scheme=91].value}::91)`: every form but the last says by a fixed value when it is meant."""
    if first:
        raise Refused("the first element decides what a segment is, so it has no alternatives", offset, hint="write one pattern for each")
    found = []
    pieces = split_at(piece[1:-1], " or ")
    for number, (text, at) in enumerate(pieces, 1):
        read_only = text.startswith("<")
        parts = _parts(text[read_only:], offset + 1 + at + read_only)
        if not any(isinstance(one, Field) and not one.passive for one in parts):
            raise Refused("an alternative has no {field}", offset + 1 + at, hint="({gln}::9 or {ids[scheme=91].value}::91)")
        if number < len(pieces) and not any(isinstance(one, Constant) and not one.passive for one in parts):
            raise Refused(
                "this alternative takes everything, so those behind it are never reached",
                offset + 1 + at,
                hint="put it last, or give it a code",
            )
        found.append(Alternative(parts=parts, read_only=read_only))
    if found[0].read_only:
        raise Refused("the first alternative is the one that is written", offset + 1, hint="put the one for reading only (<) behind it")
    return tuple(found)


def _slot(piece: str, offset: int) -> Parts:
    if not piece.endswith("]"):
        raise Refused("this slot has no closing bracket", offset, hint="a slot is [{field}:QUALIFIER]")
    return tuple(part(inner, offset + 1 + at) for inner, at in split_at(piece[1:-1], ":"))


def part(text: str, offset: int = 0) -> Part:
    """One component: nothing, a constant, a field, a calculation or `*`."""
    if text == "":
        return None
    if text == "*":
        return Anything(column=offset)
    if text.startswith("{=") and text.endswith("}"):
        return Calculation(expression=text[2:-1], column=offset + 2)
    if text.startswith("{") and text.endswith("}"):
        return _field(text[1:-1], offset + 1)
    if text.startswith("{") and "}" not in unescaped_mask(text):
        raise Refused("the brace is not closed", offset, hint=f"{text}}}")
    if "{" in unescaped_mask(text):
        raise Refused(
            "a component is either one {field} or a fixed value, not both",
            offset + unescaped_mask(text).index("{"),
            hint="give the field a codec, e.g. {number|like('PO-{}')}",
        )
    return constant(text, offset)


def constant(text: str, offset: int = 0) -> Constant:
    """`A|B`, `~A`, with `?` releasing the characters that mean something here."""
    passive = text.startswith("~")
    alternatives = tuple(unescape(piece) for piece, _ in split_at(text[passive:], "|"))
    if "" in alternatives:
        raise Refused("an alternative is empty", offset, hint="write A|B, or a field if the value varies")
    return Constant(alternatives=alternatives, passive=passive, column=offset)


def unescape(text: str) -> str:
    """The text without its release characters."""
    return re.sub(r"\?(.)", r"\1", text, flags=re.DOTALL)


def unescaped_mask(text: str) -> str:
    """The text with released characters blanked, offsets kept."""
    return re.sub(r"\?.", "  ", text, flags=re.DOTALL)


def _field(body: str, offset: int) -> Field:
    matched = _FIELD.fullmatch(body)
    if matched is None:
        raise Refused(
            f"cannot read the field {{{body}}}",
            offset,
            hint="a field is {path}, {path|codec}, {~path} (written along) or {path!} (required)",
        )
    codecs = []
    start = offset + matched.start("codecs") + 1
    for piece, at in split_at(matched["codecs"][1:], "|") if matched["codecs"] else ():
        codecs.append(_codec(piece, start + at))
    return Field(
        path=matched["path"],
        passive=bool(matched["passive"]),
        required=bool(matched["required"]),
        codecs=tuple(codecs),
        column=offset + matched.start("path"),
    )


def _codec(text: str, offset: int) -> CodecCall:
    matched = _CODEC.fullmatch(text)
    if matched is None:
        raise Refused(f"cannot read the codec {text!r}", offset, hint="a codec is a name, or a name with arguments: wrap(5x35)")
    return CodecCall(name=matched["name"], argument=matched["argument"], column=offset)
