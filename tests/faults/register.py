"""The register of named faults (`named.txt`), and which of them a test tries: those its name, its docstring or its comments cite.

A docstring of a module cites nothing: it is about more than one test.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

FILE = Path(__file__).with_name("named.txt")
_FAULT = re.compile(r"F[-_]([A-Z]\d\d)(?!\d)", re.IGNORECASE)
_CASE = re.compile(r"(?:^|[_ (\[,])([MHT]\d\d)(?=$|[_:,;)\] ])", re.IGNORECASE)
"""Of inputs and threats: `M19` is also how people name a message, so only where a name or a docstring begins or puts it in brackets."""
_SAID = re.compile(r"(?<![-\w])[MHT]\d\d\b")


def named() -> Mapping[str, str]:
    """Every id, with what it is."""
    return dict(line.split(" ", 1) for line in FILE.read_text().splitlines())


def cited(name: str, function: Callable[..., object]) -> frozenset[str]:
    """The ids a test cites; `name` with its parameters."""
    source = inspect.getsource(inspect.unwrap(function))
    doc = inspect.getdoc(function) or ""
    faults = {f"F-{one.upper()}" for one in _FAULT.findall(f"{name} {source}")}
    others = _FAULT.sub("", name)
    cases = {one.upper() for one in _CASE.findall(others.removeprefix("test"))}
    cases |= {one.upper() for one in _SAID.findall(" ".join(re.findall(r"^[^:.]{0,40}[:.]|\([^)]*\)", doc)))}
    return frozenset((faults | cases) & named().keys())


@dataclass(slots=True)
class Tried:
    """What became of the instances of one fault."""

    survived: int = 0
    failed: int = 0
    tests: set[str] = field(default_factory=set)


def summary(tried: Mapping[str, Tried], kind: str) -> str:
    """`tried N of M, survived N` for ids that begin so, and how many instances that were."""
    mine = {name: one for name, one in tried.items() if name.startswith(kind)}
    whole = sum(name.startswith(kind) for name in named())
    survived = sum(not one.failed for one in mine.values())
    instances = sum(one.survived + one.failed for one in mine.values())
    return (
        f"tried {len(mine)} of {whole}, survived {survived}; {instances} instances, survived {sum(one.survived for one in mine.values())}"
    )
