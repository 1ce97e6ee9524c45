"""Acknowledgements in odd orders, clocks that jump, replays that die half-way: each ends as if nothing had happened."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edi.engine.operator import Act
from tests.engine.house import FILES, House, invoice, order
from tests.engine.look import outbound_kinds, rows, states
from tests.engine.test_acknowledgements import contrl

ROOT = Path(__file__).parents[2]


def test_f_k03_a_broken_contrl_is_not_answered_and_satisfies_nothing(tmp_path: Path) -> None:
    house = House(tmp_path, contrl="always")
    house.drop("r.json", invoice(), channel="erp/in")
    house.engine.run_once()
    house.drop("c.edi", contrl().replace(b"UNT+3", b"UNT+9"))
    house.engine.run_once()

    assert ["invoice"] == outbound_kinds(house), "no CONTRL for a CONTRL"
    assert ["expected"] == states(house, "acknowledgement")
    assert states(house, "message")[-1] in {"invalid", "unmatched", "held"}
    house.engine.close()


def test_f_k06_a_late_answer_satisfies_the_old_one_and_the_new_one_stays(house: House) -> None:
    house.drop("r.json", invoice(), channel="erp/in")
    house.engine.run_once()
    house.clock.forward(hours=5)
    house.engine.run_once()
    house.engine.operator.resubmit("O1", Act(who="anna", why="no answer"))
    house.engine.run_once()
    house.drop("c.edi", contrl("1"))
    house.engine.run_once()

    assert ["accepted", "expected"] == states(house, "acknowledgement")


@pytest.mark.parametrize("jump", [timedelta(days=366), timedelta(days=-366), timedelta(hours=1), timedelta(hours=-1)])
def test_f_t01_a_clock_that_jumps_loses_nothing_doubles_nothing_and_bursts_nothing(house: House, jump: timedelta) -> None:
    house.drop("1.edi", order("4711", reference="1"))
    house.drop("r.json", invoice("R-1"), channel="erp/in")
    house.engine.run_once()
    before = house.files("erp/out"), house.files("acme/out")
    house.clock._now += jump
    house.engine.run_once()
    house.drop("2.edi", order("4712", reference="2"))
    house.engine.run_once()
    house.clock._now -= jump
    house.drop("3.edi", order("4713", reference="3"))
    house.engine.run_once()

    assert 3 == len(house.files("erp/out"))
    assert before[1] == house.files("acme/out")
    assert before[0].items() <= house.files("erp/out").items()
    assert ["acknowledged"] * 4 == states(house, "outbound")
    assert () == house.engine.context.store.verify()


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC),
        datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC),
        datetime(2026, 10, 25, 0, 59, 59, tzinfo=UTC),
        datetime(2027, 3, 28, 0, 59, 59, tzinfo=UTC),
        datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    ],
)
def test_f_t01_odd_moments_are_moments_like_others(house: House, moment: datetime) -> None:
    house.clock._now = moment
    house.drop("1.edi", order())
    house.engine.run_once()
    house.clock.forward(seconds=2)
    house.drop("r.json", invoice(), channel="erp/in")
    house.engine.run_once()

    assert (1, 1) == (len(house.files("erp/out")), len(house.files("acme/out")))


REPLAY = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import event
from edi.engine.operator import Act
from tests.engine.house import House
house, left = House(Path(sys.argv[1]), start=False), int(sys.argv[2])
def count(connection):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
event.listen(house.engine.context.store._engine, "commit", count)
for number in (1, 2, 3):
    house.engine.operator.replay(f"T{number}", Act(who="anna", why="there is a route now"))
"""


@pytest.mark.parametrize("commit", [1, 2, 3])
def test_f_u02_a_replay_that_died_half_way_is_done_once_when_it_is_asked_for_again(tmp_path: Path, commit: int) -> None:
    """Killed before the n-th commit of a replay of three orders that had no route."""
    routes = FILES["routes.yaml"]
    without = routes[: routes.index("  - route: acme-orders")] + routes[routes.index("  - route: acme-invoices") :]
    house = House(tmp_path, changes={"routes.yaml": without})
    for number in range(3):
        house.drop(f"{number}.edi", order(f"47{number}", reference=str(number + 1)))
    house.engine.run_once()
    assert ["unroutable"] * 3 == states(house, "message")
    house.engine.close()
    (tmp_path / "routes.yaml").write_text(routes)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))}
    words = [sys.executable, "-c", REPLAY, str(tmp_path), str(commit)]
    died = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, check=False)
    house.again()
    for number in (1, 2, 3):
        house.engine.operator.replay(f"T{number}", Act(who="anna", why="again"))
    house.engine.run_once()

    assert -signal.SIGKILL == died.returncode, died.stderr.decode()
    assert ["delivered"] * 3 == states(house, "message")
    assert 3 == len(house.files("erp/out"))
    assert 3 == len(rows(house, "outbound"))
    assert () == house.engine.context.store.verify()
    house.engine.close()
