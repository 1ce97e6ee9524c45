"""`in_order`: documents about one order leave in the order they came; what is stuck holds its own thread and nobody else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from edi.engine import alerts, failpoint
from edi.engine.operator import Act
from edi.engine.ports import Delivery, Sent
from edi.errors import ChannelError, TemporaryChannelError, UnknownOutcomeError
from edi.store import queries
from edi.store.tables import outbound
from tests.engine.house import FILES, House, invoice

ORDERED = FILES["partners/acme.yaml"].replace("expect: {contrl: 4h}}", "in_order: true}")


class Door:
    """The other side: takes what it is told to take, and remembers it."""

    def __init__(self) -> None:
        self.trouble: dict[str, Exception] = {}
        self.took: list[str] = []

    def send(self, delivery: Delivery) -> Sent:
        number = delivery.attributes["number"]
        if number in self.trouble:
            raise self.trouble[number]
        self.took.append(number)
        return Sent(remote_name=None, note="taken")

    def look(self, delivery: Delivery) -> bool | None:
        return None

    def close(self) -> None:
        """Nothing to let go of."""


class Ordered:
    """A house whose invoices to Acme leave in order, by order number."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self.house = House(folder, changes={"partners/acme.yaml": ORDERED}, url=url)
        self.door = Door()
        self._open()

    def _open(self) -> None:
        channels: Any = self.house.engine.context.channels
        channels._outbound["acme-out"] = self.door

    def restart(self) -> None:
        self.house.again()
        self._open()

    def hand_over(self, number: str, order_number: str) -> None:
        document = {**json.loads(invoice(number)), "order": {"number": order_number}}
        self.house.drop(f"{number}.json", json.dumps(document).encode(), channel="erp/in")
        self.house.engine.run_once()
        self.house.clock.forward(seconds=1)

    def rows(self) -> dict[str, tuple[str, str | None]]:
        with self.house.engine.context.store.reading() as view:
            return {row.number: (row.state, row.reason) for row in view.connection.execute(select(outbound).order_by(outbound.c.id))}

    def later(self, **span: float) -> None:
        self.house.clock.forward(**span)
        self.house.engine.settle()


@pytest.fixture
def ordered(tmp_path: Path) -> Ordered:
    return Ordered(tmp_path)


ACT = Act(who="test", why="looked at it")


@pytest.mark.parametrize(
    ("trouble", "state"),
    [
        (TemporaryChannelError("no route"), "retry_wait"),
        (UnknownOutcomeError("no answer"), "unknown"),
        (ChannelError("no"), "rejected"),
    ],
)
def test_what_is_stuck_holds_its_own_thread_and_no_other(ordered: Ordered, trouble: Exception, state: str) -> None:
    ordered.door.trouble = {"R-1": trouble}
    ordered.hand_over("R-1", "4711")
    ordered.house.clock.forward(minutes=1)
    ordered.house.engine.operator.hold("O1", ACT) if state == "retry_wait" else None
    ordered.hand_over("R-2", "4711")
    ordered.hand_over("R-3", "4712")
    ordered.later(minutes=31)

    assert ordered.door.took == ["R-3"]
    state, reason = ordered.rows()["R-2"]
    assert state == "ready"
    assert str(reason).startswith("waits for O1, which is ")


def test_it_leaves_as_soon_as_what_was_before_it_is_there(ordered: Ordered) -> None:
    ordered.door.trouble = {"R-1": TemporaryChannelError("no route")}
    for number in ("R-1", "R-2", "R-3"):
        ordered.hand_over(number, "4711")
    ordered.door.trouble = {}
    ordered.later(minutes=2)
    assert ordered.door.took == ["R-1", "R-2", "R-3"]


