"""The `rules` of a guide file: what holds across fields, read into `edi.formats.edifact.guide_cross`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Final, Self, TypeAlias

from pydantic import Field, field_validator, model_validator

from edi.formats.edifact.directory import Directory
from edi.formats.edifact.guide import SegmentRule, Step, read_way
from edi.formats.edifact.guide_cross import DEPENDENCIES, CrossRule, Figure, Spot, When
from edi.formats.edifact.guide_fit import find_element, use_of
from edi.workspace.values import Frozen, Name

FIGURES: Final = ("count", "sum", "percent")
SpotsOf: TypeAlias = Callable[[tuple[str, ...]], tuple[Spot, ...]]
SAYINGS: Final = ("must", "must_not", *DEPENDENCIES, *FIGURES)


class RuleEntry(Frozen):
    """One rule; exactly one of `must`, `must_not`, a dependency, `count`, `sum` and `percent` is given."""

    rule: Name
    text: str = ""
    within: str = ""
    """A way to a group; the rule then holds in each of them."""
    when: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Spots and the values they must hold; an empty list: any."""
    must: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()
    one: tuple[str, ...] = ()
    all_or_none: tuple[str, ...] = ()
    one_or_more: tuple[str, ...] = ()
    one_or_none: tuple[str, ...] = ()
    first_then_all: tuple[str, ...] = ()
    first_then_more: tuple[str, ...] = ()
    first_then_none: tuple[str, ...] = ()
    count: tuple[str, ...] = ()
    sum: tuple[str, ...] = ()
    percent: tuple[str, ...] = ()
    """Base and rate."""
    equals: str = ""
    tolerance: str = "0"

    @field_validator(*SAYINGS, mode="before")
    @classmethod
    def _one_is_a_list(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @field_validator("when", mode="before")
    @classmethod
    def _one_value_is_a_list(cls, value: object) -> object:
        if isinstance(value, str):
            return {value: ()}
        return {spot: (one,) if isinstance(one, str) else one for spot, one in value.items()} if isinstance(value, dict) else value

    @field_validator("tolerance")
    @classmethod
    def _is_amount(cls, value: str) -> str:
        try:
            usable = Decimal(value).is_finite() and Decimal(value) >= 0
        except InvalidOperation:
            usable = False
        if not usable:
            raise ValueError(f"{value!r} is no difference; write e.g. '0.01'")
        return value

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        said = [name for name in SAYINGS if getattr(self, name)]
        if len(said) != 1:
            raise ValueError(f"a rule says one thing: exactly one of {', '.join(SAYINGS)}")
        if (said[0] in FIGURES) != bool(self.equals):
            raise ValueError("equals belongs to count, sum and percent, and they need it")
        if said[0] in DEPENDENCIES and len(getattr(self, said[0])) < 2:
            raise ValueError(f"{said[0]} needs two or more places")
        if self.percent and len(self.percent) != 2:
            raise ValueError("percent takes two places: the base and the rate")
        return self


def cross_rule(entry: RuleEntry, directory: Directory, message_type: str) -> CrossRule:
    """The rule. Raises ValueError where a way or an element does not exist."""
    within = read_way(entry.within) if entry.within else ()
    if within:
        _check_way(within, directory, message_type)

    def spots(texts: tuple[str, ...]) -> tuple[Spot, ...]:
        return tuple(_spot(text, within, directory, message_type) for text in texts)

    dependency = next((name for name in DEPENDENCIES if getattr(entry, name)), None)
    figure = next(_figures(entry, spots), None)
    return CrossRule(
        name=entry.rule,
        text=entry.text,
        within=within,
        when=tuple(When(spot=spots((spot,))[0], values=values) for spot, values in entry.when.items()),
        must=spots(entry.must),
        must_not=spots(entry.must_not),
        dependency=dependency,
        spots=spots(getattr(entry, dependency)) if dependency else (),
        figure=figure,
    )


def _figures(entry: RuleEntry, spots: SpotsOf) -> Iterator[Figure]:
    tolerance = Decimal(entry.tolerance)
    if entry.count:
        yield Figure(kind="count", of=spots(entry.count), equals=spots((entry.equals,))[0], tolerance=tolerance)
    if entry.sum:
        yield Figure(kind="sum", of=spots(entry.sum), equals=spots((entry.equals,))[0], tolerance=tolerance)
    if entry.percent:
        yield Figure(kind="percent", of=spots(entry.percent), equals=spots((entry.equals,))[0], tolerance=tolerance)


def _spot(text: str, within: tuple[Step, ...], directory: Directory, message_type: str) -> Spot:
    way_text, _, key = text.partition("@")
    way = read_way(way_text)
    is_opening = bool(within) and len(way) == 1 and way[0].tag == within[-1].tag
    _check_way(within if is_opening else (*within, *way), directory, message_type)
    if not key:
        return Spot(way=way)
    segment = directory.segment(way[-1].tag)
    if segment is None:
        raise ValueError(f"the directory has no segment {way[-1].tag}")
    element, component = find_element(segment, key)
    return Spot(way=way, element=element, component=component)


def _check_way(way: tuple[Step, ...], directory: Directory, message_type: str) -> None:
    message = directory.message(message_type)
    rule = SegmentRule(way=way)
    if message is not None and use_of(message, rule) is None:
        raise ValueError(f"{message_type} has no {rule.name}")
