"""Tree patterns (XML, JSON) merged into one tree: patterns with a common beginning share its nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from edi.mapping.bound import BoundConstant, BoundField, BoundPart
from edi.mapping.nodes import Entry
from edi.mapping.paths import Target
from edi.mapping.pattern_tree import Predicate
from edi.mapping.runtime import escape_text

ABSENT = 10_000
"""The order of what the schema does not name: behind everything."""


@dataclass(slots=True, kw_only=True, eq=False)
class TreeNode:
    """One element or key. A soft node only leads on; it is shared by all patterns that begin with it."""

    number: int
    name: str
    entry: Entry
    """The entry it comes from; of a shared node the first."""
    soft: bool
    predicates: tuple[Predicate, ...] = ()
    targets: tuple[tuple[Predicate, Target], ...] = ()
    """Of predicates that name a field: the field."""
    attributes: tuple[tuple[str, BoundConstant | BoundField], ...] = ()
    value: BoundPart | None = None
    children: list[TreeNode] = field(default_factory=list)
    order: int = ABSENT
    many: bool = False
    fixed: bool = False
    """Built from a predicate: recognised, and written along."""
    carries_fixed: bool = False
    """A predicate demands it, or something in it: it is written even if nothing else in it is."""
    always: bool = False
    tag: str = ""
    """XML: `{namespace}local`."""
    unbounded: bool = False
    """The schema lets it repeat."""

    @property
    def key(self) -> tuple[object, ...]:
        """What makes two soft nodes the same."""
        constants = tuple((name, part.alternatives) for name, part in self.attributes if isinstance(part, BoundConstant))
        return (self.name, tuple((one.path, one.alternatives, one.field, one.negated) for one in self.predicates), constants, self.many)

    @property
    def owns_object(self) -> bool:
        """True if its fields belong to an object of their own."""
        return not self.soft and self.entry.owns_object

    @property
    def repeats(self) -> bool:
        """True if more than one element may be taken by it."""
        return not self.soft and (self.entry.each is not None or self.entry.reference is not None or self._collects)

    @property
    def _collects(self) -> bool:
        return isinstance(self.value, BoundField) and self.value.repeated

    def fields(self) -> Iterator[BoundField]:
        """Its own holes."""
        for _, part in self.attributes:
            if isinstance(part, BoundField):
                yield part
        if isinstance(self.value, BoundField):
            yield self.value

    def fixed_text(self, start: Callable[[TreeNode], str]) -> str:
        """What a predicate demands of this node, as XML; `start` gives start tags."""
        if self.fixed and isinstance(self.value, BoundConstant):
            return f"{start(self)}{escape_text(self.value.written)}</{self.name}>"
        inside = "".join(child.fixed_text(start) for child in sorted(self.children, key=lambda one: one.order) if child.carries_fixed)
        return f"{start(self)}{inside}</{self.name}>"

    @property
    def only_fixed(self) -> bool:
        """True if nothing in it is more than a fixed value."""
        if self.fixed and not self.children:
            return True
        return self.soft and bool(self.children) and all(child.only_fixed for child in self.children)


def merged(nodes: list[TreeNode]) -> list[TreeNode]:
    """The nodes with soft ones of the same key put together, in file order."""
    found: list[TreeNode] = []
    by_key: dict[tuple[object, ...], TreeNode] = {}
    for node in nodes:
        same = by_key.get(node.key) if node.soft else None
        if same is not None:
            same.children = merged([*same.children, *node.children])
            same.fixed = same.fixed and node.fixed
            same.carries_fixed = same.carries_fixed or node.carries_fixed
            continue
        if node.soft:
            by_key[node.key] = node
        found.append(node)
    return found


def all_nodes(nodes: list[TreeNode]) -> Iterator[TreeNode]:
    """These nodes and all below, each once: a block may contain itself."""
    seen: set[int] = set()
    waiting = list(reversed(nodes))
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        waiting += reversed(node.children)


def with_constant(node: TreeNode, name: str, constant: BoundConstant) -> None:
    """Give the node a fixed attribute it does not have yet."""
    if all(own != name for own, _ in node.attributes):
        node.attributes = (*node.attributes, (name, replace(constant)))
