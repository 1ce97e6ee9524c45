"""kill -9 at every named step, then a restart: the same end state as without the crash, each order exactly once (P32)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select

from edi.engine.failpoint import NAMES
from edi.store import tables
from tests.engine.house import House, invoice, order

CHECKOUT = Path(__file__).resolve().parents[2]


def drop_all(folder: Path) -> None:
    """Two orders and an invoice."""
    for name, channel, data in (
        ("a.edi", "acme/in", order("4711", reference="1")),
        ("b.edi", "acme/in", order("4712", reference="2")),
        ("c.json", "erp/in", invoice("R-1")),
    ):
        place = folder / "data" / channel
        place.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(data)


def run_and_die(folder: Path, failpoint: str) -> int:
    """The exit code of a run that dies at a failpoint."""
    environment = {**os.environ, "EDI_FAILPOINT": failpoint}
    command = [sys.executable, "-m", "tests.engine.run_house", str(folder)]
    return subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, timeout=60, check=False).returncode


def end_state(house: House) -> dict[str, object]:
    """What people see when everything is done."""
    with house.engine.context.store.reading() as view:
        count = {
            table.name: view.connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (tables.transmission, tables.interchange, tables.message, tables.outbound)
        }
        states = {
            table.name: sorted(view.connection.execute(select(table.c.state)).scalars())
            for table in (tables.transmission, tables.message, tables.outbound)
        }
        waiting = view.connection.execute(select(func.count()).select_from(tables.work)).scalar_one()
    orders = sorted(json.loads(data)["number"] for data in house.files("erp/out").values())
    sent = sorted(data.partition(b"UNH")[2][2:8] for data in house.files("acme/out").values())
    return {"count": count, "states": states, "waiting": waiting, "orders": orders, "sent": sent, "left": house.files("acme/in")}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """The end state of a run that nobody kills."""
    folder = tmp_path_factory.mktemp("undisturbed")
    drop_all(folder)
    house = House(folder, contrl="always")
    house.engine.run_once()
    found = end_state(house)
    house.engine.close()
    return found


@pytest.mark.parametrize("failpoint", [*(f"{name}:1" for name in NAMES), *(f"{name}:2" for name in NAMES if name.startswith("deliver"))])
def test_a_kill_at_any_step_changes_nothing_in_the_end(tmp_path: Path, failpoint: str, undisturbed: dict[str, object]) -> None:
    """F-D03."""
    drop_all(tmp_path)
    died = run_and_die(tmp_path, failpoint)

    house = House(tmp_path, contrl="always")
    house.engine.run_once()
    house.engine.run_once()

    assert died in {-9, 0}
    assert died == -9 or failpoint.endswith(":2")
    assert undisturbed == end_state(house)
    assert () == house.engine.context.store.verify()
    house.engine.close()


def test_the_undisturbed_run_delivers_everything_once(undisturbed: dict[str, object]) -> None:
    assert ["4711", "4712"] == undisturbed["orders"]
    assert {"transmission": 3, "interchange": 3, "message": 3, "outbound": 5} == undisturbed["count"]
    assert 0 == undisturbed["waiting"]
    assert {} == undisturbed["left"]
