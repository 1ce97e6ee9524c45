"""Which route a document takes: a pure question, answered with reasons.

Rule 1: a route fits if every condition it names holds; one that fits wins over others if it names more conditions.
Rule 2: two that fit and name equally many are a tie: `edi check` refuses what it can foresee, the engine holds the rest.
Rule 3: test documents take routes with `test: true` and no others (P38).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from edi.workspace.model import Route, RouteFrom

ContentTest: TypeAlias = Callable[[str], bool]
"""Says whether an expression holds for the document at hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a document that looks for its route; None where something is not known."""

    partner: str | None = None
    """The other side: sender of what came in, recipient of what the ERP handed over."""
    channel: str | None = None
    kind: str | None = None
    message: str | None = None
    test: bool = False
    content: ContentTest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """The first condition of a route that did not hold."""

    condition: str
    expected: str
    actual: str | None

    def __str__(self) -> str:
        if self.condition == "content":
            return f"content: {self.expected} is not true of the document"
        return f"{self.condition}: the route asks for {self.expected!r}, the document has {self.actual!r}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The outcome of looking for a route, with every route's answer for `edi explain`."""

    route: Route | None
    """None if no route fits, or several fit equally well."""
    tied: tuple[Route, ...]
    """The equally good ones; empty if there is no tie."""
    answers: tuple[tuple[Route, Mismatch | None], ...]
    """Every route in the order of the file; None: it fits."""


def first_mismatch(source: RouteFrom, facts: Facts) -> Mismatch | None:
    """The first condition that fails, cheap ones first; None if all hold."""
    return next(_mismatches(source, facts), None)


def _mismatches(source: RouteFrom, facts: Facts) -> Iterator[Mismatch]:
    for condition in ("partner", "channel", "kind"):
        expected, actual = getattr(source, condition), getattr(facts, condition)
        if expected is not None and expected != actual:
            yield Mismatch(condition=condition, expected=expected, actual=actual)
    if source.message is not None and not _begins(facts.message or "", source.message):
        yield Mismatch(condition="message", expected=source.message, actual=facts.message)
    if source.test != facts.test:
        yield Mismatch(condition="test", expected=str(source.test).lower(), actual=str(facts.test).lower())
    if source.content is not None and (facts.content is None or not facts.content(source.content)):
        yield Mismatch(condition="content", expected=source.content, actual=None)


def _begins(identifier: str, beginning: str) -> bool:
    """True if the identifier's parts begin with those named: `ORDERS:D` fits ORDERS:D:96A:UN."""
    wanted = beginning.split(":")
    return identifier.split(":")[: len(wanted)] == wanted


def specificity(source: RouteFrom) -> tuple[int, int]:
    """How many conditions a route names, then how many parts of the message identifier; more wins."""
    named = sum(getattr(source, name) is not None for name in ("partner", "channel", "kind", "message", "content"))
    return named, len(source.message.split(":")) if source.message else 0


def choose(routes: Iterable[Route], facts: Facts) -> Choice:
    """The most specific route that fits."""
    answers = tuple((route, first_mismatch(route.source, facts)) for route in routes)
    fitting = [route for route, mismatch in answers if mismatch is None]
    best = max((specificity(route.source) for route in fitting), default=(0, 0))
    winners = tuple(route for route in fitting if specificity(route.source) == best)
    return Choice(
        route=winners[0] if len(winners) == 1 else None,
        tied=winners if len(winners) > 1 else (),
        answers=answers,
    )


def may_tie(one: RouteFrom, other: RouteFrom) -> bool:
    """True if some document fits both equally well, as far as the conditions tell without a document."""
    return (
        specificity(one) == specificity(other)
        and may_both_fit(one, other)
        and not (one.content and other.content and one.content != other.content)
    )


def may_both_fit(one: RouteFrom, other: RouteFrom) -> bool:
    """False only if no document can fit both."""
    if one.test != other.test:
        return False
    if one.message and other.message and not (_begins(one.message, other.message) or _begins(other.message, one.message)):
        return False
    return all(
        getattr(one, name) is None or getattr(other, name) is None or getattr(one, name) == getattr(other, name)
        for name in ("partner", "channel", "kind")
    )
