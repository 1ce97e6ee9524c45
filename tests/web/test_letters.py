"""Mails to people of partners: the link they asked for, what happened, the day; each once, none after they said no more."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from email import policy
from pathlib import Path

import pytest

from edi.engine import notices
from edi.engine.ports import Letter
from edi.web import telling
from edi.web.status import letters
from tests.engine.house import order
from tests.servers.smtp import scripted
from tests.web.people import MAIL, Crowd
from tests.web.test_documents import plain


@pytest.fixture
def crowd(tmp_path: Path) -> Iterator[Crowd]:
    made = Crowd(tmp_path, sign_in_rate=1_000)
    yield made
    made.close()


def look(crowd: Crowd) -> int:
    return letters.look(crowd.house.engine.context, crowd.settings)


def reject_one(crowd: Crowd, number: str, reference: str) -> None:
    crowd.house.drop(f"{reference}.edi", order(number, reference=reference).replace(b"QTY+21", b"QTY+999"))
    crowd.house.engine.run_once()


def test_who_asks_gets_a_link_that_opens_once_and_not_for_long(crowd: Crowd) -> None:
    answer = crowd.person().post("/in", {"email": "Sabine@ACME.example"})
    ((recipient, subject, text, unsubscribe),) = crowd.letters()
    (path,) = re.findall(r"https://edi\.example/status(/in/\S{43})\n", text)
    person = crowd.person()

    assert "a mail with a link is on its way" in plain(answer.text)
    assert ("sabine@acme.example", "Your documents with Muster", None) == (recipient, subject, unsubscribe)
    assert 303 == person.post(path).status_code
    assert 200 == person.get("/upload").status_code
    assert 403 == crowd.person().post(path).status_code


def test_a_link_that_was_asked_for_ends_after_half_an_hour(crowd: Crowd) -> None:
    crowd.person().post("/in", {"email": "sabine@acme.example"})
    (path,) = re.findall(r"status(/in/\S{43})\n", crowd.letters()[0][2])
    crowd.house.clock.forward(minutes=30)

    assert 403 == crowd.person().post(path).status_code


@pytest.mark.parametrize(
    "email", ["nobody@acme.example", "", "x" * 5_000, "gone@acme.example", "day@acme.example", "a@b\r\nBcc: c@d", "'; --"]
)
def test_h02_who_is_not_known_gets_the_same_answer_and_no_mail(crowd: Crowd, email: str) -> None:
    known = crowd.person().post("/in", {"email": "sabine@acme.example"})
    answer = crowd.person().post("/in", {"email": email})

    assert (known.status_code, known.text, known.headers) == (answer.status_code, answer.text, answer.headers)
    assert 1 == len(crowd.letters())


def test_nobody_is_flooded_with_links(crowd: Crowd) -> None:
    for _ in range(10):
        assert 200 == crowd.person().post("/in", {"email": "sabine@acme.example"}).status_code

    assert 3 == len(crowd.letters())


def test_t27_a_link_is_forgotten_when_its_mail_was_sent(crowd: Crowd) -> None:
    crowd.person().post("/in", {"email": "sabine@acme.example"})
    sent: list[Letter] = []
    notices.send_due(crowd.house.engine.context, {"mail": lambda letter: sent.append(letter) or "taken"})

    (letter,) = sent
    assert "/status/in/" in letter.text
    assert [""] == [text for _, _, text, _ in crowd.letters()]


def test_without_a_way_for_mails_nobody_can_ask(crowd: Crowd) -> None:
    object.__setattr__(crowd.house.engine.context.workspace.notices, "mail", None)

    assert "Open the personal link" in crowd.person().get("/in").text
    assert 404 == crowd.person().post("/in", {"email": "sabine@acme.example"}).status_code


def test_what_was_rejected_is_told_once_to_those_who_want_it_and_may_see_it(crowd: Crowd) -> None:
    reject_one(crowd, "4701", "A0")
    assert 0 == look(crowd), "what is past when the page begins is not told"
    reject_one(crowd, "4712", "A1")
    reject_one(crowd, "4713", "A2")

    assert (1, 0) == (look(crowd), look(crowd))
    ((recipient, subject, text, unsubscribe),) = crowd.letters()
    assert ("sabine@acme.example", "Muster: rejected: 2") == (recipient, subject)
    assert re.search(r"Order 4713, .*\nhttps://edi\.example/status/documents/M\d+\nOrder 4712"[:30], text)
    assert "4701" not in text
    assert unsubscribe is not None
    assert unsubscribe in text
    assert "/in/" not in text


def test_an_overdue_receipt_is_told(crowd: Crowd) -> None:
    look(crowd)
    crowd.work()
    crowd.house.clock.forward(hours=5)
    crowd.house.engine.tick()
    look(crowd)
    (overdue,) = [text for _, subject, text, _ in crowd.letters() if "overdue" in subject]

    assert "Invoice R-1" in overdue


def test_the_day_is_told_in_the_morning_of_the_reader_and_only_if_something_happened(crowd: Crowd) -> None:
    look(crowd)
    assert [] == crowd.letters()
    crowd.work()
    look(crowd)
    crowd.house.clock.forward(hours=20)  # 05:14 UTC, 06:14 in Berlin
    look(crowd)
    assert [] == [subject for _, subject, _, _ in crowd.letters() if "documents up to" in subject]
    crowd.house.clock.forward(hours=1)
    assert (1, 0) == (look(crowd), look(crowd))

    (recipient, subject, text, _) = crowd.letters()[-1]
    assert ("sabine@acme.example", "Muster: documents up to 2026-11-25: 4") == (recipient, subject)
    assert "From you: Order × 2" in text
    assert "Order 4712" in text
    assert "Order 4711" not in text


def test_one_press_ends_mails_of_a_kind_for_one_person(crowd: Crowd) -> None:
    look(crowd)
    reject_one(crowd, "4712", "A1")
    look(crowd)
    address = crowd.letters()[0][3]
    assert address is not None
    path = address.removeprefix("https://edi.example/status")
    shown = crowd.person().get(path)
    reject_one(crowd, "4713", "A2")
    assert 1 == look(crowd), "a GET ends nothing"
    pressed = crowd.person().ask(
        "POST", path, content=b"List-Unsubscribe=One-Click", headers={"content-type": "application/x-www-form-urlencoded"}
    )
    crowd.person().post(path)
    reject_one(crowd, "4714", "A3")

    assert (200, 200) == (shown.status_code, pressed.status_code)
    assert 0 == look(crowd)
    assert 1 == [event for _, _, event in crowd.audited()].count("page_unsubscribed")


@pytest.mark.parametrize("change", ["x", ".", "AAAA.AAAA", "é", "=", "." * 500])
def test_only_what_we_signed_ends_mails(crowd: Crowd, change: str) -> None:
    look(crowd)
    reject_one(crowd, "4712", "A1")
    look(crowd)
    good = (crowd.letters()[0][3] or "").rpartition("/")[2]
    head, _, tail = good.partition(".")

    for token in (change, change + good, good + change, f"{head}{change}.{tail}"):
        assert crowd.person().post(f"/unsubscribe/{token}").status_code in {403, 404, 405}, token
    assert 0 == [event for _, _, event in crowd.audited()].count("page_unsubscribed")


def test_p29_no_mail_says_what_documents_hold(crowd: Crowd) -> None:
    look(crowd)
    crowd.work()
    look(crowd)
    crowd.house.clock.forward(hours=22)
    look(crowd)
    whole = "\n".join(text for _, _, text, _ in crowd.letters())

    assert "4712" in whole
    assert not re.search(r"QTY|120\.00|4054321000009|UNH", whole)


def test_t22_a_letter_says_of_itself_that_nobody_wrote_it_and_how_to_end_it() -> None:
    from datetime import UTC, datetime

    from edi.channels.email import Settings
    from edi.channels.email.sending import compose_letter

    settings = Settings.model_validate(
        {"protocol": "smtp", "host": "127.0.0.1", "port": 25, "tls": "none", "sender": "a@b.example", "to": ["c@d.example"]}
    )
    moment = datetime(2026, 11, 24, tzinfo=UTC)
    letter = Letter(key="k", recipient="x@y.example", subject="s", text="t", made=moment, unsubscribe="https://edi.example/u/1")
    mail = compose_letter(settings, letter)

    assert "auto-generated" == mail["Auto-Submitted"]
    assert "<https://edi.example/u/1>" == mail["List-Unsubscribe"]
    assert "List-Unsubscribe=One-Click" == mail["List-Unsubscribe-Post"]


def test_the_daemon_looks_and_sends_by_itself(tmp_path: Path) -> None:
    """`edi run --once` does the same; a real SMTP dialogue carries the mail."""
    with scripted() as server:
        mail = {**MAIL, "channels/people.yaml": MAIL["channels/people.yaml"].replace("port: 25", f"port: '{server.port}'")}
        crowd = Crowd(tmp_path, files={**mail, "web.yaml": "status: {url: 'https://edi.example/status'}\n"})
        telling.once(crowd.house.engine.context)
        reject_one(crowd, "4712", "A1")
        taken = telling.once(crowd.house.engine.context)
        crowd.close()
    (raw,) = server.mails
    sent = email.message_from_bytes(raw, policy=policy.default)

    assert 1 == taken
    assert ("sabine@acme.example", "Muster: rejected: 1") == (sent["To"], sent["Subject"])
    assert "auto-generated" == sent["Auto-Submitted"]
    assert sent["List-Unsubscribe"].startswith("<https://edi.example/status/unsubscribe/")
    assert "Order 4712" in sent.get_content()
