"""What a spoke carries only in part: the first of a list, items of one key, the date of a moment, values under a condition.

Each is a doubt: told once in words (`Spoke.partly`), and put to every document that is written, which may hold nothing of the sort.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from edi.mapping.bound import BoundField, bound_leaves, selecting_paths
from edi.mapping.codecs.base import Value
from edi.mapping.codecs.moments import FormattedPeriod
from edi.mapping.expressions import Expression
from edi.mapping.nodes import Definition, Entry
from edi.mapping.paths import Target
from edi.mapping.result import Document
from edi.mapping.runtime import runnable


class Binding(Protocol):
    """What is asked of a definition bound to the structure of its syntax."""

    def fields(self) -> Iterator[tuple[BoundField, Entry]]: ...


Kind = Literal["first", "keyed", "when", "choice", "release", "most", "date", "shortened", "joined", "numbered", "rest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """One thing that may keep a value from being written."""

    kind: Kind
    text: str
    """In words: `only the first of contacts`."""
    path: tuple[str, ...] = ()
    """`first`, `keyed`: the list. `when`, `date`: the field. `joined`: the field that names another item, from the root."""
    key: str = ""
    known: frozenset[str | None] = frozenset()
    """`keyed`: the values of the key that have a place. `release`: the releases that have one. `joined`: holds None where items that name nothing have a place."""
    among: tuple[str, ...] = ()
    """`joined`: where the named items have their names."""
    owner: tuple[str, ...] = ()
    """`when`: where the objects stand that the conditions are about."""
    conditions: tuple[str, ...] = ()
    """`when`: the Python of each way to be written; a value is lost where none holds."""

    def raised_by(self, document: Looked, release: str) -> bool:
        """True if this document may hold what the doubt is about; False if it surely does not."""
        found = document.values(self.path)
        match self.kind:
            case "first":
                return any(isinstance(one, list) and len(one) > 1 for one in found)
            case "keyed":
                return any(self._unknown(one) for one in found if isinstance(one, list))
            case "when":
                return bool(found) and any(self._nowhere(one, document.document) for one in document.objects(self.owner))
            case "release":
                return release not in self.known and bool(found)
            case "date":
                return any(isinstance(one, str) and "T" in one for one in found)
            case "joined":
                names = {*self.known, *map(_name, document.values(self.among))}
                return any(_name(one.get(self.path[-1])) not in names for one in document.objects(self.path[:-1]))
            case _:
                return False  # told where it happens, or nothing is lost

    def _nowhere(self, here: Document, document: Document) -> bool:
        values = Looked(here).values(self.path[len(self.owner) :])
        return bool(values) and not any(runnable(condition)(here, document, None) for condition in self.conditions)

    def _unknown(self, items: list[Value]) -> bool:
        keys = [_name(one.get(self.key)) for one in items if isinstance(one, dict)]
        return len(set(keys)) < len(keys) or not self.known.issuperset(keys)


class Looked:
    """A document that is asked for what stands at many paths: the way to each is gone once."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._found: dict[tuple[str, ...], list[Document]] = {(): [document]}

    def objects(self, path: tuple[str, ...]) -> list[Document]:
        """The objects at a path, in all items of the lists on the way and of one at its end. Absent objects say nothing."""
        found = self._found.get(path)
        if found is None:
            found = self._found[path] = []
            for value in self.values(path):
                if isinstance(value, dict):
                    found.append(value)
                elif isinstance(value, list):
                    found += [one for one in value if isinstance(one, dict)]
        return found

    def values(self, path: tuple[str, ...]) -> list[Value]:
        """What stands at a path; a list at its end is one value. Nothing stands at the empty path."""
        if not path:
            return []
        name = path[-1]
        return [one[name] for one in self.objects(path[:-1]) if name in one]


def partly_carried(definition: Definition, binding: Binding) -> dict[str, str]:
    """Canonical path -> why no single pattern carries it whole and in both directions."""
    ways, found = _ways(definition, binding, ("both",))
    told = {path: all_ways[0][0].text for path, all_ways in ways.items() if all(all_ways)}
    return {**told, **{path: more[-1].text for path, more in found.items()}}


def doubts(definition: Definition, binding: Binding) -> dict[str, tuple[Doubt, ...]]:
    """Canonical path -> what may keep its value from being written; paths that are surely written are left out."""
    ways, found = _ways(definition, binding, ("both", "write"))
    sure = {path: told for path, all_ways in ways.items() if (told := _of_ways(all_ways, path))}
    return {path: (*sure.get(path, ()), *found.get(path, ())) for path in [*sure, *(path for path in found if path not in sure)]}


Ways = dict[str, list[tuple[Doubt, ...]]]


def _ways(definition: Definition, binding: Binding, directions: tuple[str, ...]) -> tuple[Ways, dict[str, tuple[Doubt, ...]]]:
    """By canonical path: the ways a value is carried, each with its doubts; and what is in doubt whichever way."""
    around: dict[int, tuple[Doubt, ...]] = {}
    for entries in definition.sections.values():
        _note(entries, (), around)
    ways: dict[str, list[tuple[Doubt, ...]]] = {}
    parts: dict[str, set[str]] = {}
    for part, entry in binding.fields():
        if part.passive or part.read_only or entry.direction not in directions:
            continue
        own = (*around.get(entry.number, ()), *_of_target(part.target, entry), *_of_codecs(part), *_of_choice(part))
        for leaf in bound_leaves(part.target):
            ways.setdefault(leaf.path, []).append(own)
            parts.setdefault(leaf.path, set()).add(part.conversion.part)
        for path in selecting_paths(part.target):
            ways.setdefault(path, []).append(own)
    found: dict[str, tuple[Doubt, ...]] = {}
    for path, kinds in parts.items():
        if kinds == {"date"}:
            found[path] = (*found.get(path, ()), Doubt(kind="date", text="only the date", path=tuple(path.split("."))))
    for entry in definition.entries():
        if entry.reference is not None:
            into = entry.reference.into.canonical
            for path in (entry.reference.field.canonical, f"{into}.id"):
                found[path] = (*found.get(path, ()), Doubt(kind="numbered", text="numbered anew when reading"))
    return ways, found


