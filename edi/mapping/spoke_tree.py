"""What the sides of trees, JSON and UBL, have in common: bound nodes, their fields, and the programs generated from them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Protocol

from edi.mapping.bound import BoundField
from edi.mapping.emission import Emission
from edi.mapping.nodes import Definition, Entry
from edi.mapping.program import Program, assemble
from edi.mapping.tree import TreeNode, all_nodes


class Generator(Protocol):
    """Writes the Python of one direction."""

    def __init__(self, nodes: list[TreeNode], emission: Emission) -> None: ...

    def generate(self) -> None: ...


class TreeSide:
    """One mapping of a tree."""

    reader: ClassVar[type[Generator]]
    writer: ClassVar[type[Generator]]

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.nodes: list[TreeNode] = []
        self._programs: dict[tuple[str, bool], Program] = {}

    def fields(self) -> Iterator[tuple[BoundField, Entry]]:
        """All holes with their entries."""
        for node in all_nodes(self.nodes):
            for part in node.fields():
                yield part, node.entry

    def program(self, kind: str, traced: bool) -> Program:
        """The generated `read` or `write`."""
        key = (kind, traced)
        if key not in self._programs:
            emission = Emission(traced=traced)
            (self.reader if kind == "read" else self.writer)(self.nodes, emission).generate()
            self._programs[key] = assemble(emission, name=f"{self.definition.name} {kind}{' traced' if traced else ''}", entry=kind)
        return self._programs[key]
