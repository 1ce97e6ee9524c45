"""The page says what the tests' own table says, and the table leaves no row without a word."""

from __future__ import annotations

import os

from tests.interop.cases import ALL
from tests.interop.table import REMARKS, ROWS, WHY_NOT, both_ways, table
from tests.servers.packages import CHECKOUT

PAGE = CHECKOUT / "docs" / "reference" / "as2.md"
BEGIN, END = "<!-- interop: written by tests/interop, EDI_UPDATE=1 -->\n", "<!-- /interop -->\n"


def test_the_page_shows_the_table() -> None:
    before, begin, rest = PAGE.read_text().partition(BEGIN)
    shown, end, after = rest.partition(END)
    if os.environ.get("EDI_UPDATE"):
        PAGE.write_text(before + begin + table() + end + after)
        return

    assert table() == shown


def test_sixty_rows_and_more_go_both_ways_with_openas2() -> None:
    assert len(both_ways(ALL)) >= 60


def test_every_row_goes_both_ways_or_says_why_not() -> None:
    assert sorted(WHY_NOT) == [row for row in ROWS if row not in both_ways(ALL)]
    assert not REMARKS.keys() & WHY_NOT.keys()


def test_every_case_has_a_name_of_its_own() -> None:
    assert len({case.key for case in ALL}) == len(ALL)
    assert len({(case.us, case.them) for case in ALL}) == len(ALL)
