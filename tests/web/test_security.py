"""What people try against a page on the internet: the cases H01 to H16 and the threats T23 to T29, by their ids."""

from __future__ import annotations

import json
import re

import pytest
from structlog.testing import LogCapture

from edi.store import links
from edi.web.status.documents import attachment, harmless, table
from edi.web.status.security import Rate, shown
from tests.engine.house import invoice, order
from tests.web.desk import Counter, Person

LOOKED_AT = ("/", "/documents", "/documents.csv", "/documents/M1", "/documents/M1/bytes", "/documents/M1/json", "/answers/O1",
             "/order?number=4711", "/test", "/about", "/certificates/1")  # fmt: skip
ATTACKS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{7*7}}",
    "{% for x in ().__class__ %}",
    "javascript:alert(1)",
    "' onmouseover='alert(1)",
    "</title><svg onload=alert(1)>",
    "&lt;b&gt;",
)


def names(person: Person, path: str = "/documents") -> list[str]:
    """What a list shows, by name."""
    return list(dict.fromkeys(re.findall(r"/documents/([MOT]\d+)\"", person.get(path).text)))


@pytest.mark.parametrize("path", LOOKED_AT)
def test_h01_without_a_session_nothing_is_shown(busy: Counter, path: str) -> None:
    answer = busy.person().get(path)

    assert 403 == answer.status_code
    assert "Acme" not in answer.text
    assert "4711" not in answer.text


@pytest.mark.parametrize("secret", ["", "x", "A" * 43, "A" * 10_000, "'; DROP TABLE page_session; --", "../../etc/passwd"])
def test_h02_a_wrong_session_is_none(busy: Counter, secret: str) -> None:
    person = busy.person()
    person.cookies = {"__Host-edi": secret}

    assert 403 == person.get().status_code


def test_h03_what_somebody_else_sends_in_a_partners_name_is_not_shown_to_them(counter: Counter) -> None:
    counter.house.drop("forged.edi", order("6666", reference="F1"), channel="boreal/in")
    counter.house.engine.run_once()

    assert [] == names(counter.partner("acme"))
    assert "6666" not in counter.partner("boreal").get().text


def test_a_link_for_some_kinds_or_one_direction_shows_only_those(busy: Counter) -> None:
    everything = set(names(busy.partner("acme")))
    sent = names(busy.partner("acme", direction="out"))
    orders = busy.partner("acme", kinds=frozenset({"order"}))

    assert {"M", "O", "T"} == {name[0] for name in everything}
    assert {"O"} == {name[0] for name in sent}
    assert {"M"} == {name[0] for name in names(orders)}
    for name in everything - set(names(orders)):
        assert 404 == orders.get(f"/documents/{name}").status_code
        assert 404 == orders.get(f"/documents/{name}/bytes").status_code
    assert 404 == busy.partner("acme", direction="out").get("/order?number=4711").status_code


@pytest.mark.parametrize("name", ["token", "Token", "key", "session", "csrf", "secret", "password"])
def test_h04_a_secret_behind_the_question_mark_is_refused(busy: Counter, name: str) -> None:
    assert 400 == busy.partner().get(f"/documents?{name}=abc").status_code


def test_h04_h07_t23_t26_the_log_has_no_token_and_one_line_for_one_request(log: LogCapture, counter: Counter) -> None:
    link, person = counter.link(), counter.person()
    person.get(link)
    person.post(link)
    person.get("/documents/%0d%0aX: y%1b[2J?number=4711")

    text = json.dumps(log.entries, default=str)

    assert 3 == len([entry for entry in log.entries if entry["event"] == "page"])
    assert link.removeprefix("/in/") not in text
    assert next(iter(person.cookies.values())) not in text
    assert "4711" not in text
    assert not re.search(r"[\r\n\x1b]|\\u001b|\\r|\\n", text)


def test_h05_t24_what_partners_write_is_text(counter: Counter) -> None:
    for index, attack in enumerate(ATTACKS):
        document = json.loads(invoice(f"R-{index}"))
        document["seller"]["name"] = attack
        document["notes"] = [{"text": attack}]
        document["buyer"]["address"] = {"street": attack, "city": attack, "postcode": attack}
        document["payment"] = {"terms": attack, "reference": attack}
        document["lines"][0]["item"] = {"name": attack, "seller_id": attack}
        counter.house.drop(f"r{index}.json", json.dumps(document).encode(), channel="erp/in")
        counter.house.drop(f"{attack.replace('/', '')[:60]}.edi", order(f"N{index}", reference=f"{index + 1}"))
    counter.house.engine.run_once()
    person = counter.partner()

    pages = [person.get("/documents").text, *(person.get(f"/documents/{name}").text for name in names(person))]

    assert 17 <= len(pages)
    assert "&lt;script&gt;alert(1)" in "".join(pages)
    assert "{{7*7}}" in "".join(pages)
    for page in pages:
        assert not re.search(r"<(script|img|svg|b)\b|<[a-z][^>]*\son[a-z]+=|href=\"javascript", page), page


