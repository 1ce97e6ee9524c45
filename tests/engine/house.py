"""A small workspace with directory channels for tests of the engine, a clock that stands still, and plain mappings written in Python."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from edi.channels import kinds
from edi.engine.content import Document, Reading, ReadMessage, Written
from edi.engine.engine import Engine
from edi.engine.ports import Inbound, Outbound
from edi.engine.reading import EdifactContent
from edi.findings import Finding, Outcome
from edi.formats.edifact.syntax import Segment
from edi.formats.edifact.writer import write_segments
from edi.store.store import Store
from edi.workspace.loader import load
from edi.workspace.model import Route
from edi.workspace.workspace import Workspace
from tests.workspace import build

NOW = datetime(2026, 11, 24, 9, 14, tzinfo=UTC)

FILES = {
    **build.FILES,
    "partners/us.yaml": "partner: us\nname: Muster\nstatus: live\nids: [{gln: '4012345500004'}, {unb: '4012345500004', qualifier: '14'}]\n",
    "partners/acme.yaml": """\
partner: acme
name: Acme
status: live
timezone: Europe/Berlin
ids: [{gln: '4054321000009'}, {unb: '4054321000009', qualifier: '14'}]
agreements:
  - {kind: order, direction: in, message: 'ORDERS:D:96A:UN:EAN008', channel: acme-out, acknowledge: {contrl: CONTRL}}
  - {kind: invoice, direction: out, message: 'INVOIC:D:96A:UN:EAN008', expect: {contrl: 4h}}
""",
    "channels/acme-out.yaml": "channel: acme-out\nkind: directory\ndirection: out\npartner: acme\nfolder: data/acme/out\nname: '{type}_{ref}.edi'\n",
    "channels/erp-out.yaml": "channel: erp-out\nkind: directory\ndirection: out\nfolder: data/erp/out\nname: '{kind}_{sender}_{ref}.json'\n",
}


class StillClock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._now.timestamp()

    def forward(self, **span: float) -> None:
        self._now += timedelta(**span)


class WorkspaceChannels:
    """The workspace's own channels, opened when first asked for."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._inbound: dict[str, Inbound] = {}
        self._outbound: dict[str, Outbound] = {}

    def inbound(self, name: str) -> Inbound:
        if name not in self._inbound:
            file = self._workspace.channels[name]
            self._inbound[name] = kinds()[file.kind].inbound(name, file.settings, str, folder=self._workspace.folder)
        return self._inbound[name]

    def outbound(self, name: str) -> Outbound:
        if name not in self._outbound:
            file = self._workspace.channels[name]
            self._outbound[name] = kinds()[file.kind].outbound(name, file.settings, str, folder=self._workspace.folder)
        return self._outbound[name]

    def close(self) -> None:
        for end in (*self._inbound.values(), *self._outbound.values()):
            end.close()


class PlainTranslator:
    """Orders from EDIFACT to JSON and invoices the other way, as plain as can be."""

    def __init__(self) -> None:
        self.broken: frozenset[str] = frozenset()
        """Mappings that do not work at the moment."""
        self.extra = ""
        """Something a changed mapping writes more."""

    def read(self, mapping: str, message: ReadMessage, *, partner: str | None) -> Outcome[Reading]:
        if mapping in self.broken:
            return Outcome(None, (Finding(code="mapping.broken", text=f"mapping {mapping!r} is broken"),))
        if mapping == "orders-eancom":
            return Outcome(Reading(document=_order(message)))
        assert isinstance(message.content, dict)
        return Outcome(Reading(document=dict(message.content)))

    def write(self, mapping: str, document: Document, *, message_type: str | None, partner: str | None) -> Outcome[Written]:
        if mapping in self.broken:
            return Outcome(None, (Finding(code="mapping.broken", text=f"mapping {mapping!r} is broken"),))
        if mapping == "invoic-eancom":
            segments = _invoice(document)
            return Outcome(_written("edifact", message_type or "", segments, write_segments(segments, encoding="utf-8"), ".edi"))
        body = json.dumps({**document, **({"type_name": self.extra} if self.extra else {})}, sort_keys=True).encode()
        return Outcome(_written("json", "json:order", body, body, ".json"))

    def losses(self, route: Route, mapping: str, document: Document) -> tuple[Finding, ...]:
        return ()

    def holds(self, expression: str, document: Document) -> bool:
        return bool(eval(expression, {}, {"number": document.get("number")}))  # tests only

    def version(self, mapping: str) -> str:
        return f"{mapping}#1"

    def text(self, mapping: str) -> str | None:
        return None

    def as_of(self, texts: Mapping[str, str]) -> PlainTranslator:
        return self


def _written(syntax: str, type_: str, body: object, canonical: bytes, suffix: str) -> Written:
    return Written(syntax=syntax, type=type_, body=body, canonical=canonical, content_type="application/octet-stream", suffix=suffix)


