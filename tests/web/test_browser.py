"""The journeys of a partner in a real Chromium: by mouse, by keyboard, on a phone, in the dark, without scripts."""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edi.store import links
from edi.store.links import Scope
from edi.web.ops.app import app as ops
from edi.web.server import Served
from edi.web.settings import OpsPage, StatusPage
from tests.conftest import skipping_if_missing
from tests.engine.house import invoice, order
from tests.web.browser import Browser, browser
from tests.web.people import Crowd
from tests.web.test_export import DEMO
from tests.web.test_intake import certificate, hand_in
from tests.web.test_security import names

pytestmark = pytest.mark.server

PHONE, DESK = (390, 844), (1280, 900)
MAINTENANCE = {"from": "2026-11-28 20:00+01:00", "until": "2026-11-28 22:00+01:00", "text": "The receiver is replaced."}
AXE = Path(__file__).parents[2] / ".cache/axe/node_modules/axe-core/axe.min.js"
TAB, ENTER = "\ue004", "\ue007"
ATTACK = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"

ACCESSIBILITY = """
const seen = [];
const visible = e => e.getClientRects().length && getComputedStyle(e).visibility !== 'hidden';
if (!document.documentElement.lang) seen.push('no language');
if (document.querySelectorAll('main').length !== 1) seen.push('not one main');
if (document.querySelectorAll('h1').length !== 1) seen.push('not one h1');
let level = 0;
for (const h of document.querySelectorAll('h1,h2,h3,h4')) {
  const now = Number(h.tagName[1]); if (level && now > level + 1) seen.push('heading jumps: ' + h.textContent); level = now;
}
for (const f of document.querySelectorAll('input:not([type=hidden]),select,textarea'))
  if (!f.labels.length && !f.getAttribute('aria-label')) seen.push('no label: ' + f.name);
for (const b of document.querySelectorAll('button,a'))
  if (!(b.textContent.trim() || b.getAttribute('aria-label'))) seen.push('no name: ' + b.outerHTML);
const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
for (const id of ids) if (ids.filter(one => one === id).length > 1) seen.push('id twice: ' + id);
for (const t of document.querySelectorAll('table')) if (!t.querySelector('th[scope]')) seen.push('table without heads');
for (const e of document.querySelectorAll('[aria-labelledby],[aria-describedby]'))
  for (const id of (e.getAttribute('aria-labelledby') || e.getAttribute('aria-describedby')).split(' '))
    if (!document.getElementById(id)) seen.push('nothing called ' + id);
for (const b of document.querySelectorAll('button,input:not([type=hidden]),select,nav a'))
  if (visible(b) && b.getBoundingClientRect().height < 24) seen.push('too small to touch: ' + b.outerHTML);
if (document.documentElement.scrollWidth > innerWidth) seen.push('wider than the window');
return seen;
"""


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    """A status page that listens, and an operators' page beside it."""
    port, beside = free_port(), free_port()
    counter = Crowd(tmp_path_factory.mktemp("served"), url=f"http://127.0.0.1:{port}/status", sign_in_rate=10_000)
    counter.settings = StatusPage.model_validate({"url": counter.url, "contact": "edi@muster.example", "maintenance": [MAINTENANCE]})
    object.__setattr__(counter.desk, "settings", counter.settings)
    counter.work()
    counter.house.drop("x.edi", order("N-1", reference="X1"))
    bad = json.loads(invoice("X-1")) | {"notes": [{"text": ATTACK}]}
    counter.house.drop("x.json", json.dumps(bad).encode(), channel="erp/in")
    counter.house.drop("demo.json", DEMO.read_bytes(), channel="erp/in")
    counter.house.engine.run_once()
    hand_in(counter.user("sabine@acme.example"), "/certificate", certificate()[0])
    counter.ops = f"http://127.0.0.1:{beside}/ops"
    page = OpsPage.model_validate({"url": counter.ops, "users": ["erika"], "may_act": ["erika"]})
    servers = [Served(counter.app, f"127.0.0.1:{port}"), Served(ops(counter.house.engine.context, page), f"127.0.0.1:{beside}")]
    for server in servers:
        server.start()
    yield counter
    for server in servers:
        server.stop()
    counter.close()


