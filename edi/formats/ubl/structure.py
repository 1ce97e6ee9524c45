"""What is wrong with the order and number of elements, found on the type tables: all of it, each with its place.

libxml2 stops at the first element it did not expect and does not look at what follows it; here the whole document is
walked. It never decides whether a document is valid, only says why it is not.
"""

from __future__ import annotations

import difflib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from edi.findings import Finding, Location
from edi.formats.ubl.model import AggregateType, DataType, ElementUse, UblTables
from edi.formats.ubl.names import prefixed

Node = Any
"""An lxml element."""
Content = AggregateType | DataType | None


@dataclass(frozen=True, slots=True)
class Fault:
    """A finding, and the element among whose children the fault lies."""

    parent: Node
    finding: Finding


class Paths:
    """Paths of elements, `/Invoice/cac:InvoiceLine[2]/cbc:ID`: canonical prefixes whatever the document uses, counted where there are several.

    Siblings are counted once for each parent, so that a thousand findings in ten thousand lines stay quick.
    """

    def __init__(self) -> None:
        self._positions: dict[Node, dict[Node, str]] = {}

    def of(self, node: Node) -> str:
        """The path of an element from the root of its tree."""
        steps: list[str] = []
        current = node
        while current is not None:
            parent = current.getparent()
            steps.append(prefixed(current.tag) + (self._position(current, parent) if parent is not None else ""))
            current = parent
        return "/" + "/".join(reversed(steps))

    def _position(self, node: Node, parent: Node) -> str:
        if parent not in self._positions:
            children = [child for child in parent if isinstance(child.tag, str)]
            counts = Counter(child.tag for child in children)
            seen: Counter[str] = Counter()
            positions = {}
            for child in children:
                seen[child.tag] += 1
                positions[child] = f"[{seen[child.tag]}]" if counts[child.tag] > 1 else ""
            self._positions[parent] = positions
        return self._positions[parent][node]


def path_of(node: Node) -> str:
    """The path of one element; for many, keep a `Paths`."""
    return Paths().of(node)


@dataclass(frozen=True, slots=True)
class _At:
    """What every finding of a document needs to say where."""

    source: str | None
    paths: Paths

    def __call__(self, node: Node) -> Location:
        return Location(source=self.source, line=node.sourceline, path=self.paths.of(node))


def faults(root: Node, content: Content, tables: UblTables, paths: Paths, *, source: str | None = None) -> Iterator[Fault]:
    """Every element without a place, out of place, too often or missing, in document order of their parents."""
    at = _At(source, paths)
    waiting: list[tuple[Node, Content]] = [(root, content)]
    while waiting:
        node, found = waiting.pop()
        if not isinstance(found, AggregateType) or not is_plain(found):
            continue
        children = [child for child in node if isinstance(child.tag, str)]
        names = [prefixed(child.tag) for child in children]
        yield from _faults_in(node, found, children, names, at)
        waiting.extend((child, _content_of(name, found, tables)) for child, name in zip(reversed(children), reversed(names), strict=True))


def is_plain(content: AggregateType) -> bool:
    """True for one sequence of different elements, as all of UBL's own aggregates are."""
    names = [item.name for item in content.content.items if isinstance(item, ElementUse)]
    whole = content.content.kind == "sequence" and (content.content.minimum, content.content.maximum) == (1, 1)
    return whole and len(names) == len(content.content.items) == len(set(names))


def _content_of(name: str, parent: AggregateType, tables: UblTables) -> Content:
    use = parent.child(name)
    if use is not None:
        return tables.type_of_use(use)
    declared = tables.element(name) if ":" in name else None
    return declared.type if declared is not None else None


