"""The list of skips: what is counted, what is allowed."""

import pytest

from tests import skips


def test_a_skip_is_covered_if_both_its_name_and_its_reason_match() -> None:
    allowed = skips.read_allowances("# why\n\ntests/channels/*|no sshd*\n")

    assert skips.unlisted([skips.Skip("tests/channels/a.py::b", "no sshd here")], allowed) == ()


def test_another_reason_is_not_covered() -> None:
    allowed = skips.read_allowances("tests/channels/*|no sshd*\n")
    skip = skips.Skip("tests/channels/a.py::b", "too slow")

    assert skips.unlisted([skip], allowed) == (skip,)


def test_a_line_without_a_bar_is_named() -> None:
    with pytest.raises(ValueError, match="line 2: 'nothing'"):
        skips.read_allowances("# a\nnothing\n")


def test_skips_are_counted_per_reason() -> None:
    many = [skips.Skip(f"t{number}", "no server") for number in range(8)]

    lines = skips.summary_lines(many)

    assert lines[0] == "   8 x no server"
    assert lines[-1] == "         ... and 2 more"