LOOK = """
const done = arguments[arguments.length - 1];
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']}).then(
  r => done(r.violations.filter(v => v.impact !== 'minor').map(v => v.impact + ' ' + v.id + ': ' + v.nodes.map(n => n.html).slice(0, 3).join(' | '))),
  e => done(['axe failed: ' + e]));
"""
"""What axe-core has against a page; only what it calls minor is left out."""


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One window for the module; skips where there is no Chromium with its driver."""
    with skipping_if_missing(), browser(tmp_path_factory.mktemp("chromium")) as window:
        yield window


def shaped(window: Browser, size: tuple[int, int], *, dark: bool = False, scripts: bool = True) -> None:
    width, height = size
    window.command("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=size == PHONE)
    window.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
    window.command("Emulation.setScriptExecutionDisabled", value=not scripts)


def enter(window: Browser, counter: Crowd, partner: str = "acme") -> None:
    """Open the link from the mail and press the button."""
    window.open(counter.url + counter.link(partner))
    window.follow("button.main")


def name_of_rejected(counter: Crowd) -> str:
    """The entry of the order with the fault."""
    return names(counter.partner(), "/documents?number=4712")[0]


def picture(window: Browser, name: str) -> None:
    """Kept where EDI_SCREENSHOTS says, for somebody to look at."""
    if folder := os.environ.get("EDI_SCREENSHOTS"):
        window.picture(Path(folder) / f"{name}.png")


def test_from_the_mail_to_the_reason_of_a_rejection_without_scripts(served: Crowd, chromium: Browser) -> None:
    shaped(chromium, DESK, scripts=False)
    enter(chromium, served)
    chromium.type("#number", "4712")
    chromium.follow("form.find button")
    chromium.follow("tbody a")

    text = chromium.text("main")

    assert "Order 4712" in text
    assert "QTY+999:48'" in text
    assert chromium.url.startswith(f"{served.url}/documents/M")


def test_the_test_bench_takes_a_pasted_file(served: Crowd, chromium: Browser) -> None:
    shaped(chromium, DESK)
    enter(chromium, served)
    chromium.open(f"{served.url}/test")
    chromium.type("#text", order("4711", reference="T1").decode())
    chromium.follow("main form button")

    assert "We would accept this." in chromium.text("main")


def test_from_asking_for_a_link_to_the_file_that_was_handed_in_without_scripts(served: Crowd, chromium: Browser, tmp_path: Path) -> None:
    shaped(chromium, PHONE, scripts=False)
    chromium.command("Network.clearBrowserCookies")
    chromium.open(f"{served.url}/documents")
    chromium.follow("main a")
    chromium.type("#email", "sabine@acme.example")
    chromium.follow("main form button")
    assert "on its way" in chromium.text("main")
    (text,) = [text for recipient, _, text, _ in served.letters() if recipient == "sabine@acme.example" and "/in/" in text]
    chromium.open(re.findall(r"\S+/in/\S{43}", text)[0])
    chromium.follow("button.main")
    (tmp_path / "order.edi").write_bytes(order("H-1", reference="H1"))
    chromium.open(f"{served.url}/upload")
    chromium.type("#file", str(tmp_path / "order.edi"))
    chromium.follow("main form button")
    assert "We have the file." in chromium.text("main")
    served.house.engine.run_once()
    chromium.open(f"{served.url}/documents?number=H-1")

    assert "H-1" in chromium.text("tbody")
    assert "Processed" in chromium.text("tbody")


def test_an_operator_gives_up_a_file_with_a_reason(served: Crowd, chromium: Browser) -> None:
    shaped(chromium, DESK, scripts=False)
    chromium.command("Network.enable")
    chromium.command("Network.setExtraHTTPHeaders", headers={"X-Forwarded-User": "erika"})
    chromium.open(f"{served.ops}/")
    chromium.type("#wanted", "T3")
    chromium.follow("header button")
    chromium.follow("button[value=release]")
    chromium.type("#why", "looked at, nothing to do")
    chromium.follow("button[value=discard]")
    text = chromium.text("main")
    chromium.command("Network.setExtraHTTPHeaders", headers={})

    assert "discarded" in text
    assert "looked at, nothing to do" in text


def test_the_language_can_be_changed_and_one_can_leave(served: Crowd, chromium: Browser) -> None:
    shaped(chromium, DESK)
    enter(chromium, served)
    chromium.type("#language", "Tiếng Việt")
    chromium.follow("footer button")
    assert "Chứng từ với" in chromium.text("h1")
    chromium.follow("header form button")
    chromium.open(f"{served.url}/documents")

    assert "Open the personal link" in chromium.text("main")


def test_everything_can_be_reached_with_the_keyboard(served: Crowd, chromium: Browser) -> None:
    shaped(chromium, DESK)
    enter(chromium, served)
    reached, unseen = [], []
    for _ in range(20):
        chromium.keys(TAB)
        name, outline = chromium.run(
            "const e = document.activeElement; return [e.id || e.textContent.trim(), getComputedStyle(e).outlineStyle]"
        )
        reached.append(name)
        unseen += [name] if outline == "none" else []

    assert ["Skip to the content", "Documents", "Test a file", "About us", "Sign out", "number", "kind", "direction"] == reached[:8]
    assert {"since", "until", "Search"} <= set(reached)
    assert [] == unseen


def pages(served: Crowd) -> dict[str, str]:
    """Every page by name, as somebody sees it who may do everything."""
    person = served.user("sabine@acme.example")
    sent = names(person, "/documents?direction=out")[0]
    return {
        "list": "/documents",
        "one": f"/documents/{name_of_rejected(served)}",
        "sent": f"/documents/{sent}",
        "export": f"/documents/{sent}/export",
        "order": "/order?number=4711",
        "bench": "/test",
        "upload": "/upload",
        "about": "/about",
        "ask": "/in",
        "none": "/x",
    }


def seen(window: Browser, served: Crowd) -> Iterator[str]:
    """The name of each page, one after the other, while the window shows it."""
    window.open(served.url + "/in")
    yield "ask-alone"
    with served.house.engine.context.store.writing("operator:test", served.house.clock.now()) as transaction:
        scope = Scope(partner="acme")
        token = links.make(transaction, scope, person="x", valid=served.settings.link_valid, member="sabine@acme.example")
    window.open(f"{served.url}/in/{token}")
    yield "sign-in"
    window.follow("button.main")
    for name, path in pages(served).items():
        window.open(served.url + path)
        yield name
    window.open(f"{served.url}/test")
    window.type("#text", order("4711", reference="T9").replace(b"QTY+21", b"QTY+999").decode())
    window.follow("main form button")
    yield "tested"
    window.command("Network.enable")
    window.command("Network.setExtraHTTPHeaders", headers={"X-Forwarded-User": "erika"})
    for name, path in {"ops": "/", "ops-held": "/items/T3", "ops-item": "/items/M2", "ops-find": "/find?wanted=nothing"}.items():
        window.open(served.ops + path)
        yield name
    window.open(served.ops + "/items/T2")
    window.follow("button[formaction]")
    yield "ops-replay"
    window.command("Network.setExtraHTTPHeaders", headers={})


SHAPES = pytest.mark.parametrize(
    ("size", "dark"),
    [
        pytest.param(PHONE, False, id="phone", marks=pytest.mark.proof),
        pytest.param(PHONE, True, id="phone-dark"),
        pytest.param(DESK, False, id="desk"),
        pytest.param(DESK, True, id="desk-dark", marks=pytest.mark.proof),
    ],
)


@SHAPES
def test_every_page_is_sound_for_eyes_keyboard_and_screen_reader_and_axe_finds_nothing_serious(
    served: Crowd, chromium: Browser, size: tuple[int, int], dark: bool, request: pytest.FixtureRequest
) -> None:
    shaped(chromium, size, dark=dark)
    found: dict[str, list[str]] = {}
    axe = AXE.read_text(encoding="utf-8") if AXE.is_file() else ""
    for name in seen(chromium, served):
        found[name] = chromium.run(ACCESSIBILITY)
        found[name] += ["larger than 50 kB"] if len(chromium.source) > 50_000 else []
        if axe:
            chromium.run(axe)
            found[name] += chromium.wait_for(LOOK)
        picture(chromium, f"{request.node.callspec.id}-{name}")

    assert {} == {name: said for name, said in found.items() if said}
    assert len(found) >= 17


def test_axe_core_looks_too() -> None:
    if not AXE.is_file():
        pytest.skip("axe-core: not installed; tools/environment.sh installs it where there is npm")
    assert AXE.stat().st_size > 100_000


def test_t24_what_a_partner_wrote_makes_no_element_and_runs_nothing(served: Crowd, chromium: Browser) -> None:
    shaped(chromium, DESK)
    enter(chromium, served)
    chromium.open(f"{served.url}/documents?number=X-1")
    chromium.follow("tbody a")

    assert ATTACK in chromium.text("main")
    assert [0, 0] == chromium.run("return [document.images.length, document.scripts.length]")
    assert "owned" != chromium.run("return document.title")


def test_t24_even_a_script_that_got_into_a_page_would_not_run(served: Crowd, chromium: Browser) -> None:
    shaped(chromium, DESK)
    enter(chromium, served)
    script = "const s = document.createElement('script'); s.textContent = \"document.title = 'owned'\"; document.body.append(s); return document.title"

    assert "owned" != chromium.run(script)


def test_the_session_cookie_is_out_of_reach_for_scripts_and_other_sites(served: Crowd, chromium: Browser) -> None:
    shaped(chromium, DESK)
    enter(chromium, served)
    (cookie,) = (one for one in chromium.command("Network.getCookies")["cookies"] if one["name"] == "edi")

    assert (True, "Strict") == (cookie["httpOnly"], cookie["sameSite"])
    assert "" == chromium.run("return document.cookie")
