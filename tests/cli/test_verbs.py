"""What each command answers, also to wrong questions: one message, one hint, a promised exit code, never a traceback."""

from __future__ import annotations

import fcntl
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Called, edi

ROOT = Path(__file__).parents[2]
ORDER = (ROOT / "edi/demo/acme-order-4711.edi").read_bytes()
Call = Callable[..., Called]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "my-edi"
    assert edi("init", folder, folder=tmp_path).code == 0
    return folder


def put(workspace: Path, name: str, data: bytes) -> None:
    (workspace / "data/acme/inbox" / name).write_bytes(data)


def run_until_taken(workspace: Path, count: int = 1) -> Called:
    for _ in range(50):
        called = edi("run", "--once", "--as-root", "--json", folder=workspace)
        if called.json["received"] >= count:
            return called
        time.sleep(0.2)
    raise AssertionError("the files were not taken")


def test_a_verb_without_a_workspace_says_what_to_do(call: Call) -> None:
    called = call("-w", "/", "messages")

    assert (called.code, called.out) == (1, "")
    assert "edi init FOLDER" in called.err


def test_init_never_overwrites(workspace: Path) -> None:
    called = edi("init", workspace, folder=workspace.parent)

    assert called.code == 1
    assert "not empty" in called.err


def test_check_tells_every_problem_of_every_file(workspace: Path) -> None:
    routes = workspace / "routes.yaml"
    routes.write_text(routes.read_text().replace("channel: erp-out", "channel: erp-ot"))
    partner = workspace / "partners/acme.yaml"
    partner.write_text(partner.read_text().replace("language: de", "langage: de"))
    called = edi("check", folder=workspace)

    assert called.code == 1
    assert "did you mean 'erp-out'?" in called.out
    assert "did you mean 'language'?" in called.out
    assert "2 problems in 2 files" in called.err


def test_an_order_walks_through(workspace: Path) -> None:
    put(workspace, "a.edi", ORDER)
    called = run_until_taken(workspace)

    assert called.code == 0, called.err
    assert [path.suffix for path in (workspace / "data/erp/incoming").iterdir()] == [".json"]
    assert list((workspace / "data/acme/inbox").iterdir()) == []


def test_the_same_file_again_has_no_second_effect(workspace: Path) -> None:
    put(workspace, "a.edi", ORDER)
    run_until_taken(workspace)
    put(workspace, "b.edi", ORDER)
    run_until_taken(workspace)

    assert len(list((workspace / "data/erp/incoming").iterdir())) == 1
    assert [line["state"] for line in edi("transmissions", "--json", folder=workspace).json] == ["duplicate", "accepted"]


def test_a_replay_sends_nothing_twice(workspace: Path) -> None:
    put(workspace, "a.edi", ORDER)
    run_until_taken(workspace)
    called = edi("replay", "T1", "--yes", "--why", "to be sure", folder=workspace)

    assert called.code == 0, called.err
    assert "0 documents would leave the house" in called.out
    assert len(list((workspace / "data/erp/incoming").iterdir())) == 1


def test_a_replay_that_nobody_can_be_asked_about_does_nothing(workspace: Path) -> None:
    put(workspace, "a.edi", ORDER)
    run_until_taken(workspace)
    called = edi("replay", "T1", folder=workspace)

    assert called.code == 1
    assert "--yes does it" in called.err


@pytest.mark.parametrize(
    "data",
    [
        b"",
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(200), marks=pytest.mark.proof),
        pytest.param(b"UNB+UNOC:3+a", marks=pytest.mark.proof),
        ORDER[:300],
        pytest.param(ORDER[:-40], marks=pytest.mark.proof),
        b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        pytest.param(b'{"kind": "order"', marks=pytest.mark.proof),
        pytest.param(random.Random(7).randbytes(3000), marks=pytest.mark.proof),
    ],
)
def test_bad_input_is_kept_and_explained(workspace: Path, data: bytes) -> None:
    put(workspace, "bad.edi", data)
    called = run_until_taken(workspace)
    shown = edi("show", "T1", folder=workspace)
    kept = subprocess.run([sys.executable, "-m", "edi", "show", "T1", "--bytes"], cwd=workspace, capture_output=True, check=True)

    assert called.code in {0, 2}
    assert "hint" in shown.out + edi("trace", "T1", folder=workspace).out
    assert kept.stdout == data


def test_an_unknown_partner_is_held_and_named(workspace: Path) -> None:
    put(workspace, "a.edi", ORDER.replace(b"+4054321000009:14+4012345500004:14+", b"+4099999000008:14+4012345500004:14+"))
    called = run_until_taken(workspace)

    assert called.code == 2
    assert "4099999000008" in edi("messages", "--held", folder=workspace).out


def test_a_second_daemon_is_told_that_one_is_running(workspace: Path, stores: str) -> None:
    """Where hosts share a database, one daemon runs on each."""
    (workspace / "var").mkdir(mode=0o700)
    with (workspace / "var" / ("daemon.lock" if stores == "sqlite" else "daemon-one.lock")).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        called = edi("run", "--once", "--as-root", "--host", "one", folder=workspace)

    assert called.code == 3
    assert "already runs" in called.err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be refused as root")
def test_the_daemon_does_not_run_as_root_by_accident(workspace: Path) -> None:
    """T35."""
    called = edi("run", "--once", folder=workspace)

    assert called.code == 1
    assert "--as-root" in called.err


