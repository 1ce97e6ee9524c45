"""What a written message does not say of its document: the message is read back, and what a mapping carries but is missing is named."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from edi.findings import Finding, Location, Severity
from edi.mapping.canonical import leaves, unindexed
from edi.mapping.codecs.base import Value
from edi.mapping.partial import Doubt
from edi.mapping.result import Document

_TIMED = re.compile(r"\d{4}-\d\d-\d\dT")


def lost(document: Document, back: Document, doubts: Mapping[str, tuple[Doubt, ...]], joined: Sequence[Doubt]) -> tuple[Finding, ...]:
    """One finding for each value that is gone, of those that are in doubt.

    Values are counted for each path, not compared: another spelling is no loss, and lists may be told in another order.
    """
    lists = {".".join(one.path[:-1]) + ".": one for one in joined}

    def why(path: str) -> tuple[Doubt, ...]:
        return doubts.get(path, ()) or tuple(one for above, one in lists.items() if path.startswith(above))

    before, after = _by_path(leaves(document)), _by_path(leaves(back))
    return tuple(
        _finding(path, value, part, why(name))
        for (name, part), found in before.items()
        if why(name) and not _is_key(name, why(name))
        for path, value in _missing(found, [one for _, one in after.get((name, part), ())])
    )


def _is_key(path: str, doubts: tuple[Doubt, ...]) -> bool:
    """True for what tells items apart: it says nothing without the item's other values."""
    return any(one.kind == "keyed" and ".".join((*one.path, one.key)) == path for one in doubts)


def _by_path(found: Iterable[tuple[str, Value]]) -> dict[tuple[str, str], list[tuple[str, Value]]]:
    """Values by path without indexes; the time of a moment counts apart from its date, as it can be lost alone."""
    sorted_out: dict[tuple[str, str], list[tuple[str, Value]]] = {}
    for path, value in found:
        if value != "":
            sorted_out.setdefault((unindexed(path), ""), []).append((path, value))
            if isinstance(value, str) and _TIMED.match(value):
                sorted_out.setdefault((unindexed(path), "the time of "), []).append((path, value))
    return sorted_out


def _missing(before: list[tuple[str, Value]], after: list[Value]) -> Iterator[tuple[str, Value]]:
    """As many as are fewer: first those whose value nobody says any more."""
    fewer = len(before) - len(after)
    if fewer <= 0:
        return
    left = Counter(map(str, after))
    gone, kept = [], []
    for path, value in before:
        if left[str(value)] > 0:
            left[str(value)] -= 1
            kept.append((path, value))
        else:
            gone.append((path, value))
    yield from [*gone, *reversed(kept)][-fewer:] if len(gone) > fewer else [*gone, *reversed(kept)][:fewer]


def _finding(path: str, value: Value, part: str, doubts: tuple[Doubt, ...]) -> Finding:
    why = "; ".join(dict.fromkeys(one.text for one in doubts))
    return Finding(
        code="mapping.lost",
        severity=Severity.WARNING if part else Severity.ERROR,
        text=f"{part}{path} is not written" + (f": {why}" if why else ""),
        where=Location(path=path),
        value=str(value),
        hint="give it a place in the mapping, or accept the loss by name where the document is routed",
    )
