"""Telling: alerts leave by mail and signed webhook, from the thread beside the daemon, and `edi alerts test` says what became of each."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import threading
from pathlib import Path

import httpx
import pytest

from edi.channels import certificates
from edi.channels.as2.keys import Held, Stage
from edi.channels.certificates import Listed
from edi.engine import notices
from edi.engine.operator import Act
from edi.engine.ports import Letter
from edi.errors import StoreError, TemporaryChannelError
from edi.web import telling
from tests.engine.house import House
from tests.engine.test_alerts import TELLING
from tests.engine.test_notices import mailing
from tests.formats.cms.conftest import make_identity
from tests.servers.smtp import scripted


@pytest.fixture(autouse=True)
def pager_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER", "shared")


def told(tmp_path: Path, port: int) -> House:
    return House(tmp_path, changes={**mailing(port), "notices.yaml": TELLING})


def test_an_alert_reaches_the_mailbox_and_the_program_from_the_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "SEND_SECONDS", 0.02)
    calls: list[httpx.Request] = []
    came = threading.Event()

    def program(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        came.set()
        return httpx.Response(204)

    made = httpx.Client
    monkeypatch.setattr(httpx, "Client", lambda **_: made(transport=httpx.MockTransport(program)))
    failures: list[StoreError] = []
    with scripted() as server:
        house = told(tmp_path, server.port)
        house.engine.operator.hold_all(Act(who="test", why="stocktaking"))
        with telling.telling(lambda: house.engine.context, failed=failures.append):
            assert came.wait(20)
            for _ in range(1000):
                if server.mails:
                    break
                threading.Event().wait(0.02)
        house.engine.close()

    assert failures == []
    assert b"nothing leaves, the outbox is on hold: stocktaking" in server.mails[0]
    (call,) = calls
    assert [one["key"] for one in json.loads(call.content)["alerts"]] == ["hold"]
    signed = call.headers["X-Timestamp"].encode() + b"." + call.content
    assert call.headers["X-Signature"] == hmac.new(b"shared", signed, hashlib.sha256).hexdigest()


def test_a_program_that_does_not_answer_is_asked_again_with_the_same_id(tmp_path: Path) -> None:
    house = told(tmp_path, 1)
    bodies: list[bytes] = []

    def program(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content)
        return httpx.Response(503 if len(bodies) == 1 else 204)

    house.engine.operator.hold_all(Act(who="test", why="stocktaking"))
    context = house.engine.context
    with httpx.Client(transport=httpx.MockTransport(program)) as client:
        assert telling.alerts.look(context)
        ways = {"webhook": telling.posts(context, client)["webhook"], "mail": lambda _: "taken"}
        notices.send_due(context, ways)
        house.clock.forward(minutes=2)
        assert notices.send_due(context, ways) == 1
    assert bodies[0] == bodies[1]


def test_a_redirect_is_no_answer(tmp_path: Path) -> None:
    house = told(tmp_path, 1)
    letter = Letter(key="k", recipient="pager", subject="s", text="{}", made=house.clock.now())
    transport = httpx.MockTransport(lambda _: httpx.Response(302, headers={"Location": "http://127.0.0.1:1/"}))
    with httpx.Client(transport=transport) as client, pytest.raises(TemporaryChannelError):
        telling.post_by_webhook(house.engine.context, client, letter)


def test_trying_out_says_what_became_of_each(tmp_path: Path) -> None:
    with scripted() as server:
        house = told(tmp_path, server.port)
        found = telling.try_out(house.engine.context, "test|1")
        house.engine.close()
    assert found["mail edi@muster.example"] is None
    assert "could not be reached" in str(found["webhook pager"])
    assert b"this is a test" in server.mails[0]


def test_the_steps_before_a_certificate_ends_are_told_once_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = told(tmp_path, 1)
    certificate = make_identity("us", days=365).certificate
    one = Held(file="us.pem", certificate=certificate, first=certificate.valid_from, last=certificate.valid_until)
    house.clock.forward(days=-61, seconds=(certificate.valid_until - house.clock.now()).total_seconds())
    monkeypatch.setattr(certificates, "listed", lambda *_: [Listed("acme-as2", "acme", "ours", one, Stage.ACTIVE)])
    told_texts = []
    for _ in range(64):
        told_texts += [cause.text for cause in telling.alerts.look(house.engine.context, (certificates.causes,))]
        house.clock.forward(days=1)
    assert ["60 days left", "30 days left", "14 days left", "7 days left", "1 day left"] == re.findall(
        r"\d+ days? left", " ".join(told_texts)
    )
    assert "expired on" in told_texts[-1]
    assert len(told_texts) == 6
