"""Exported heads as files: one each, or folders of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edi.store.audit import Head


def texts(places: Iterable[Path]) -> tuple[tuple[str, str], ...]:
    """Name and text of every head, those of a folder by name."""
    files = [file for place in places for file in (sorted(place.glob("*.json")) if place.is_dir() else [place])]
    return tuple((file.name, file.read_text("utf-8", "replace")) for file in files)


def read_heads(places: Iterable[Path]) -> tuple[Head, ...]:
    """The heads. Raises ConfigError for a file that holds none."""
    from edi.store.audit_heads import read

    return tuple(read(name, text) for name, text in texts(places))
