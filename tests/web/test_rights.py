"""What each person of a partner sees: kinds, directions, places, days and hours, as the partner's file says now."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from edi.store.links import Scope, Session
from edi.web.status import rights
from edi.workspace.loader import examine
from edi.workspace.model import Partner
from tests.engine.house import order
from tests.web.people import Crowd
from tests.web.test_documents import plain
from tests.web.test_security import names
from tests.workspace.build import FILES, DirectorySettings, write


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    """A page over documents, which its tests only look at."""
    made = Crowd(tmp_path_factory.mktemp("crowd"), sign_in_rate=10_000)
    made.work()
    yield made
    made.close()


def test_somebody_without_narrowing_sees_all_of_the_partner(crowd: Crowd) -> None:
    assert set(names(crowd.partner("acme"))) == set(names(crowd.user("sabine@acme.example")))


@pytest.mark.parametrize(
    ("who", "numbers"),
    [
        ("orders@acme.example", {"4711", "4712"}),
        ("inbox@acme.example", {"4711", "4712", "a3.edi"}),
        ("bonn@acme.example", {"4711", "R-1"}),
        ("kiel@acme.example", set()),
        ("late@acme.example", set()),
    ],
)
def test_a_person_sees_what_the_file_says_and_nothing_else_by_any_way(crowd: Crowd, who: str, numbers: set[str]) -> None:
    person, whole = crowd.user(who), crowd.partner("acme")
    seen = names(person)

    assert numbers == set(re.findall(r'documents/[MOT]\d+">([^<]+)<', person.get().text))
    for name in set(names(whole)) - set(seen):
        for path in ("", "/bytes", "/json", "/export", "/export/csv"):
            assert 404 == person.get(f"/documents/{name}{path}").status_code, (name, path)
    assert len(numbers) + 1 == len(person.get("/documents.csv").text.splitlines())
    assert ("4711" in numbers) == (200 == person.get("/order?number=4711").status_code)


def test_an_answer_to_more_than_a_person_sees_cannot_be_taken(crowd: Crowd) -> None:
    taken = [path for number in range(1, 9) if crowd.partner().get(path := f"/answers/O{number}").status_code == 200]

    assert taken
    assert [404] * len(taken) == [crowd.user("kiel@acme.example").get(path).status_code for path in taken]
    assert [404] * len(taken) == [crowd.user("late@acme.example").get(path).status_code for path in taken]


def test_outside_the_hours_and_days_of_the_file_nobody_gets_in(crowd: Crowd) -> None:
    for who in ("day@acme.example", "gone@acme.example", "nobody@acme.example"):
        answer = crowd.user(who).get()

        assert 403 == answer.status_code
        assert "at this time" in answer.text


def test_hours_are_those_of_the_persons_own_clock(tmp_path: Path) -> None:
    counter = Crowd(tmp_path)
    counter.house.clock.forward(hours=16)  # 01:14 in London, 08:14 in Ho Chi Minh City
    inside = counter.user("day@acme.example").get()
    counter.house.clock.forward(hours=4)
    outside = counter.user("day@acme.example").get()
    counter.close()

    assert (200, 403) == (inside.status_code, outside.status_code)
    assert "Asia/Ho_Chi_Minh" in inside.text


def test_a_person_reads_in_their_own_language(crowd: Crowd) -> None:
    assert 'lang="fr"' in crowd.user("orders@acme.example").get().text


def test_who_is_taken_out_of_the_file_is_out_at_once(tmp_path: Path) -> None:
    counter = Crowd(tmp_path)
    person = counter.user("inbox@acme.example")
    before = person.get().status_code
    partner = counter.house.engine.context.workspace.partners["acme"]
    left = tuple(one for one in partner.users if one.email != "inbox@acme.example")
    counter.house.engine.context.workspace.partners["acme"] = partner.model_copy(update={"users": left})  # type: ignore[index]
    after = person.get().status_code
    counter.close()

    assert (200, 403) == (before, after)


@pytest.mark.parametrize(
    ("link", "user", "kinds", "direction"),
    [
        (Scope(partner="acme"), "orders", {"order"}, "both"),
        (Scope(partner="acme", kinds=frozenset({"order", "invoice"})), "orders", {"order"}, "both"),
        (Scope(partner="acme", kinds=frozenset({"invoice"})), "orders", set(), "none"),
        (Scope(partner="acme", direction="out"), "inbox", set(), "none"),
        (Scope(partner="acme", direction="in"), "inbox", set(), "in"),
    ],
)
def test_a_link_and_the_file_together_show_what_both_show(crowd: Crowd, link: Scope, user: str, kinds: set[str], direction: str) -> None:
    partner: Partner = crowd.house.engine.context.workspace.partners["acme"]
    member = f"{user}@acme.example"
    known = Session(id=1, link_id=1, scope=link, person=member, member=member, language=None, expires="")

    found = rights.scope(partner, known)

    assert (kinds, direction) == (set(found.kinds), found.direction)


def test_a_person_reads_only_what_came_in_their_days(crowd: Crowd) -> None:
    partner = crowd.house.engine.context.workspace.partners["acme"]
    late = Session(id=1, link_id=1, scope=Scope(partner="acme"), person="", member="late@acme.example", language=None, expires="")

    assert "2026-11-24T23:00:00.000000Z" == rights.scope(partner, late).since


@pytest.mark.parametrize(
    ("user", "said"),
    [
        ("{name: A, email: a@x.example, kinds: [ordr]}", "unknown document kind 'ordr'"),
        ("{name: A, email: a@x.example, upload: acme-out}", "does not receive"),
        ("{name: A, email: a@x.example, upload: erp-in}", "is not 'acme''s alone"),
        ("{name: A, email: a@x.example, upload: nowhere}", "there is no channel 'nowhere'"),
        ("{name: A, email: a@x.example}, {name: B, email: A@x.example}", "stands twice"),
        ("{name: A, email: a@x.example, locations: ['4054321000008']}", "check digit"),
        ("{name: A, email: a@x.example, access: {from: 2026-02-01, until: 2026-01-01}}", "is before"),
        ("{name: A, email: a@x.example, hours: {hours: '18:00-08:00'}}", "end before they begin"),
        ("{name: A, email: a@x.example, notify: [everything]}", "rejected"),
        ("{name: A, email: a}", "no bare mail address"),
    ],
)
def test_edi_check_names_slips(tmp_path: Path, user: str, said: str) -> None:
    folder = write(tmp_path, {**FILES, "partners/acme.yaml": FILES["partners/acme.yaml"] + f"users: [{user}]\n"})

    problems = examine(folder, kinds={"directory": DirectorySettings})[1]

    assert said in " ".join(f"{one.text} {one.hint}" for one in problems), problems


def test_every_look_and_download_is_in_the_audit_trail_with_the_person(tmp_path: Path) -> None:
    counter = Crowd(tmp_path)
    counter.work()
    person = counter.user("sabine@acme.example")
    orders, sent = names(person, "/documents?number=4711")[0], names(person, "/documents?number=R-1")[0]
    pages = {
        "/documents": ("acme", "page_list_looked_at"),
        "/documents.csv": ("acme", "page_list_taken"),
        f"/documents/{orders}": (orders, "page_looked_at"),
        f"/documents/{orders}/bytes": (orders, "page_taken"),
        f"/documents/{orders}/json": (orders, "page_taken"),
        f"/documents/{sent}/export": (sent, "page_looked_at"),
        f"/documents/{sent}/export/csv": (sent, "page_taken"),
        "/order?number=4711": (orders, "page_order_looked_at"),
        "/test": ("acme", "page_looked_at"),
        "/about": ("acme", "page_looked_at"),
        "/upload": ("acme", "page_looked_at"),
    }
    for path, wanted in pages.items():
        before = len(counter.audited())
        assert 200 == person.get(path).status_code, path
        assert [("partner:acme:sabine@acme.example", *wanted)] == counter.audited()[before:], path
    before = len(counter.audited())
    person.act("/test", {"text": order("1").decode()})
    counted = [event for _, _, event in counter.audited()[before:]]
    verified = counter.house.engine.context.store.verify()
    counter.close()

    assert ["page_list_looked_at", "page_test_passed"] == counted
    assert () == verified
    assert "Processed" in plain(person.get().text)
