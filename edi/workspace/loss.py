"""What a document loses on its way through a route: fields it has that the output cannot carry, and that nobody accepted to lose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set

from edi.documents import resolve
from edi.findings import Finding, Location
from edi.mapping.canonical import unindexed


def is_accepted(path: str, accepted: tuple[str, ...]) -> bool:
    """True if a route's `accept_loss` names the field, or one above it with `.*`."""
    return any(path == one or (one.endswith(".*") and (path + ".").startswith(one[:-1])) for one in accepted)


def losses(kind: str, document: Mapping[str, object], carried: Set[str], accepted: tuple[str, ...]) -> tuple[str, ...]:
    """The fields of a document at hand that are lost, once each, in the document's order.

    `carried` holds the canonical paths the output carries (`Spoke.bound()`). What the engine fills by itself is not lost.
    """
    paths = dict.fromkeys(path for path in _paths(document, "") if path not in carried and not is_accepted(path, accepted))
    return tuple(path for path in paths if (field := resolve(kind, path)) is not None and not field.engine)


def loss_findings(
    kind: str, document: Mapping[str, object], carried: Set[str], accepted: tuple[str, ...], *, mapping: str, route: str
) -> tuple[Finding, ...]:
    """One error for each field that would be lost."""
    hint = f"add it to accept_loss of route {route!r} if it may be lost, or carry it in the mapping"
    return tuple(
        Finding(code="routing.loss", text=f"{mapping} cannot write {path}, which the document has", where=Location(path=path), hint=hint)
        for path in losses(kind, document, carried, accepted)
    )


def unaccepted(findings: Iterable[Finding], accepted: tuple[str, ...]) -> tuple[Finding, ...]:
    """The findings without losses that a route accepts by name."""
    return tuple(one for one in findings if one.code != "mapping.lost" or not is_accepted(unindexed(one.where.path or ""), accepted))


def _paths(value: object, above: str) -> Iterator[str]:
    """The dotted paths of all values, lists not marked."""
    match value:
        case Mapping():
            for name, inner in value.items():
                yield from _paths(inner, f"{above}.{name}" if above else str(name))
        case list() | tuple():
            for item in value:
                yield from _paths(item, above)
        case None:
            return
        case _:
            if above != "kind":
                yield above
