"""Every shipped release agrees with itself."""

from __future__ import annotations

import pytest

from edi.formats.edifact import directory
from edi.formats.edifact.directory_messages import walk
from edi.formats.edifact.directory_types import GroupUse, MessageType, SegmentUse

SERVICE_TAGS = {"UNH", "UNT", "UNS", "UGH", "UGT"}
SAMPLE = directory.releases()[::8]


@pytest.mark.parametrize("release", SAMPLE)
def test_every_message_stands_on_defined_segments_and_numbered_groups(release: str) -> None:
    check_release(release)


@pytest.mark.proof
@pytest.mark.parametrize("release", [release for release in directory.releases() if release not in SAMPLE])
def test_every_message_of_every_other_release_stands_on_defined_segments_and_numbered_groups(release: str) -> None:
    check_release(release)


def check_release(release: str) -> None:
    tables = directory.load(release)
    for name in tables.message_types():
        message = tables.message(name)
        assert message is not None
        check_message(message, tables)


def check_message(message: MessageType, tables: directory.Directory) -> None:
    items = [item for _, item in walk(message.items)]
    groups = [item for item in items if isinstance(item, GroupUse)]
    first, last = message.items[0], message.items[-1]
    assert isinstance(first, SegmentUse)
    assert isinstance(last, SegmentUse)
    assert list(range(1, len(groups) + 1)) == [group.number for group in groups], message
    positions = [item.position for item in items]
    assert positions == sorted(positions)
    assert positions[0] == "" or len(positions) == len(set(positions))
    assert all(item.repeats_max >= 1 for item in items)
    if first.tag == "UIH":  # interactive messages use the interactive directory, which is another one
        assert last.tag == "UIT"
        return
    assert ("UNH", "UNT") == (first.tag, last.tag)
    missing = {item.tag for item in items if isinstance(item, SegmentUse) and tables.segment(item.tag) is None}
    assert missing <= SERVICE_TAGS, (message.type, missing)
