"""A small workspace written for one test: right as it stands, changed by what the test hands in."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from edi.formats.yaml.problem import Problem
from edi.workspace.loader import examine
from edi.workspace.model import Flag, Frozen, Risk, SecretReference

FILES = {
    "routes.yaml": """\
us: us
routes:
  - route: acme-orders
    from: {partner: acme, kind: order}
    read: orders-eancom
    to: [{write: erp-order, channel: erp-out}]
  - route: acme-invoices
    from: {channel: erp-in, kind: invoice, partner: acme}
    read: erp-invoice
    to: [{write: invoic-eancom, channel: acme-out}]
""",
    "partners/us.yaml": "partner: us\nname: Muster\nstatus: live\nids: [{gln: '4012345500004'}]\n",
    "partners/acme.yaml": """\
partner: acme
name: Acme
status: live
ids: [{gln: '4054321000009'}, {unb: '4054321000009', qualifier: '14'}]
agreements:
  - {kind: order, direction: in, message: 'ORDERS:D:96A:UN:EAN008'}
  - {kind: invoice, direction: out, message: 'INVOIC:D:96A:UN:EAN008'}
""",
    "channels/acme-in.yaml": "channel: acme-in\nkind: directory\ndirection: in\npartner: acme\nfolder: data/acme/in\n",
    "channels/acme-out.yaml": "channel: acme-out\nkind: directory\ndirection: out\npartner: acme\nfolder: data/acme/out\n",
    "channels/erp-in.yaml": "channel: erp-in\nkind: directory\ndirection: in\nfolder: data/erp/in\n",
    "channels/erp-out.yaml": "channel: erp-out\nkind: directory\ndirection: out\nfolder: data/erp/out\n",
    "mappings/orders-eancom.map.yaml": "mapping: orders-eancom\n",
    "mappings/erp-order.map.yaml": "mapping: erp-order\n",
    "mappings/erp-invoice.map.yaml": "mapping: erp-invoice\n",
    "mappings/invoic-eancom.map.yaml": "mapping: invoic-eancom\n",
}


class DirectorySettings(Frozen):
    folder: str
    after: Literal["remove", "leave"] = "remove"


class RemoteSettings(BaseModel):
    """Like a kind from elsewhere: its own base class, its own idea of its place and risks."""

    model_config = ConfigDict(extra="forbid")

    url: str
    mailbox: str = "INBOX"
    password: SecretReference | None = None
    verify: Flag = True

    def place(self) -> str:
        return f"{self.url} {self.mailbox}"

    def risks(self) -> tuple[Risk, ...]:
        return () if self.verify else (Risk(name="no_verify", field="verify", text="anybody could pose as the server"),)


KINDS: dict[str, type[BaseModel]] = {"directory": DirectorySettings, "remote": RemoteSettings}


def write(folder: Path, changes: dict[str, str | None] | None = None) -> Path:
    """The workspace with files replaced, added or (None) left out."""
    for path, text in (FILES | (changes or {})).items():
        if text is not None:
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
    return folder


def problems(folder: Path, changes: dict[str, str | None]) -> tuple[Problem, ...]:
    """What is wrong with the changed workspace."""
    return examine(write(folder, changes), kinds=KINDS)[1]


def only(folder: Path, changes: dict[str, str | None]) -> Problem:
    """The one problem."""
    found = problems(folder, changes)
    assert len(found) == 1, "\n".join(map(str, found))
    return found[0]


def shown(problem: Problem) -> str:
    """File, line and text."""
    return f"{problem.file}:{problem.line}: {problem.text}"
