"""For people with code on pydifact: its segments from ours and ours from its. The package is imported only when asked for.

What pydifact has no place for, repetitions of elements (syntax version 4), is refused and not lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from edi.errors import FormatError
from edi.formats.edifact.syntax import Components, Segment

if TYPE_CHECKING:
    from pydifact.segments import Segment as PydifactSegment


def to_pydifact(segments: Iterable[Segment]) -> list[PydifactSegment]:
    """The segments as pydifact has them: an element of one component is text, one of several a list."""
    from pydifact.segments import Segment as Theirs  # noqa: PLC0415 -- a guest, imported late

    return [Theirs(segment.tag, *[_to_theirs(components) for components in _without_repeats(segment)]) for segment in segments]


def from_pydifact(segments: Iterable[PydifactSegment]) -> list[Segment]:
    """Our segments from pydifact's, numbered from 1 in the order given."""
    return [
        Segment(segment.tag, [_from_theirs(element) for element in segment.elements], number=number)
        for number, segment in enumerate(segments, 1)
    ]


def _without_repeats(segment: Segment) -> list[Components]:
    if segment.repeats:
        raise FormatError(f"{segment} repeats an element, which pydifact has no place for", hint="repetitions came with syntax version 4")
    return segment.elements


def _to_theirs(components: Components) -> str | Components:
    return components[0] if len(components) == 1 else list(components)


def _from_theirs(element: str | Components | None) -> Components:
    if element is None:
        return [""]
    return [element] if isinstance(element, str) else [component or "" for component in element]
