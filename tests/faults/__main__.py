"""Prints what the last runs tried and survived, and rewrites docs/reference/faults.md: `python -m tests.faults [--write]`."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from tests.faults.plugin import CACHE, KINDS
from tests.faults.register import Tried, named, summary

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "faults.md"
STORES = ("sqlite", "postgresql", "none")
HEAD = """\
# Named faults, and where they are tried

Written by `python -m tests.faults --write` from what the last runs of the tests tried (`make test`, `make proof`). A test tries what its name,
its docstring or its comments cite. Numbers are passed instances on SQLite, on PostgreSQL, and in tests that need no store. After healing,
0 lost, 0 twice, 0 phantom, 0 unaudited is asserted by the tests themselves.
"""


def main() -> None:
    """See the module."""
    found = read()
    for store in STORES:
        for kind, title in KINDS.items():
            print(f"{store:10} {title:22} {summary(found[store], kind)}")
    missing = [name for name in named() if not any(name in found[store] for store in STORES)]
    print(f"not tried: {', '.join(missing) or 'none'}")
    if "--write" in sys.argv:
        PAGE.write_text(page(found))


def read() -> dict[str, dict[str, Tried]]:
    """What the runs on both databases wrote down."""
    found: dict[str, dict[str, Tried]] = defaultdict(dict)
    for file in sorted(CACHE.glob("*.json")):
        for store, tried in json.loads(file.read_text()).items():
            for name, one in tried.items():
                have = found[store].setdefault(name, Tried())
                have.survived += one["survived"]
                have.failed += one["failed"]
                have.tests |= set(one["tests"])
    return found


def page(found: Mapping[str, Mapping[str, Tried]]) -> str:
    """The whole page."""
    lines = [HEAD]
    for kind, title in KINDS.items():
        lines += [
            f"## {title[0].upper()}{title[1:]}",
            "",
            "| Id | What | SQLite | PostgreSQL | no store | Tests |",
            "|---|---|---|---|---|---|",
        ]
        lines += [_row(name, text, found) for name, text in named().items() if name.startswith(kind)]
        lines.append("")
    return "\n".join(lines)


def _row(name: str, text: str, found: Mapping[str, Mapping[str, Tried]]) -> str:
    each = [found[store].get(name) for store in STORES]
    files = sorted({test.partition("::")[0].removeprefix("tests/") for one in each if one for test in one.tests})
    counts = " | ".join(str(one.survived) if one else "–" for one in each)
    cell = text.replace("|", "\\|")
    return f"| {name} | {cell} | {counts} | {', '.join(f'`{file}`' for file in files) or 'none'} |"


if __name__ == "__main__":
    main()
