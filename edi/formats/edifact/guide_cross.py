"""Rules across fields in a partner's guide (validation level 7): counts, sums, dependencies, and what one value asks of another.

Rule 1: a rule is data; it holds once for every occurrence of the group it is `within`, or once for the message.
Rule 2: what cannot be judged is not judged: a sum of values that are no numbers is left to level 4, which says so.
Rule 3: exact arithmetic only; a difference is allowed where the guide names it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from typing import Final, Literal, TypeAlias

from edi.findings import Finding, Location
from edi.formats.edifact.guide_ways import Found, Step, inside, parents_of
from edi.formats.edifact.structure import Group
from edi.formats.edifact.values import NUMBER

Dependency: TypeAlias = Literal["one", "all_or_none", "one_or_more", "one_or_none", "first_then_all", "first_then_more", "first_then_none"]

DEPENDENCIES: Final[dict[Dependency, tuple[str, str]]] = {
    "one": ("D1", "one and only one of these is sent"),
    "all_or_none": ("D2", "all of these are sent, or none"),
    "one_or_more": ("D3", "one or more of these are sent"),
    "one_or_none": ("D4", "one of these is sent, or none"),
    "first_then_all": ("D5", "if the first is sent, all the others are"),
    "first_then_more": ("D6", "if the first is sent, at least one of the others is"),
    "first_then_none": ("D7", "if the first is sent, none of the others is"),
}
"""The dependency notes of the directories' syntax (D1 to D7), and what each says."""

NUMBER_CHARACTERS_MAX: Final = 40
"""Longer than any numeric element; level 4 has said so already."""

EXACT: Final = Context(prec=120)
"""Enough for the sum of any message, and for a product of two such numbers."""

