"""Whatever stands in a mapping file or in a message, the answer is a problem or a finding, never a crash."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest
from lxml import etree

from edi import mapping, shipped
from edi.errors import ConfigError
from edi.formats.edifact.syntax import Segment
from edi.mapping import laws
from edi.mapping.source import shipped_files
from edi.mapping.spoke_edifact import texts_of

NAMES = [name.removesuffix(".map.yaml") for name in shipped.names("mappings") if name.endswith(".map.yaml")]
EDIFACT = [name for name in NAMES if name.endswith("-eancom")]
UBL = [name for name in NAMES if name.startswith("ubl-")]
CHARACTERS = "{}[]:+|~!?*=.$'\"/ #&"


def damaged(text: str, dice: random.Random) -> str:
    """The text with up to three lines changed, moved or cut."""
    lines = text.split("\n")
    for _ in range(dice.randint(1, 3)):
        index = dice.randrange(len(lines))
        line, place = lines[index], dice.randrange(len(lines[index]) + 1)
        lines[index] = dice.choice(
            [line[:place] + dice.choice(CHARACTERS) + line[place:], line[:place] + line[place + 1 :], dice.choice(lines), line[:place]]
        )
    return "\n".join(lines)


@pytest.mark.parametrize("seed", range(8))
def test_a_damaged_mapping_is_refused_or_works(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(8):
        name = dice.choice(NAMES)
        found = shipped_files(name)
        assert found is not None
        text = damaged(found[1], dice)
        with suppress(ConfigError):
            spoke = mapping.load(name, lambda one, text=text, name=name: (f"{name}.map.yaml", text) if one == name else shipped_files(one))
            if not spoke.definition.document_itself:
                spoke.source("read")
                spoke.source("write", traced=True)


@pytest.mark.parametrize("name", EDIFACT)
def test_a_message_in_disorder_is_read_as_far_as_it_goes(name: str) -> None:
    spoke, dice = mapping.load(name), random.Random(3)
    written = spoke.write(laws.draw(spoke, 4)).value
    assert written is not None
    segments = [Segment(text[:3], [part.split(":") for part in text.split("+")[1:]]) for text in texts_of(written.output)]  # type: ignore[arg-type]
    for _ in range(5):
        mixed = dice.sample(segments, dice.randrange(len(segments) + 1))
        for segment in mixed[::3]:
            segment.elements[:] = segment.elements[: dice.randrange(len(segment.elements) + 1)] or [[""]]
        tree = spoke.side.tree(mixed, written.release)  # type: ignore[union-attr]

        plain, traced = spoke.read(tree).value, spoke.read(tree, trace=True).value

        assert plain is not None
        assert traced is not None
        assert plain.document == traced.document


@pytest.mark.parametrize("name", UBL)
def test_a_document_in_disorder_is_read_as_far_as_it_goes(name: str) -> None:
    spoke, dice = mapping.load(name), random.Random(3)
    written = spoke.write(laws.draw(spoke, 4)).value
    assert written is not None
    for _ in range(5):
        root = etree.fromstring(written.output)  # type: ignore[arg-type]
        for element in list(root.iter()):
            parent = element.getparent()
            if parent is not None and dice.random() < 0.05:
                parent.remove(element)
            elif dice.random() < 0.05:
                element.text = dice.choice(["", "x" * 9, "2024-02-31", "1e9", None])

        plain, traced = spoke.read(root).value, spoke.read(root, trace=True).value

        assert plain is not None
        assert traced is not None
        assert plain.document == traced.document
