"""What all tests share: reference data, expected files, scratch folders in the checkout, servers, and the list of skips."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import databases, skips
from tests.expected import assert_as_expected
from tests.faults.plugin import Faults
from tests.servers.dovecot import Dovecot, dovecot
from tests.servers.openssh import OpenSSH, openssh
from tests.servers.packages import Missing
from tests.servers.postgres import Postgres, postgres
from tests.servers.smtp import Msmtpd, msmtpd

CHECKOUT = Path(__file__).resolve().parent.parent
SCRATCH = CHECKOUT / ".cache" / "tests"

# /tmp may be a tmpfs, on which the store refuses to run; pytest keeps the last three runs below this folder.
SCRATCH.mkdir(parents=True, exist_ok=True)
os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(SCRATCH))

# What programs keep for their account they keep here, and nothing of the account's own decides about a test.
os.environ["XDG_CACHE_HOME"] = str(SCRATCH / "account")


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder of reference data, from `EDI_REFERENCE`; the test is skipped where there is none."""
    named = os.environ.get("EDI_REFERENCE", "")
    if not named:
        pytest.skip("EDI_REFERENCE is not set: it names the folder of reference data")
    folder = Path(named)
    if not folder.is_dir():
        pytest.skip("EDI_REFERENCE names a folder that does not exist")
    return folder


@pytest.fixture(scope="session")
def as_expected() -> Callable[[Path, str | bytes], None]:
    """Compares with a file of expected content; `EDI_UPDATE=1` rewrites it."""
    return assert_as_expected


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--strict-skips`: a skip that `tests/allowed_skips.txt` does not list fails the run. `--store`: where stores lie."""
    parser.addoption("--strict-skips", action="store_true", help="fail if a test was skipped that tests/allowed_skips.txt does not list")
    parser.addoption("--store", choices=["sqlite", "postgresql"], default="sqlite", help="the database that stores of this run lie in")


def pytest_configure(config: pytest.Config) -> None:
    """On PostgreSQL a test that forgets to close its store leaves an open connection, which the driver complains about; SQLite's does not."""
    config.pluginmanager.register(Faults(config), "edi-faults")
    if config.getoption("--store") == "postgresql":
        config.addinivalue_line("filterwarnings", "ignore:.*psycopg.Connection object.*:ResourceWarning")
        config.addinivalue_line("filterwarnings", "ignore:Exception ignored in. <function BaseConnection.__del__")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL leave out what looks at SQLite itself, or at no store."""
    if config.getoption("--store") == "postgresql":
        config.hook.pytest_deselected(items=[item for item in items if _is_done_with(item)])
        items[:] = [item for item in items if not _is_done_with(item)]


def _is_done_with(item: pytest.Item) -> bool:
    """True for what looks at SQLite itself or at no store, and for what was on PostgreSQL the first time too."""
    marked = any(item.get_closest_marker(name) for name in ("sqlite", "storeless"))
    return marked or "postgres_url" in getattr(item, "fixturenames", ())


@pytest.fixture(scope="session", autouse=True)
def stores(request: pytest.FixtureRequest) -> Iterator[str]:
    """The database all stores of this run lie in: `sqlite` or `postgresql`."""
    chosen = str(request.config.getoption("--store"))
    if chosen == "sqlite":
        yield chosen
        return
    with databases.on_postgres(request.getfixturevalue("postgres_server")):
        yield chosen


@pytest.fixture(autouse=True)
def no_leftover_databases(request: pytest.FixtureRequest, stores: str) -> Iterator[None]:
    """A test's databases go with its folder."""
    if stores == "sqlite" or "tmp_path" not in request.fixturenames:
        yield
        return
    folder = request.getfixturevalue("tmp_path")
    yield
    databases.forget(folder)


def _skips_of_run(session_or_config: pytest.Config) -> tuple[skips.Skip, ...]:
    reporter = session_or_config.pluginmanager.get_plugin("terminalreporter")
    return skips.skips_of(reporter.stats.get("skipped", ())) if reporter else ()


def _unlisted(config: pytest.Config) -> tuple[skips.Skip, ...]:
    if not config.getoption("--strict-skips"):
        return ()
    return skips.unlisted(_skips_of_run(config), skips.read_allowances_file(CHECKOUT / "tests" / "allowed_skips.txt"))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Turn a green run red if it skipped what it must not skip."""
    if exitstatus == pytest.ExitCode.OK and _unlisted(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """List every reason for a skip at the end, with the tests it hit."""
    skipped = _skips_of_run(config)
    if skipped:
        terminalreporter.section(f"skipped: {len(skipped)}")
        for line in skips.summary_lines(skipped):
            terminalreporter.write_line(line)
    missing = _unlisted(config)
    if missing:
        terminalreporter.section(f"skipped but not listed in tests/allowed_skips.txt: {len(missing)}", red=True)
        for skip in missing:
            terminalreporter.write_line(f"{skip.node} | {skip.reason}")


@contextmanager
def skipping_if_missing() -> Iterator[None]:
    """Skips where a server cannot be had on this machine."""
    try:
        yield
    except Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def sshd() -> Iterator[OpenSSH]:
    """A real OpenSSH server for the whole session; skips, with the reason, where it cannot be had."""
    with skipping_if_missing(), openssh() as server:
        yield server


@pytest.fixture(scope="session")
def mail_server() -> Iterator[Dovecot]:
    """A real Dovecot for the whole session; skips, with the reason, where it cannot be had."""
    with skipping_if_missing(), dovecot() as server:
        yield server


@pytest.fixture(scope="session")
def smtp_server() -> Iterator[Msmtpd]:
    """A real SMTP server for the whole session; skips, with the reason, where it cannot be had."""
    with skipping_if_missing(), msmtpd() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """A real PostgreSQL for the whole session; skips, with the reason, where it cannot be had."""
    with skipping_if_missing(), postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: Postgres) -> str:
    """The URL of a new, empty database."""
    return postgres_server.new_database()
