"""The operators' page: read only, for named people the proxy signed in."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from edi.web.ops.app import app
from edi.web.settings import OpsPage
from tests.web.desk import Counter


def ask(counter: Counter, method: str = "GET", path: str = "/", headers: Any = ()) -> httpx.Response:
    settings = OpsPage.model_validate({"url": "https://edi.example/ops", "users": ["erika"]})
    page = app(counter.house.engine.context, settings)

    async def go() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=page)) as client:
            return await client.request(method, f"https://edi.example/ops{path}", headers=headers)

    return asyncio.run(go())


def test_it_shows_what_waits_and_what_failed(busy: Counter) -> None:
    answer = ask(busy, headers={"x-forwarded-user": "erika"})

    assert 200 == answer.status_code
    for wanted in ("Failures by cause", "4712", "a3.edi", "R-2", "boreal", "quarantined"):
        assert wanted in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "headers", [[], [("x-forwarded-user", "")], [("x-forwarded-user", "otto")], [("x-forwarded-user", "erika"), ("x-forwarded-user", "erika")],
                [("x-forwarded-user", "erika,otto")], [("x-remote-user", "erika")]]
)  # fmt: skip
def test_who_the_proxy_did_not_name_sees_nothing(busy: Counter, headers: list[tuple[str, str]]) -> None:
    answer = ask(busy, headers=headers)

    assert 403 == answer.status_code
    assert "4712" not in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_it_only_reads(busy: Counter, method: str) -> None:
    assert 405 == ask(busy, method, headers={"x-forwarded-user": "erika"}).status_code
