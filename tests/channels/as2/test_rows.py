"""The checklist of 92 rows is whole: every row is tried both ways, or says why it has but one."""

from __future__ import annotations

import pytest

from tests.channels.as2.rows import ONE_WAY, ROWS, WAYS, rows_in, tried

pytestmark = pytest.mark.storeless


@pytest.mark.parametrize("row", ROWS)
def test_the_row_is_tried_both_ways_or_says_why_not(row: int) -> None:
    assert len(tried()[row]) == (1 if row in ONE_WAY else 2), f"row {row}: {dict(tried()[row])}"


def test_names_are_read_as_they_are_meant() -> None:
    assert list(rows_in("test_f_o05_rows_1_to_3_48_of_12_things")) == [1, 2, 3, 48]
    assert list(rows_in("test_row_9_x")) == [9]
    assert list(rows_in("test_arrows_9")) == []
    assert len(WAYS) > 1
