"""`edi poll` and `edi send`: what they say, and that the same file never goes twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from edi.cli.app import app
from edi.store.lock import DaemonLock

FILES = {
    "partners/us.yaml": "partner: us\nname: Us\nstatus: live\nids: [{gln: '4012345500004'}]\n",
    "routes.yaml": "us: us\nroutes: []\n",
    "channels/erp-in.yaml": "channel: erp-in\nkind: directory\ndirection: in\nfolder: inbox\n",
    "channels/erp-out.yaml": "channel: erp-out\nkind: directory\ndirection: out\nfolder: outbox\nexists: refuse\n",
}


@pytest.fixture
def house(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "inbox").mkdir()
    (tmp_path / "outbox").mkdir()
    (tmp_path / "order.edi").write_bytes(b"UNB+UNOC:3'")
    return tmp_path


def run(house: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["--workspace", str(house), *words])


def send(house: Path, *words: str) -> Result:
    return run(house, "send", str(house / "order.edi"), "--channel", "erp-out", *words)


def test_poll_says_what_it_kept_and_what_it_left_alone(house: Path) -> None:
    (house / "inbox" / "a.edi").write_bytes(b"UNB")
    (house / "inbox" / "link.edi").symlink_to("a.edi")

    result = run(house, "poll", "erp-in")

    assert result.exit_code == 0, result.output
    assert "looking at erp-in: directory inbox" in result.output
    assert "kept T1: a.edi, 3 bytes" in result.output
    assert "left alone: link.edi" in result.output
    assert "1 lay ready: 1 new and kept" in result.output


def test_poll_twice_keeps_once(house: Path) -> None:
    (house / "inbox" / "a.edi").write_bytes(b"UNB")
    run(house, "poll", "erp-in")

    assert "nothing lay ready" in run(house, "poll", "erp-in").output


def test_poll_of_a_folder_that_is_not_there_says_so_and_fails(house: Path) -> None:
    (house / "inbox").rmdir()

    result = run(house, "poll", "erp-in")

    assert result.exit_code == 2
    assert "No such file" in result.output


def test_poll_as_json_is_for_programs(house: Path) -> None:
    (house / "inbox" / "a.edi").write_bytes(b"UNB")

    found = json.loads(run(house, "poll", "erp-in", "--json").output)

    assert (found["looked"]["kept"], found["kept"][0]["filename"]) == (1, "a.edi")


def test_poll_of_a_channel_that_only_sends_is_refused(house: Path) -> None:
    assert "does not receive" in str(run(house, "poll", "erp-out").exception)


def test_send_keeps_delivers_and_says_so(house: Path) -> None:
    result = send(house)

    assert result.exit_code == 0, result.output
    assert "kept 11 bytes of order.edi as O1" in result.output
    assert "wrote 11 bytes as order.edi" in result.output
    assert (house / "outbox" / "order.edi").read_bytes() == b"UNB+UNOC:3'"


def test_a_channel_that_names_what_it_sends_names_a_file_after_itself(house: Path) -> None:
    named = FILES["channels/erp-out.yaml"] + "name: '{kind}_{sender}_{ref}{suffix}'\n"
    (house / "channels/erp-out.yaml").write_text(named)

    result = send(house)

    assert result.exit_code == 0, result.output
    assert (house / "outbox" / "file_us_order.edi").exists()


def test_the_same_file_is_not_sent_twice(house: Path) -> None:
    send(house)
    (house / "outbox" / "order.edi").unlink()

    result = send(house)

    assert result.exit_code == 0, result.output
    assert "was handed over before for erp-out, as O1" in result.output
    assert list((house / "outbox").iterdir()) == []


def test_a_file_that_cannot_be_delivered_stays_in_the_outbox(house: Path) -> None:
    (house / "outbox").rmdir()

    result = send(house)

    assert result.exit_code == 2
    assert "O1 is retrying" in result.output


def test_while_a_daemon_runs_it_is_the_one_that_delivers(house: Path) -> None:
    with DaemonLock(house / "var"):
        result = send(house)

    assert result.exit_code == 0, result.output
    assert "the running daemon delivers it" in result.output
    assert list((house / "outbox").iterdir()) == []


def test_sending_is_audited_with_who_and_why(house: Path) -> None:
    send(house, "--why", "asked by telephone")

    assert "asked by telephone" in run(house, "audit", "show", "O1", "--json").output
