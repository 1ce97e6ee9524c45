"""Mutants of a mapping's text: each lacks one thing the author wrote, so that a test that still passes did not look."""

from __future__ import annotations

import re
from collections.abc import Iterator

_CODEC = re.compile(r"\|[a-z0-9]+(?:\((?:[^()]|\([^()]*\))*\))?(?=[|}])")
_ALTERNATIVES = re.compile(r"(?<=[+:=' (])([A-Za-z0-9_.]+)\|([A-Za-z0-9_.]+)(?=[+:'\s}\])])")
_OPTION = re.compile(r"^( *)(- )?(?:each|at|key|ref|when|dir|max|more|from|holds|only): .*\n", re.MULTILINE)
_ROW = re.compile(r"\[[^\[\]]+\](, )?")
_TABLE = re.compile(r"(?<=pairs: \[)\[.*\](?=[\]}])|(?<=rows: \[)\[.*\](?=\])")
_KEY = re.compile(r"^(?:timezone|residue|ignore|fill|check|drop|rename|change|codes): ?.*\n(?:[ -].*\n)*", re.MULTILINE)
_MARK = re.compile(r"(?<=\{)~|(?<=[:+])~(?=\w)|!(?=[}|])| !always|, [<>](?=\])|, other: \w+")


def mutants(text: str) -> Iterator[tuple[str, str]]:
    """What was taken away, and the text without it."""
    yield from _without_entries(text)
    for found in (*_CODEC.finditer(text), *_KEY.finditer(text), *_MARK.finditer(text)):
        yield found[0].strip(), text[: found.start()] + text[found.end() :]
    for found in _ALTERNATIVES.finditer(text):
        for kept in found.groups():
            yield f"{found[0]} as {kept}", text[: found.start()] + kept + text[found.end() :]
    for found in _OPTION.finditer(text):
        dash = f"{found[1]}- " if found[2] else ""
        yield found[0].strip(), text[: found.start()] + dash + text[found.end() :].removeprefix(" " * len(dash))
    for table in _TABLE.finditer(text):
        for found in _ROW.finditer(text, table.start(), table.end()):
            yield f"the row {found[0]}", (text[: found.start()] + text[found.end() :]).replace("], ]", "]]")


def _without_entries(text: str) -> Iterator[tuple[str, str]]:
    """Each entry of a list by itself, with what is nested in it."""
    lines = text.splitlines(keepends=True)
    for start, line in enumerate(lines):
        if line.lstrip().startswith("- "):
            end = next((at for at in range(start + 1, len(lines)) if _indent(lines[at]) <= _indent(line)), len(lines))
            before, after = lines[:start], lines[end:]
            if before[-1].endswith(":\n") and not (after and after[0].startswith(" " * _indent(line) + "- ")):
                before[-1] = before[-1].removesuffix("\n") + " []\n"
            yield line.strip(), "".join(before + after)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
