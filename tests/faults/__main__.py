"""Prints what tests tried and survived when they last ran, and rewrites docs/reference/faults.md: `python -m tests.faults [--write]`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

from tests.faults.register import CHECKOUT, KINDS, Tried, kept, named, summary, together

PAGE = CHECKOUT / "docs" / "reference" / "faults.md"
RUNS = ("sqlite", "postgresql")
STORES = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "none": "no store"}
HEAD = """\
# Named faults, and where they are tried

What is promised: after a fault, once it has passed, nothing is lost, nothing is there twice, nothing is there that nobody sent, and every change
of state stands in the audit trail; without anybody's help where no person has to decide. Faults are crashes, networks, partners, disks, databases,
clocks, people and upgrades; beside them stand inputs that contradict what was agreed, requests to pages and command line, and threats.

How it is tried: against the things themselves, killed, cut, filled or forged (OpenSSH, Dovecot, SMTP servers, PostgreSQL, raw sockets, the file
system's calls replayed), with a ledger outside the engine that knows what was offered and what arrived. Clocks are the engine's own, moved by the
test. A test tries what its name, docstring or comments cite. `kill -9` at random moments under load runs for a minute with every run of the tests
and for an hour in `make proof`, on PostgreSQL with three hosts at once.

What is not tried: hardware that lies about what it wrote (power cuts are replayed from the traced file operations instead), a network of several
machines (hosts are processes on one), fail-over of PostgreSQL to a replica that lacks the last transactions (the restore of a backup stands for it),
and attacks on the libraries below (`cryptography`, `paramiko`, `lxml`, `uvicorn`), whose versions are pinned by hash instead.

Written by `python -m tests.faults --write` from what tests tried when they last ran. Figures are *survived/tried* instances.
"""


def main() -> None:
    """See the module."""
    found = read()
    for store in STORES:
        for kind, title in KINDS.items():
            print(f"{store:10} {title:22} {summary(found[store], kind)}")
    print(f"not tried: {', '.join(not_tried(found)) or 'none'}")
    if "--write" in sys.argv:
        PAGE.write_text(page(found))


def read() -> dict[str, dict[str, Tried]]:
    """What was tried, by where stores lay and by fault."""
    results = [pair for run in RUNS for pair in kept(run).items()]
    return {store: together((test, one) for test, one in results if one.store == store) for store in STORES}


def not_tried(found: Mapping[str, Mapping[str, Tried]]) -> list[str]:
    """Ids that no test cites."""
    return [name for name in named() if not any(name in found[store] for store in STORES)]


def page(found: Mapping[str, Mapping[str, Tried]]) -> str:
    """The whole page."""
    commit = subprocess.run(["git", "log", "-1", "--format=%h"], cwd=CHECKOUT, capture_output=True, text=True, check=False).stdout.strip()
    lines = [HEAD, f"Last written on {datetime.now(UTC):%Y-%m-%d} at {commit or 'no commit'}.", ""]
    lines += [f"* {title}, {STORES[store]}: {summary(found[store], kind)}" for kind, title in KINDS.items() for store in STORES]
    for kind, title in KINDS.items():
        lines += ["", f"## {title[0].upper()}{title[1:]}", "", "| Id | What | SQLite | PostgreSQL | no store | Tried in `tests/` |"]
        lines += ["|---|---|---|---|---|---|"]
        lines += [_row(name, text, found) for name, text in named().items() if name.startswith(kind)]
    return "\n".join(lines) + "\n"


def _row(name: str, text: str, found: Mapping[str, Mapping[str, Tried]]) -> str:
    each = [found[store].get(name) for store in STORES]
    files = sorted({file.removeprefix("tests/") for one in each if one for file in one.files})
    counts = " | ".join(f"{one.survived}/{one.tried}" if one else "–" for one in each)
    cell = text.replace("|", "\\|")
    return f"| {name} | {cell} | {counts} | {', '.join(f'`{file}`' for file in files) or 'none'} |"


if __name__ == "__main__":
    main()
