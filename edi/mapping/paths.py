"""Paths into the canonical document: resolved against the model, and as the Python that gets and sets them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from edi.documents.fields import Field
from edi.formats.yaml.problem import suggest
from edi.mapping.problems import Refused

_STEP = re.compile(r"([A-Za-z_]\w*)(?:\[([^\]=]+)=([^\]]*)\])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class PathStep:
    """One name on the way. `select` picks the item of a list by a key, `first` the first item."""

    name: str
    select: tuple[str, str] | None = None
    first: bool = False
    through: bool = False
    """A whole list on the way: only codecs and expressions that take lists may stand behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A resolved path. `field` is the model's field at its end."""

    steps: tuple[PathStep, ...]
    absolute: bool
    field: Field

    @property
    def canonical(self) -> str:
        """The dotted path from the root, lists not marked."""
        return self.field.path

    @property
    def list_steps(self) -> int:
        """How many lists stand on the way."""
        return sum(step.through for step in self.steps)

    @property
    def dotted(self) -> str:
        """As a mapping would write it, for messages."""
        names = [
            f"{step.name}[{step.select[0]}={step.select[1]}]" if step.select else step.name + ("[0]" if step.first else "")
            for step in self.steps
        ]
        return ".".join(names)

    def base(self, here: str = "o") -> str:
        """The variable the path starts from."""
        return "root" if self.absolute else here

    def get(self, here: str = "o") -> str:
        """A Python expression for the value, None where it is absent."""
        return _get(self.base(here), self.steps)

    def parent(self, here: str = "o") -> str:
        """A Python expression for the object that holds the last step, made where it is absent."""
        return maker(self.base(here), self.steps[:-1])

    def put(self, value: str, here: str = "o") -> str:
        """A Python statement that sets the value."""
        last = self.steps[-1]
        if last.select or last.first:
            raise Refused(f"the path {self.dotted!r} ends at an item of a list", hint="name a field of the item")
        return f"{self.parent(here)}[{last.name!r}] = {value}"

    def putting(self, value: str, here: str = "o") -> str:
        """A Python expression that sets the value where it is absent and gives what stands there then."""
        return f"{self.parent(here)}.setdefault({self.steps[-1].name!r}, {value})"


def _get(base: str, steps: tuple[PathStep, ...]) -> str:
    expression = base
    for index, step in enumerate(steps):
        expression = f"{expression}.get({step.name!r})"
        if step.select:
            expression = f"selected({expression}, {step.select[0]!r}, {step.select[1]!r})"
        elif step.first:
            expression = f"first({expression})"
        elif index < len(steps) - 1:
            expression = f"({expression} or NONE)"
    return expression


def maker(base: str, steps: tuple[PathStep, ...]) -> str:
    expression = base
    for step in steps:
        if step.select:
            expression = f"select({expression}.setdefault({step.name!r}, []), {step.select[0]!r}, {step.select[1]!r})"
        elif step.first:
            expression = f"make_first({expression}.setdefault({step.name!r}, []))"
        else:
            expression = f"{expression}.setdefault({step.name!r}, {{}})"
    return expression


def resolve(path: str, here: Field, root: Field) -> Target:
    """The path as the model has it. Raises Refused at the name that does not exist."""
    absolute = path.startswith("/")
    field = root if absolute else here
    steps: list[PathStep] = []
    offset = 1 if absolute else 0
    pieces = split_dots(path[offset:])
    for index, piece in enumerate(pieces):
        matched = _STEP.fullmatch(piece)
        if matched is None:
            raise Refused(f"cannot read {piece!r} in the path {path!r}", offset)
        step, field = _step(field, matched, path, offset, last=index == len(pieces) - 1)
        steps += step
        offset += len(piece) + 1
    return Target(steps=tuple(steps), absolute=absolute, field=field)


def split_dots(path: str) -> list[str]:
    """The names of a path; dots inside brackets do not count."""
    pieces, start, inside = [], 0, False
    for index, character in enumerate(path):
        inside = character == "[" or (inside and character != "]")
        if character == "." and not inside:
            pieces.append(path[start:index])
            start = index + 1
    return [*pieces, path[start:]]


def _step(owner: Field, matched: re.Match[str], path: str, offset: int, *, last: bool) -> tuple[list[PathStep], Field]:
    name, key, value = matched[1], matched[2], matched[3]
    found = owner.child(name)
    if found is None and (many := owner.child(name + "s")) is not None and many.is_list and key is None:
        return _first_of(many, last=last)
    if found is None:
        raise Refused(f"unknown field {name!r} in {path!r}", offset, hint=suggest(name, owner.children))
    if key is not None:
        if not found.is_list or found.child(key) is None:
            raise Refused(f"{name!r} is not a list whose items have {key!r}", offset, hint="a selector picks an item: ids[scheme=91].value")
        return [PathStep(name=name, select=(key, value))], found
    return [PathStep(name=name, through=found.is_list and not last)], found


def _first_of(many: Field, *, last: bool) -> tuple[list[PathStep], Field]:
    """`contact` is the first of `contacts`; `note` the text of the first of `notes`."""
    steps = [PathStep(name=many.name, first=True)]
    text = many.child("text")
    if last and text is not None:
        return [*steps, PathStep(name="text")], text
    return steps, many
