"""The service segments and messages of ISO 9735, syntax versions 1 to 4."""

from __future__ import annotations

import pytest

from edi.errors import ConfigError
from edi.formats.edifact import directory
from edi.formats.edifact.directory import CompositeType, GroupUse, SegmentUse
from edi.formats.edifact.directory_messages import walk


def components(version: str, composite: str) -> list[str]:
    found = directory.service(version).composite(composite)
    assert found is not None
    return [f"{part.type.id}{'M' if part.mandatory else 'C'} {part.type.format}" for part in found.components]


@pytest.mark.parametrize("version", ["1", "2", "3", "4"])
def test_contrl_answers_messages_and_groups_side_by_side(version: str) -> None:
    """ISO 9735-4: group 1 (UCM) and group 3 (UCF) stand at the top; a published conversion nests 3 in 1."""
    contrl = directory.service(version).message("CONTRL")

    assert contrl is not None
    shape = [(depth, item.name if isinstance(item, GroupUse) else item.tag) for depth, item in walk(contrl.items)]
    assert [
        (0, "UNH"), (0, "UCI"),
        (0, "SG1"), (1, "UCM"), (1, "SG2"), (2, "UCS"), (2, "UCD"),
        (0, "SG3"), (1, "UCF"), (1, "SG4"), (2, "UCM"), (2, "SG5"), (3, "UCS"), (3, "UCD"),
        (0, "UNT"),
    ] == shape  # fmt: skip


@pytest.mark.parametrize("version", ["1", "2", "3", "4"])
@pytest.mark.parametrize("tag", ["UNB", "UNZ", "UNG", "UNE", "UNH", "UNT", "UNS", "UCI", "UCF", "UCM", "UCS", "UCD"])
def test_every_version_has_the_segments_of_the_envelope(version: str, tag: str) -> None:
    segment = directory.service(version).segment(tag)

    assert segment is not None
    assert segment.elements


def test_every_segment_of_every_service_message_is_defined() -> None:
    for version in ("1", "2", "3", "4"):
        service = directory.service(version)
        for name in service.message_types():
            message = service.message(name)
            assert message is not None
            missing = {item.tag for _, item in walk(message.items) if isinstance(item, SegmentUse)} - {
                item.tag for _, item in walk(message.items) if isinstance(item, SegmentUse) and service.segment(item.tag)
            }
            assert set() == missing, (version, name)


def test_packages_and_security_come_with_version_4() -> None:
    assert directory.service("3").segment("UNO") is None
    assert ["0810", "0800"] == [use.type.id for use in directory.service("4").segment("UNP").elements]  # type: ignore[union-attr]
    assert ("CONTRL",) == directory.service("3").message_types()
    assert ("AUTACK", "CONTRL", "KEYMAN") == directory.service("4").message_types()


def test_unb_of_version_3_is_as_iso_9735_prints_it() -> None:
    assert ["0001M a4", "0002M n1"] == components("3", "S001")
    assert ["0004M an..35", "0007C an..4", "0008C an..14"] == components("3", "S002")
    assert ["0017M n6", "0019M n4"] == components("3", "S004")
    assert ["0065M an..6", "0052M an..3", "0054M an..3", "0051M an..2", "0057C an..6"] == components("3", "S009")
    unb = directory.service("3").segment("UNB")
    assert unb is not None
    assert ["S001M", "S002M", "S003M", "S004M", "0020M", "S005C", "0026C", "0029C", "0031C", "0032C", "0035C"] == [
        f"{use.type.id}{'M' if use.mandatory else 'C'}" for use in unb.elements
    ]


def test_version_4_widens_the_envelope() -> None:
    assert ["0001M a4", "0002M an1", "0080C an..6", "0133C an..3", "0076C an2"] == components("4", "S001")
    assert ["0017M n8", "0019M n4"] == components("4", "S004")
    unh = directory.service("4").segment("UNH")
    assert unh is not None
    assert ["0062", "S009", "0068", "S010", "S016", "S017", "S018"] == [use.type.id for use in unh.elements]
    assert all(isinstance(use.type, CompositeType) for use in unh.elements[4:])


def test_character_repertoires_are_those_of_the_version() -> None:
    repertoires = {version: set(directory.service(version).codes("0001") or {}) for version in ("1", "3", "4")}

    assert {"UNOA", "UNOB"} == repertoires["1"]
    assert {"UNOA", "UNOB", "UNOC", "UNOD", "UNOE", "UNOF"} == repertoires["3"]
    assert {"UNOK", "UNOW", "UNOX", "UNOY"} <= repertoires["4"]


def test_error_codes_of_contrl_have_names() -> None:
    codes = directory.service("3").codes("0085") or {}

    assert ("Missing", "Control count does not match number of instances received") == (codes["13"], codes["29"])


def test_another_version_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="there is no EDIFACT syntax version '5'\n  hint: one of: 1, 2, 3, 4"):
        directory.service("5")
