"""Programs are told of changes: in order, signed, at least once, and a deaf one does not make the others wait."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from edi.web.api.settings import ApiServer, Webhook
from edi.web.api.webhooks import Listener, Teller
from tests.engine.house import House, order


class Program:
    """Remembers what it was told; answers as it is set to."""

    def __init__(self) -> None:
        self.told: list[tuple[dict[str, Any], httpx.Headers, bytes]] = []
        self.status: dict[str, int] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        status = self.status.get(request.url.path, 204)
        if status == 0:
            raise httpx.ConnectError("nobody there")
        if status < 300:
            self.told.append((json.loads(request.content), request.headers, request.content))
        return httpx.Response(status)

    def of(self, subject: str) -> list[str]:
        return [body["state"] for body, _, _ in self.told if body["subject"] == subject]


def teller(house: House, program: Program, *names: str, **keys: Any) -> Teller:
    made = [Webhook(name=name, url=f"https://erp.example/{name}", secret="${env:S}", **keys) for name in names or ("erp",)]
    client = httpx.Client(transport=httpx.MockTransport(program))
    return Teller(context=house.engine.context, listeners=[Listener(webhook=one, secret=b"shared") for one in made], client=client)


def an_order_comes(house: House, telling: Teller) -> None:
    """And is delivered, while the teller listens."""
    telling.tell_all()
    house.drop("a.edi", order())
    house.engine.run_once()


@pytest.fixture
def house(tmp_path: Path) -> Any:
    made = House(tmp_path)
    yield made
    made.engine.close()


def test_every_change_is_told_once_in_order_with_numbers_and_no_content(house: House) -> None:
    program = Program()
    telling = teller(house, program)
    an_order_comes(house, telling)

    telling.tell_all()
    telling.tell_all()

    assert program.of("T1") == ["received", "accepted"]
    assert program.of("M1") == ["extracted", "valid", "mapped", "routed", "delivered"]
    assert program.of("O1") == ["ready", "in_flight", "acknowledged"]
    ids = [body["id"] for body, _, _ in program.told]
    assert ids == sorted(set(ids))
    last = next(body for body, _, _ in program.told if body["state"] == "delivered")
    assert (last["kind"], last["number"], last["partner"], last["transmission"]) == ("order", "4711", "acme", "T1")


def test_what_is_told_is_signed(house: House) -> None:
    program = Program()
    telling = teller(house, program)
    an_order_comes(house, telling)
    telling.tell_all()

    _, headers, body = program.told[0]
    assert headers["X-Signature"] == hmac.new(b"shared", headers["X-Timestamp"].encode() + b"." + body, hashlib.sha256).hexdigest()


def test_a_new_listener_hears_what_happens_from_now_on(house: House) -> None:
    house.drop("a.edi", order())
    house.engine.run_once()
    program = Program()

    teller(house, program).tell_all()

    assert program.told == []


@pytest.mark.parametrize("status", [0, 302, 404, 500])
def test_what_was_not_taken_is_told_again_later_and_nothing_is_left_out(house: House, status: int) -> None:
    program = Program()
    telling = teller(house, program, "erp", "other")
    an_order_comes(house, telling)
    program.status["/erp"] = status
    telling.tell_all()
    told_other = len(program.told)
    telling.tell_all()
    assert told_other > 5
    assert len(program.told) == told_other

    program.status.clear()
    house.clock.forward(seconds=6)
    telling.tell_all()

    assert len(program.told) == 2 * told_other


def test_a_restart_goes_on_where_it_was(house: House) -> None:
    program = Program()
    teller(house, program).tell_all()
    house.drop("a.edi", order())
    house.engine.run_once()
    teller(house, program).tell_all()
    before = len(program.told)

    teller(house, program).tell_all()

    assert len(program.told) == before > 0


def test_what_nobody_takes_for_days_is_passed_over_and_audited(house: House) -> None:
    program = Program()
    telling = teller(house, program)
    an_order_comes(house, telling)
    program.status["/erp"] = 410
    house.clock.forward(seconds=timedelta(days=4).total_seconds())

    telling.tell_all()

    with house.engine.context.store.reading() as view:
        given_up = view.connection.exec_driver_sql("SELECT count(*) FROM audit_event WHERE event = 'webhook_given_up'").scalar_one()
    assert given_up > 5


def test_only_what_was_asked_for_is_told(house: House) -> None:
    program = Program()
    telling = teller(house, program, partners=("acme",), kinds=("invoice",))
    an_order_comes(house, telling)

    telling.tell_all()

    assert program.told == []


def test_settings_say_what_is_wrong() -> None:
    good = {"name": "erp", "url": "https://erp.example", "secret": "${env:S}"}
    for webhooks, text in (
        ([good | {"url": "http://erp.example"}], "is not encrypted"),
        ([good | {"url": "ftp://erp.example"}], "is no address"),
        ([good, good], "two webhooks have one name"),
    ):
        with pytest.raises(ValidationError, match=text):
            ApiServer.model_validate({"webhooks": webhooks})
