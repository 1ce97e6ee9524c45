"""Sign-in links and sessions: spent once, by a POST, for a time, and nothing of them is kept that opens anything."""

from __future__ import annotations

import re
from datetime import timedelta

from edi.store import links
from edi.store.tables import audit_event
from tests.web.desk import Counter


def test_the_link_shows_a_button_and_is_spent_by_pressing_it(counter: Counter) -> None:
    link, person = counter.link(), counter.person()

    shown = person.get(link)
    pressed = person.post(link)

    assert (200, 303) == (shown.status_code, pressed.status_code)
    assert 'method="post"' in shown.text
    assert 200 == person.get().status_code


def test_h13_mail_programs_that_look_at_the_link_do_not_spend_it(counter: Counter) -> None:
    link = counter.link()
    for _ in range(4):
        counter.person().get(link)

    assert 303 == counter.person().post(link).status_code


def test_a_link_works_once(counter: Counter) -> None:
    link = counter.link()
    counter.person().post(link)

    again = counter.person().post(link)

    assert 403 == again.status_code
    assert "set-cookie" not in again.headers
    assert 403 == counter.person().get(link).status_code


def test_a_link_works_for_a_limited_time(counter: Counter) -> None:
    link = counter.link(valid=timedelta(hours=1))
    counter.house.clock.forward(hours=1)

    assert 403 == counter.person().post(link).status_code


def test_h02_a_spent_an_old_and_an_invented_link_get_the_same_answer(counter: Counter) -> None:
    spent, old = counter.link(), counter.link(valid=timedelta(minutes=1))
    counter.person().post(spent)
    counter.house.clock.forward(minutes=2)

    answers = {counter.person().post(link).text for link in (spent, old, "/in/" + "A" * 43, "/in/x", "/in/" + "é" * 20)}

    assert 1 == len(answers)


def test_a_session_ends_when_its_time_is_over(counter: Counter) -> None:
    person = counter.partner()
    counter.house.clock.forward(hours=12)

    assert 403 == person.get().status_code


def test_signing_out_ends_the_session_for_good(counter: Counter) -> None:
    person = counter.partner()
    stolen = dict(person.cookies)
    person.act("/out")
    person.cookies = stolen

    assert 403 == person.get().status_code


def test_revoking_a_link_ends_the_session_it_opened(counter: Counter) -> None:
    person = counter.partner()
    with counter.house.engine.context.store.writing("operator:test", counter.house.clock.now()) as transaction:
        assert links.revoke(transaction, 1)
        assert not links.revoke(transaction, 1)

    assert 403 == person.get().status_code


def test_t27_tokens_are_256_bits_and_only_their_hash_is_kept(counter: Counter) -> None:
    link, person = counter.link(), counter.person()
    token = link.removeprefix("/in/")
    person.post(link)
    secret = next(iter(person.cookies.values()))

    files = [place.read_bytes() for place in (counter.house.folder / "store").rglob("*") if place.is_file()]

    assert 43 == len(token) == len(secret)
    assert [] == [data for data in files if token.encode() in data or secret.encode() in data]


def test_the_session_cookie_is_bound_to_the_host_and_to_our_own_pages(counter: Counter) -> None:
    cookie = counter.person().post(counter.link()).headers["set-cookie"]

    assert cookie.startswith("__Host-edi=")
    for wanted in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"):
        assert wanted in cookie
    assert "Domain" not in cookie


def test_guessing_links_is_slowed_down_and_writes_nothing(counter: Counter) -> None:
    codes = [counter.person().post(f"/in/{number:043d}").status_code for number in range(12)]

    assert codes[:10] == [403] * 10
    assert codes[10:] == [429] * 2
    with counter.house.engine.context.store.reading() as view:
        assert 0 == len(view.connection.execute(audit_event.select()).all())


def test_signing_in_looking_and_taking_away_are_audited_with_the_person(counter: Counter) -> None:
    counter.work()
    person = counter.partner()
    name = re.findall(r"/documents/(M\d+)\"", person.get().text)[0]
    person.get(f"/documents/{name}")
    person.get(f"/documents/{name}/bytes")

    found = [(subject, event) for actor, subject, event in counter.audited() if actor == "partner:acme:edi@acme.example"]

    assert [("acme", "page_list_looked_at"), (name, "page_looked_at"), (name, "page_taken")] == found
    assert 1 == len([event for _, _, event in counter.audited() if event == "signed_in"])
    assert () == counter.house.engine.context.store.verify()
