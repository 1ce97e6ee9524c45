"""Names of rows are letters and numbers that a row can have."""

from __future__ import annotations

import pytest

from edi.store.naming import number_in, split_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [("T12", ("T", 12)), ("M007", ("M", 7)), ("t12", None), ("T", None), ("12", None), ("T1x", None), ("T-1", None), ("T" + 19 * "9", None), ("T١", None)],
)  # fmt: skip
def test_a_name_is_a_letter_and_up_to_eighteen_digits(name: str, expected: tuple[str, int] | None) -> None:
    assert split_name(name) == expected


def test_a_number_is_asked_for_of_one_letter() -> None:
    assert (number_in("T12", "T"), number_in("M12", "T")) == (12, None)
