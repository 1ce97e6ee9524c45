"""What a mapping comes to: everything that reading and writing need besides the generated programs, as plain values that can be kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from edi.mapping.bound import BoundField, carried_both_ways
from edi.mapping.codecs.tables import Xref
from edi.mapping.nodes import Check, Definition, Drop, Entry, Fill, Syntax
from edi.mapping.partial import Doubt, doubts, partly_carried, unreached

if TYPE_CHECKING:
    from edi.formats.yaml.problem import Problem
    from edi.mapping.paths import Target


class Binding(Protocol):
    """A definition bound to the structure of its syntax."""

    @property
    def facts(self) -> Mapping[str, object]:
        """What the syntax adds to `Compiled`, by field."""

    def fields(self) -> Iterator[tuple[BoundField, Entry]]:
        """All holes with their entries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What findings and traces tell of an entry."""

    place: str
    """`orders-eancom.map.yaml:52`"""
    pattern: str
    maximum: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """A line of `fill:`, `drop:` or `check:`."""

    place: str
    python: str
    text: str
    """The path as written; of a check what it tells."""
    owner: tuple[str, ...] = ()
    """Names from the root to the innermost list on the path."""
    names: tuple[str, ...] = ()
    """Names from there on."""
    shown: tuple[str, ...] = ()
    """Of a check: the fields whose values are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """Made of a definition that has no errors."""

    name: str
    kind: str
    syntax: Syntax
    place: str
    residue: bool
    document_itself: bool
    ignores: tuple[str, ...]
    lines: Mapping[int, Line]
    """By number of the entry."""
    fills: tuple[Computed, ...]
    drops: tuple[Computed, ...]
    checks: tuple[Computed, ...]
    doubts: Mapping[str, tuple[Doubt, ...]]
    joined: tuple[Doubt, ...]
    bound: frozenset[str]
    """Canonical paths of everything it carries in both directions, lists not marked."""
    partly: Mapping[str, str]
    """Canonical paths that are carried only in part, with the reason: `only the first of contacts`, `only the date`."""
    cross_references: tuple[str, ...]
    """The names of the cross-reference tables it asks."""
    warnings: tuple[Problem, ...]
    """What should be looked at; the mapping works nevertheless."""
    detail_tags: frozenset[str] = frozenset()
    """EDIFACT: what opens the detail groups."""
    end_tags: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """EDIFACT, by release: plain segments that stand only behind the detail groups."""
    namespace: str = ""
    """UBL: of the root element."""


def compiled(definition: Definition, binding: Binding, warnings: Iterable[Problem]) -> Compiled:
    """What a mapping without errors comes to."""
    itself = definition.document_itself
    return Compiled(
        name=definition.name,
        kind=definition.kind,
        syntax=definition.syntax,
        place=str(definition.place),
        residue=definition.residue,
        document_itself=itself,
        ignores=tuple(pattern for pattern, _ in definition.ignores),
        lines={entry.number: _line(entry) for entry in definition.entries()},
        fills=tuple(map(_computed, definition.fills)),
        drops=tuple(map(_computed, definition.drops)),
        checks=tuple(map(_checked, definition.checks)),
        doubts={} if itself else doubts(definition, binding),
        joined=unreached(definition),
        bound=_bound(definition, binding),
        partly={} if itself else partly_carried(definition, binding),
        cross_references=_cross_references(binding),
        warnings=tuple(warnings),
        **binding.facts,  # type: ignore[arg-type]  # each syntax names its own
    )


def _line(entry: Entry) -> Line:
    return Line(place=f"{entry.place.file.rpartition('/')[2]}:{entry.place.line}", pattern=entry.pattern.text, maximum=entry.maximum)


def _computed(line: Fill | Drop) -> Computed:
    owner, names = _divided(line.target)
    return Computed(place=str(line.place), python=line.expression.python, text=line.target.dotted, owner=owner, names=names)


def _divided(target: Target) -> tuple[tuple[str, ...], tuple[str, ...]]:
    names = tuple(step.name for step in target.steps)
    behind = max((index for index, step in enumerate(target.steps) if step.through), default=-1) + 1
    return names[:behind], names[behind:]


def _checked(check: Check) -> Computed:
    shown = tuple(one.path for one in check.expression.fields if not one.is_list)
    return Computed(place=str(check.place), python=check.expression.python, text=check.text, shown=shown)


def _bound(definition: Definition, binding: Binding) -> frozenset[str]:
    if definition.document_itself:
        return frozenset(leaf.path for leaf in definition.root.leaves())
    found = set(carried_both_ways(binding.fields()))
    for entry in definition.entries():
        for target, _ in (entry.when.settings or ()) if entry.when is not None else ():
            found.add(target.canonical)
        found |= {join.child.canonical for join in entry.joins}
        if entry.reference is not None:
            found |= {entry.reference.field.canonical, f"{entry.reference.into.canonical}.id"}
    return frozenset(found)


def _cross_references(binding: Binding) -> tuple[str, ...]:
    codecs = (codec for part, _ in binding.fields() for codec in part.conversion.texts)
    return tuple(sorted({codec.table for codec in codecs if isinstance(codec, Xref)}))
