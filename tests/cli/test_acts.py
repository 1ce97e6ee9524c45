"""`edi hold | release | cancel | ignore | resubmit` and `edi top`, as people call them, one after the other on one workspace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from edi.cli.app import app

ROOT = Path(__file__).parents[2]
ORDER = (ROOT / "edi/demo/acme-order-4711.edi").read_bytes()


class Desk:
    """An operator at a workspace."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        assert self.call("init", folder)[0] == 0

    def call(self, *words: object) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["-w", str(self.folder), *map(str, words)])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.stdout

    def json(self, *words: object) -> Any:
        return json.loads(self.call(*words, "--json")[1])

    def order(self, number: str, reference: str, *, right: bool = True) -> None:
        data = ORDER.replace(b"4711000017", reference.encode()).replace(b"BGM+220+4711", b"BGM+220+" + number.encode())
        (self.folder / f"data/acme/inbox/{number}.edi").write_bytes(data if right else data.replace(b"QTY+21", b"XYZ+21"))

    def work(self) -> None:
        self.call("run", "--once", "--as-root")

    def output(self) -> tuple[str, str]:
        """Name and state of the only output of the only message."""
        (message,) = self.json("messages")["messages"]
        (output,) = message["outputs"]
        return output["name"], output["state"]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "w")


def test_what_is_held_stays_and_what_is_released_leaves(desk: Desk) -> None:
    assert desk.call("hold", "all", "--why", "stocktaking") == (0, "all held\n")
    desk.order("5001", "1")
    desk.work()
    name, state = desk.output()
    assert state == "ready"
    assert desk.call("hold", name)[0] == 0
    desk.call("release", "all")
    desk.work()
    assert desk.output()[1] == "held"
    assert desk.json("release", name) == [{"name": name, "done": True, "said": "released"}]
    desk.work()
    assert desk.output()[1] == "acknowledged"
    assert desk.call("hold", name)[0] == 2, "what was delivered cannot be held"


def test_what_is_cancelled_never_leaves_and_says_who_and_why(desk: Desk) -> None:
    desk.call("hold", "all")
    desk.order("5002", "2")
    desk.work()
    name, _ = desk.output()
    assert desk.call("cancel", name)[0] == 1, "a reason is asked for"
    assert desk.call("cancel", name, "--why", "ordered twice") == (0, f"{name} cancelled\n")
    desk.call("release", "all")
    desk.work()
    assert desk.output()[1] == "cancelled"
    events = [one for one in desk.json("audit", "show", name) if one["event"]["event"] == "cancelled"]
    assert events[0]["event"]["detail"]["why"] == "ordered twice"


def test_what_is_ignored_needs_nobody_any_more(desk: Desk) -> None:
    desk.order("5003", "3", right=False)
    (desk.folder / "data/acme/inbox/noise.edi").write_bytes(b"nothing anybody can read")
    desk.work()
    failed = {one["cause"]["topic"] for one in desk.json("alerts", "list")}
    assert failed == {"failed"}
    assert desk.call("status")[0] == 2
    found = desk.json("messages", "--held")
    (message,), (file,) = ([one["name"] for one in found[key]] for key in ("messages", "held_transmissions"))
    assert desk.call("ignore", message, file, "--why", "both were tests")[0] == 0
    assert desk.json("failures") == []
    assert desk.call("alerts", "list") == (0, "nothing needs you\n")
    assert desk.call("status")[0] == 0


def test_top_shows_queues_pace_and_what_came_without_a_terminal_once(desk: Desk) -> None:
    desk.call("hold", "all", "--why", "stocktaking")
    desk.order("5004", "4")
    desk.work()
    code, text = desk.call("top", "--once")
    assert code == 0
    for words in ("the outbox is on hold: stocktaking", "deliver", "Needs you", "5004", "routed"):
        assert words in text
    assert desk.json("top")["received_today"] == 1


def test_once_more_is_shown_first_and_done_only_when_agreed(desk: Desk) -> None:
    desk.order("5005", "5")
    desk.work()
    name, _ = desk.output()
    code, text = desk.call("resend", name)
    assert (code, f"{name} order 5005 through erp-out" in text) == (1, True), "nobody can be asked here"
    assert desk.call("resend", name, "--dry-run")[0] == 0
    assert desk.output() == (name, "acknowledged")
    assert desk.call("resend", name, "--yes")[0] == 0
    assert desk.output() == (name, "ready")


def test_deliveries_that_fit_are_sent_once_more_together(desk: Desk) -> None:
    for number in ("5006", "5007"):
        desk.order(number, number[-1])
    desk.work()
    assert desk.json("resend", "--where", "channel=erp-out", "--dry-run") == [], "all were delivered"
    where = ("--where", "channel=erp-out", "--where", "state=acknowledged")
    assert [one["number"] for one in desk.json("resend", *where, "--dry-run")] == ["5006", "5007"]
    done = desk.json("resubmit", *where, "--why", "the ERP lost them", "--yes")
    assert [one["done"] for one in done] == [True, True]
    desk.work()
    assert {"acknowledged": 6} == desk.json("status")["counts"]["outbound"], "two orders, twice, and two CONTRL"