def _of_ways(ways: list[tuple[Doubt, ...]], path: str) -> tuple[Doubt, ...]:
    """What remains doubtful where a field can be written in several ways; nothing if one of them is without doubt."""
    if not all(ways) or _exhaustive(ways):
        return ()
    merged: dict[tuple[Kind, tuple[str, ...]], Doubt] = {}
    for one in (one for way in ways for one in way):
        place = (one.kind, one.path)
        before = merged.get(place)
        merged[place] = (
            one if before is None else replace(before, known=before.known | one.known, conditions=before.conditions + one.conditions)
        )
    names = tuple(path.split("."))
    return tuple(
        replace(one, path=names) if one.kind in ("when", "release") else one for one in merged.values() if not _of_itself(one, names[-1])
    )


def _of_itself(doubt: Doubt, name: str) -> bool:
    """True if a field is written where it is something else than what it means when absent."""
    return doubt.kind == "when" and re.fullmatch(rf"only where \({name} or '(\w*)'\) != '\1'", doubt.text) is not None


def _exhaustive(ways: list[tuple[Doubt, ...]]) -> bool:
    """True if two ways differ in a condition only, and the one holds where the other does not."""
    single = [way[0] for way in ways if len(way) == 1]
    if {"first", "rest"} <= {one.kind for one in single} and len({one.path for one in single}) == 1:
        return True
    conditions = [one.text.removeprefix("only where ") for way in ways if len(way) == 1 for one in way if one.kind == "when"]
    return any(_opposite(one) in conditions for one in conditions)


def _opposite(condition: str) -> str:
    if " and " in condition or " or " in condition.replace(" or '", "").replace(" or 0", ""):
        return ""
    if " != " in condition:
        return condition.replace(" != ", " == ")
    return condition.removeprefix("not ") if condition.startswith("not ") else f"not {condition}"


def _note(entries: list[Entry], outside: tuple[Doubt, ...], around: dict[int, tuple[Doubt, ...]]) -> None:
    """The doubts around each entry, by its number."""
    for entry in entries:
        if entry.number in around:
            continue
        own = outside
        if entry.when is not None:
            own = (*own, _condition(entry.when, entry))
        if entry.only:
            own = (*own, Doubt(kind="release", text="only in " + ", ".join(entry.only), known=frozenset(entry.only)))
        if entry.maximum is not None:
            own = (*own, Doubt(kind="most", text=f"only the first {entry.maximum}"))
        if entry.start > 1 and entry.each is not None:
            path = tuple(entry.each.canonical.split("."))
            own = (*own, Doubt(kind="rest", text=f"only from number {entry.start} on", path=path))
        for target in (entry.at, entry.each):
            own = (*own, *(_of_target(target, entry) if target is not None else ()))
        around[entry.number] = own
        _note(entry.children, own, around)


def _condition(when: Expression, entry: Entry) -> Doubt:
    owner = tuple(entry.here.path.split(".")) if entry.here.path else ()
    return Doubt(kind="when", text=f"only where {when.text}", owner=owner, conditions=(when.python,))


def _of_target(target: Target, entry: Entry) -> tuple[Doubt, ...]:
    names = target.canonical.split(".")
    found = []
    for behind, step in enumerate(reversed(target.steps)):
        path = tuple(names[: len(names) - behind])
        if step.first and not (entry.maximum == 1 and entry.more != "report"):
            found.append(Doubt(kind="first", text=f"only the first of {step.name}", path=path))
        if step.select is not None:
            key, value = step.select
            text = f"only the {step.name} with {key} {value}"
            found.append(Doubt(kind="keyed", text=text, path=path, key=key, known=frozenset((value,))))
    return tuple(found)


def _of_codecs(part: BoundField) -> tuple[Doubt, ...]:
    """What is lost inside a value is told where it happens; here it is only known that it can be."""
    if isinstance(part.conversion.wire, FormattedPeriod):
        return (Doubt(kind="shortened", text="only as two days, or as two times to the minute"),)
    return (Doubt(kind="shortened", text="shortened"),) if part.conversion.exactness == "loss" else ()


def _of_choice(part: BoundField) -> tuple[Doubt, ...]:
    return (Doubt(kind="choice", text="only where nothing else stands in its place"),) if part.choice is not None and part.choice[1] else ()


def unreached(definition: Definition) -> tuple[Doubt, ...]:
    """Joins and references: items that name something that is not there, or that nothing names, are not written."""
    found: dict[tuple[str, ...], Doubt] = {}
    for entry in definition.entries():
        for join in entry.joins if entry.direction != "read" else ():
            path = tuple(join.child.canonical.split("."))
            before = found.get(path, Doubt(kind="joined", text=f"only what its {path[-1]} leads to", path=path))
            if join.parent is None:
                found[path] = replace(before, known=before.known | {None})
            else:
                found[path] = replace(before, among=tuple(join.parent.canonical.split(".")))
        if entry.reference is not None:
            path = (*entry.reference.into.canonical.split("."), "id")
            among = tuple(entry.reference.field.canonical.split("."))
            found[path] = Doubt(kind="joined", text=f"only those that {among[-1]} names", path=path, among=among)
    return tuple(found.values())


def _name(value: Value | None) -> str | None:
    return value if isinstance(value, str) else None
