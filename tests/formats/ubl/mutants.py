"""Documents with one thing wrong: an element dropped, moved, repeated, renamed, an attribute dropped, a value spoilt."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

from lxml import etree

Node = Any

BAD_VALUES = (
    "",
    "  ",
    "NaN",
    "1e5",
    "1,00",
    "1" * 40,
    "-0",
    "+1",
    "2026-13-01",
    "2026-02-30",
    "25:00:00",
    "yes",
    "TRUE",
    "1",
    "a=b",
    "SGFsbG8",
    "ü",
    "\u0661",
    "http://[",
    "de_DE",
    " 5 ",
    "a\tb\nc",
    "-0001-01-01",
    "2026-11-22Z",
)


def mutants(root: Node, chance: random.Random, count: int) -> Iterator[tuple[str, Node]]:
    """What was done, and the document it was done to."""
    for _ in range(count):
        changed = copy.deepcopy(root)
        name, mutate = chance.choice(MUTATIONS)
        nodes = [node for node in changed.iter() if isinstance(node.tag, str)]
        done = mutate(chance.choice(nodes[1:] or nodes), nodes, chance)
        if done:
            yield f"{name} {done}", changed


def _drop(node: Node, nodes: list[Node], chance: random.Random) -> str:
    parent = node.getparent()
    if parent is not None:
        parent.remove(node)
    return str(node.tag)


def _move(node: Node, nodes: list[Node], chance: random.Random) -> str:
    parent = node.getparent()
    if parent is None:
        return ""
    parent.remove(node)
    parent.insert(chance.randint(0, len(parent)), node)
    return str(node.tag)


def _move_elsewhere(node: Node, nodes: list[Node], chance: random.Random) -> str:
    target = chance.choice(nodes)
    if node.getparent() is None or target is node or node in target.iterancestors():
        return ""
    target.insert(chance.randint(0, len(target)), node)
    return f"{node.tag} into {target.tag}"


def _repeat(node: Node, nodes: list[Node], chance: random.Random) -> str:
    if node.getparent() is None:
        return ""
    node.addnext(copy.deepcopy(node))
    return str(node.tag)


def _rename(node: Node, nodes: list[Node], chance: random.Random) -> str:
    before = node.tag
    local = etree.QName(node).localname
    namespace = etree.QName(node).namespace
    other = chance.choice(nodes)
    node.tag = chance.choice([f"{{{namespace}}}{local}X", f"{{{namespace}}}{local.lower()}", f"{{urn:other}}{local}", local, other.tag])
    return f"{before} to {node.tag}"


def _drop_attribute(node: Node, nodes: list[Node], chance: random.Random) -> str:
    having = [entry for entry in nodes if entry.attrib]
    if not having:
        return ""
    chosen = chance.choice(having)
    name = chance.choice(list(chosen.attrib))
    del chosen.attrib[name]
    return f"@{name} of {chosen.tag}"


def _add_attribute(node: Node, nodes: list[Node], chance: random.Random) -> str:
    name = chance.choice(
        [
            "currencyID",
            "unitCode",
            "schemeID",
            "languageID",
            "mimeCode",
            "filename",
            "uri",
            "wrong",
            "{urn:other}a",
            "Id",
            "format",
            "listID",
            "name",
        ]
    )
    node.set(name, chance.choice(["EUR", "de", "a b", "", "http://[", "1x"]))
    return f"{name} on {node.tag}"


def _spoil_attribute(node: Node, nodes: list[Node], chance: random.Random) -> str:
    having = [entry for entry in nodes if entry.attrib]
    if not having:
        return ""
    chosen = chance.choice(having)
    name = chance.choice(list(chosen.attrib))
    chosen.set(name, chance.choice(BAD_VALUES))
    return f"@{name} of {chosen.tag}"


def _spoil_value(node: Node, nodes: list[Node], chance: random.Random) -> str:
    leaves = [entry for entry in nodes if not len(entry)]
    chosen = chance.choice(leaves)
    chosen.text = chance.choice(BAD_VALUES)
    return f"{chosen.tag} = {chosen.text!r}"


def _text_between(node: Node, nodes: list[Node], chance: random.Random) -> str:
    node.tail = "between"
    return str(node.tag)


MUTATIONS: tuple[tuple[str, Callable[[Node, list[Node], random.Random], str]], ...] = (
    ("drop", _drop),
    ("move", _move),
    ("move elsewhere", _move_elsewhere),
    ("repeat", _repeat),
    ("rename", _rename),
    ("drop attribute", _drop_attribute),
    ("add attribute", _add_attribute),
    ("spoil attribute", _spoil_attribute),
    ("spoil value", _spoil_value),
    ("text", _text_between),
)