def test_documents_that_come_together_leave_one_after_the_other(ordered: Ordered) -> None:
    for number in range(1, 7):
        document = {**json.loads(invoice(f"R-{number}")), "order": {"number": "4711"}}
        ordered.house.drop(f"{number}.json", json.dumps(document).encode(), channel="erp/in")
    ordered.house.engine.run_once()
    assert ordered.door.took == [f"R-{number}" for number in range(1, 7)]


@pytest.mark.parametrize(
    "help_it",
    [
        lambda operator: operator.cancel("O1", ACT),
        lambda operator: operator.release("O2", ACT),
        lambda operator: operator.resubmit("O1", ACT),
    ],
)
def test_the_operator_lets_them_go_on(ordered: Ordered, help_it: Callable[[Any], None]) -> None:
    ordered.door.trouble = {"R-1": ChannelError("no")}
    ordered.hand_over("R-1", "4711")
    ordered.hand_over("R-2", "4711")
    assert ordered.door.took == []
    ordered.door.trouble = {}
    help_it(ordered.house.engine.operator)
    ordered.later(seconds=1)
    assert ordered.door.took[-1] == "R-2"


def test_a_document_that_failed_before_holds_what_came_after_it(ordered: Ordered) -> None:
    """Thread and number agree here: the first of a thread is mostly the order itself."""
    ordered.house.translator.broken = frozenset({"invoic-eancom"})
    ordered.hand_over("4711", "4711")
    ordered.house.translator.broken = frozenset()
    ordered.hand_over("R-2", "4711")
    assert ordered.rows()["R-2"] == ("ready", "waits for M1, which is map_failed")
    ordered.house.engine.operator.replay("M1", ACT)
    ordered.later(seconds=61)
    assert ordered.door.took == ["4711", "R-2"]


def test_status_and_show_say_what_waits_for_what(ordered: Ordered) -> None:
    ordered.door.trouble = {"R-1": ChannelError("no")}
    for number in ("R-1", "R-2", "R-3"):
        ordered.hand_over(number, "4711")
    context = ordered.house.engine.context
    with context.store.reading() as view:
        known = [one.cause.text for one in alerts.now_known(context.workspace, view, context.clock.now())]
        shown = queries.outbound_of(view, 2)
    assert "2 wait in order behind O1, which is rejected; resend or cancel it, or edi release O2 lets that one go first" in known
    assert shown is not None
    assert shown.reason == "waits for O1, which is rejected"


def test_p32_a_crash_at_any_step_of_delivering_keeps_the_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class KilledError(BaseException):
        """As good as a kill: nobody catches it, nothing is written after it."""

    for index, point in enumerate(name for name in failpoint.NAMES if name.startswith("deliver.")):
        ordered = Ordered(tmp_path / str(index))
        for number in ("R-1", "R-2", "R-3"):
            document = {**json.loads(invoice(number)), "order": {"number": "4711"}}
            ordered.house.drop(f"{number}.json", json.dumps(document).encode(), channel="erp/in")

        def dies(name: str, *, at: str = point) -> None:
            if name == at:
                raise KilledError

        monkeypatch.setattr("edi.engine.outbound.failpoint", dies)
        with pytest.raises(KilledError):
            ordered.house.engine.run_once()
        monkeypatch.undo()
        ordered.restart()
        ordered.house.engine.run_once()
        ordered.later(minutes=2)
        seen = list(dict.fromkeys(ordered.door.took))
        assert seen == ["R-1", "R-2", "R-3"], point
        assert {state for state, _ in ordered.rows().values()} == {"acknowledged"}
        ordered.house.engine.close()


def test_without_in_order_nobody_waits(tmp_path: Path) -> None:
    ordered = Ordered(tmp_path)
    (tmp_path / "partners/acme.yaml").write_text(FILES["partners/acme.yaml"].replace("CONTRL}", "never}"))
    ordered.restart()
    ordered.door.trouble = {"R-1": ChannelError("no")}
    ordered.hand_over("R-1", "4711")
    ordered.hand_over("R-2", "4711")
    assert ordered.door.took == ["R-2"]
