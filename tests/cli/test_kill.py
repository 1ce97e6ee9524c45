"""P32: killed at any named step, started again, the house ends in the same state with each order exactly once; on a real SFTP sshd."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from edi.engine.failpoint import NAMES
from tests.cli.conftest import edi
from tests.servers.openssh import OpenSSH
from tests.servers.process import account

pytestmark = pytest.mark.server

ROOT = Path(__file__).parents[2]
ORDER = (ROOT / "edi/demo/acme-order-4711.edi").read_bytes()
COUNT = 3
ALWAYS = {"receive.committed", "process.recorded", "deliver.sent"}
"""Steps that are killed in every run of the tests; `make proof` kills at each, as the tests of the engine always do."""


def order(number: int) -> bytes:
    """Order 4711 as order 4711, 4712, ... in an interchange of its own."""
    return ORDER.replace(b"BGM+220+4711", b"BGM+220+%d" % (4710 + number)).replace(b"4711000017", b"47110%05d" % number)


@pytest.fixture
def house(sshd: OpenSSH, tmp_path: Path) -> tuple[Path, Path, Path]:
    """A workspace whose partner Acme has an SFTP server; its folder of orders, and that of answers."""
    workspace = tmp_path / "my-edi"
    assert edi("init", workspace, folder=tmp_path).code == 0
    orders, answers = sshd.new_folder(f"{tmp_path.name}-out"), sshd.new_folder(f"{tmp_path.name}-in")
    key = workspace / "secrets/acme_ed25519"
    key.write_text(sshd.private_key)
    key.chmod(0o600)
    where = f"host: 127.0.0.1\nport: {sshd.port}\nuser: {sshd.user}\nkey: ${{file:secrets/acme_ed25519}}\nhost_key: {sshd.host_key}\n"
    (workspace / "channels/acme-in.yaml").write_text(
        f"channel: acme-in\nkind: sftp\ndirection: in\npartner: acme\n{where}folder: {orders}\npattern: '*.edi'\nready: {{stable: 0s}}\nafter: remove\n"
    )
    (workspace / "channels/acme-out.yaml").write_text(
        f"channel: acme-out\nkind: sftp\ndirection: out\npartner: acme\n{where}folder: {answers}\n"
    )
    for number in range(1, COUNT + 1):
        place = orders / f"order{number}.edi"
        place.write_bytes(order(number))
        account().own(place)
    return workspace, orders, answers


def run(workspace: Path, failpoint: str = "") -> int:
    """One pass of the daemon in a process of its own; its exit code, negative if it was killed."""
    command = [sys.executable, "-m", "edi", "run", "--once", "--as-root"]
    done = subprocess.run(
        command, cwd=workspace, env={**os.environ, "EDI_FAILPOINT": failpoint}, capture_output=True, text=True, check=False, timeout=120
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode


def retry_all(workspace: Path) -> None:
    """What waits for its time is due now: nobody waits half a minute in a test."""
    waiting = [
        one["name"] for one in edi("transmissions", "--out", "--json", folder=workspace).json if one["state"] in {"retry_wait", "unknown"}
    ]
    if waiting:
        edi("retry", *waiting, "--yes", folder=workspace)


def test_there_are_failpoints() -> None:
    assert len(NAMES) >= 12


@pytest.mark.parametrize("nth", [1, pytest.param(2, marks=pytest.mark.proof)])
@pytest.mark.parametrize("name", [pytest.param(name, marks=() if name in ALWAYS else pytest.mark.proof) for name in NAMES])
def test_a_kill_and_a_restart_end_as_if_nothing_had_happened(house: tuple[Path, Path, Path], name: str, nth: int) -> None:
    workspace, orders, answers = house
    died = run(workspace, f"{name}:{nth}")
    for _ in range(3):
        run(workspace)
        retry_all(workspace)
    last = run(workspace)

    assert died in {-9, 0}, "killed, or the step is passed less often"
    if nth == 1:
        assert died == -9
    assert last == 0
    assert list(orders.iterdir()) == []
    received = sorted(json.loads(path.read_text())["number"] for path in (workspace / "data/erp/incoming").iterdir())
    assert received == ["4711", "4712", "4713"]
    told = b"".join(path.read_bytes() for path in answers.iterdir())
    assert [told.count(b"UCI+47110%05d" % number) for number in range(1, COUNT + 1)] == [1, 1, 1]
    assert edi("audit", "verify", folder=workspace).code == 0
