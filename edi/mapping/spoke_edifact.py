"""The EDIFACT side of a spoke: reads group trees, writes segments, finds what of a message was left over."""

from __future__ import annotations

from collections.abc import Sequence

from edi.findings import Location
from edi.formats.edifact import directory as directories
from edi.formats.edifact.directory import MessageType
from edi.formats.edifact.envelope import Message, MessageIdentifier
from edi.formats.edifact.structure import Group, build
from edi.formats.edifact.syntax import Segment, Syntax
from edi.mapping.compiled import Compiled
from edi.mapping.ignoring import ignoring
from edi.mapping.nodes import EdifactSyntax
from edi.mapping.program import Programs
from edi.mapping.result import Document, Unmapped
from edi.mapping.run import Covered, Run
from edi.ports import TableSource

WIRE = Syntax(encoding="utf-8")
"""How residue is kept: as segments are written without UNA."""

SERVICE_TAGS = frozenset({"UNH", "UNT", "UNS", "UGH", "UGT"})
"""Written and counted by the engine; not the mapping's business."""


class EdifactSide:
    """Reads group trees and writes segments."""

    def __init__(self, compiled: Compiled, programs: Programs, tables: TableSource | None) -> None:
        assert isinstance(compiled.syntax, EdifactSyntax)
        self._compiled = compiled
        self._programs = programs
        self._tables = tables
        self.syntax: EdifactSyntax = compiled.syntax
        self._ignored = ignoring(compiled.ignores)

    def release_for(self, wanted: str | None) -> str:
        """The declared release to use: the wanted one, else the first."""
        return wanted if wanted in self.syntax.versions else self.syntax.versions[0]

    def message_type(self, release: str) -> MessageType:
        """The structure of the message in a declared release."""
        directory = directories.load(release, association=self.syntax.association_of(release), tables=self._tables)
        found = directory.message(self.syntax.message)
        assert found is not None, "a release without the message is refused when the mapping is loaded"
        return found

    def sections_of(self, root: Group, release: str) -> tuple[list[Segment | Group], list[Segment | Group], list[Segment | Group]]:
        """The message's items before the detail groups, the detail groups, and what follows."""
        detail_tags, end_tags = self._compiled.detail_tags, self._compiled.end_tags[release]
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
        self._programs("read", release, traced)(*arguments, *(("",) if traced else ()))
        run.compare()
        return document

    def write(self, document: Document, release: str, run: Run, *, traced: bool) -> list[Segment]:
        """The segments between UNH and UNT."""
        segments: list[Segment] = []
        self._programs("write", release, traced)(document, document, segments, run, *(("",) if traced else ()))
        return with_residue(segments, document) if self._compiled.residue else segments

    def residue(self, root: Group, run: Run) -> list[str]:
        """Segments of which nothing was taken, each with its number; of the others, what was left over cannot be put back."""
        taken = {key for key, _, _ in run.covered()}
        return [
            f"{segment.number:06} {WIRE.write(segment.tag, segment.elements).decode()}"
            for segment in [*root.segments(), *root.unplaced]
            if segment.tag not in SERVICE_TAGS and id(segment) not in taken
        ]

    def tree(self, segments: Sequence[Segment], release: str) -> Group:
        """Written segments as the group tree that reading takes; numbers from 2, UNH being 1."""
        numbered = [
            Segment(one.tag, [list(components) for components in one.elements], number=number) for number, one in enumerate(segments, 2)
        ]
        head = Segment("UNH", [["1"], [self.syntax.message, *release.split("."), "UN"]], number=1)
        tail = Segment("UNT", [[str(len(numbered) + 2)], ["1"]], number=len(numbered) + 2)
        message = Message(
            reference="1",
            identifier=MessageIdentifier(
                type=self.syntax.message, version=release.partition(".")[0], release=release.partition(".")[2], agency="UN"
            ),
            segments=[head, *numbered, tail],
        )
        root = build(message, self.message_type(release)).value
        assert root is not None
        return root

    def unmapped(self, root: Group, run: Run) -> tuple[tuple[Unmapped, ...], int, int]:
        """What nothing took, how many components were filled, and how many of them an `ignore` names."""
        left: list[Unmapped] = []
        filled = ignored = 0
        covered = run.covered()
        for segment in [*root.segments(), *root.unplaced]:
            if segment.tag in SERVICE_TAGS:
                continue
            count, missing = _left_over(segment, covered)
            filled += count
            if not missing:
                continue
            text = segment_text(segment)
            if self._ignored is not None and self._ignored.fullmatch(text):
                ignored += len(missing)
                continue
            left += [
                Unmapped(where=locate(segment, element, component), value=segment.elements[element][component], segment=text)
                for element, component in missing
            ]
        return tuple(left), filled, ignored


def with_residue(segments: list[Segment], document: Document) -> list[Segment]:
    """The written segments with those of the document's `residue` at the places they came from, as far as the others are as many."""
    kept = document.get("residue")
    for text in sorted(str(one) for one in kept) if isinstance(kept, list) else ():
        number, _, wire = text.partition(" ")
        place = min(max(int(number) - 2, 0), len(segments)) if number.isdigit() else len(segments)
        segments.insert(place, Segment.found(wire.encode(), WIRE, number=0, offset=0))
    return segments


def _left_over(segment: Segment, covered: Covered) -> tuple[int, list[tuple[int, int]]]:
    """How many components are filled, and the places of those that nothing took. Every message is asked, so most elements, of one component, go straight."""
    key, filled = id(segment), 0
    missing: list[tuple[int, int]] = []
    for element, components in enumerate(segment.elements):
        if len(components) == 1:
            if components[0]:
                filled += 1
                if (key, element, 0) not in covered:
                    missing.append((element, 0))
        else:
            filled += len(components) - components.count("")
            missing += [(element, index) for index, value in enumerate(components) if value and (key, element, index) not in covered]
    return filled, missing


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