ANSWER: Final = "48"
"""0085: dependency condition violated; before version 4 it is told as 12."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A segment, or one element of it: `LIN/MOA+203@1.2`."""

    way: tuple[Step, ...]
    element: int | None = None
    """Position from 1; None: the segment."""
    component: int | None = None

    def __str__(self) -> str:
        way = "/".join(map(str, self.way))
        if self.element is None:
            return way
        return f"{way}@{self.element}" + (f".{self.component}" if self.component else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A condition: the spot holds one of the values, or anything at all if none are named."""

    spot: Spot
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What a spot must be equal to."""

    kind: Literal["count", "sum", "percent"]
    """How many there are, what they add up to, or the first times the second by the hundred."""
    of: tuple[Spot, ...]
    equals: Spot
    tolerance: Decimal = Decimal(0)
    """How far off it may be, in the figure's own unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossRule:
    """One rule across fields. Exactly one of must, must_not, dependency and figure speaks."""

    name: str
    text: str = ""
    """What it says, for people; empty: made from the rule."""
    within: tuple[Step, ...] = ()
    when: tuple[When, ...] = ()
    """All of them must hold, or the rule says nothing."""
    must: tuple[Spot, ...] = ()
    must_not: tuple[Spot, ...] = ()
    dependency: Dependency | None = None
    spots: tuple[Spot, ...] = ()
    """Those the dependency is about, in order."""
    figure: Figure | None = None

    @property
    def says(self) -> str:
        """The rule in one sentence."""
        return self.text or _says(self)


def validate(rules: tuple[CrossRule, ...], tree: Group, *, guide: str, reference: str | None, source: str | None) -> Iterator[Finding]:
    """Every rule that a message breaks, at the segment it is about."""
    for rule in rules:
        for scope in scopes(tree, rule.within):
            if all(_holds(each, scope) for each in rule.when):
                for found, text, value, expected in _broken(rule, scope):
                    yield _finding(rule, found, text, value, expected, guide=guide, reference=reference, source=source)


def scopes(tree: Group, way: tuple[Step, ...]) -> list[Found]:
    """The occurrences a rule holds for: the message, or each group at the end of the way."""
    if not way:
        return list(parents_of(tree, ()))
    return [found for parent in parents_of(tree, way) for found in inside(parent, way[-1]) if found.group is not None]


@dataclass(frozen=True, slots=True)
class _Hit:
    found: Found
    element: int | None = None
    component: int | None = None
    value: str = ""


Broken: TypeAlias = tuple[_Hit, str, str | None, str | None]
"""Where, what is wrong, the value, and what was expected."""


def _broken(rule: CrossRule, scope: Found) -> Iterator[Broken]:
    here = _Hit(scope)
    for spot in rule.must:
        if not _hits(spot, scope):
            yield here, f"{spot} was not sent", None, str(spot)
    for spot in rule.must_not:
        for hit in _hits(spot, scope):
            yield hit, f"{spot} was sent", hit.value or str(hit.found.segment), None
    if rule.dependency is not None:
        sent = [bool(_hits(spot, scope)) for spot in rule.spots]
        if not _keeps(rule.dependency, sent):
            names = ", ".join(str(spot) for spot, there in zip(rule.spots, sent, strict=True) if there) or "none"
            note, meaning = DEPENDENCIES[rule.dependency]
            yield here, f"{note}: {meaning}; sent: {names}", None, ", ".join(map(str, rule.spots))
    if rule.figure is not None:
        yield from _figure(rule.figure, scope)


def _keeps(dependency: Dependency, sent: list[bool]) -> bool:
    first, others = sent[0], sent[1:]
    match dependency:
        case "one":
            return sum(sent) == 1
        case "all_or_none":
            return len(set(sent)) == 1
        case "one_or_more":
            return any(sent)
        case "one_or_none":
            return sum(sent) <= 1
        case "first_then_all":
            return not first or all(others)
        case "first_then_more":
            return not first or any(others)
        case "first_then_none":
            return not first or not any(others)


def _figure(figure: Figure, scope: Found) -> Iterator[Broken]:
    """Each place that says another figure than the one worked out; nothing where either is no number."""
    with localcontext(EXACT):
        expected = _worked_out(figure, scope)
    if expected is None:
        return
    for hit in _hits(figure.equals, scope):
        said = as_decimal(hit.value)
        if said is not None and abs(said - expected) > figure.tolerance:
            shown = f"{expected.normalize():f}"
            text = f"{figure.equals} says {hit.value}, {_about(figure)} {'are' if figure.kind == 'count' else 'is'} {shown}"
            yield hit, text, hit.value, shown


def _worked_out(figure: Figure, scope: Found) -> Decimal | None:
    hits = [_hits(spot, scope) for spot in figure.of]
    if figure.kind == "count":
        return Decimal(sum(map(len, hits)))
    values = [[as_decimal(hit.value) for hit in each] for each in hits]
    numbers = [[value for value in each if value is not None] for each in values]
    if [len(each) for each in numbers] != [len(each) for each in values]:
        return None
    if figure.kind == "sum":
        return sum((value for each in numbers for value in each), Decimal(0))
    base, rate = numbers
    return base[0] * rate[0] / 100 if len(base) == len(rate) == 1 else None


def as_decimal(value: str) -> Decimal | None:
    """The number that a value is, with either decimal mark; None if it is none, or longer than any element."""
    return Decimal(value.replace(",", ".")) if len(value) <= NUMBER_CHARACTERS_MAX and NUMBER.fullmatch(value) else None


def _about(figure: Figure) -> str:
    spots = " and ".join(map(str, figure.of))
    match figure.kind:
        case "count":
            return f"the {spots} sent"
        case "sum":
            return f"the sum of {spots}"
        case "percent":
            return f"{figure.of[0]} times {figure.of[1]} percent"


def _holds(when: When, scope: Found) -> bool:
    hits = _hits(when.spot, scope)
    return any(hit.value in when.values for hit in hits) if when.values else bool(hits)


def _hits(spot: Spot, scope: Found) -> list[_Hit]:
    """Where a spot is filled within a scope. A way of one step may also name the segment that opens the scope."""
    found = [
        one
        for parent in _walk(scope, spot.way[:-1])
        for one in (
            *([Found(scope.segment, None, scope.path)] if _opens(spot, scope) else []),
            *inside(parent, spot.way[-1]),
        )
    ]
    if spot.element is None:
        return [_Hit(one, value=str(one.segment)) for one in found]
    hits = [_Hit(one, spot.element, spot.component, one.segment.get(spot.element, spot.component or 1)) for one in found]
    return [hit for hit in hits if hit.value]


def _opens(spot: Spot, scope: Found) -> bool:
    return len(spot.way) == 1 and bool(scope.path) and spot.way[0].fits(scope.segment)


def _walk(scope: Found, way: tuple[Step, ...]) -> Iterator[Found]:
    if not way:
        yield scope
        return
    for found in inside(scope, way[0]):
        if found.group is not None:
            yield from _walk(found, way[1:])


def _finding(  # noqa: PLR0913 -- one caller, and all of it goes into the finding
    rule: CrossRule, hit: _Hit, text: str, value: str | None, expected: str | None, *, guide: str, reference: str | None, source: str | None
) -> Finding:
    segment = hit.found.segment
    where = Location(
        source=source,
        offset=segment.offset,
        segment=segment.number,
        tag=segment.tag,
        group=hit.found.path or None,
        message=reference,
        element=hit.element,
        component=hit.component,
    )
    # Figures that do not agree are the application's business, not the syntax's: no CONTRL says so.
    is_syntax = rule.figure is None
    return Finding(
        code="guide.rule",
        text=f"{text} ({rule.name}: {rule.says})",
        where=where,
        value=value,
        expected=expected,
        hint=f"correct one of them, or agree on another rule (guide {guide})",
        answer=ANSWER if is_syntax else None,
        level=("UCD" if hit.element else "UCS") if is_syntax else None,
    )


def _says(rule: CrossRule) -> str:
    parts = [f"if {each.spot} is {' or '.join(each.values)}" if each.values else f"if {each.spot} is sent" for each in rule.when]
    if rule.must:
        parts.append(f"{', '.join(map(str, rule.must))} must be sent")
    if rule.must_not:
        parts.append(f"{', '.join(map(str, rule.must_not))} must not be sent")
    if rule.dependency:
        parts.append(f"of {', '.join(map(str, rule.spots))}: {DEPENDENCIES[rule.dependency][1]}")
    if rule.figure:
        most = f", give or take {rule.figure.tolerance}" if rule.figure.tolerance else ""
        parts.append(f"{rule.figure.equals} is {_about(rule.figure)}{most}")
    within = f" (in each {'/'.join(map(str, rule.within))})" if rule.within else ""
    return ", ".join(parts) + within
