"""What monitoring and operators see of a daemon that runs: health, readiness, metrics, logs, alerts."""

from __future__ import annotations

import json
import re
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
    daemon.until(lambda: figures(daemon).get(("edi_rows", "delivered", "message")), "the order")
    found = figures(daemon)
    assert found["edi_rows", "accepted", "transmission"] == 1
    assert found["edi_channel_polls_failed", "acme-in"] == 0
    assert found["edi_channel_circuit_open", "acme-out"] == 0
    assert found["edi_audit_entries_total",] > 5
    assert found["edi_outbox_on_hold",] == 0
    assert found["edi_up_seconds",] > 0
    assert found["process_resident_memory_bytes",] > 1e6
    assert {topic for name, *rest in found for topic in rest if name == "edi_causes"} >= {"failed", "silent", "system"}


def test_what_fails_is_alerted_by_mail_and_shown_by_status(daemon: Running, mailbox: Scripted) -> None:
    (inbox(daemon) / "broken.edi").write_bytes(f"this is {CANARY} and no document".encode())
    daemon.until(lambda: mailbox.mails, "an alert")
    assert b"* 1 failed alike, the last T" in mailbox.mails[0]
    assert CANARY.encode() not in mailbox.mails[0]
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