@pytest.mark.parametrize("attack", ATTACKS)
def test_h05_what_is_searched_or_tested_is_text(busy: Counter, attack: str) -> None:
    person = busy.partner()

    searched = person.get("/documents", params={"number": attack})
    tested = person.act("/test", {"text": attack}, headers={"content-type": "application/x-www-form-urlencoded"})

    assert (200, 200) == (searched.status_code, tested.status_code)
    for page in (searched.text, tested.text):
        assert not re.search(r"<(script|img|svg|b)\b", page)


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [("=cmd|'/C calc'!A0", "'=cmd|'/C calc'!A0"), ("+1", "'+1"), ("-1", "'-1"), ("@x", "'@x"), ("\tx", "' x"), ("\rx", "' x"),
     (" =1", "' =1"), ("＝1", "'＝1"), ("4711", "4711"), ("R-1", "R-1")],
)  # fmt: skip
def test_h06_t25_a_spreadsheet_takes_no_cell_for_a_formula(cell: str, wanted: str) -> None:
    assert wanted == harmless(cell)
    assert table([[cell]]).decode("utf-8-sig").startswith(f'"{wanted}"')


def test_h06_the_list_as_csv_holds_what_the_list_shows(busy: Counter) -> None:
    answer = busy.partner().get("/documents.csv?kind=order")
    lines = answer.text.splitlines()

    assert "attachment" in answer.headers["content-disposition"]
    assert 3 == len(lines)
    assert {'"4711"', '"4712"'} == {line.split(",")[0] for line in lines[1:]}


@pytest.mark.parametrize(
    "path", ["/documents?number=%0d%0aSet-Cookie:%20x=1", "/order?number=%0d%0aX", "/documents/%0d%0aX", "/in/%0d%0aX"]
)
def test_h07_line_ends_in_parameters_split_no_header(busy: Counter, path: str) -> None:
    answer = busy.partner().get(path)

    assert "x" not in answer.cookies
    assert not [value for value in answer.headers.values() if "\r" in value or "\n" in value]


@pytest.mark.parametrize("number", ["' OR 1=1 --", '"', "%", "_", "*", "\\", "4711' UNION SELECT 1", "\x00", "\ud83d\ude00"[:0] + "😀*"])
def test_h09_t04_what_is_searched_is_a_value(busy: Counter, number: str) -> None:
    answer = busy.partner().get("/documents", params={"number": number, "kind": "1=1", "direction": "x", "sort": "id;--", "after": number})

    assert 200 == answer.status_code
    assert "R-2" not in answer.text


@pytest.mark.parametrize(
    "name", ["..", "../../store/edi.db", "%2e%2e%2fedi.db", "..%5cedi.db", "M1%00", "M01x", "M-1", "M" + "9" * 40, "M٣", "/etc/passwd"]
)
def test_h10_a_download_is_named_by_its_number_alone(busy: Counter, name: str) -> None:
    assert busy.partner().get(f"/documents/{name}/bytes").status_code in {404, 307}


@pytest.mark.parametrize("host", ["evil.example", "edi.example.evil.example", "edi.example:1234", "localhost"])
def test_h11_another_host_is_not_us(busy: Counter, host: str) -> None:
    assert 400 == busy.person().get(headers={"host": host}).status_code


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND"])
def test_h12_other_methods_are_not_served(busy: Counter, method: str) -> None:
    person = busy.partner()

    assert {405} == {person.ask(method, path).status_code for path in ("/documents", "/out", "/in/abc", "/test")}


def test_h12_what_is_only_read_takes_no_post_and_the_other_way_round(busy: Counter) -> None:
    person = busy.partner()

    assert {405} == {person.post(path).status_code for path in ("/documents", "/documents/M1", "/about")}
    assert {405} == {person.get(path).status_code for path in ("/out", "/language")}


@pytest.mark.parametrize("path", ["/out", "/language", "/test"])
@pytest.mark.parametrize("token", [None, "", "0" * 64, "é"])
def test_h13_t29_no_post_without_the_token_of_the_page(busy: Counter, path: str, token: str | None) -> None:
    person = busy.partner()

    assert 403 == person.post(path, {} if token is None else {"csrf": token, "language": "fr"}).status_code
    assert 200 == person.get().status_code


def test_h13_t29_the_token_of_one_session_does_not_serve_another(busy: Counter) -> None:
    acme, boreal = busy.partner("acme"), busy.partner("boreal")

    assert 403 == boreal.post("/out", {"csrf": acme.csrf()}).status_code


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}]
)
def test_h13_t29_a_post_from_another_page_is_refused(busy: Counter, headers: dict[str, str]) -> None:
    person = busy.partner()

    assert 403 == person.post("/out", {"csrf": person.csrf()}, headers=headers).status_code


