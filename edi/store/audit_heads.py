"""Exported heads of the audit trail: small JSON texts for another place, which later prove that nothing was cut off or rewritten.

Each may carry the proof that the tree begins with the one of an older head; whoever collects them needs no store to check that.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from edi.errors import ConfigError
from edi.store import merkle
from edi.store.audit import Head
from edi.store.audit_tree import Tree
from edi.store.store import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadBreak:
    """A head that does not continue the one before it."""

    name: str
    text: str


def as_json(view: Reading, *, at: str, since: Head | None = None) -> str:
    """The head of the trail now, with the proof that it begins with an older one. Raises ConfigError if it cannot."""
    tree = Tree(view.connection)
    head = tree.head(at)
    told: dict[str, Any] = {"size": head.size, "hash": head.hash, "root": head.root, "at": at}
    if since is not None:
        if since.size > tree.size:
            raise ConfigError(
                f"the trail has {tree.size} entries, the older head {since.size}", hint="its end was cut off: edi audit verify"
            )
        told["since"] = {"size": since.size, "root": since.root}
        told["proof"] = tree.consistency(since.size)
    return json.dumps(told, indent=1)


def read(name: str, text: str) -> Head:
    """The head an exported text holds. Raises ConfigError if it is none."""
    try:
        found = json.loads(text)
        root = found.get("root")
        return Head(size=int(found["size"]), hash=str(found["hash"]), root=None if root is None else str(root), at=found.get("at"))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{name} holds no head of an audit trail", hint="edi audit head --json writes one") from error


def verify(exported: Sequence[tuple[str, str]]) -> tuple[HeadBreak, ...]:
    """Names and texts of heads, in any order: every one that does not continue an older one of them."""
    heads = sorted(((read(name, text), name, json.loads(text)) for name, text in exported), key=lambda one: one[0].size)
    breaks: list[HeadBreak] = []
    for (older, older_name, _), (newer, name, told) in pairwise(heads):
        if newer.size == older.size:
            if (newer.hash, newer.root) != (older.hash, older.root):
                breaks.append(HeadBreak(name=name, text=f"{name} and {older_name} are two trails of {newer.size} entries"))
            continue
        since = told.get("since") or {}
        if since != {"size": older.size, "root": older.root}:
            breaks.append(HeadBreak(name=name, text=f"{name} has no proof that it begins with {older_name}"))
        elif not _begins(older, newer, told.get("proof")):
            breaks.append(HeadBreak(name=name, text=f"{name} does not begin with {older_name}: the trail was rewritten"))
    return tuple(breaks)


def _begins(older: Head, newer: Head, proof: object) -> bool:
    try:
        steps = [bytes.fromhex(one) for one in proof]  # type: ignore[attr-defined]  # whatever it is, it is tried
        before, after = bytes.fromhex(older.root or ""), bytes.fromhex(newer.root or "")
    except (TypeError, ValueError):
        return False
    return merkle.verify_consistency(older.size, newer.size, steps, before, after)
