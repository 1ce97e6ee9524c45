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


class Shelf:
    """Tables that change while they are in use."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {"releases.txt": b"D.30A\n"}

    def read(self, *path: str) -> bytes | None:
        return self.files.get("/".join(path[2:]))


def test_a_release_imported_meanwhile_is_noticed() -> None:
    shelf = Shelf()
    before = directory.releases(shelf)
    shelf.files["releases.txt"] += b"D.30B\n"

    assert "D.30A" in before
    assert "D.30B" not in before
    assert "D.30B" in directory.releases(shelf)
    assert directory.load("D.30B", tables=shelf).release == "D.30B"


def test_the_nearest_release_to_one_with_a_raised_digit_is_the_newest() -> None:
    assert directory.nearest_release("D.¹6A") == directory.releases()[-1]
