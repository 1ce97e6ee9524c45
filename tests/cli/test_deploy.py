"""The systemd unit and the container file that `edi init` writes: what they start is started, under the restrictions they name.

Neither systemd as the first process nor a container engine is at hand where tests run. As root the test makes the same house by hand:
everything read-only but the workspace, a /tmp of its own, another user, no capabilities, no new privileges.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import edi
from tests.servers.process import scratch

SECONDS_MAX = 150.0
OTHER_USER = 65534


@pytest.fixture
def workspace() -> Iterator[Path]:
    """Where other users may look, as an installed one lies."""
    place = scratch("deploy")
    place.chmod(0o755)
    folder = place / "w"
    assert edi("init", folder, folder=place).code == 0
    yield folder
    shutil.rmtree(place, ignore_errors=True)


def unit(workspace: Path) -> dict[str, str]:
    lines = (workspace / "deploy/edi.service").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if re.match(r"[A-Z]\w+=", line))


def containerfile(workspace: Path) -> dict[str, str]:
    text = (workspace / "deploy/Containerfile").read_text().replace("\\\n", " ")
    return dict(line.split(" ", 1) for line in text.splitlines() if re.match(r"[A-Z]+ ", line))


def can_restrict() -> bool:
    """True if a mount namespace can be had; there the root of the file system is made read-only."""
    return (
        os.geteuid() == 0
        and all(map(shutil.which, ("unshare", "setpriv")))
        and subprocess.run(["unshare", "-m", "true"], check=False).returncode == 0
    )


def restricted(command: list[str], workspace: Path, user: int) -> list[str]:
    """The command as systemd or a container engine would start it; as it is where that cannot be made here."""
    if not can_restrict():
        return command
    for place in (workspace, *workspace.rglob("*")):
        os.chown(place, user, user, follow_symlinks=False)
    quoted = shlex.quote(str(workspace))
    start = shlex.join(
        [
            "setpriv",
            f"--reuid={user}",
            f"--regid={user}",
            "--clear-groups",
            "--no-new-privs",
            "--bounding-set=-all",
            "--inh-caps=-all",
            *command,
        ]
    )
    # The interpreter of a checkout may lie in root's own home, which an installed one does not.
    home = shlex.quote(str(Path(sys.base_prefix).resolve()))
    house = (
        f"mount --make-rprivate / && mount --bind {quoted} {quoted} && mount --bind {home} {home} && mount -o remount,bind,ro {home}"
        f" && mount -o remount,bind,ro / && mount -t tmpfs tmpfs {_own_temporary(workspace)} && cd {quoted} && umask 077 && exec {start}"
    )
    return ["unshare", "-m", "sh", "-c", house]


def _own_temporary(workspace: Path) -> str:
    """/tmp, or /var/tmp where the checkout itself lies in /tmp and would be covered."""
    needed = (workspace, Path(__file__).resolve(), Path(sys.prefix), Path(sys.base_prefix).resolve())
    return "/var/tmp" if any(place.is_relative_to("/tmp") for place in needed) else "/tmp"


def reachable(user: int) -> bool:
    """True if another user may run this interpreter at all."""
    command = [
        "setpriv",
        f"--reuid={user}",
        f"--regid={user}",
        "--clear-groups",
        "--bounding-set=-all",
        "--inh-caps=-all",
        sys.executable,
        "-c",
        "",
    ]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def started(command: list[str], workspace: Path, *, reload: list[str] | None, stop: signal.Signals) -> list[dict[str, object]]:
    """Start it, let it work on one order, reload and end it; its log. Fails unless it ends by itself with 0."""
    log = workspace.parent / "log"
    order = (Path(__file__).parents[2] / "edi/demo/acme-order-4711.edi").read_bytes()
    with log.open("wb") as errors:
        process = subprocess.Popen(command, cwd=workspace, stdout=errors, stderr=errors)
    try:
        _await(lambda: "started" in log.read_text(), process, log)
        place = workspace / "data/acme/inbox/order.edi"
        place.write_bytes(order)
        os.chown(place, workspace.stat().st_uid, workspace.stat().st_gid)
        _await(lambda: "processed" in log.read_text(), process, log)
        if reload:
            subprocess.run([word.replace("$MAINPID", str(process.pid)) for word in reload], check=True)
            _await(lambda: "workspace_taken" in log.read_text(), process, log)
        process.send_signal(stop)
        assert process.wait(60) == 0, log.read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    return [json.loads(line) for line in log.read_text().splitlines()]


def _await(holds: object, process: subprocess.Popen[bytes], log: Path) -> None:
    assert callable(holds)
    end = time.monotonic() + SECONDS_MAX
    while not holds():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.05)


def test_what_the_unit_starts_works_reloads_and_ends_as_the_unit_has_it(workspace: Path) -> None:
    found = unit(workspace)
    command = [*shlex.split(found["ExecStart"]), "--json-log"]
    if os.geteuid() == 0 and not (can_restrict() and reachable(OTHER_USER)):
        command.append("--as-root")  # the interpreter of this checkout lies where only root may look
    else:
        command = restricted(command, workspace, OTHER_USER)
    assert found["WorkingDirectory"] == found["ReadWritePaths"] == str(workspace)
    events = started(command, workspace, reload=shlex.split(found["ExecReload"]), stop=signal.Signals[found["KillSignal"]])
    assert "stopped" in [one["event"] for one in events]
    kept = [place for place in (workspace / "var").rglob("*") if place.stat().st_mode & 0o077]
    assert kept == [], "UMask=0077: nobody else may read what was kept"


def test_what_the_container_starts_works_without_any_privilege_and_ends_on_its_stop_signal(workspace: Path) -> None:
    found = containerfile(workspace)
    words = [*json.loads(found["ENTRYPOINT"]), *json.loads(found["CMD"]), "--json-log"]
    assert words[0] == "edi"
    assert found["WORKDIR"] == found["VOLUME"] == words[words.index("--workspace") + 1] == "/workspace"
    command = [sys.executable, "-m", "edi", *(word.replace("/workspace", str(workspace)) for word in words[1:])]
    user = int(re.search(r"--uid (\d+)", found["RUN"])[1])  # type: ignore[index]  # it names one
    if os.geteuid() == 0 and not (can_restrict() and reachable(user)):
        command.append("--as-root")
    else:
        command = restricted(command, workspace, user)
    events = started(command, workspace, reload=None, stop=signal.Signals[found["STOPSIGNAL"]])
    assert "stopped" in [one["event"] for one in events]


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("useradd") is None, reason="useradd needs root")
def test_the_user_of_the_container_can_be_made(workspace: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    for name, text in {"passwd": "root:x:0:0::/:/bin/sh\n", "group": "root:x:0:\n", "shadow": "", "gshadow": "", "login.defs": ""}.items():
        (root / "etc" / name).write_text(text)
    words = shlex.split(containerfile(workspace)["RUN"].partition("&&")[2])
    done = subprocess.run([words[0], "--prefix", str(root), *words[1:]], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^edi:x:10001:\d+::/workspace:/usr/sbin/nologin$", (root / "etc/passwd").read_text(), re.MULTILINE)


def test_the_container_installs_this_distribution(workspace: Path) -> None:
    project = (Path(__file__).parents[2] / "pyproject.toml").read_text()
    name = re.search(r'^name = "([^"]+)"', project, re.MULTILINE)
    assert name
    assert re.search(rf"pip install --no-cache-dir {re.escape(name[1])}\b", containerfile(workspace)["RUN"])