def _faults_in(node: Node, content: AggregateType, children: list[Node], names: list[str], at: _At) -> Iterator[Fault]:
    order = {use.name: index for index, use in enumerate(content.children)}
    counted = Counter(names)
    for child, name in zip(children, names, strict=True):
        if name not in order:
            yield Fault(node, _unknown(child, name, node, content, at))
    yield from (Fault(node, finding) for finding in _misplaced(children, names, order, node, at))
    for use in content.children:
        found = counted[use.name]
        if found < use.minimum:
            yield Fault(node, _missing(use, found, node, content, counted, at))
        if use.maximum is not None and found > use.maximum:
            extra = [child for child, name in zip(children, names, strict=True) if name == use.name][use.maximum]
            yield Fault(node, _repeated(use, found, extra, node, at))


def _unknown(child: Node, name: str, node: Node, content: AggregateType, at: _At) -> Finding:
    known = [use.name for use in content.children]
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
    hint = f"did you mean {close[0]}?" if close else f"{prefixed(node.tag)} holds {_list(known)}"
    return Finding(
        code="ubl.element_unknown",
        text=f"{name} has no place in {prefixed(node.tag)}"
        + ("" if ":" in name else f": its namespace is {child.nsmap.get(child.prefix, '')!r}"),
        where=at(child),
        value=name,
        expected=close[0] if close else None,
        hint=hint,
    )


def _misplaced(children: list[Node], names: list[str], order: dict[str, int], node: Node, at: _At) -> Iterator[Finding]:
    """The fewest elements that must move for the rest to stand in order."""
    known = [(order[name], child, name) for child, name in zip(children, names, strict=True) if name in order]
    kept = sorted(_in_order([position for position, _, _ in known]))
    kept_positions = [known[index][0] for index in kept]
    sequence = sorted(order, key=order.__getitem__)
    for index in sorted(set(range(len(known))) - set(kept)):
        position, child, name = known[index]
        place_among = bisect_right(kept_positions, position)
        before = known[kept[place_among]][2] if place_among < len(kept) else None
        after = known[kept[place_among - 1]][2] if place_among else None
        place = f"before {before}" if before else f"after {after or sequence[0]}"
        yield Finding(
            code="ubl.element_misplaced",
            text=f"{name} stands at the wrong place in {prefixed(node.tag)}: its place is {place}",
            where=at(child),
            expected=place,
            hint="UBL fixes the order of elements",
        )


def _in_order(positions: list[int]) -> set[int]:
    """Indexes of a longest run of positions that never falls."""
    tails: list[int] = []
    ends: list[int] = []
    previous: list[int | None] = []
    for index, position in enumerate(positions):
        length = bisect_right(tails, position)
        tails[length:] = [position, *tails[length + 1 :]] if length < len(tails) else [position]
        ends[length:] = [index, *ends[length + 1 :]] if length < len(ends) else [index]
        previous.append(ends[length - 1] if length else None)
    chosen: set[int] = set()
    current: int | None = ends[-1] if ends else None
    while current is not None:
        chosen.add(current)
        current = previous[current]
    return chosen


def _missing(use: ElementUse, found: int, node: Node, content: AggregateType, counted: Counter[str], at: _At) -> Finding:
    names = [entry.name for entry in content.children]
    after = next((name for name in reversed(names[: names.index(use.name)]) if counted[name]), None)
    place = f"after {after}" if after else "at the beginning"
    often = "" if use.minimum == 1 else f" {use.minimum} times, not {found}"
    return Finding(
        code="ubl.element_missing",
        text=f"{use.name} is missing in {prefixed(node.tag)}; it must stand there{often}, {place}",
        where=at(node),
        expected=use.name,
    )


def _repeated(use: ElementUse, found: int, extra: Node, node: Node, at: _At) -> Finding:
    allowed = "once" if use.maximum == 1 else f"{use.maximum} times"
    return Finding(
        code="ubl.element_repeated",
        text=f"{use.name} stands {found} times in {prefixed(node.tag)}; {allowed} is allowed",
        where=at(extra),
        value=str(found),
        expected=allowed,
    )


def _list(names: list[str]) -> str:
    return ", ".join(names[:12]) + (" ..." if len(names) > 12 else "")
