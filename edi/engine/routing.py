"""Which route takes a message: the most specific one whose conditions all hold; and, for people, why each other one did not.

Conditions that need the document (`content`, and the partner of what our own house hands over) are looked at once it was read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from edi.engine.content import Document
from edi.workspace.model import Route, RouteFrom


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What routes are asked about."""

    channel: str
    partner: str | None
    """None while only the document could tell."""
    kind: str | None
    type: str
    test: bool
    document: Document | None = None
    """None before it was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """One route and the first of its conditions that did not hold; None if all did."""

    route: Route
    failed: str | None


Holds = Callable[[str, Document], bool]


def consider(routes: tuple[Route, ...], subject: Subject, holds: Holds) -> tuple[Considered, ...]:
    """Every route in the operator's order, with why it does not fit."""
    return tuple(Considered(route=route, failed=_first_failed(route.source, subject, holds)) for route in routes)


def candidates(routes: tuple[Route, ...], subject: Subject) -> tuple[Route, ...]:
    """Routes that fit as far as can be told without the document, the most specific first."""
    fitting = [route for route in routes if _envelope_failed(route.source, subject) is None]
    return tuple(sorted(fitting, key=lambda route: -specificity(route)))


def choose(considered: tuple[Considered, ...]) -> tuple[Route | None, str | None]:
    """The route, or None and why there is none."""
    fitting = sorted((one.route for one in considered if one.failed is None), key=lambda route: -specificity(route))
    if not fitting:
        return None, "no route fits" if considered else "the workspace has no routes"
    if len(fitting) > 1 and specificity(fitting[0]) == specificity(fitting[1]):
        return None, f"routes {fitting[0].name!r} and {fitting[1].name!r} fit equally well"
    return fitting[0], None


def specificity(route: Route) -> int:
    """How many conditions a route names; a longer message identifier counts for more than its beginning."""
    source = route.source
    named = [source.partner, source.channel, source.kind, source.message, source.test, source.content]
    return 10 * sum(condition is not None for condition in named) + (source.message or "").count(":")


def _first_failed(source: RouteFrom, subject: Subject, holds: Holds) -> str | None:
    failed = _envelope_failed(source, subject)
    if failed is None and source.partner is not None and subject.partner is None:
        failed = f"partner is unknown, not {source.partner!r}"
    if failed is None and source.content is not None:
        if subject.document is None:
            failed = f"content {source.content!r} needs the document, which could not be read"
        elif not holds(source.content, subject.document):
            failed = f"content {source.content!r} does not hold"
    return failed


def _envelope_failed(source: RouteFrom, subject: Subject) -> str | None:
    """The first condition that fails without looking into the document."""
    if source.channel not in {None, subject.channel}:
        return f"channel is {subject.channel!r}, not {source.channel!r}"
    if source.kind not in {None, subject.kind}:
        return f"kind is {subject.kind!r}, not {source.kind!r}"
    if source.message is not None and not _begins(subject.type, source.message):
        return f"message is {subject.type!r}, not {source.message!r}"
    if source.test not in {None, subject.test}:
        return f"test is {str(subject.test).lower()}, not {str(source.test).lower()}"
    if source.partner is not None and subject.partner is not None and source.partner != subject.partner:
        return f"partner is {subject.partner!r}, not {source.partner!r}"
    return None


def _begins(type_: str, wanted: str) -> bool:
    """`ORDERS:D` fits `ORDERS:D:96A:UN:EAN008`, and not `ORDERSX`."""
    return type_ == wanted or type_.startswith(wanted + ":")
