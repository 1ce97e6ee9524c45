"""No regular expression of ours takes long on any text (T31): each is tried, as it is used, on texts made to send it back and forth."""

from __future__ import annotations

import ast
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.storeless
ENGINE = Path(__file__).parents[2] / "edi"
SECONDS_MAX = 0.05
LENGTH = 1_000
"""What takes more than the square of that shows; 28 characters are enough for what takes for ever."""
WAYS = {"match", "fullmatch", "search", "sub", "split", "findall", "finditer"}
LOOKING = {"sub": "search", "split": "search", "findall": "search", "finditer": "search"}
"""Ways that begin anew at every character."""


def written() -> Iterator[Any]:
    """Every pattern that is written down in the engine, with the ways it is used and where it stands."""
    trees = {file: ast.parse(file.read_text()) for file in sorted(ENGINE.rglob("*.py"))}
    used: defaultdict[str, set[str]] = defaultdict(set)
    for tree in trees.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in WAYS:
                used[_name(node.value)].add(LOOKING.get(node.attr, node.attr))
    for file, tree in trees.items():
        names = {id(node.value): _name(target) for node in ast.walk(tree) for target in _targets(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _name(node.func) in WAYS | {"compile"} and _of_re(node.func):
                pattern = node.args[0]
                if isinstance(pattern, ast.Constant) and isinstance(pattern.value, str | bytes):
                    way = _name(node.func)
                    ways = used[names.get(id(node), "")] or {"search"} if way == "compile" else {LOOKING.get(way, way)}
                    place = f"{file.relative_to(ENGINE.parent)}:{node.lineno}"
                    yield pytest.param(pattern.value, sorted(ways), id=place)


def _targets(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Assign):
        return node.targets
    return [node.target] if isinstance(node, ast.AnnAssign) else []


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _of_re(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and _name(node.value) == "re"


def hostile(pattern: str) -> Iterator[str]:
    """Long runs of what the pattern speaks of, each with an end that does not fit."""
    spoken = {letter for letter in re.sub(r"\\[A-Za-z]", "", pattern) if letter.isprintable()}
    for letter in sorted(spoken | set("a0 _-.\n,:'\"<=+/")):
        yield letter * LENGTH + "\x00"
    for one in "a0 -.,":
        for other in "a0 -.,:=\n":
            yield (one + other) * (LENGTH // 2) + "\x00"


@pytest.mark.parametrize(("pattern", "ways"), list(written()))
def test_t31_a_pattern_of_ours_is_quick_on_any_text(pattern: str | bytes, ways: list[str]) -> None:
    text_pattern = pattern if isinstance(pattern, str) else pattern.decode("latin-1")
    compiled = re.compile(text_pattern, re.DOTALL)
    slow = []
    for text in hostile(text_pattern):
        for way in ways:
            # A busy machine is not the pattern's fault: it may try again.
            took = next((took for _ in range(3) if (took := _seconds(compiled, way, text)) < SECONDS_MAX), SECONDS_MAX)
            if took >= SECONDS_MAX:
                slow.append((way, text[:20]))

    assert [] == slow


def _seconds(compiled: re.Pattern[str], way: str, text: str) -> float:
    begun = time.thread_time()
    getattr(compiled, way)(text)
    return time.thread_time() - begun


def test_t31_the_test_finds_what_goes_back_and_forth() -> None:
    compiled = re.compile(r"(a+)+$")

    assert _seconds(compiled, "match", "a" * 22 + "!") > SECONDS_MAX
