"""Documents handed over by programs: checked at once, kept once, told to nobody else (J14, J16)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from edi.channels import kinds
from edi.store import api_keys
from edi.web.api.openapi import document
from edi.web.api.routes import routes
from tests.engine import house as engine_house
from tests.engine.house import House, invoice

CHANGES = {
    "channels/erp-in.yaml": "channel: erp-in\nkind: api\ndirection: in\n",
    "channels/other-in.yaml": "channel: other-in\nkind: api\ndirection: in\n",
}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    settings = {name: kinds()[name].Settings for name in ("api", "directory")}
    monkeypatch.setattr(engine_house, "load", lambda folder, kinds: original(folder, kinds=settings))
    made = House(tmp_path, changes=CHANGES)
    yield made
    made.engine.close()


original = engine_house.load


def key(house: House, *, channel: str = "erp-in", partners: tuple[str, ...] = (), kinds: tuple[str, ...] = ()) -> str:
    with house.engine.context.store.writing("test", datetime.now(UTC)) as transaction:
        scope = {"partners": frozenset(partners), "kinds": frozenset(kinds)}
        return api_keys.make(transaction, channel=channel, holder="the ERP", **scope)[1]


class Client:
    """Asks the application without a socket."""

    def __init__(self, house: House, **keys: Any) -> None:
        self._app = Starlette(routes=routes(house.engine.context, **keys))

    def _ask(self, method: str, path: str, **keys: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://edi.example") as asking:
                return await asking.request(method, path, **keys)

        return asyncio.run(ask())

    def get(self, path: str, **keys: Any) -> httpx.Response:
        return self._ask("GET", path, **keys)

    def post(self, path: str, **keys: Any) -> httpx.Response:
        return self._ask("POST", path, **keys)


def client(house: House, **keys: Any) -> Client:
    return Client(house, **keys)


def post(house: House, text: str, data: bytes, idempotency: str | None = None) -> Any:
    headers = {"Authorization": f"Bearer {text}", **({"Idempotency-Key": idempotency} if idempotency else {})}
    return client(house).post("/api/documents", content=data, headers=headers)


def kept(house: House) -> int:
    from edi.store import queries

    with house.engine.context.store.reading() as view:
        return len(queries.transmissions(view))


def test_a_document_is_kept_answered_and_sent(house: House) -> None:
    text = key(house)

    answer = post(house, text, invoice(), "one")

    assert answer.status_code == 202, answer.text
    assert answer.json()["messages"][0] | {"findings": []} == {
        "kind": "invoice",
        "number": "R-1",
        "partner": "acme",
        "route": "acme-invoices",
        "test": False,
        "held": None,
        "findings": [],
    }
    house.engine.settle()
    assert len(house.files("acme/out")) == 1
    told = client(house).get(answer.headers["Location"], headers={"Authorization": f"Bearer {text}"}).json()
    assert told["messages"][0]["outputs"][0]["delivery"] == "delivered"


def test_the_same_document_again_is_answered_the_same_and_has_one_effect(house: House) -> None:
    text = key(house)
    first = post(house, text, invoice(), "one").json()

    again = post(house, text, invoice(), "one").json()

    assert again == first | {"first": False}
    assert kept(house) == 1


def test_without_a_key_of_its_own_a_document_is_its_own_identity(house: House) -> None:
    text = key(house)
    post(house, text, invoice())

    assert post(house, text, invoice()).json()["first"] is False
    assert kept(house) == 1


def test_j16_an_idempotency_key_with_another_document_is_a_conflict(house: House) -> None:
    text = key(house)
    post(house, text, invoice("R-1"), "one")

    answer = post(house, text, invoice("R-2"), "one")

    assert (answer.status_code, answer.json()["transmission"]) == (409, "T1")
    assert kept(house) == 1


def test_j14_a_partner_nobody_knows_is_refused_at_once_and_nothing_is_kept(house: House) -> None:
    stranger = invoice().replace(b"4054321000009", b"4099999000005")

    answer = post(house, key(house), stranger, "one")

    assert answer.status_code == 422, answer.text
    assert answer.json()["reasons"]
    assert kept(house) == 0


def test_after_a_refusal_the_corrected_document_goes_under_the_same_idempotency_key(house: House) -> None:
    text = key(house)
    assert post(house, text, b'{"kind": "invoice"', "one").status_code == 422

    assert post(house, text, invoice(), "one").status_code == 202


@pytest.mark.parametrize("data", [b"\xff\xfe", b"[]", b'{"kind": "invoice", "kind": "order"}', b"[" * 10_000, b"<x/>"])
def test_what_is_no_document_is_refused_with_the_reason(house: House, data: bytes) -> None:
    answer = post(house, key(house), data)

    assert answer.status_code == 422, answer.text
    assert answer.json()["title"]
    assert kept(house) == 0


@pytest.mark.parametrize(
    "header", [{}, {"Authorization": "Bearer edi_wrong"}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer "}]
)
def test_without_a_good_key_nothing_is_taken(house: House, header: dict[str, str]) -> None:
    answer = client(house).post("/api/documents", content=invoice(), headers=header)

    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert kept(house) == 0


def test_a_revoked_key_is_no_key(house: House) -> None:
    text = key(house)
    with house.engine.context.store.writing("test", datetime.now(UTC)) as transaction:
        assert api_keys.revoke(transaction, 1)
        assert not api_keys.revoke(transaction, 1)

    assert post(house, text, invoice()).status_code == 401


@pytest.mark.parametrize("scope", [{"partners": ("other",)}, {"kinds": ("order",)}])
def test_a_key_is_good_only_for_its_partners_and_kinds(house: House, scope: dict[str, tuple[str, ...]]) -> None:
    answer = post(house, key(house, **scope), invoice())

    assert answer.status_code == 403, answer.text
    assert kept(house) == 0


def test_what_came_with_another_key_is_not_shown(house: House) -> None:
    post(house, key(house), invoice(), "one")
    house.engine.settle()
    elsewhere = key(house, channel="other-in")
    narrow = key(house, kinds=("order",))

    for text in (elsewhere, narrow):
        assert client(house).get("/api/documents/T1", headers={"Authorization": f"Bearer {text}"}).status_code == 404


def test_two_keys_do_not_share_idempotency_keys(house: House) -> None:
    post(house, key(house), invoice("R-1"), "one")

    assert post(house, key(house), invoice("R-2"), "one").status_code == 202


@pytest.mark.parametrize("name", ["T0", "T99", "M1", "T1%00", "..%2fT1", "T" + "9" * 30])
def test_names_that_are_none_are_not_found(house: House, name: str) -> None:
    headers = {"Authorization": f"Bearer {key(house)}"}

    assert client(house).get(f"/api/documents/{name}", headers=headers).status_code == 404


def test_a_document_that_is_too_long_is_not_read(house: House) -> None:
    headers = {"Authorization": f"Bearer {key(house)}"}

    assert client(house, bytes_max=100).post("/api/documents", content=b"x" * 101, headers=headers).status_code == 413


@pytest.mark.parametrize("bad", ["a b", "x" * 201, "\tx"])
def test_an_idempotency_key_that_cannot_be_one_is_said(house: House, bad: str) -> None:
    text = key(house)

    assert post(house, text, invoice(), bad).status_code in {202, 400}
    assert post(house, text, b"", "one").status_code == 400


def test_a_key_is_kept_as_its_hash_only(house: House) -> None:
    text = key(house)

    for place in (house.folder / "store").rglob("*"):
        if place.is_file():
            assert text.encode() not in place.read_bytes()


def test_the_openapi_document_names_every_path_and_answer(house: House) -> None:
    told = client(house).get("/api/openapi.json").json()

    assert told == json.loads(json.dumps(document()))
    assert set(told["paths"]["/api/documents"]["post"]["responses"]) == {"202", "400", "401", "403", "409", "413", "422", "429", "503"}
    named = set(told["components"]["schemas"])
    assert all(reference.split("/")[-1] in named for reference in _references(told["paths"]))


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield from [value] if name == "$ref" else _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def test_a_key_that_asks_too_often_hears_when_to_come_again_and_others_are_served(house: House) -> None:
    asking = client(house, per_minute=2)
    eager, other = ({"Authorization": f"Bearer {key(house)}"} for _ in range(2))

    answers = [asking.get("/api/documents/T1", headers=eager) for _ in range(3)]
    posted = asking.post("/api/documents", content=invoice(), headers=eager)
    served = asking.get("/api/documents/T1", headers=other)
    house.clock.forward(seconds=30)
    later = asking.post("/api/documents", content=invoice(), headers=eager)

    assert [answer.status_code for answer in (*answers, posted, served, later)] == [404, 404, 429, 429, 404, 202]
    assert posted.headers["Retry-After"] == "30"
    assert posted.json()["type"] == "about:blank#rate"
    assert kept(house) == 1