def test_h13_no_get_changes_anything_but_the_audit(busy: Counter) -> None:
    person = busy.partner()

    def state() -> list[object]:
        tables = ("message", "outbound", "transmission", "interchange", "document", "work", "page_link", "page_session")
        with busy.house.engine.context.store.reading() as view:
            return [view.connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY 1").all() for table in tables]

    before = state()
    for path in LOOKED_AT:
        person.get(path)

    assert before == state()


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/documents?" + "&".join(["p"] * 10_000), {}, 414),
        ("/documents/" + "M" * 2_000, {}, 414),
        ("/documents", {"x-large": "y" * 100_000}, 431),
    ],
)
def test_h14_what_is_too_large_is_refused_before_it_is_read(busy: Counter, path: str, headers: dict[str, str], status: int) -> None:
    assert status == busy.partner().get(path, headers=headers).status_code


def test_h14_a_body_that_is_too_large_or_no_form_is_refused(busy: Counter) -> None:
    person = busy.partner()
    csrf = person.csrf()

    assert 413 == person.post("/language", {"csrf": csrf, "language": "x" * 9_000}).status_code
    assert 413 == person.post("/test", {"csrf": csrf, "text": "x" * 3_000_000}).status_code
    assert 400 == person.post("/language", {f"f{number}": "1" for number in range(30)}).status_code
    assert 400 == person.ask("POST", "/language", content=b"{}", headers={"content-type": "application/json"}).status_code
    assert 400 == person.ask("POST", "/test", content=b"x", headers={"content-type": "multipart/form-data"}).status_code
    assert 400 == person.ask("POST", "/test", content=b"--a\r\n", headers={"content-type": "multipart/form-data; boundary=a"}).status_code


def test_h14_who_asks_too_often_waits(counter: Counter) -> None:
    now = 0.0
    rate = Rate(60, clock=lambda: now)

    assert [True] * 60 + [False] == [rate.allows("a") for _ in range(61)]
    assert rate.allows("b")
    now = 1.0
    assert [True, False] == [rate.allows("a") for _ in range(2)]


def test_h15_a_fault_of_ours_says_nothing_about_us(busy: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret place /srv/edi/store, version 1.2.3")

    person = busy.partner()
    monkeypatch.setattr(links, "session", broken)

    answer = person.get()

    assert 500 == answer.status_code
    assert not re.search(r"secret|srv|1\.2\.3|Traceback|File|line|starlette|python", answer.text, re.IGNORECASE)


def test_h15_a_page_that_is_not_there_does_not_say_what_we_run(busy: Counter) -> None:
    for answer in (busy.person().get("/nothing"), busy.person().ask("GET", "/../nothing")):
        assert 404 == answer.status_code
        assert not re.search(r"starlette|uvicorn|python|\d+\.\d+\.\d+", answer.text + str(answer.headers), re.IGNORECASE)


@pytest.mark.parametrize("path", ["/documents", "/documents/M1/bytes", "/nothing", "/in/abc", "/documents.csv", "/style.css", "/../x"])
def test_h16_every_answer_carries_what_browsers_should_know(busy: Counter, path: str) -> None:
    headers = busy.partner().get(path).headers

    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert "nosniff" == headers["x-content-type-options"]
    assert "DENY" == headers["x-frame-options"]
    assert "same-origin" == headers["referrer-policy"]
    assert headers["strict-transport-security"].startswith("max-age=")
    assert "server" not in headers
    if path != "/style.css":
        assert "no-store" == headers["cache-control"]


@pytest.mark.parametrize(
    "name",
    ["a/b.edi", "..\\..\\x.exe", 'x"; filename="y.html', "a\r\nSet-Cookie: x=1", "<script>.html", "", ".htaccess", "ä" * 300, "\x1b[2J"],
)
def test_h16_a_download_is_saved_under_a_harmless_name(name: str) -> None:
    answer = attachment(b"x", name)

    assert re.fullmatch(r'attachment; filename="[A-Za-z0-9][A-Za-z0-9._-]{0,99}"', answer.headers["content-disposition"])
    assert "application/octet-stream" == answer.headers["content-type"]


def test_the_pages_hold_no_script_and_nothing_from_elsewhere(busy: Counter) -> None:
    person = busy.partner()
    for path in ("/documents", "/documents/M1", "/order?number=4711", "/test", "/about"):
        page = person.get(path).text
        assert not re.search(r"<script|<[a-z][^>]*\s(style|on[a-z]+)=|(src|href)=\"(https?:)?//", page), path


def test_a_path_with_a_token_is_cut_in_the_log() -> None:
    assert "/status/in/…" == shown("/status/in/abcdef")
    assert "/status/unsubscribe/…" == shown("/status/unsubscribe/abc.def")
    assert "/status/documents??[2J" == shown("/status/documents\n\x1b[2J")
