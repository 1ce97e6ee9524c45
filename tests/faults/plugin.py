"""Writes down, while tests run, which named faults they tried on which database; `python -m tests.faults` tells.

Tests that try some carry the mark `fault`: `pytest -m fault` runs them alone.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from edi.store.store import Store
from tests.faults.register import KINDS, Result, cited, keep, summary, together


class Faults:
    """One per process; the results come together where the summary is written."""

    def __init__(self, config: pytest.Config) -> None:
        self._store = str(config.getoption("--store"))
        self._opened = False
        config.addinivalue_line("markers", "fault: tries a named fault, bad input or threat (given by the register)")
        original = Store.__init__

        def noting(store: Store, *arguments: object, **options: object) -> None:
            self._opened = True
            original(store, *arguments, **options)  # type: ignore[arg-type]

        Store.__init__ = noting  # type: ignore[method-assign]

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Before tests are chosen by their marks. Each test carries what it cites; the property travels to where the summary is written."""
        for item in items:
            function = getattr(item, "function", None)
            found = cited(item.name, function) if function is not None else ()
            if found:
                item.user_properties.append(("faults", " ".join(sorted(found))))
                item.add_marker("fault")

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
        """One line per kind; what each test tried is kept until it runs again."""
        run = {
            report.nodeid: Result(
                store=str(said.get("store", "none")), ids=tuple(str(said["faults"]).split()), survived=outcome == "passed"
            )
            for outcome in ("passed", "failed")
            for report in terminalreporter.stats.get(outcome, ())
            if report.when == "call" and "faults" in (said := dict(report.user_properties))
        }
        if not run:
            return
        terminalreporter.section(f"named faults, --store {self._store}")
        whole = together(run.items())
        for kind, title in KINDS.items():
            if any(name.startswith(kind) for name in whole):
                terminalreporter.write_line(f"{title}: {summary(whole, kind)}")
        keep(self._store, run)


def _starts_programs(item: pytest.Item) -> bool:
    """Tests of the command line open their stores in processes of their own."""
    return "tests/cli" in item.nodeid
