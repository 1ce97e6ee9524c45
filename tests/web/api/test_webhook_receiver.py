"""Webhooks to a program of its own on a real socket: it checks the signatures, dies, and comes back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from edi.web.api.settings import Webhook
from edi.web.api.webhooks import teller
from tests.engine.house import House, order

PROGRAM = Path(__file__).with_name("run_receiver.py")


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setenv("WEBHOOK_SECRET", "shared")
    made = House(tmp_path)
    yield made
    made.engine.close()


@contextmanager
def receiver(ledger: Path, status: str, port: int = 0) -> Iterator[int]:
    command = [sys.executable, "-I", str(PROGRAM), str(port), str(ledger), status]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        try:
            yield int(program.stdout.readline())
        finally:
            program.kill()


def heard(ledger: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ledger.read_text().splitlines()]


def test_a_program_hears_everything_in_order_though_it_failed_died_and_came_back(house: House) -> None:
    ledger = house.folder / "heard"
    ledger.touch()
    with receiver(ledger, "500") as port:
        webhook = Webhook(name="erp", url=f"http://127.0.0.1:{port}/edi", secret="${env:WEBHOOK_SECRET}")
        telling = teller(house.engine.context, (webhook,))
        with closing(telling.client):
            telling.tell_all()
            house.drop("a.edi", order())
            house.engine.run_once()
            assert telling.tell_all() == 0
    refused = heard(ledger)
    with receiver(ledger, "die", port):
        told_dying = again(house, (webhook,))
    told_nobody = again(house, (webhook,))
    with receiver(ledger, "204", port):
        told = again(house, (webhook,))

    assert (len(refused), told_dying, told_nobody) == (1, 0, 0)
    events = heard(ledger)
    ids = [event["id"] for event in events]
    assert ids[0] == ids[1] == ids[2]
    assert ids[2:] == sorted(set(ids))
    assert told == len(ids[2:]) > 5
    assert events[-1]["state"] in {"acknowledged", "delivered"}


def again(house: House, webhooks: tuple[Webhook, ...]) -> int:
    """A daemon that was started again tells them; how many changes."""
    telling = teller(house.engine.context, webhooks)
    with closing(telling.client):
        return telling.tell_all()
