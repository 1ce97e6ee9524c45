"""The EDIFACT side of a spoke: binds to the releases it declares, generates, reads group trees, writes segments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edi.findings import Location
from edi.formats.edifact import directory as directories
from edi.formats.edifact.directory import GroupUse, MessageType, SegmentUse
from edi.formats.edifact.envelope import Message, MessageIdentifier
from edi.formats.edifact.structure import Group, build
from edi.formats.edifact.syntax import Segment, Syntax
from edi.formats.yaml.problem import suggest
from edi.mapping.binding_edifact import EdifactBinder
from edi.mapping.bound import BoundField, BoundSegment
from edi.mapping.emission import Emission
from edi.mapping.generate_edifact_read import EdifactReadGenerator
from edi.mapping.generate_edifact_write import EdifactWriteGenerator
from edi.mapping.ignoring import ignoring
from edi.mapping.nodes import Definition, EdifactSyntax, Entry
from edi.mapping.problems import Problems
from edi.mapping.program import Program, assemble
from edi.mapping.result import Document, Unmapped
from edi.mapping.run import Run
from edi.ports import TableSource

WIRE = Syntax(encoding="utf-8")
"""How residue is kept: as segments are written without UNA."""

SERVICE_TAGS = frozenset({"UNH", "UNT", "UNS", "UGH", "UGT"})
"""Written and counted by the engine; not the mapping's business."""


class EdifactSide:
    """One mapping of an EDIFACT message, for each release it declares."""

    def __init__(self, definition: Definition, problems: Problems, tables: TableSource | None) -> None:
        assert isinstance(definition.syntax, EdifactSyntax)
        self.definition = definition
        self.syntax: EdifactSyntax = definition.syntax
        self.messages: dict[str, MessageType] = {}
        self.bound: dict[str, dict[str, list[BoundSegment]]] = {}
        for release in self.syntax.versions:
            self._bind(release, problems, tables)
        self._programs: dict[tuple[str, str, bool], Program] = {}
        self._ignored = ignoring(pattern for pattern, _ in definition.ignores)

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

    def release_for(self, wanted: str | None) -> str:
        """The declared release to use: the wanted one, else the first."""
        return wanted if wanted in self.bound else next(iter(self.bound))

    def program(self, kind: str, release: str, traced: bool) -> Program:
        """The generated `read` or `write`."""
        key = (kind, release, traced)
        if key not in self._programs:
            emission = Emission(traced=traced)
            if kind == "read":
                EdifactReadGenerator(self.bound[release], emission).generate()
            else:
                EdifactWriteGenerator(self.bound[release], emission, self._separators(release)).generate()
            name = f"{self.definition.name} {kind} {release}{' traced' if traced else ''}"
            self._programs[key] = assemble(emission, name=name, entry=kind)
        return self._programs[key]

    def _separators(self, release: str) -> dict[str, str]:
        """The section controls that the directory demands and no entry writes."""
        count = sum(1 for item in self.messages[release].items if isinstance(item, SegmentUse) and item.tag == "UNS")
        own = any(one.tag == "UNS" for bound in self.bound[release].values() for one in bound)
        if own or not count:
            return {}
        return {"summary": "S"} if count == 1 else {"detail": "D", "summary": "S"}

    def sections_of(self, root: Group, release: str) -> tuple[list[Segment | Group], list[Segment | Group], list[Segment | Group]]:
        """The message's items before the detail groups, the detail groups, and what follows."""
        spec = self.messages[release]
        detail_tags = {entry.pattern.tag for entry in self.definition.sections.get("detail", ()) if hasattr(entry.pattern, "tag")}
        end_tags = _end_tags(spec, detail_tags)
        header: list[Segment | Group] = []
        detail: list[Segment | Group] = []
        summary: list[Segment | Group] = []
        current = header
        for item in root.items:
            if current is not summary:
                if isinstance(item, Group):
                    current = detail if item.trigger.tag in detail_tags else summary if current is detail else current
                elif current is detail or (item.tag in end_tags and item.get(1) != "D"):
                    current = summary
            current.append(item)
        return header, detail, summary

    def read(self, root: Group, release: str, run: Run, *, traced: bool) -> Document:
        """The document a message says."""
        document: Document = {}
        header, detail, summary = self.sections_of(root, release)
        arguments = (header, detail, summary, document, document, run)
        self.program("read", release, traced).function(*arguments, *(("",) if traced else ()))
        run.compare()
        return document

    def write(self, document: Document, release: str, run: Run, *, traced: bool) -> list[Segment]:
        """The segments between UNH and UNT."""
        segments: list[Segment] = []
        self.program("write", release, traced).function(document, document, segments, run, *(("",) if traced else ()))
        return with_residue(segments, document) if self.definition.residue else segments

    def residue(self, root: Group, run: Run) -> list[str]:
        """Segments of which nothing was taken, each with its number; of the others, what was left over cannot be put back."""
        taken = {key for key, _, _ in run.covered}
        return [
            f"{segment.number:06} {WIRE.write(segment.tag, segment.elements).decode()}"
            for segment in [*root.segments(), *root.unplaced]
            if segment.tag not in SERVICE_TAGS and id(segment) not in taken
        ]

    def fields(self) -> Iterator[tuple[BoundField, Entry]]:
        """All holes with their entries: as the first release has them, and of further ones what they alone have."""
        seen: set[int] = set()
        for bound in self.bound.values():
            here = list(walk_bound([segment for section in bound.values() for segment in section]))
            for one in here:
                for part in one.fields() if one.entry.number not in seen else ():
                    yield part, one.entry
            seen |= {one.entry.number for one in here}

    def tree(self, segments: Sequence[Segment], release: str) -> Group:
        """Written segments as the group tree that reading takes; numbers from 2, UNH being 1."""
        numbered = [
            Segment(one.tag, [list(components) for components in one.elements], number=number) for number, one in enumerate(segments, 2)
        ]
        spec = self.messages[release]
        head = Segment("UNH", [["1"], [self.syntax.message, *release.split("."), "UN"]], number=1)
        tail = Segment("UNT", [[str(len(numbered) + 2)], ["1"]], number=len(numbered) + 2)
        message = Message(
            reference="1",
            identifier=MessageIdentifier(
                type=self.syntax.message, version=release.partition(".")[0], release=release.partition(".")[2], agency="UN"
            ),
            segments=[head, *numbered, tail],
        )
        root = build(message, spec).value
        assert root is not None
        return root

    def unmapped(self, root: Group, run: Run) -> tuple[tuple[Unmapped, ...], int, int]:
        """What nothing took, how many components were filled, and how many of them an `ignore` names."""
        left: list[Unmapped] = []
        filled = ignored = 0
        for segment in [*root.segments(), *root.unplaced]:
            if segment.tag in SERVICE_TAGS:
                continue
            missing = []
            for element, component, value in _components(segment):
                filled += 1
                if (id(segment), element, component) not in run.covered:
                    missing.append((element, component, value))
            if not missing:
                continue
            text = segment_text(segment)
            if self._ignored is not None and self._ignored.fullmatch(text):
                ignored += len(missing)
                continue
            left += [
                Unmapped(where=locate(segment, element, component), value=value, segment=text) for element, component, value in missing
            ]
        return tuple(left), filled, ignored


