"""Every route of the page, taken from the application itself: with nobody, with somebody else, with the right person (T05, T28, H01-H03).

A route that is added stands here by itself; one whose address cannot be filled makes a test fail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from edi.web.status.app import routes
from tests.web.desk import Counter, Person

OPEN = frozenset({"/style.css", "/in", "/in/{token}", "/unsubscribe/{token}"})
"""What answers somebody who is not signed in."""
LETTERS = "MOTIDALC"


def every(counter: Counter) -> list[tuple[str, str]]:
    """Method and address of every route."""
    return sorted((method, route.path) for route in routes(counter.desk) for method in route.methods or () if method != "HEAD")


def filled(path: str, names: list[str], numbers: list[int]) -> Iterator[str]:
    """The address with every name, number and format there is."""
    found = [path]
    for place, values in (("{name}", names), ("{number:int}", map(str, numbers)), ("{format}", ("csv", "ubl")), ("{token}", ["A" * 43])):
        known = list(values)
        found = [one.replace(place, value) for one in found for value in (known if place in one else [""])]
    assert not [one for one in found if "{" in one], "a route has a place this test does not know"
    yield from found


def rows(counter: Counter) -> list[str]:
    """A name for every row there is, whatever its table, and for some that are not."""
    with counter.house.engine.context.store.reading() as view:
        tables = ("message", "outbound", "transmission", "document", "page_link")
        count = max(len(view.connection.exec_driver_sql(f"SELECT id FROM {table}").all()) for table in tables)
    return [f"{letter}{number}" for letter in LETTERS for number in range(count + 2)]


@pytest.mark.parametrize("secret", ["", "x" * 43, "../../x", "A" * 60_000], ids=["none", "wrong", "path", "long"])
def test_h01_h02_t05_every_route_refuses_whom_it_does_not_know(busy: Counter, secret: str) -> None:
    for method, path in every(busy):
        if path in OPEN:
            continue
        for address in filled(path, ["M1"], [1]):
            person = busy.person()
            person.cookies = {busy.desk.cookie: secret} if secret else {}
            answer = person.ask(method, address, data={} if method == "POST" else None)

            assert answer.status_code in {403, 431}, (method, address)
            assert "4711" not in answer.text


def test_t05_a_post_without_the_token_of_its_page_is_refused_everywhere(busy: Counter) -> None:
    person = busy.partner()
    posts = [path for method, path in every(busy) if method == "POST" and path not in OPEN]

    assert {"/out", "/language", "/test", "/upload", "/certificate"} == set(posts)
    for path in posts:
        for token in ("", "0" * 64):
            assert 403 == person.post(path, {"csrf": token}).status_code, path


def test_h12_every_route_knows_its_methods_alone(busy: Counter) -> None:
    person, known = busy.partner(), every(busy)
    for path in {path for _, path in known}:
        for method in ("PUT", "DELETE", "TRACE", "PATCH", "OPTIONS"):
            assert 405 == person.ask(method, next(filled(path, ["M1"], [1]))).status_code, (method, path)
        if ("GET", path) not in known:
            assert 405 == person.get(next(filled(path, ["M1"], [1]))).status_code, path


def looked_over(counter: Counter, person: Person, addresses: list[str], foreign: re.Pattern[bytes]) -> set[str]:
    """Addresses that showed something, none of it another partner's; the others all gave the same answer."""
    nothing = person.get("/documents/M999999").text
    seen = set()
    for address in addresses:
        answer = person.get(address)
        assert answer.status_code in {200, 303, 403, 404}, address
        assert not foreign.search(answer.content), address
        assert not foreign.search(str(answer.headers).encode()), address
        if answer.status_code == 200:
            seen.add(address)
        elif answer.status_code == 404:
            assert nothing == answer.text, address
    return seen


def test_h03_t28_no_route_shows_one_partner_what_is_anothers(busy: Counter) -> None:
    names = rows(busy)
    gets = [path for method, path in every(busy) if method == "GET" and path != "/style.css" and path not in OPEN]
    addresses = [address for path in gets for address in filled(path, names, [0, 1, 2, 3])]
    addresses += [f"/order?number={number}" for number in ("4711", "4712", "8811", "R-1", "R-2", "A1", "B1")]
    acme, boreal = busy.partner("acme"), busy.partner("boreal")

    ours = looked_over(busy, acme, addresses, re.compile(b"Boreal|4098765000010|8811|R-2"))
    theirs = looked_over(busy, boreal, addresses, re.compile(b"Acme|4054321000009|4711|4712|R-1"))

    assert len(addresses) > 300
    assert {one for one in ours & theirs if re.search(r"\d", one)} == set()
