"""A server process of a test: as an ordinary user, on a free port, stopped by its process group."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.packages import CHECKOUT, Missing


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs the servers."""

    name: str
    uid: int
    gid: int

    @property
    def is_self(self) -> bool:
        return self.uid == os.geteuid()

    def own(self, *paths: Path) -> None:
        """Give the paths, and all below, to the account."""
        for top in paths:
            for path in (top, *top.rglob("*")):
                if not self.is_self:
                    os.chown(path, self.uid, self.gid, follow_symlinks=False)


def account() -> Account:
    """The user we are; for root an unprivileged one, since servers refuse root or would run with its power."""
    return _account(os.geteuid() or 65534)


def myself() -> Account:
    """The user we are, root or not."""
    return _account(os.geteuid())


def _account(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError as error:
        raise Missing(f"user id {uid} has no entry in the user database, which the server asks for") from error
    return Account(entry.pw_name, uid, entry.pw_gid)


def scratch(name: str) -> Path:
    """A new folder in the checkout that the servers' account can reach; elsewhere if the checkout lies in a closed home."""
    base = CHECKOUT / ".cache" / "tests" / "servers"
    if not _reachable(CHECKOUT, account()):
        token = hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:8]
        base = Path("/var/tmp") / f"edi-servers-{token}"
    base.mkdir(parents=True, exist_ok=True)
    for folder in (base.parent, base):
        if folder.stat().st_uid == os.geteuid() and folder != Path("/var/tmp"):
            folder.chmod(0o755)
    made = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=base))
    made.chmod(0o755)
    account().own(made)
    return made


def _reachable(folder: Path, who: Account) -> bool:
    """True if every folder on the way may be entered by the account."""
    if who.is_self:
        return True
    return all(path.stat().st_mode & stat.S_IXOTH for path in (folder, *folder.parents))


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class Process:
    """A running server; `stop` ends it and removes its folder."""

    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    as_ourselves: bool = False
    """Of an interpreter that only we may read."""
    _running: subprocess.Popen[bytes] | None = None

    def start(self, port: int, *, seconds_max: float = 20.0) -> None:
        """Start it and wait until its port answers; raises Missing with the server's last words if it does not."""
        who = myself() if self.as_ourselves else account()
        log = (self.folder / "server.log").open("ab")
        who.own(self.folder / "server.log")
        given = {} if who.is_self else {"user": who.uid, "group": who.gid, "extra_groups": []}
        environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(self.folder), "LANG": "C", **self.environment}
        self._running = subprocess.Popen(
            list(self.command),
            cwd=self.folder,
            env=environment,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            **given,
        )
        log.close()
        until = time.monotonic() + seconds_max
        while time.monotonic() < until:
            if self._running.poll() is not None:
                break
            if answers(port):
                return
            time.sleep(0.02)
        self.stop(remove=False)
        raise Missing(f"{Path(self.command[0]).name} did not start: {self.last_words()}")

    def last_words(self) -> str:
        """The end of what it logged."""
        text = (self.folder / "server.log").read_text(errors="replace").strip()
        return text.splitlines()[-1] if text else "it said nothing"

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the server and everything it started; sessions of sshd have process groups of their own."""
        if self._running is not None:
            for pid in (*reversed(_descendants(self._running.pid)), self._running.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)

    def stop(self, *, remove: bool = True) -> None:
        """End it; harmless when repeated."""
        if self._running is not None:
            left = _descendants(self._running.pid)
            self._running.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._running.wait(3)
            for pid in (*left, self._running.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._running.wait(5)
            self._running = None
        if remove:
            shutil.rmtree(self.folder, ignore_errors=True)


def _descendants(pid: int) -> list[int]:
    """Processes started by this one, and by those."""
    try:
        children = [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
    return [found for child in children for found in (child, *_descendants(child))]


def answers(port: int) -> bool:
    """True if something listens on the port."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