def _order(message: ReadMessage) -> Document:
    content = message.content
    assert isinstance(content, EdifactContent)
    found: dict[str, Any] = {"kind": "order", "number": message.number, "lines": []}
    for segment in content.message.segments:
        match segment.tag:
            case "DTM" if segment.get(1, 1) == "137":
                day = segment.get(1, 2)
                found["issue_date"] = f"{day[:4]}-{day[4:6]}-{day[6:8]}"
            case "NAD":
                found[{"BY": "buyer", "SU": "seller"}[segment.get(1)]] = {"gln": segment.get(2, 1)}
            case "LIN":
                found["lines"].append({"id": segment.get(1)})
            case "QTY":
                found["lines"][-1] |= {"quantity": segment.get(1, 2), "unit": "H87"}
    return found


def _invoice(document: Document) -> list[Segment]:
    seller, buyer = document["seller"], document["buyer"]
    assert isinstance(seller, Mapping)
    assert isinstance(buyer, Mapping)
    day = str(document["issue_date"]).replace("-", "")
    return [
        Segment("BGM", [["380"], [str(document["number"])], ["9"]]),
        Segment("DTM", [["137", day, "102"]]),
        Segment("NAD", [["SU"], [str(seller["gln"]), "", "9"]]),
        Segment("NAD", [["BY"], [str(buyer["gln"]), "", "9"]]),
        Segment("CUX", [["2", "EUR", "4"]]),
        Segment("LIN", [["1"], [""], ["4000862141404", "EN"]]),
        Segment("QTY", [["47", "12"]]),
        Segment("MOA", [["203", "120.00"]]),
        Segment("UNS", [["S"]]),
        Segment("MOA", [["77", "142.80"]]),
    ]


class House:
    """A workspace folder with an engine on it; `again` is what a restart makes of it."""

    def __init__(
        self,
        folder: Path,
        *,
        contrl: str = "never",
        changes: Mapping[str, str] | None = None,
        start: bool = True,
        url: str | None = None,
        clock: Any = None,
    ) -> None:
        self.folder = folder
        self.url = url
        self.clock = clock or StillClock()
        self.translator = PlainTranslator()
        for name, text in {**FILES, **(changes or {})}.items():
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            if start:
                place.write_text(text.replace("CONTRL}", f"{contrl}}}"))
        for name in ("acme/in", "acme/out", "erp/in", "erp/out"):
            (folder / "data" / name).mkdir(parents=True, exist_ok=True)
        self.engine = self.again(start=start)

    def again(self, *, start: bool = True) -> Engine:
        """A new engine on the same folder, as after a restart."""
        workspace = load(self.folder, kinds={name: kinds()[name].Settings for name in ("directory", "email")})
        self.engine = Engine(
            Store(self.folder / "store", self.url), workspace, WorkspaceChannels(workspace), self.clock, self.translator, random=lambda: 0.5
        )
        if start:
            self.engine.start()
        return self.engine

    def drop(self, name: str, data: bytes, *, channel: str = "acme/in") -> None:
        """A file that the other side puts into its folder."""
        (self.folder / "data" / channel / name).write_bytes(data)

    def files(self, channel: str) -> dict[str, bytes]:
        """What lies in a folder, by name; what a killed writer left under a temporary name is not there for anybody."""
        return {
            place.name: place.read_bytes()
            for place in sorted((self.folder / "data" / channel).iterdir())
            if place.is_file() and place.name[0] != "."
        }


def order(number: str = "4711", *, reference: str = "1", quantity: int = 48, test: bool = False, messages: int = 1) -> bytes:
    """An ORDERS interchange from Acme to us."""
    parts = [f"UNB+UNOC:3+4054321000009:14+4012345500004:14+261124:0900+{reference}{'++++++1' if test else ''}'"]
    for index in range(1, messages + 1):
        own = number if messages == 1 else f"{number}-{index}"
        parts.append(order_message(own, reference=str(index), quantity=quantity))
    parts.append(f"UNZ+{messages}+{reference}'")
    return "".join(parts).encode()


def order_message(number: str, *, reference: str = "1", quantity: int = 48) -> str:
    """One ORDERS message."""
    body = [
        f"BGM+220+{number}+9'",
        "DTM+137:20261124:102'",
        "NAD+BY+4054321000009::9'",
        "NAD+SU+4012345500004::9'",
        "LIN+1++4000862141404:EN'",
        f"QTY+21:{quantity}'",
        "UNS+S'",
    ]
    return "".join([f"UNH+{reference}+ORDERS:D:96A:UN:EAN008'", *body, f"UNT+{len(body) + 2}+{reference}'"])


def invoice(number: str = "R-1") -> bytes:
    """An invoice for Acme as our ERP hands it over."""
    return json.dumps(
        {
            "kind": "invoice",
            "type_code": "380",
            "number": number,
            "issue_date": "2026-11-24",
            "currency": "EUR",
            "seller": {"gln": "4012345500004", "name": "Muster"},
            "buyer": {"gln": "4054321000009", "name": "Acme"},
            "lines": [{"id": "1", "quantity": "12", "unit": "H87", "net_amount": "120.00"}],
        }
    ).encode()
