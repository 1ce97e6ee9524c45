"""`ignore:` patterns: what is known and deliberately not carried."""

from __future__ import annotations

import re
from collections.abc import Iterable


def ignoring(patterns: Iterable[str]) -> re.Pattern[str] | None:
    """One expression for all patterns, in which `*` stands for anything; None where there are none."""
    found = ["".join(".*" if piece == "*" else re.escape(piece) for piece in re.split(r"(\*)", pattern)) for pattern in patterns]
    return re.compile("|".join(f"(?:{one})" for one in found), re.DOTALL) if found else None