def walk_bound(bound: Sequence[BoundSegment]) -> Iterator[BoundSegment]:
    """These and all nested in them."""
    for one in bound:
        yield one
        yield from walk_bound(one.children)


def with_residue(segments: list[Segment], document: Document) -> list[Segment]:
    """The written segments with those of the document's `residue` at the places they came from, as far as the others are as many."""
    kept = document.get("residue")
    for text in sorted(str(one) for one in kept) if isinstance(kept, list) else ():
        number, _, wire = text.partition(" ")
        place = min(max(int(number) - 2, 0), len(segments)) if number.isdigit() else len(segments)
        segments.insert(place, Segment.found(wire.encode(), WIRE, number=0, offset=0))
    return segments


def _end_tags(spec: MessageType, detail_tags: set[str]) -> set[str]:
    """Tags of plain segments that stand only behind the detail groups."""
    last = max(
        (index for index, item in enumerate(spec.items) if isinstance(item, GroupUse) and item.trigger in detail_tags),
        default=len(spec.items),
    )
    before = {item.tag for item in spec.items[:last] if isinstance(item, SegmentUse)} - {"UNS"}
    return {item.tag for item in spec.items if isinstance(item, SegmentUse)} - before


def _components(segment: Segment) -> Iterator[tuple[int, int, str]]:
    for element, components in enumerate(segment.elements):
        for component, value in enumerate(components):
            if value:
                yield element, component, value


def segment_text(segment: Segment) -> str:
    """A segment as text, values as they are: `LOC+27+DE`."""
    return "+".join([segment.tag, *(":".join(components) for components in segment.elements)])


def texts_of(segments: Sequence[Segment]) -> list[str]:
    """Segments as text."""
    return [segment_text(segment) for segment in segments]


def locate(where: object, element: int | str, component: int) -> Location:
    """The place of a component, positions from 1."""
    if not isinstance(where, Segment) or isinstance(element, str):
        return Location()
    return Location(offset=where.offset, segment=where.number or None, tag=where.tag, element=element + 1, component=component + 1)
