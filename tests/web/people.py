"""A status page whose partner names people with different rights, and a channel of kind email that mails leave through."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from edi.store import links
from edi.store.notices import notice
from tests.engine.house import FILES
from tests.web.desk import BOREAL, Counter, Person

USERS = """\
users:
  - {name: Sabine Kern, email: sabine@acme.example, upload: acme-in, certificates: true, notify: [rejected, overdue, digest]}
  - {name: Order Desk, email: orders@acme.example, kinds: [order], language: fr}
  - {name: Bonn, email: bonn@acme.example, locations: ['4054321000009'], documents: {from: 2026-11-01}}
  - {name: Kiel, email: kiel@acme.example, locations: ['4012345500028'], notify: [rejected, digest]}
  - {name: Late, email: late@acme.example, documents: {from: 2026-11-25}, notify: [rejected]}
  - {name: Day, email: day@acme.example, hours: {days: mon-fri, hours: '08:00-12:00'}, timezone: Asia/Ho_Chi_Minh}
  - {name: Gone, email: gone@acme.example, access: {until: 2026-11-23}}
  - {name: Inbox, email: inbox@acme.example, direction: in}
  - {name: Paula, email: paula@boreal.example}
"""
MAIL = {
    "notices.yaml": "mail: {channel: people}\n",
    "channels/people.yaml": """\
channel: people
kind: email
direction: out
protocol: smtp
host: 127.0.0.1
port: 25
tls: none
sender: edi@muster.example
to: [edi@muster.example]
""",
}


class Crowd(Counter):
    """See the module."""

    def __init__(self, folder: Path, files: Mapping[str, str] = MappingProxyType(MAIL), **options: object) -> None:
        acme = FILES["partners/acme.yaml"] + USERS
        super().__init__(folder, changes={**BOREAL, "partners/acme.yaml": acme, **files}, **options)  # type: ignore[arg-type]

    ops: str = ""
    """Where the operators' page listens, if it does."""

    def user(self, email: str) -> Person:
        """Somebody whom Acme's file names, signed in."""
        with self.house.engine.context.store.writing("operator:test", self.house.clock.now()) as transaction:
            scope = links.Scope(partner="acme")
            token = links.make(transaction, scope, person=email, valid=self.settings.link_valid, member=email)
        person = self.person()
        assert person.post(f"/in/{token}").status_code == 303
        return person

    def letters(self) -> list[tuple[str, str, str, str | None]]:
        """Recipient, subject, text and address for unsubscribing of every mail, the oldest first."""
        with self.house.engine.context.store.reading() as view:
            rows = view.connection.execute(notice.select().order_by(notice.c.id)).all()
        return [(row.recipient, row.subject, row.text, row.unsubscribe) for row in rows]
