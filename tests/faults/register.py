"""The register of named faults (`named.txt`), and which of them a test tries: those its name, its docstring or its comments cite.

A docstring of a module cites nothing: it is about more than one test.
"""

from __future__ import annotations

import inspect
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

FILE = Path(__file__).with_name("named.txt")
CHECKOUT = Path(__file__).resolve().parents[2]
CACHE = CHECKOUT / ".cache" / "faults"
KINDS = {"F-": "faults", "M": "inputs of section 4.2", "H": "web and command line", "T": "threats"}
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


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one test the last time it ran."""

    store: str
    """sqlite | postgresql | none: where the stores lay that it opened."""
    ids: tuple[str, ...]
    survived: bool


@dataclass(slots=True)
class Tried:
    """What became of the instances of one fault."""

    tried: int = 0
    survived: int = 0
    files: set[str] = field(default_factory=set)


def together(results: Iterable[tuple[str, Result]]) -> dict[str, Tried]:
    """By fault."""
    found: defaultdict[str, Tried] = defaultdict(Tried)
    for test, result in results:
        for name in result.ids:
            found[name].tried += 1
            found[name].survived += result.survived
            found[name].files.add(test.partition("::")[0])
    return dict(found)


def summary(tried: Mapping[str, Tried], kind: str) -> str:
    """`tried N of M, survived N` for ids that begin so, and how many instances that were."""
    mine = [one for name, one in tried.items() if name.startswith(kind)]
    whole = sum(name.startswith(kind) for name in named())
    survived = sum(one.survived == one.tried for one in mine)
    instances = sum(one.tried for one in mine), sum(one.survived for one in mine)
    return f"tried {len(mine)} of {whole}, survived {survived}; {instances[0]} instances, survived {instances[1]}"


def keep(run: str, results: Mapping[str, Result]) -> None:
    """Put a run's results in the place of older ones of the same tests."""
    CACHE.mkdir(parents=True, exist_ok=True)
    known = {**kept(run), **results}
    (CACHE / f"{run}.json").write_text(json.dumps({test: asdict(result) for test, result in sorted(known.items())}, indent=1))


def kept(run: str) -> dict[str, Result]:
    """The last results of tests that are still there."""
    file = CACHE / f"{run}.json"
    known = json.loads(file.read_text()) if file.exists() else {}
    return {test: Result(one["store"], tuple(one["ids"]), one["survived"]) for test, one in known.items() if _is_there(test)}


def _is_there(test: str) -> bool:
    file, _, function = test.partition("[")[0].rpartition("::")
    place = CHECKOUT / file.partition("::")[0]
    return place.is_file() and f"def {function}(" in place.read_text()
