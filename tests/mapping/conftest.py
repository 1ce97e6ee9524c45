"""Mapping files written in tests."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import pytest

from edi import mapping
from edi.mapping.source import MappingFiles, shipped_files

Files = Callable[..., MappingFiles]


def files_of(**texts: str) -> MappingFiles:
    """Mapping files by name, the shipped ones behind them; `_` in a keyword stands for a hyphen, `AT` for @."""
    known = {name.replace("_", "-").replace("AT", "@"): dedent(text) for name, text in texts.items()}

    def find(name: str) -> tuple[str, str] | None:
        text = known.get(name.removesuffix(".map.yaml"))
        return (f"mappings/{name}.map.yaml", text) if text is not None else shipped_files(name)

    return find


def problems_of(**texts: str) -> tuple[str, ...]:
    """What is wrong with the first of these mappings, as the author sees it."""
    name = next(iter(texts)).replace("_", "-").replace("AT", "@")
    with pytest.raises(mapping.MappingProblems) as caught:
        mapping.load(name, files_of(**texts))
    return tuple(str(problem) for problem in caught.value.problems)


def spoke_of(**texts: str) -> mapping.Spoke:
    """The first of these mappings, loaded."""
    name = next(iter(texts)).replace("_", "-").replace("AT", "@")
    return mapping.load(name, files_of(**texts))
