"""`edi channel`: list, test and trust."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from edi.channels.sftp.ssh import described
from edi.cli.app import app
from tests.channels.sftp_rig import SftpRig
from tests.servers.openssh import make_key


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    us = "partner: us\nname: Us\nstatus: live\nids: [{gln: '4012345500004'}]\n"
    erp = "channel: erp-in\nkind: directory\ndirection: in\nfolder: inbox\nready: {stable: 0s}\n"
    write(tmp_path, {"partners/us.yaml": us, "routes.yaml": "us: us\nroutes: []\n", "channels/erp-in.yaml": erp})
    (tmp_path / "inbox").mkdir()
    return tmp_path


def run(house: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["--workspace", str(house), "channel", *words])


def test_list_shows_every_channel(house: Path) -> None:
    result = run(house, "list")

    assert result.exit_code == 0, result.output
    assert "erp-in" in result.output
    assert "inbox" in result.output


def test_test_says_what_it_saw_and_takes_nothing(house: Path) -> None:
    (house / "inbox" / "order.edi").write_bytes(b"UNB")
    os.mkfifo(house / "inbox" / "pipe")

    result = run(house, "test", "erp-in")

    assert result.exit_code == 0, result.output
    assert "is there and may be used" in result.output
    assert "ready to be taken: order.edi (3 bytes)" in result.output
    assert "left alone: pipe is no plain file" in result.output
    assert (house / "inbox" / "order.edi").exists()


def test_test_of_a_channel_that_does_not_work_says_why(house: Path) -> None:
    (house / "inbox").rmdir()

    result = run(house, "test", "erp-in")

    assert result.exit_code == 2
    assert "there is no folder" in result.output


def sftp_file(rig: SftpRig, host_key: str = "") -> str:
    pinned = f"host_key: {host_key}   # as told on the phone\n" if host_key else ""
    return (
        "# the partner's server\nchannel: acme-in\nkind: sftp\ndirection: in   # theirs to us\n"
        f"host: 127.0.0.1\nport: {rig.proxy.port}\nuser: {rig.server.user}\nkey: ${{file:key}}\n{pinned}folder: '{rig.folder}'\nready: {{stable: 0s}}\n"
    )


@pytest.mark.server
def test_trust_shows_both_fingerprints_and_pins_only_when_told(house: Path, sftp_rig: SftpRig, tmp_path: Path) -> None:
    other = make_key(tmp_path / "other")
    write(house, {"channels/acme-in.yaml": sftp_file(sftp_rig, other)})

    refused = run(house, "trust", "acme-in")
    assert refused.exit_code == 1, "nobody is there to be asked"
    assert described(sftp_rig.server.host_key) in refused.output
    assert described(other) in refused.output
    assert other in (house / "channels/acme-in.yaml").read_text()

    agreed = run(house, "trust", "acme-in", "--yes")
    text = (house / "channels/acme-in.yaml").read_text()
    assert agreed.exit_code == 0, agreed.output
    assert f"host_key: {sftp_rig.server.host_key}" in text
    assert "# the partner's server" in text
    assert "direction: in   # theirs to us" in text
    assert "nothing to do" in run(house, "trust", "acme-in").output


@pytest.mark.server
def test_a_channel_without_a_pinned_key_is_refused_and_trust_mends_it(house: Path, sftp_rig: SftpRig) -> None:
    write(house, {"channels/acme-in.yaml": sftp_file(sftp_rig), "key": sftp_rig.server.private_key})
    (house / "key").chmod(0o600)
    refused = run(house, "test", "acme-in")
    assert "no host key is pinned" in str(refused.exception)

    assert run(house, "trust", "acme-in", "--yes").exit_code == 0
    tried = run(house, "test", "acme-in")

    assert tried.exit_code == 0, tried.output
    assert "its key is the pinned one" in tried.output
    assert "nothing lies ready" in tried.output
