"""What EANCOM changes: the facts shipped, and what is taken for an EANCOM association."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from edi import shipped
from edi.formats.edifact import contrl, directory, eancom, read
from edi.formats.edifact.directory_messages import walk
from edi.formats.edifact.directory_types import GroupUse, SegmentUse
from edi.formats.edifact.validation import validate
from tests.formats.edifact.building import ORDER, interchange, message

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


@pytest.mark.parametrize(
    ("element", "value", "code"),
    [
        ("6063", "17E", "edifact.code_unconfirmed"),
        ("6313", "BRX", "edifact.code_unconfirmed"),
        ("6063", "XXL", "edifact.code_unknown"),
        ("6313", "999", "edifact.code_unknown"),
        ("6313", "LAY", None),
    ],
)
def test_what_eancom_may_have_added_is_a_warning_and_what_it_cannot_an_error(element: str, value: str, code: str | None) -> None:
    segment = {"6063": f"QTY+{value}:1", "6313": f"MEA+PD+{value}+KGM:1"}[element]
    (found,) = read(interchange(message(*ORDER[:5], segment, "UNS+S"))).value or ()

    findings = validate(found.messages[0], directory.load("D.96A", association="EAN008"))
    assert ([code] if code else []) == [each.code for each in findings]
    assert (code == "edifact.code_unconfirmed") == any(not each.is_error for each in findings)
    if code:
        assert ["edifact.code_unknown"] == [each.code for each in validate(found.messages[0], directory.load("D.96A"))]


def test_an_unconfirmed_code_is_not_held_against_the_sender() -> None:
    (found,) = read(interchange(message(*ORDER[:5], "QTY+17E:1", "UNS+S"))).value or ()
    findings = validate(found.messages[0], directory.load("D.96A", association="EAN008"))

    written = contrl.answer(found, findings, control_reference="1", prepared=datetime(2024, 1, 31, tzinfo=UTC)) or b""
    assert b"UCI+REF1+4012345000009:14+5412345000013:14+7'" in written
