"""Which tests were skipped and why; with `--strict-skips` a skip that is not listed fails the run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import pytest


@dataclass(frozen=True, slots=True)
class Skip:
    """One skipped test, or a module skipped as a whole."""

    node: str
    reason: str


@dataclass(frozen=True, slots=True)
class Allowance:
    """A line of the list of allowed skips."""

    node: str
    reason: str

    def covers(self, skip: Skip) -> bool:
        return fnmatchcase(skip.node, self.node) and fnmatchcase(skip.reason, self.reason)


def read_allowances(text: str) -> tuple[Allowance, ...]:
    """The allowances of a list; raises ValueError naming the line that has no bar."""
    allowances = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        node, bar, reason = line.partition("|")
        if not bar:
            raise ValueError(f"line {number}: {line!r} has no bar between node id and reason")
        allowances.append(Allowance(node.strip(), reason.strip()))
    return tuple(allowances)


def skips_of(reports: Iterable[pytest.TestReport | pytest.CollectReport]) -> tuple[Skip, ...]:
    """The skips of a run, sorted; expected failures are none."""
    found = []
    for report in reports:
        if getattr(report, "wasxfail", None) is None:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            found.append(Skip(report.nodeid, reason.removeprefix("Skipped: ")))
    return tuple(sorted(found, key=lambda skip: (skip.reason, skip.node)))


def unlisted(skips: Iterable[Skip], allowances: Iterable[Allowance]) -> tuple[Skip, ...]:
    """The skips no allowance covers."""
    allowed = tuple(allowances)
    return tuple(skip for skip in skips if not any(allowance.covers(skip) for allowance in allowed))


def summary_lines(skips: Iterable[Skip]) -> list[str]:
    """One line per reason with the number of tests, then their names (six at most)."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for skip in skips:
        by_reason[skip.reason].append(skip.node)
    lines = []
    for reason, nodes in sorted(by_reason.items()):
        lines.append(f"{len(nodes):4d} x {reason}")
        lines.extend(f"         {node}" for node in nodes[:6])
        if len(nodes) > 6:
            lines.append(f"         ... and {len(nodes) - 6} more")
    return lines


def read_allowances_file(path: Path) -> tuple[Allowance, ...]:
    """The allowances of a file; none where there is no file."""
    return read_allowances(path.read_text(encoding="utf-8")) if path.is_file() else ()
