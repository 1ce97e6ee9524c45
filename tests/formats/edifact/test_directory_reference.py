"""The directories as published, against our tables: every release there is reference data of."""

from __future__ import annotations

from pathlib import Path

import pytest

from edi.cli.directory import open_archive
from edi.formats.edifact import directory
from edi.formats.edifact.directory_import import import_archive
from edi.formats.edifact.directory_import.pool import Pool
from tests.formats.edifact.directory_prose import described_values, explained, tabled

pytestmark = pytest.mark.reference

SAMPLE = ("D.93A", "D.94B", "D.96A", "D.99B")
"""One of each layout, and the two with misprints in their tables; the others run with the long ones."""

REST = tuple(release for release in directory.releases() if release not in SAMPLE)

PUBLISHED_OTHERWISE = {
    # Where table and prose of one file disagree, the table counts. Read one by one:
    # headings of the first release that name segments or groups which its tables do not have, or in another order
    "D.93A": {"DELJIT", "DESADV", "IFTMBP", "INVRPT", "ORDCHG", "PAYDUC", "REMADV", "SLSRPT", "SUPCOT", "SUPMAN"},
    # BOPDIR: LOC behind SG6 or in it; CUSEXP: the table misses the trigger PAC of SG9; REQDOC: SG6 beside SG5 or in it
    "D.94B": {"BOPDIR", "CUSEXP", "REQDOC"},
    # BOPBNK: the heading of SG3 leaves out LOC, which the text below it explains
    "D.99B": {"BOPBNK"},
}


NOT_A_CODE = {("3055", "1.")}
"""A numbered note that looks like one."""


def archive(reference: Path, release: str) -> dict[str, bytes]:
    path = reference / "edifact" / "unece" / f"{release.replace('.', '')}.tar.xz"
    if not path.is_file():
        pytest.skip(f"the reference data has no archive of {release}")
    return dict(open_archive(path))


def check_prose(reference: Path, release: str) -> tuple[int, int, set[str]]:
    """How many headings and positions were compared, and the message types where one differs."""
    tables = directory.load(release)
    headings = positions = 0
    different = set()
    for name, content in archive(reference, release).items():
        kind = name.rpartition("/")[2].upper().partition("_")[0]
        message = tables.message(kind) if "_D." in name.upper() else None
        if message is None:
            continue
        ours = list(tabled(message))
        groups = {item: held for _, item, held in ours if held}
        places = {position: item for position, item, _ in ours if position}
        for position, item, held in explained(content):
            headings += bool(held)
            positions += bool(position)
            if (held and groups.get(item) != held) or (position and places.get(position) != item):
                different.add(kind)
    return headings, positions, different


@pytest.mark.parametrize("release", SAMPLE)
def test_groups_and_positions_are_those_that_the_prose_of_the_same_file_names(reference: Path, release: str) -> None:
    headings, positions, different = check_prose(reference, release)

    assert headings > 500
    assert positions > 2000 or release == "D.93A"
    assert PUBLISHED_OTHERWISE.get(release, set()) == different


@pytest.mark.proof
@pytest.mark.parametrize("release", REST)
def test_groups_and_positions_of_every_other_release_are_those_of_its_prose(reference: Path, release: str) -> None:
    headings, positions, different = check_prose(reference, release)

    assert headings > 500
    assert positions > 2000
    assert PUBLISHED_OTHERWISE.get(release, set()) == different


def check_tables(reference: Path, release: str) -> None:
    """The shipped tables say of a release what converting its archive alone says."""
    outcome = import_archive(archive(reference, release))
    assert outcome.value is not None
    alone = Pool()
    alone.add(outcome.value)
    files = {f"schemas/edifact/{name}": text.encode() for name, text in alone.write().items()}

    class Shelf:
        def read(self, *path: str) -> bytes | None:
            return files.get("/".join(path))

    fresh, shipped = directory.load(release, tables=Shelf()), directory.load(release)
    assert outcome.value.release == release
    described = {
        pair for name, content in archive(reference, release).items() if "UNCL" in name.upper() for pair in described_values(content)
    }
    assert {pair for pair in described if pair[1] not in (shipped.codes(pair[0]) or {})} <= NOT_A_CODE
    assert fresh.message_types() == shipped.message_types()
    assert all(fresh.message(name) == shipped.message(name) for name in fresh.message_types())
    assert all(fresh.segment(tag) == shipped.segment(tag) for tag in outcome.value.segments)
    assert all(fresh.codes(element) == shipped.codes(element) for element in outcome.value.elements)


@pytest.mark.parametrize("release", SAMPLE)
def test_the_shipped_tables_are_what_the_archive_converts_to(reference: Path, release: str) -> None:
    check_tables(reference, release)


@pytest.mark.proof
@pytest.mark.parametrize("release", REST)
def test_the_shipped_tables_are_what_every_other_archive_converts_to(reference: Path, release: str) -> None:
    check_tables(reference, release)
