"""What EANCOM changes: the facts shipped, and what is taken for an EANCOM association."""

from __future__ import annotations

import pytest

from edi import shipped
from edi.formats.edifact import directory, eancom
from edi.formats.edifact.directory_messages import walk
from edi.formats.edifact.directory_types import GroupUse, SegmentUse

CODES = [
    line.split(" ", 3)
    for line in shipped.read_bytes("schemas", "edifact", "eancom", "codes.txt").decode().splitlines()
    if not line.startswith("#")
]
GROUPS = [
    line.split(": ")
    for line in shipped.read_bytes("schemas", "edifact", "eancom", "groups.txt").decode().splitlines()
    if not line.startswith("#")
]


@pytest.mark.parametrize(("element", "value", "certainty", "name"), CODES, ids=[" ".join(words[:2]) for words in CODES])
def test_an_added_value_fits_its_element_and_says_how_certain_it_is(element: str, value: str, certainty: str, name: str) -> None:
    types = [directory.load(release).element(element) for release in ("D.96A", "D.01B")]

    assert certainty in {"sure", "seen", "open"}
    assert name
    assert any(found is not None and len(value) <= found.length_max for found in types)
    assert value not in (directory.load("D.96A").codes(element) or {})


def test_values_are_named_once() -> None:
    assert len(CODES) == len({(words[0], words[1]) for words in CODES})


@pytest.mark.parametrize(("head", "content"), GROUPS, ids=[head for head, _ in GROUPS])
def test_a_narrowed_group_holds_less_of_what_the_un_group_holds(head: str, content: str) -> None:
    kind, association, release, number = head.split()
    message = directory.load(release).message(kind)
    assert message is not None
    group = next(item for _, item in walk(message.items) if isinstance(item, GroupUse) and item.number == int(number))
    held = [item.tag if isinstance(item, SegmentUse) else item.name for item in group.items]

    assert [name for name in held if name in content.split()] == content.split()
    assert len(content.split()) < len(held)
    assert eancom.is_eancom(association)


@pytest.mark.parametrize(
    ("association", "is_one"), [("EAN008", True), ("EAN011B", True), ("EAN", False), ("EAN08", False), ("EDIEL2", False), ("", False)]
)
def test_an_eancom_association_is_ean_and_three_digits(association: str, is_one: bool) -> None:
    assert is_one == eancom.is_eancom(association)
