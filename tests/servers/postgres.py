"""PostgreSQL as an ordinary user on a loopback port, with fsync on as in production."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from tests.servers.packages import Missing, libraries, unpacked
from tests.servers.process import Process, account, free_port, scratch

SUPERUSER = "edi"
INSTALLED = ("/usr/local/bin", "/usr/local/pgsql/bin")
LIBRARIES = ("libpq5", "libxml2", "libicu72", "libldap-2.5-0", "libsasl2-2")
"""Release 12; on another release a server that is installed is used, or the tests skip."""


@dataclass(slots=True)
class Postgres:
    """A running server."""

    port: int
    programs: Path
    process: Process

    def url(self, database: str) -> str:
        """For SQLAlchemy with psycopg."""
        return f"postgresql+psycopg://{SUPERUSER}@127.0.0.1:{self.port}/{database}"

    def run(self, program: str, *words: str) -> None:
        """Run one of the server's programs against it; raises Missing if it is not there or fails."""
        _run(self.programs / program, "-h", "127.0.0.1", "-p", str(self.port), "-U", SUPERUSER, *words, folder=self.process.folder)

    def restart(self) -> None:
        """Start it again on its data, as a service manager does after a crash; comes back when it takes connections."""
        self.process.start(self.port, seconds_max=60)
        _await_ready(self.programs, self.port, self.process.folder)

    def new_database(self) -> str:
        """The URL of a new, empty database."""
        name = f"edi_{uuid4().hex[:12]}"
        _run(self.programs / "createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", SUPERUSER, name, folder=self.process.folder)
        return self.url(name)


@contextmanager
def postgres(**settings: str) -> Iterator[Postgres]:
    """A server for the time of the block; `settings` go into postgresql.conf."""
    programs = _programs()
    place = scratch("postgres")
    port = free_port()
    data = place / "data"
    chosen = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "max_connections": "200",
        "shared_buffers": "64MB",
        **settings,
    }
    options = [word for key, value in chosen.items() for word in ("-c", f"{key}={value}")]
    environment = _environment(programs)
    process = Process((str(programs / "postgres"), "-D", str(data), "-p", str(port), *options), place, environment)
    try:
        _run(programs / "initdb", "-D", str(data), "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", folder=place)
        process.start(port, seconds_max=60)
        _await_ready(programs, port, place)
        yield Postgres(port, programs, process)
        process.stop()
    finally:
        Process((), place).stop()


def _await_ready(programs: Path, port: int, folder: Path) -> None:
    """The port answers a moment before the server takes connections."""
    for _ in range(200):
        try:
            _run(programs / "psql", "-h", "127.0.0.1", "-p", str(port), "-U", SUPERUSER, "-c", "select 1", "postgres", folder=folder)
        except Missing as missing:
            if not any(one in str(missing) for one in ("starting up", "Consistent recovery state", "not yet accepting")):
                raise
            time.sleep(0.05)
        else:
            return
    raise Missing("postgres: it did not take connections within 10 seconds")


def _programs() -> Path:
    """The folder with initdb, postgres, psql and createdb."""
    folders = [*os.environ.get("PATH", "").split(os.pathsep), *INSTALLED]
    newest = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name) if path.parent.name.isdigit() else 0)
    for folder in (*map(str, reversed(newest)), *folders):
        if folder and all((Path(folder) / name).exists() for name in ("initdb", "postgres", "createdb", "psql")):
            return Path(folder)
    version = _packaged_version()
    root = unpacked((f"postgresql-{version}", f"postgresql-client-{version}", *LIBRARIES))
    return root / "usr/lib/postgresql" / version / "bin"


def _packaged_version() -> str:
    """The version the system's packages have."""
    try:
        said = subprocess.run(["apt-cache", "depends", "postgresql"], capture_output=True, text=True, check=False).stdout
    except OSError as error:
        raise Missing("postgresql: not installed, and this machine has no apt-cache") from error
    found = re.search(r"Depends: postgresql-(\d+)", said)
    if found is None:
        raise Missing("postgresql: not installed, and the system's packages have none")
    return found[1]


def _environment(programs: Path) -> dict[str, str]:
    found = libraries(programs)
    return {"LD_LIBRARY_PATH": found} if found else {}


def _run(program: Path, *words: str, folder: Path) -> None:
    who = account()
    given = {} if who.is_self else {"user": who.uid, "group": who.gid, "extra_groups": []}
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "LANG": "C", **_environment(program.parent)}
    done = subprocess.run([program, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False, **given)
    if done.returncode:
        raise Missing(f"{program.name} failed: {(done.stderr.strip() or 'it said nothing').splitlines()[-1]}")