def test_the_daemon_works_and_ends_on_sigterm(workspace: Path) -> None:
    for name in ("acme-in", "erp-in"):
        channel = workspace / f"channels/{name}.yaml"
        channel.write_text(channel.read_text().replace("every: 1m", "every: 1s"))
    put(workspace, "a.edi", ORDER)
    daemon = subprocess.Popen([sys.executable, "-m", "edi", "run", "--as-root"], cwd=workspace, stderr=subprocess.PIPE)
    try:
        until = time.monotonic() + 60
        while not list((workspace / "data/erp/incoming").glob("*.json")) and time.monotonic() < until:
            time.sleep(0.1)
        daemon.send_signal(signal.SIGTERM)
        _, err = daemon.communicate(timeout=40)
    finally:
        daemon.kill()

    assert list((workspace / "data/erp/incoming").glob("*.json"))
    assert daemon.returncode == 0, err.decode()
    assert b"Traceback" not in err


@pytest.mark.parametrize("name", ["M99", "T99", "O99", "D99", "M" + "9" * 20, "nonsense", "", "'; drop table message; --", "\x1b[31m"])
def test_a_name_that_is_not_there_is_answered(demo: tuple[Path, Called], name: str) -> None:
    for verb in ("show", "trace"):
        called = edi("-w", demo[0], verb, "--", name, folder=demo[0])

        assert called.code == 1
        assert "nothing here is called" in called.err
        assert "\x1b" not in called.err


def test_a_file_converts_without_a_workspace(call: Call, tmp_path: Path) -> None:
    (tmp_path / "order.edi").write_bytes(ORDER)
    called = call("convert", "order.edi", "--from", "orders-eancom", "--to", "erp-order")

    assert called.code == 0, called.err
    assert called.json["number"] == "4711"


def test_a_file_converts_by_a_route(workspace: Path) -> None:
    shutil.copy(ROOT / "edi/demo/erp-invoice-acme.json", workspace / "invoice.json")
    called = edi("convert", "invoice.json", "--with", "acme-invoices", "--reference", "77", folder=workspace)

    assert called.code == 0, called.err
    assert called.out.startswith("UNA:+.? 'UNB+UNOC:3+4012345500004:14+4054321000009:14+")
    assert "UNH+1+INVOIC:D:96A:UN:EAN008'" in called.out


def test_a_file_that_cannot_be_converted_says_why(call: Call, tmp_path: Path) -> None:
    (tmp_path / "order.edi").write_bytes(ORDER.replace(b"QTY+21:120", b"QTY+XXL:120"))
    called = call("convert", "order.edi", "--from", "orders-eancom", "--to", "erp-order")

    assert called.code == 2
    assert "'XXL'" in called.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["convert", "missing.edi", "--from", "orders-eancom", "--to", "erp-order"],
        ["convert", "x"],
        ["convert", "x", "--from", "no-such", "--to", "erp-order"],
        ["nonsense"],
        ["show"],
        ["-w", "/nowhere", "check"],
    ],
)
def test_wrong_calls_are_answered_in_words(call: Call, tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "x").write_bytes(ORDER)
    called = call(*arguments)

    assert called.code == 1
    assert called.err.strip()


FAULTY = ROOT / "edi/demo/faulty-order.edi"
GOOD = ROOT / "edi/demo/acme-order-4711.edi"


def test_inspect_names_what_stands_in_a_file(call: Call) -> None:
    called = call("inspect", GOOD)

    assert called.code == 0
    assert "4054321000009  Interchange sender identification" in called.out
    assert "220  = Order" in called.out


def test_validate_tells_place_value_expectation_and_hint(call: Call) -> None:
    called = call("validate", FAULTY)

    assert called.code == 2
    assert "segment 10 QTY element 1 component 1" in called.out
    assert "2 errors" in called.out


def test_validate_writes_sarif(call: Call) -> None:
    results = call("validate", "--sarif", FAULTY).json["runs"][0]["results"]

    assert {one["ruleId"] for one in results if one["level"] == "error"} == {"edifact.code_unknown", "edifact.segment_unexpected"}


def test_commands_for_one_file_look_into_the_tables_of_the_workspace_around(workspace: Path) -> None:
    (workspace / "order.edi").write_bytes(ORDER.replace(b"BGM+220", b"BGM+ZZ9"))
    unknown = edi("validate", "order.edi", folder=workspace)
    (workspace / "schemas/edifact").mkdir(parents=True)
    (workspace / "schemas/edifact/own_codes.txt").write_text("1001 ZZ9 Our own document\n")

    assert "'ZZ9'" in unknown.out
    assert "'ZZ9'" not in edi("validate", "order.edi", folder=workspace).out
    assert "ZZ9  = Our own document" in edi("inspect", "order.edi", folder=workspace).out


def test_contrl_rejects_down_to_the_component(call: Call) -> None:
    called = call("contrl", FAULTY, "--lines")

    assert called.code == 2
    assert "UCS+10'\nUCD+12+2:1'" in called.out


def test_contrl_accepts_what_is_right(call: Call) -> None:
    called = call("contrl", GOOD)

    assert called.code == 0
    assert "UCI+4711000017+4054321000009:14+4012345500004:14+7'" in called.out


def test_fmt_changes_no_value(call: Call, tmp_path: Path) -> None:
    joined = call("fmt", "--joined", GOOD).out
    (tmp_path / "joined.edi").write_text(joined, encoding="utf-8")

    assert "\n" not in joined
    assert joined.count("'") == GOOD.read_bytes().count(b"'")


def test_diff_shows_values_that_differ(call: Call, tmp_path: Path) -> None:
    (tmp_path / "other.edi").write_bytes(ORDER.replace(b"QTY+21:120:PCE", b"QTY+21:121:PCE"))
    called = call("diff", GOOD, "other.edi")

    assert called.code == 2
    assert "element 1 component 2: '120' -> '121'" in called.out


def test_diff_of_a_file_with_itself_is_empty(call: Call) -> None:
    called = call("diff", GOOD, GOOD)

    assert (called.code, called.out) == (0, "")
