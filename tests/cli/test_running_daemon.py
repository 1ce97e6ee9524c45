"""What monitoring and operators see of a daemon that runs: health, readiness, metrics, logs, alerts."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.cli.conftest import edi
from tests.cli.running import Running, running
from tests.servers.smtp import Scripted, scripted

ROOT = Path(__file__).parents[2]
ORDER = (ROOT / "edi/demo/acme-order-4711.edi").read_bytes()
CANARY = "canary-7f3a9"


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Scripted]:
    with scripted() as server:
        yield server


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory, mailbox: Scripted) -> Iterator[Running]:
    """One daemon for the module; each test looks at another side of it."""
    files = {
        "channels/house-mail.yaml": "channel: house-mail\nkind: email\ndirection: out\nprotocol: smtp\nhost: 127.0.0.1\n"
        f"port: '{mailbox.port}'\ntls: none\nsender: edi@muster.example\nto: [edi@muster.example]\n",
        "notices.yaml": "mail: {channel: house-mail}\nalerts:\n  to: [edi@muster.example]\n  disk_free_min: 0\n"
        "  webhooks: [{name: pager, url: 'http://127.0.0.1:9/', secret: '${env:PAGER}'}]\n",
    }
    with running(tmp_path_factory.mktemp("daemon") / "w", files=files, PAGER=CANARY) as made:
        yield made


def figures(daemon: Running) -> dict[tuple[str, ...], float]:
    """Name and label values to the value; reading them proves the format."""
    families = text_string_to_metric_families(daemon.ask("/metrics").text)
    return {(one.name, *(one.labels[key] for key in sorted(one.labels))): one.value for family in families for one in family.samples}


def delivered(daemon: Running) -> float:
    return figures(daemon).get(("edi_rows", "delivered", "message"), 0.0)


def inbox(daemon: Running) -> Path:
    found = re.search(r"^folder: (\S+)", (daemon.folder / "channels/acme-in.yaml").read_text(), re.MULTILINE)
    assert found
    return daemon.folder / found[1]


def test_health_and_readiness_are_told_and_nothing_else_is_there(daemon: Running) -> None:
    assert (daemon.ask("/health").status_code, daemon.ask("/health").text) == (200, "alive\n")
    assert daemon.ask("/ready").json() == {"ready": True, "missing": []}
    assert [daemon.ask(path).status_code for path in ("/", "/metrics/x", "/docs")] == [404] * 3
    assert daemon.client.post(f"http://127.0.0.1:{daemon.port}/metrics").status_code == 405


def test_metrics_show_what_was_done_and_every_channel(daemon: Running) -> None:
    (inbox(daemon) / "order.edi").write_bytes(ORDER)
    daemon.until(lambda: delivered(daemon), "the order")
    found = figures(daemon)
    assert found["edi_rows", "accepted", "transmission"] >= 1
    assert found["edi_channel_polls_failed", "acme-in"] == 0
    assert found["edi_channel_circuit_open", "acme-out"] == 0
    assert found["edi_audit_entries_total",] > 5
    assert found["edi_outbox_on_hold",] == 0
    assert found["edi_up_seconds",] > 0
    assert found["process_resident_memory_bytes",] > 1e6
    assert {topic for name, *rest in found for topic in rest if name == "edi_causes"} >= {"failed", "silent", "system"}


def test_what_fails_is_alerted_by_mail_and_shown_by_status(daemon: Running, mailbox: Scripted) -> None:
    (inbox(daemon) / "broken.edi").write_bytes(f"this is {CANARY} and no document".encode())
    daemon.until(lambda: any(b"failed alike" in mail for mail in mailbox.mails), "an alert")
    assert any(b"failed alike, the last T" in mail for mail in mailbox.mails)
    assert not any(CANARY.encode() in mail for mail in mailbox.mails)
    shown = edi("status", folder=daemon.folder)
    assert (shown.code, "Needs you" in shown.out) == (2, True)
    (line,) = [one for one in edi("alerts", "list", "--json", folder=daemon.folder).json if one["cause"]["topic"] == "failed"]
    assert line["told"] is not None


def test_log_lines_are_json_each_and_hold_neither_payloads_nor_secrets(daemon: Running) -> None:
    lines = daemon.lines()
    events = [json.loads(line) for line in lines]
    assert {"started", "received", "listening"} <= {one["event"] for one in events}
    assert all({"timestamp", "level"} <= one.keys() for one in events)
    assert [line for line in lines if CANARY in line or "BGM+220" in line] == []


def channels(daemon: Running) -> set[str]:
    return {name for figure, *labels in figures(daemon) for name in labels if figure == "edi_channel_polls_failed"}


def events(daemon: Running, name: str) -> list[dict[str, object]]:
    found = [json.loads(line) for line in daemon.lines()]
    return [one for one in found if one["event"] == name]


def test_p39_changed_files_are_taken_as_a_whole_when_told_and_not_before(daemon: Running) -> None:
    (daemon.folder / "data/extra").mkdir(parents=True)
    (daemon.folder / "channels/extra-in.yaml").write_text("channel: extra-in\nkind: directory\ndirection: in\nfolder: data/extra\n")
    assert "extra-in" not in channels(daemon)
    daemon.hang_up()
    daemon.until(lambda: "extra-in" in channels(daemon), "the new channel")
    (daemon.folder / "data/extra/x.txt").write_text("nothing anybody can read")
    daemon.until(lambda: any(one["channel"] == "extra-in" for one in events(daemon, "received")), "its first file")
    assert events(daemon, "workspace_taken")


def test_f_u04_a_broken_file_leaves_the_old_ones_and_says_why(daemon: Running) -> None:
    place = daemon.folder / "partners/acme.yaml"
    right = place.read_text()
    taken, done = len(events(daemon, "workspace_taken")), delivered(daemon)
    try:
        place.write_text(right[: len(right) // 2] + "\n  - {broken")
        daemon.hang_up()
        daemon.until(lambda: events(daemon, "workspace_refused"), "the refusal")
        (inbox(daemon) / "again.edi").write_bytes(ORDER.replace(b"4711000017", b"4711000018").replace(b"BGM+220+4711", b"BGM+220+4713"))
        daemon.until(lambda: delivered(daemon) == done + 1, "work by the old files")
    finally:
        place.write_text(right)
    assert "configuration" in [one["cause"]["key"] for one in edi("alerts", "list", "--json", folder=daemon.folder).json]
    daemon.hang_up()
    daemon.until(lambda: len(events(daemon, "workspace_taken")) == taken + 1, "the right files")
    assert "configuration" not in [one["cause"]["key"] for one in edi("alerts", "list", "--json", folder=daemon.folder).json]


def test_p39_workers_work_by_the_files_that_were_taken(tmp_path: Path) -> None:
    with running(tmp_path / "w", "--workers", "1") as daemon:
        mapping = daemon.folder / "mappings/erp-order.map.yaml"
        place = daemon.folder / "partners/acme.yaml"
        assert mapping.is_file()
        right = place.read_text()
        place.write_text("broken: [")
        (worker,) = _children(daemon)
        os.kill(worker, signal.SIGKILL)
        daemon.until(lambda: [pid for pid in _children(daemon) if pid != worker], "another worker")
        (inbox(daemon) / "order.edi").write_bytes(ORDER)
        daemon.until(lambda: delivered(daemon) == 1, "an order, by the files that were taken")
        place.write_text(right.replace("status: live", "status: suspended"))
        before = set(_children(daemon))
        daemon.hang_up()
        daemon.until(lambda: events(daemon, "workspace_taken") and not before & set(_children(daemon)), "new workers")


def _children(daemon: Running) -> list[int]:
    """Processes of the daemon that work."""
    children = [child for task in Path(f"/proc/{daemon.process.pid}/task").iterdir() for child in (task / "children").read_text().split()]
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]
