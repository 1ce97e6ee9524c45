"""A definition bound to the structure of its syntax: what programs are generated from, and what checks and tools look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, Protocol, TypeAlias

from edi.formats.edifact import directory as directories
from edi.formats.edifact.directory import GroupUse, MessageType, SegmentUse
from edi.formats.ubl import model
from edi.formats.yaml.problem import suggest
from edi.mapping.binding_edifact import EdifactBinder
from edi.mapping.binding_tree import TreeBinder
from edi.mapping.bound import BoundField, BoundSegment, walk_bound
from edi.mapping.emission import Emission
from edi.mapping.generate_edifact_read import EdifactReadGenerator
from edi.mapping.generate_edifact_write import EdifactWriteGenerator
from edi.mapping.generate_json import JsonReadGenerator, JsonWriteGenerator
from edi.mapping.generate_xml_read import XmlReadGenerator
from edi.mapping.generate_xml_write import XmlWriteGenerator
from edi.mapping.nodes import Definition, EdifactSyntax, Entry, UblSyntax
from edi.mapping.problems import Problems
from edi.mapping.tree import TreeNode, all_nodes
from edi.ports import TableSource


class EdifactBinding:
    """One mapping of an EDIFACT message, for each release it declares."""

    def __init__(self, definition: Definition, problems: Problems, tables: TableSource | None) -> None:
        assert isinstance(definition.syntax, EdifactSyntax)
        self.definition = definition
        self.syntax: EdifactSyntax = definition.syntax
        self.messages: dict[str, MessageType] = {}
        self.bound: dict[str, dict[str, list[BoundSegment]]] = {}
        for release in self.syntax.versions:
            self._bind(release, problems, tables)

    def _bind(self, release: str, problems: Problems, tables: TableSource | None) -> None:
        if release not in directories.releases(tables):
            nearest = directories.nearest_release(release, tables)
            problems.error(self.definition.place, f"there are no tables of the release {release!r}", hint=f"the nearest is {nearest}")
            return
        directory = directories.load(release, association=self.syntax.association_of(release), tables=tables)
        message = directory.message(self.syntax.message)
        if message is None:
            hint = suggest(self.syntax.message, directory.message_types())
            problems.error(self.definition.place, f"{release} has no message {self.syntax.message!r}", hint=hint)
            return
        self.messages[release] = message
        self.bound[release] = EdifactBinder(self.definition, directory, message, problems).bind()

    def fields(self) -> Iterator[tuple[BoundField, Entry]]:
        """All holes with their entries: as the first release has them, and of further ones what they alone have."""
        seen: set[int] = set()
        for bound in self.bound.values():
            here = list(walk_bound([segment for section in bound.values() for segment in section]))
            for one in here:
                for part in one.fields() if one.entry.number not in seen else ():
                    yield part, one.entry
            seen |= {one.entry.number for one in here}

    @property
    def facts(self) -> Mapping[str, object]:
        """How a message falls into its sections."""
        tags = {entry.pattern.tag for entry in self.definition.sections.get("detail", ()) if hasattr(entry.pattern, "tag")}
        return {
            "detail_tags": frozenset(tags),
            "end_tags": {release: _end_tags(spec, tags) for release, spec in self.messages.items()},
        }

    def generate(self, direction: str, release: str, traced: bool) -> Emission:
        """The text of `read` or `write` for a release."""
        emission = Emission(traced=traced)
        if direction == "read":
            EdifactReadGenerator(self.bound[release], emission).generate()
        else:
            EdifactWriteGenerator(self.bound[release], emission, self._separators(release)).generate()
        return emission

    def _separators(self, release: str) -> dict[str, str]:
        """The section controls that the directory demands and no entry writes."""
        count = sum(1 for item in self.messages[release].items if isinstance(item, SegmentUse) and item.tag == "UNS")
        own = any(one.tag == "UNS" for bound in self.bound[release].values() for one in bound)
        if own or not count:
            return {}
        return {"summary": "S"} if count == 1 else {"detail": "D", "summary": "S"}


def _end_tags(spec: MessageType, detail_tags: set[str]) -> frozenset[str]:
    """Tags of plain segments that stand only behind the detail groups."""
    last = max(
        (index for index, item in enumerate(spec.items) if isinstance(item, GroupUse) and item.trigger in detail_tags),
        default=len(spec.items),
    )
    before = {item.tag for item in spec.items[:last] if isinstance(item, SegmentUse)} - {"UNS"}
    return frozenset(item.tag for item in spec.items if isinstance(item, SegmentUse)) - before


class Generator(Protocol):
    """Writes the Python of one direction into an emission."""

    def generate(self) -> None: ...


class TreeBinding:
    """One mapping of a tree: of a UBL document, or of a JSON or CSV shape."""

    def __init__(self, definition: Definition, problems: Problems, tables: TableSource | None) -> None:
        self.nodes: list[TreeNode] = []
        self._is_xml = isinstance(definition.syntax, UblSyntax)
        self._namespace = ""
        body = definition.sections.get("body", [])
        if not isinstance(definition.syntax, UblSyntax):
            self.nodes = TreeBinder(definition, problems).bind(body, None)
            return
        known = model.load(definition.syntax.version, tables=tables)
        root = known.document(definition.syntax.root)
        if root is None:
            problems.error(definition.place, f"UBL {definition.syntax.version} has no document {definition.syntax.root!r}")
            return
        self._namespace = root.namespace
        self.nodes = TreeBinder(definition, problems, known).bind(body, root.type)

    def fields(self) -> Iterator[tuple[BoundField, Entry]]:
        """All holes with their entries."""
        for node in all_nodes(self.nodes):
            for part in node.fields():
                yield part, node.entry

    @property
    def facts(self) -> Mapping[str, object]:
        """What the root element is called by."""
        return {"namespace": self._namespace}

    def generate(self, direction: str, release: str, traced: bool) -> Emission:
        """The text of `read` or `write`; there are no releases."""
        del release
        emission = Emission(traced=traced)
        GENERATORS[self._is_xml, direction](self.nodes, emission).generate()
        return emission


GENERATORS: Final[Mapping[tuple[bool, str], Callable[[list[TreeNode], Emission], Generator]]] = {
    (True, "read"): XmlReadGenerator,
    (True, "write"): XmlWriteGenerator,
    (False, "read"): JsonReadGenerator,
    (False, "write"): JsonWriteGenerator,
}
"""By whether it is XML, and direction."""

Binding: TypeAlias = EdifactBinding | TreeBinding


def bind(definition: Definition, problems: Problems, tables: TableSource | None) -> Binding:
    """The definition in the structure of its syntax; what does not fit is noted."""
    made = EdifactBinding if isinstance(definition.syntax, EdifactSyntax) else TreeBinding
    return made(definition, problems, tables)
