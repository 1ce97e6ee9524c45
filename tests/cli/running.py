"""A daemon in a process of its own, over a workspace that `edi init` wrote."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.cli.conftest import edi
from tests.servers.process import free_port

SECONDS_MAX = 150.0


@dataclass
class Running:
    folder: Path
    port: int
    process: subprocess.Popen[bytes]
    log: Path
    client: httpx.Client = field(default_factory=lambda: httpx.Client(trust_env=False, timeout=10))

    def ask(self, path: str) -> httpx.Response:
        return self.client.get(f"http://127.0.0.1:{self.port}{path}")

    def until(self, holds: Callable[[], object], what: str) -> None:
        """Wait for something to hold; a daemon that ended says why."""
        end = time.monotonic() + SECONDS_MAX
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise AssertionError(f"the daemon ended with {self.process.returncode}: {self.log.read_text()}")
            try:
                if holds():
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"waited in vain for {what}: {self.log.read_text()}")

    def hang_up(self) -> None:
        self.process.send_signal(signal.SIGHUP)

    def lines(self) -> list[str]:
        return self.log.read_text(errors="replace").splitlines()


@contextmanager
def running(folder: Path, *options: str, files: dict[str, str] | None = None, **environment: str) -> Iterator[Running]:
    """`edi run` over a new workspace with some files changed, ready to work; ended by SIGTERM, which it must obey with exit code 0."""
    port = free_port()
    workspace(folder, {"web.yaml": f"health: {{listen: '127.0.0.1:{port}'}}\n", **(files or {})})
    with started(folder, port, "/ready", "run", "--as-root", *options, **environment) as made:
        yield made


def workspace(folder: Path, files: dict[str, str]) -> None:
    """As `edi init` writes it, with some files changed."""
    assert edi("init", folder, folder=folder.parent).code == 0
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@contextmanager
def started(folder: Path, port: int, ready: str, *words: str, **environment: str) -> Iterator[Running]:
    """A command that serves, once it answers on a path without a fault; ended by SIGTERM, which it must obey with exit code 0."""
    log = folder / "daemon.log"
    command = [sys.executable, "-m", "edi", *words, "--json-log"]
    with log.open("wb") as errors:
        process = subprocess.Popen(command, cwd=folder, stderr=errors, stdout=errors, env={**os.environ, **environment})
    made = Running(folder, port, process, log)
    try:
        made.until(lambda: made.ask(ready).status_code < 500, ready)
        yield made
        process.send_signal(signal.SIGTERM)
        assert process.wait(40) == 0, log.read_text()
    finally:
        made.client.close()
        if process.poll() is None:
            process.kill()
            process.wait()
