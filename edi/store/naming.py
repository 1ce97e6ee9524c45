"""What people call a row by: a letter for its table and its number, `T12`, `M5`, `O7`."""

from __future__ import annotations

import re

_NAME = re.compile(r"([A-Z])([0-9]{1,18})")
"""More digits than that no row has, and SQLite cannot compare."""


def split_name(name: str) -> tuple[str, int] | None:
    """Letter and row number of `T12`; None for what is no such name."""
    found = _NAME.fullmatch(name)
    return (found[1], int(found[2])) if found else None


def number_in(name: str, letter: str) -> int | None:
    """12 of `T12`, where the letter is T; None for any other name."""
    found = split_name(name)
    return found[1] if found and found[0] == letter else None
