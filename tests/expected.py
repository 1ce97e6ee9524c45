"""Compares with a file of what is expected; `EDI_UPDATE=1` writes the file instead, and the reviewer reads the diff."""

from __future__ import annotations

import os
from pathlib import Path


def updating() -> bool:
    """True if expected files are to be rewritten."""
    return os.environ.get("EDI_UPDATE", "") not in {"", "0"}


def assert_as_expected(path: Path, actual: str | bytes) -> None:
    """Assert that the file holds `actual`, or write it when updating."""
    content = actual.encode() if isinstance(actual, str) else actual
    if updating():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return
    assert path.is_file(), f"{path} is missing; run with EDI_UPDATE=1 to write it"
    if isinstance(actual, str):
        assert path.read_text(encoding="utf-8") == actual, f"{path} says otherwise; EDI_UPDATE=1 rewrites it"
    else:
        assert path.read_bytes() == actual, f"{path} holds other bytes; EDI_UPDATE=1 rewrites it"
