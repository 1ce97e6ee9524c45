"""The operators' page: who gets in and who may act, and that its verbs are those of the command line."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from edi.web.ops.app import app, routes
from edi.web.ops.charts import chart, nice
from edi.web.ops.people import Sessions
from edi.web.settings import OpsPage
from tests.engine.house import invoice, order
from tests.web.desk import Counter
from tests.web.provider import CLIENT, SECRET, provider
from tests.web.test_documents import plain

ADDRESS = "https://edi.example/ops"
ERIKA, OTTO = {"x-forwarded-user": "erika"}, {"x-forwarded-user": "otto"}


def settings(**more: object) -> OpsPage:
    return OpsPage.model_validate({"url": ADDRESS, "users": ["erika", "otto"], "may_act": ["erika"], **more})


class Desk:
    """A browser in front of the page; remembers cookies."""

    def __init__(self, counter: Counter, found: OpsPage | None = None, *, rate: float = 10_000) -> None:
        self.settings = found or settings()
        self.app = app(counter.house.engine.context, self.settings, rate=rate)
        self.cookies: dict[str, str] = {}

    def ask(
        self, method: str = "GET", path: str = "/", *, headers: Any = ERIKA, client: str = "127.0.0.1", **options: Any
    ) -> httpx.Response:
        async def go() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app, client=(client, 1), raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, cookies=self.cookies) as browser:
                return await browser.request(method, f"{self.settings.url}{path}", headers=headers, **options)

        answer = asyncio.run(go())
        self.cookies |= dict(answer.cookies)
        return answer

    def act(self, path: str, headers: Any = ERIKA, **form: str) -> httpx.Response:
        csrf = re.findall(r'name="csrf" value="(\w+)"', self.ask(path=path.rpartition("/")[0], headers=headers).text)
        return self.ask("POST", path, headers=headers, data={"csrf": csrf[0] if csrf else "", **form})


def state(counter: Counter, table: str, row: int) -> str:
    with counter.house.engine.context.store.reading() as view:
        return str(view.connection.exec_driver_sql(f"SELECT state FROM {table} WHERE id = {row}").scalar_one())


# -- what is shown ----------------------------------------------------------------------------------------------------


def test_it_shows_what_waits_and_what_failed(busy: Counter) -> None:
    answer = Desk(busy).ask()

    assert 200 == answer.status_code
    for wanted in ("Failures by cause", "4712", "a3.edi", "R-2", "boreal", "quarantined", "for a person.", "Queues", "Silent"):
        assert wanted in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert len(answer.content) < 50_000


def test_charts_are_drawn_here_and_stand_as_tables_too(busy: Counter) -> None:
    page = Desk(busy).ask().text

    assert 2 == page.count('<svg viewBox="0 0 720 180" role="img"')
    assert re.search(r"<th scope=\"row\">09:00</th><td class=\"number\">6</td>", page), page
    assert "The highest is 7 an hour." in page
    assert not re.search(r"<script|\sstyle=", page)


def test_one_thing_shows_what_came_of_it_and_what_happened(busy: Counter) -> None:
    page = plain(Desk(busy).ask(path="/items/M2").text)

    assert "999" in page
    assert "engine" in page


def test_a_number_is_found(busy: Counter) -> None:
    desk = Desk(busy)

    assert f"{ADDRESS.removeprefix('https://edi.example')}/items/T1" == desk.ask(path="/find?wanted=4711").headers["location"]
    assert "Nothing has this" in desk.ask(path="/find?wanted=<script>").text
    assert "<script>" not in desk.ask(path="/find?wanted=<script>").text
    assert 404 == desk.ask(path="/items/M999").status_code == desk.ask(path="/items/..%2fx").status_code


# -- who gets in ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [[], [("x-forwarded-user", "")], [("x-forwarded-user", "mallory")], [("x-forwarded-user", "erika"), ("x-forwarded-user", "erika")],
     [("x-forwarded-user", "erika,otto")], [("x-remote-user", "erika")]],
)  # fmt: skip
def test_t05_who_the_proxy_did_not_name_gets_nowhere(busy: Counter, headers: list[tuple[str, str]]) -> None:
    desk = Desk(busy)
    for route in routes(busy.house.engine.context, desk.settings):
        if route.path == "/style.css":
            continue
        for method in (route.methods or set()) - {"HEAD"}:
            answer = desk.ask(method, route.path.replace("{name}", "M2"), headers=headers)
            assert 403 == answer.status_code, route.path
            assert "4712" not in answer.text


def test_from_another_machine_only_a_proxy_that_proves_itself_is_believed(busy: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROXY_PROOF", "s3cret-of-the-proxy")
    open_, proven = Desk(busy), Desk(busy, settings(proxy_secret="${env:PROXY_PROOF}", listen="0.0.0.0:8081"))

    assert 403 == open_.ask(client="192.0.2.7").status_code
    assert 403 == proven.ask(client="192.0.2.7").status_code
    assert 403 == proven.ask().status_code
    assert 403 == proven.ask(headers={**ERIKA, "x-proxy-secret": "s3cret-of-the-prox"}).status_code
    assert 200 == proven.ask(client="192.0.2.7", headers={**ERIKA, "x-proxy-secret": "s3cret-of-the-proxy"}).status_code


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"listen": "0.0.0.0:8081"}, "could name themselves"),
        ({"may_act": ["mallory"]}, "none of `users`"),
        ({"proxy_secret": "clear"}, "clear text"),
    ],
)
def test_settings_that_let_strangers_in_are_refused(more: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        settings(**more)


def test_who_asks_too_often_waits(busy: Counter) -> None:
    desk = Desk(busy, rate=3)

    assert [200, 200, 200, 429] == [desk.ask(path="/items/M2").status_code for _ in range(4)]


# -- acting -----------------------------------------------------------------------------------------------------------


def test_who_may_only_look_is_offered_nothing_and_can_do_nothing(busy: Counter) -> None:
    desk = Desk(busy)

    assert "What can be done" not in desk.ask(path="/items/T3", headers=OTTO).text
    for path in ("act", "replay", "replayed"):
        assert 403 == desk.act(f"/items/T3/{path}", OTTO, verb="discard", why="x").status_code
    assert "quarantined" == state(busy, "transmission", 3)


def test_t29_a_post_without_the_token_of_its_page_does_nothing(busy: Counter) -> None:
    desk = Desk(busy)

    assert 403 == desk.ask("POST", "/items/T3/act", data={"verb": "discard", "why": "x", "csrf": "0" * 64}).status_code
    assert 403 == desk.ask("POST", "/items/T3/act", headers={**ERIKA, "origin": "https://evil.example"}, data={}).status_code
    assert "quarantined" == state(busy, "transmission", 3)


def test_a_verb_does_what_the_command_does_and_says_who_and_why(counter: Counter) -> None:
    counter.work()
    desk = Desk(counter)
    without = desk.act("/items/T3/act", verb="discard")
    done = desk.act("/items/T3/act", verb="discard", why="sent by mistake")
    again = desk.act("/items/T3/act", verb="discard", why="sent by mistake")

    assert "discard needs a reason." in without.text
    assert "discard: done." in done.text
    assert "is for conflict, quarantined" in again.text
    assert "discarded" == state(counter, "transmission", 3)
    assert "operator:erika" in done.text
    assert "sent by mistake" in done.text


def test_a_delivery_is_held_released_and_goes_out(counter: Counter) -> None:
    counter.house.drop("r.json", invoice("R-1"), channel="erp/in")
    counter.house.engine.poll("erp-in")
    counter.house.engine.process()
    desk = Desk(counter)
    held = desk.act("/items/O1/act", verb="hold")
    kept = state(counter, "outbound", 1)
    desk.act("/items/O1/act", verb="release")
    counter.house.engine.run_once()

    assert "hold: done." in held.text
    assert "held" == kept
    assert counter.house.files("acme/out")


def test_the_whole_outbox_is_held_with_a_reason_and_released(counter: Counter) -> None:
    desk = Desk(counter)
    csrf = re.findall(r'name="csrf" value="(\w+)"', desk.ask().text)[0]
    without = desk.ask("POST", "/outbox", data={"csrf": csrf, "verb": "hold"})
    held = desk.ask("POST", "/outbox", data={"csrf": csrf, "verb": "hold", "why": "partner moves house"})
    counter.house.drop("r.json", invoice("R-1"), channel="erp/in")
    counter.house.engine.run_once()
    kept = counter.house.files("acme/out")
    released = desk.ask("POST", "/outbox", data={"csrf": csrf, "verb": "release"})
    counter.house.engine.run_once()

    assert 400 == without.status_code
    assert "nothing leaves the house" in held.text
    assert {} == kept
    assert "nothing leaves the house" not in released.text
    assert counter.house.files("acme/out")


def test_a_replay_first_shows_what_would_leave_and_is_done_once(counter: Counter) -> None:
    counter.house.translator.broken = frozenset({"orders-eancom"})
    counter.house.drop("a.edi", order("4711"))
    counter.house.engine.run_once()
    counter.house.translator.broken = frozenset()
    desk = Desk(counter)
    preview = desk.act("/items/T1/replay")
    before = state(counter, "message", 1)
    key, csrf = (re.findall(rf'name="{name}" value="(\w+)"', preview.text)[0] for name in ("key", "csrf"))
    done = [desk.ask("POST", "/items/T1/replayed", data={"csrf": csrf, "key": key, "why": "mapping mended"}) for _ in range(2)]
    counter.house.engine.run_once()

    assert "1 document would leave the house" in plain(preview.text)
    assert "would be sent" in preview.text
    assert "map_failed" == before
    assert {200} == {one.status_code for one in done}
    assert 1 == len(counter.house.files("erp/out"))
    assert () == counter.house.engine.context.store.verify()


@pytest.mark.parametrize(
    ("path", "form"), [("/items/T3/act", {"verb": "drop"}), ("/items/T3/act", {}), ("/items/A1/act", {"verb": "discard"})]
)
def test_what_is_no_verb_is_not_understood(busy: Counter, path: str, form: dict[str, str]) -> None:
    csrf = re.findall(r'name="csrf" value="(\w+)"', Desk(busy).ask(path="/items/T3").text)
    desk = Desk(busy)
    token = re.findall(r'name="csrf" value="(\w+)"', desk.ask(path="/items/T3").text)[0]

    assert csrf
    assert 400 == desk.ask("POST", path, data={"csrf": token, **form}).status_code


# -- OpenID Connect ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with provider() as address:
        yield address


@pytest.fixture
def desk(busy: Counter, issuer: str, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("OIDC_SECRET", SECRET)
    oidc = {"issuer": issuer, "client_id": CLIENT, "client_secret": "${env:OIDC_SECRET}"}
    return Desk(busy, settings(oidc=oidc, users=["erika@x.example", "otto@x.example"], may_act=["erika@x.example"]))


def entered(desk: Desk, person: str = "erika@x.example", fault: str = "") -> httpx.Response:
    """To the provider, and back with what it says."""
    begun = desk.ask(path="/sign-in", headers={})
    assert 303 == begun.status_code
    back = httpx.get(f"{begun.headers['location']}&login_hint={person}&fault={fault}", trust_env=False)
    parts = urlsplit(back.headers["location"])
    return desk.ask(path=f"/callback?{parts.query}", headers={})


def test_oidc_signs_in_whom_the_provider_names(desk: Desk) -> None:
    assert f"{urlsplit(ADDRESS).path}/sign-in" == desk.ask(headers={}).headers["location"]
    assert 303 == desk.ask(headers=ERIKA).status_code, "a header names nobody here"
    answer = entered(desk)
    page = desk.ask(headers={})
    (cookie,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith("__Host-ops=")]

    assert (200, 200) == (answer.status_code, page.status_code)
    assert "erika@x.example" in page.text
    assert "What can be done" in desk.ask(path="/items/T3", headers={}).text
    for wanted in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"):
        assert wanted in cookie


def test_oidc_a_person_web_yaml_does_not_name_is_no_operator(desk: Desk) -> None:
    entered(desk, "mallory@x.example")

    assert 403 == desk.ask(headers={}).status_code


@pytest.mark.parametrize(
    "fault", ["issuer", "audience", "time", "nonce", "signature", "none", "hmac", "key", "unverified", "many", "future", "timeless"]
)
def test_oidc_a_token_that_is_not_right_signs_nobody_in(desk: Desk, fault: str) -> None:
    answer = entered(desk, fault=fault)

    assert 403 == answer.status_code
    assert not [one for one in answer.headers.get_list("set-cookie") if one.startswith("__Host-ops=")]
    assert 303 == desk.ask(headers={}).status_code


def test_oidc_an_answer_counts_once_and_for_the_browser_that_asked(desk: Desk, busy: Counter) -> None:
    begun = desk.ask(path="/sign-in", headers={})
    back = urlsplit(httpx.get(f"{begun.headers['location']}&login_hint=erika@x.example", trust_env=False).headers["location"]).query
    victim = Desk(busy, desk.settings)
    victim.app = desk.app

    assert 403 == victim.ask(path=f"/callback?{back}", headers={}).status_code
    assert 200 == desk.ask(path=f"/callback?{back}", headers={}).status_code
    assert 403 == desk.ask(path=f"/callback?{back}", headers={}).status_code
    assert 403 == desk.ask(path="/callback?state=&code=", headers={}).status_code


def test_oidc_signing_out_ends_the_session(desk: Desk) -> None:
    entered(desk)
    stolen = dict(desk.cookies)
    csrf = re.findall(r'name="csrf" value="(\w+)"', desk.ask(headers={}).text)[0]
    assert 403 == desk.ask("POST", "/out", headers={}, data={}).status_code
    assert 200 == desk.ask("POST", "/out", headers={}, data={"csrf": csrf}).status_code
    desk.cookies = stolen

    assert 303 == desk.ask(headers={}).status_code


def test_oidc_a_provider_that_does_not_answer_is_said(busy: Counter) -> None:
    desk = Desk(busy, settings(oidc={"issuer": "http://127.0.0.1:9", "client_id": "x"}))

    assert 503 == desk.ask(path="/sign-in", headers={}).status_code


def test_sessions_end_by_themselves() -> None:
    sessions = Sessions(0.0)

    assert sessions.name(sessions.begin("erika")) is None


# -- charts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("highest", "top"), [(0, 1.0), (0.3, 0.5), (1, 1.0), (7, 10.0), (11, 20.0), (21, 50.0), (1_234_567, 2_000_000.0)])
def test_the_scale_is_a_round_number_that_holds_all(highest: float, top: float) -> None:
    assert top == pytest.approx(nice(highest))


def test_bars_stay_inside_the_picture() -> None:
    made = chart(key="k", title="t", unit="u", series=("a", "b"), labels=["1", "2", "3"], values=[(1, None), (5, 7), (0, 3)])

    assert [("1", "1", "–"), ("2", "5", "7"), ("3", "0", "3")] == list(made.rows)
    for bar in made.bars:
        assert 0 <= bar.x <= bar.x + bar.width <= made.width
        assert 0 <= bar.y <= bar.y + bar.height <= made.height
