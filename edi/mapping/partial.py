"""What a spoke carries only in part: the first of a list, items of one key, the date of a moment, values under a condition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from edi.mapping.bound import BoundField, bound_leaves, selecting_paths
from edi.mapping.nodes import Definition, Entry
from edi.mapping.paths import Target


class Side(Protocol):
    """What is asked of a spoke's side."""

    def fields(self) -> Iterator[tuple[BoundField, Entry]]: ...


def partly_carried(definition: Definition, side: Side) -> dict[str, str]:
    """Canonical path -> why it is carried only in part; paths that some pattern carries whole are left out."""
    around: dict[int, str] = {}
    for entries in definition.sections.values():
        _note(entries, "", around)
    reasons: dict[str, list[str]] = {}
    parts: dict[str, set[str]] = {}
    for part, entry in side.fields():
        if part.passive or part.read_only or entry.direction != "both":
            continue
        for leaf in bound_leaves(part.target):
            reasons.setdefault(leaf.path, []).append(around.get(entry.number, "") or _of_target(part.target) or _of_codecs(part))
            parts.setdefault(leaf.path, set()).add(part.conversion.part)
        for path in selecting_paths(part.target):
            reasons.setdefault(path, []).append(around.get(entry.number, "") or _of_target(part.target))
    found = {path: why[0] for path, why in reasons.items() if all(why)}
    found.update({path: "only the date" for path, kinds in parts.items() if kinds == {"date"}})
    for entry in definition.entries():
        if entry.reference is not None:
            found[entry.reference.field.canonical] = found[f"{entry.reference.into.canonical}.id"] = "numbered anew when reading"
    return found


def _note(entries: list[Entry], reason: str, around: dict[int, str]) -> None:
    for entry in entries:
        if entry.number in around:
            continue
        own = reason
        if entry.when is not None:
            own = own or f"only where {entry.when.text}"
        if entry.maximum is not None:
            own = own or f"only the first {entry.maximum}"
        for target in (entry.at, entry.each):
            own = own or (_of_target(target) if target is not None else "")
        around[entry.number] = own
        _note(entry.children, own, around)


def _of_target(target: Target) -> str:
    for step in target.steps:
        if step.first:
            return f"only the first of {step.name}"
        if step.select is not None:
            return f"only the {step.name} with {step.select[0]} {step.select[1]}"
    return ""


def _of_codecs(part: BoundField) -> str:
    return "shortened" if part.conversion.exactness == "loss" else ""
