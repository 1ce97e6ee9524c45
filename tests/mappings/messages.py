"""Reading files and checking what spokes wrote, for the tests of the shipped mappings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from edi.findings import Finding
from edi.formats import json
from edi.formats.edifact import directory, reader, validation
from edi.formats.edifact.envelope import Message, MessageIdentifier
from edi.formats.edifact.structure import Group, build
from edi.formats.edifact.syntax import Segment
from edi.mapping import Spoke
from edi.mapping.spoke_edifact import EdifactSide

DEMO = Path(__file__).resolve().parents[2] / "edi" / "demo"


def groups(spoke: Spoke, path: Path) -> Iterator[tuple[str, Group]]:
    """Release and group tree of each message of the spoke's type in a file."""
    assert isinstance(spoke.side, EdifactSide)
    for interchange in reader.read(path.read_bytes()).value or ():
        for message in interchange.messages:
            if message.identifier.type == spoke.syntax.message:  # type: ignore[union-attr]
                release = spoke.side.release_for(message.identifier.directory)
                tree = build(message, spoke.side.message_type(release)).value
                assert tree is not None
                yield release, tree


def demo(name: str) -> dict[str, object]:
    """A demo document in canonical form."""
    value = json.read((DEMO / name).read_bytes()).value
    assert isinstance(value, dict)
    return value  # type: ignore[return-value]


def validated(spoke: Spoke, segments: list[Segment], release: str, association: str) -> list[Finding]:
    """What our own validation says of the segments a spoke wrote (L3 to L5)."""
    body = [Segment(one.tag, [list(components) for components in one.elements], number=number) for number, one in enumerate(segments, 2)]
    named = [spoke.syntax.message, *release.split("."), "UN", *([association] if association else [])]  # type: ignore[union-attr]
    head = Segment("UNH", [["1"], named], number=1)
    tail = Segment("UNT", [[str(len(body) + 2)], ["1"]], number=len(body) + 2)
    message = Message(reference="1", identifier=MessageIdentifier.from_components(named), segments=[head, *body, tail])
    return list(validation.validate(message, directory.load(release, association=association)))
