"""A house with two partners and a status page on it, asked in memory; what is posted is posted as a browser would."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import httpx

from edi.store import links
from edi.store.links import Scope
from edi.store.tables import audit_event
from edi.web.settings import StatusPage
from edi.web.status.app import app, desk
from tests.engine.house import FILES, House, invoice, order

URL = "https://edi.example/status"

BOREAL = {
    "partners/boreal.yaml": FILES["partners/acme.yaml"]
    .replace("partner: acme", "partner: boreal")
    .replace("name: Acme", "name: Boreal")
    .replace("4054321000009", "4098765000010")
    .replace("acme-out", "boreal-out")
    .replace("status: live\n", "status: live\nlanguage: vi\n"),
    "channels/boreal-in.yaml": "channel: boreal-in\nkind: directory\ndirection: in\npartner: boreal\nfolder: data/boreal/in\n",
    "channels/boreal-out.yaml": "channel: boreal-out\nkind: directory\ndirection: out\npartner: boreal\nfolder: data/boreal/out\nname: '{type}_{ref}.edi'\n",
    "routes.yaml": FILES["routes.yaml"]
    + """\
  - route: boreal-orders
    from: {partner: boreal, kind: order}
    read: orders-eancom
    to: [{write: erp-order, channel: erp-out}]
  - route: boreal-invoices
    from: {channel: erp-in, kind: invoice, partner: boreal}
    read: erp-invoice
    to: [{write: invoic-eancom, channel: boreal-out}]
""",
}


def boreals(data: bytes) -> bytes:
    """Acme's document as Boreal's."""
    return data.replace(b"4054321000009", b"4098765000010").replace(b"Acme", b"Boreal")


class Counter:
    """The page, and somebody in front of it."""

    def __init__(
        self,
        folder: Path,
        *,
        url: str = URL,
        rate: int = 10_000,
        sign_in_rate: int = 10,
        database: str | None = None,
        changes: Mapping[str, str] = MappingProxyType(BOREAL),
    ) -> None:
        for name in ("in", "out"):
            (folder / "data" / "boreal" / name).mkdir(parents=True)
        self.house = House(folder, contrl="always", changes=changes, url=database)
        self.url = url
        self.settings = StatusPage.model_validate({"url": url, "contact": "edi@muster.example"})
        self.desk = desk(self.house.engine.context, self.settings, rate=rate, sign_in_rate=sign_in_rate)
        self.app = app(self.desk)

    def work(self) -> None:
        """Documents of both partners, both ways, one of Acme's with a fault."""
        self.house.drop("a1.edi", order("4711", reference="A1"))
        self.house.drop("a2.edi", order("4712", reference="A2").replace(b"QTY+21", b"QTY+999"))
        self.house.drop("a3.edi", b"no document at all")
        self.house.drop("b1.edi", boreals(order("8811", reference="B1")), channel="boreal/in")
        self.house.drop("ra.json", invoice("R-1"), channel="erp/in")
        self.house.drop("rb.json", boreals(invoice("R-2")), channel="erp/in")
        self.house.engine.run_once()

    def close(self) -> None:
        """Nothing is written afterwards."""
        self.desk.notebook.flush()
        self.house.engine.close()

    def audited(self) -> list[tuple[str, str, str]]:
        """Actor, subject and event of everything in the audit trail."""
        self.desk.notebook.flush()
        with self.house.engine.context.store.reading() as view:
            rows = view.connection.execute(audit_event.select().order_by(audit_event.c.seq)).all()
        return [(row.actor, row.subject, row.event) for row in rows]

    def link(self, partner: str = "acme", *, valid: timedelta = timedelta(days=2), **scope: Any) -> str:
        """The path of a new sign-in link."""
        with self.house.engine.context.store.writing("operator:test", self.house.clock.now()) as transaction:
            token = links.make(transaction, Scope(partner=partner, **scope), person=f"edi@{partner}.example", valid=valid)
        return f"/in/{token}"

    def person(self) -> Person:
        """Somebody with a browser who is not signed in."""
        return Person(self)

    def partner(self, name: str = "acme", **scope: Any) -> Person:
        """Somebody of a partner who is signed in."""
        person = self.person()
        assert person.post(self.link(name, **scope)).status_code == 303
        return person


class Person:
    """A browser with its cookies."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self.cookies: dict[str, str] = {}

    def get(self, path: str = "/documents", **options: Any) -> httpx.Response:
        return self.ask("GET", path, **options)

    def post(self, path: str, data: dict[str, str] | None = None, **options: Any) -> httpx.Response:
        return self.ask("POST", path, data=data or {}, **options)

    def act(self, path: str, data: dict[str, str] | None = None, **options: Any) -> httpx.Response:
        """A POST with the CSRF token of the page."""
        return self.post(path, {"csrf": self.csrf(), **(data or {})}, **options)

    def csrf(self) -> str:
        return self.get().text.split('name="csrf" value="')[1].split('"')[0]

    def ask(self, method: str, path: str, *, host: str | None = None, **options: Any) -> httpx.Response:
        parts = urlsplit(self._counter.url)
        address = f"{parts.scheme}://{host or parts.netloc}{path if path.startswith('/..') else parts.path + path}"

        async def go() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._counter.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, cookies=self.cookies) as client:
                return await client.request(method, address, **options)

        answer = asyncio.run(go())
        for name, value in answer.cookies.items():
            self.cookies[name] = value
        return answer
