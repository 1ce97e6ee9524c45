"""Writes down, while tests run, which named faults they tried on which database; `python -m tests.faults` tells."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from edi.store.store import Store
from tests.faults.register import Tried, cited, summary

KINDS = {"F-": "faults", "M": "inputs of section 4.2", "H": "web and command line", "T": "threats"}
CACHE = Path(__file__).resolve().parents[2] / ".cache" / "faults"


class Faults:
    """One per process; the results come together where the summary is written."""

    def __init__(self, config: pytest.Config) -> None:
        self._store = str(config.getoption("--store"))
        self._opened = False
        original = Store.__init__

        def noting(store: Store, *arguments: object, **options: object) -> None:
            self._opened = True
            original(store, *arguments, **options)  # type: ignore[arg-type]

        Store.__init__ = noting  # type: ignore[method-assign]

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Each test carries what it cites; the property travels to where the summary is written."""
        for item in items:
            function = getattr(item, "function", None)
            found = cited(item.name, function) if function is not None else ()
            if found:
                item.user_properties.append(("faults", " ".join(sorted(found))))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Whether a store was opened, by the test or for it."""
        self._opened = False
        return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        """Said before the report is made."""
        if call.when == "call":
            fixtures = getattr(item, "fixturenames", ())
            where = "postgresql" if "postgres_url" in fixtures else self._store if self._opened or _starts_programs(item) else "none"
            item.user_properties.append(("store", where))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """One line per kind, and the file that the page is made from."""
        found: dict[str, dict[str, Tried]] = defaultdict(lambda: defaultdict(Tried))
        for outcome in ("passed", "failed"):
            for report in terminalreporter.stats.get(outcome, ()):
                if report.when == "call":
                    _note(found, report, survived=outcome == "passed")
        if not found:
            return
        terminalreporter.section(f"named faults, --store {self._store}")
        whole: dict[str, Tried] = defaultdict(Tried)
        for tried in found.values():
            for name, one in tried.items():
                whole[name].survived += one.survived
                whole[name].failed += one.failed
        for kind, title in KINDS.items():
            if any(name.startswith(kind) for name in whole):
                terminalreporter.write_line(f"{title}: {summary(whole, kind)}")
        CACHE.mkdir(parents=True, exist_ok=True)
        text = {
            store: {
                name: {"survived": one.survived, "failed": one.failed, "tests": sorted(one.tests)} for name, one in sorted(tried.items())
            }
            for store, tried in found.items()
        }
        (CACHE / f"{self._store}.json").write_text(json.dumps(text, indent=1))


def _starts_programs(item: pytest.Item) -> bool:
    """Tests of the command line open their stores in processes of their own."""
    return "tests/cli" in item.nodeid


def _note(found: dict[str, dict[str, Tried]], report: pytest.TestReport, *, survived: bool) -> None:
    said = dict(report.user_properties)
    for name in str(said.get("faults", "")).split():
        one = found[str(said.get("store", "none"))][name]
        one.survived += survived
        one.failed += not survived
        one.tests.add(report.nodeid.partition("[")[0])
