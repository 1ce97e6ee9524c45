"""Which tests try which of the checklist's 92 rows, and which way: `python -m tests.channels.as2.rows` tells.

A test tries the rows in its name: `test_rows_1_to_16_48_...`. Which way it goes is said by its module, seen from our house.
Tests whose two ends are both ours (`test_core`) do not count: they would agree with our own mistakes.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal

Way = Literal["send", "receive"]
ROWS: Final = range(1, 93)
TESTS: Final = Path(__file__).resolve().parents[2]
WAYS: Final[Mapping[str, tuple[Way, ...]]] = {
    "channels/as2/test_openssl.py": ("receive",),
    "channels/as2/test_receiving.py": ("receive",),
    "channels/as2/test_rows_sent.py": ("send",),
    "channels/as2/test_sending.py": ("send",),
    "channels/as2/test_tls.py": ("send",),
    "channels/as2/test_hostile.py": ("send", "receive"),
    "cli/test_cert.py": ("send",),
}
OTHER_WAY: Final = frozenset({"test_row_21_we_listen_with_tls_ourselves", "test_row_77_an_asynchronous_receipt_over_https"})
"""Tests of receiving in a module of sending."""
ONE_WAY: Final[Mapping[int, str]] = {
    22: "callers prove themselves by signatures; passwords are a proxy's business",
    47: "we send no receipt that nobody asked for",
    51: "we write header fields in one way only",
    52: "we write boundaries in one way only, without preamble",
    74: "we never send this warning",
    75: "what we write for people is English",
    76: "we return no header fields",
    78: "our receipt is owed with our answer, and leaves after it",
    81: "our answer to a request for an asynchronous receipt is 200",
    91: "we exchange no certificates by message",
    92: "we offer no restarts",
}
_NAMED: Final = re.compile(r"(?<![a-z])rows?((?:_(?:to_)?\d+)+)(?=_|\Z)")


@cache
def tried() -> Mapping[int, Mapping[Way, tuple[str, ...]]]:
    """Per row and way, the tests."""
    found: dict[int, dict[Way, list[str]]] = {row: defaultdict(list) for row in ROWS}
    for file, ways in WAYS.items():
        for node in ast.walk(ast.parse((TESTS / file).read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for row in rows_in(node.name):
                    for way in ("receive",) if node.name in OTHER_WAY else ways:
                        found[row][way].append(f"{file}::{node.name}")
    return {row: {way: tuple(names) for way, names in each.items()} for row, each in found.items()}


def rows_in(name: str) -> Iterator[int]:
    """The rows that a test's name carries: `test_rows_1_to_3_48_of_something` has 1, 2, 3 and 48."""
    for match in _NAMED.finditer(name):
        last, spans = 0, False
        for word in match[1].strip("_").split("_"):
            if word == "to":
                spans = True
                continue
            yield from range(last + 1 if spans else int(word), int(word) + 1)
            last, spans = int(word), False


if __name__ == "__main__":
    for number, each in tried().items():
        for direction in ("send", "receive"):
            print(f"{number:2} {direction:8}", ", ".join(each.get(direction, ())) or f"- ({ONE_WAY.get(number, 'MISSING')})")
