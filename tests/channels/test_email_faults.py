"""Faults F-E02 to F-E23 through the whole engine, with a ledger outside it; on the database that the run has chosen.

F-E01, F-E04, F-E08 and F-E22 stand in test_engine_faults.
"""

from __future__ import annotations

import contextlib
import imaplib
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.channels.ledger import Ledger, audited
from tests.channels.served_house import ServedHouse
from tests.channels.test_email_mailbox import mail
from tests.engine.house import invoice, order
from tests.servers.certificates import Authority
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.proxy import Fault, Proxy, proxy
from tests.servers.smtp import Scripted, scripted

pytestmark = pytest.mark.server


@dataclass
class Mailbox:
    """Ours, on a real server behind a proxy that can fail; and our house."""

    tmp_path: Path
    server: Dovecot
    proxy: Proxy
    user: str
    ledger: Ledger = field(default_factory=Ledger)
    made: list[ServedHouse] = field(default_factory=list)

    def read_by(self, **keys: object) -> ServedHouse:
        values = {
            "channel": "acme-in",
            "kind": "email",
            "direction": "in",
            "partner": "acme",
            "host": "127.0.0.1",
            "port": self.proxy.port,
            "tls": "none",
            "user": self.user,
            "password": "'${file:secrets/mail}'",
            "pattern": "'*.edi'",
            "after": "{move: done}",
            "others": "others",
            "timeout": "3s",
        } | keys
        text = "".join(f"{key}: {value}\n" for key, value in values.items())
        self.made.append(ServedHouse(self.tmp_path, changes={"channels/acme-in.yaml": text}, secrets={"mail": PASSWORD}))
        return self.made[-1]

    def drop(self, raw: bytes) -> None:
        self.server.drop(self.user, raw)

    def mails(self, folder: str = "") -> list[bytes]:
        return self.server.mails(self.user, folder)

    def is_settled(self) -> None:
        for _ in range(2):
            self.made[-1].engine.run_once()
        self.ledger.check(self.made[-1])
        assert self.mails() == []


@pytest.fixture
def mailbox(tmp_path: Path, mail_server: Dovecot) -> Iterator[Mailbox]:
    with proxy(mail_server.imap) as between:
        made = Mailbox(tmp_path, mail_server, between, mail_server.new_user())
        yield made
        for house in made.made:
            house.engine.close()


def test_f_e02_a_connection_that_breaks_in_any_command_is_opened_again_and_has_one_effect(mailbox: Mailbox) -> None:
    house = mailbox.read_by()
    for number, after in enumerate((0, 20, 60, 120, 200, 300, 420, 600)):
        mailbox.drop(mail((f"{number}.edi", mailbox.ledger.order())))
        with mailbox.proxy.breaking(Fault("to_server" if number % 2 else "to_client", after, "reset" if number % 3 else "end")):
            house.engine.poll("acme-in")
        house.engine.context.channels.close()
    mailbox.is_settled()


def test_f_e03_a_mail_that_somebody_has_read_is_taken_all_the_same(mailbox: Mailbox) -> None:
    mailbox.drop(mail(("a.edi", mailbox.ledger.order())))
    with imaplib.IMAP4("127.0.0.1", mailbox.server.imap) as other:
        other.login(mailbox.user, PASSWORD)
        other.select()
        other.store("1", "+FLAGS", r"(\Seen)")
    mailbox.read_by()

    mailbox.is_settled()


def test_f_e05_a_mail_that_comes_twice_or_is_forwarded_has_one_effect(mailbox: Mailbox) -> None:
    document = mailbox.ledger.order()
    same = mail(("a.edi", document), message_id="once")
    for raw in (same, same, mail(("a.edi", document)), mail(("forwarded.edi", document), Subject="Fwd: Order")):
        mailbox.drop(raw)
    house = mailbox.read_by()

    mailbox.is_settled()
    assert sorted(state for state, _ in house.rows()) == ["accepted", "duplicate", "duplicate"]


def test_f_e06_a_mail_without_a_message_id_is_known_by_its_bytes(mailbox: Mailbox) -> None:
    raw = mail(("a.edi", mailbox.ledger.order()), message_id="x").replace(b"Message-ID: <x@acme.example>\n", b"")
    assert b"Message-ID" not in raw
    mailbox.drop(raw)
    mailbox.drop(raw)
    house = mailbox.read_by()

    mailbox.is_settled()
    assert len(house.rows()) == 1


def test_f_e07_numbers_given_out_anew_by_the_server_have_no_effect(mailbox: Mailbox) -> None:
    for number in range(3):
        mailbox.drop(mail((f"{number}.edi", mailbox.ledger.order())))
    house = mailbox.read_by(after="leave")
    house.engine.run_once()
    house.engine.context.channels.close()
    for path in mailbox.server.maildir(mailbox.user).glob("dovecot*"):
        path.unlink()
    for _ in range(2):
        house.engine.run_once()

    assert len(house.rows()) == 3
    mailbox.ledger.check(house)


def test_f_e09_a_mail_that_is_too_long_is_not_fetched_and_the_others_are(mailbox: Mailbox) -> None:
    mailbox.drop(mail(("long.edi", b"x" * 100_000)))
    mailbox.drop(mail(("a.edi", mailbox.ledger.order())))
    house = mailbox.read_by(mail_bytes_max=50_000)
    mailbox.proxy.forget_counts()

    house.engine.run_once()

    mailbox.ledger.check(house)
    assert mailbox.proxy.passed["to_client"] < 50_000
    assert len(mailbox.mails()) == 1


def test_f_e10_a_certificate_nobody_vouches_for_is_refused_before_the_password(
    mailbox: Mailbox, mail_server: Dovecot, tmp_path: Path
) -> None:
    mailbox.drop(mail(("a.edi", mailbox.ledger.order())))
    (tmp_path / "ca.pem").write_text(Authority().certificate)
    house = mailbox.read_by(port=mail_server.imaps, tls="implicit", ca="ca.pem")

    assert "certificate" in house.engine.poll("acme-in").problems[0]
    assert len(mailbox.mails()) == 1

    (tmp_path / "ca.pem").write_text(mail_server.ca.read_text())
    mailbox.is_settled()


def test_f_e11_a_folder_that_is_missing_is_said_and_nothing_is_lost(mailbox: Mailbox) -> None:
    mailbox.drop(mail(("a.edi", mailbox.ledger.order())))
    house = mailbox.read_by(mailbox="EDI/in")
    assert "EDI/in" in house.engine.poll("acme-in").problems[0]
    house.engine.close()

    mailbox.read_by()
    mailbox.is_settled()


def test_f_e11_a_mail_that_cannot_be_put_away_stays_and_has_no_second_effect(mailbox: Mailbox) -> None:
    mailbox.drop(mail(("a.edi", mailbox.ledger.order())))
    house = mailbox.read_by()
    blocked = mailbox.server.maildir(mailbox.user, "done")
    blocked.write_bytes(b"in the way")
    polls = [house.engine.poll("acme-in") for _ in range(2)]
    blocked.unlink()

    assert [(one.kept, one.known) for one in polls] == [(1, 0), (0, 1)]
    assert all("is kept, but the other side could not be told" in one.problems[0] for one in polls)
    mailbox.is_settled()


@pytest.mark.parametrize(
    "headers",
    [{"Auto_Submitted": "auto-replied"}, {"Precedence": "list"}, {"Return_Path": "<>"}, {"List_Id": "<edi.acme.example>"}],
)
def test_f_e12_what_no_person_wrote_is_filed_and_nothing_is_answered(mailbox: Mailbox, headers: Mapping[str, str]) -> None:
    mailbox.drop(mail(("a.edi", order()), **headers))
    house = mailbox.read_by()

    for _ in range(2):
        house.engine.run_once()

    assert house.rows() == house.rows("outbound") == []
    assert len(mailbox.mails("others")) == 1
    audited(house)


# -- out --------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def sending(tmp_path: Path, **keys: Any) -> Iterator[tuple[ServedHouse, Scripted]]:
    """A house with an invoice to send, and the server that takes it."""
    with scripted(**keys) as server:
        text = "channel: acme-out\nkind: email\ndirection: out\npartner: acme\nprotocol: smtp\nhost: 127.0.0.1\ntimeout: 20s\n"
        text += f"port: {server.port}\ntls: {'starttls' if 'tls' in keys else 'none'}\nsender: edi@us.example\nto: [orders@acme.example, b@acme.example]\n"
        house = ServedHouse(tmp_path, changes={"channels/acme-out.yaml": text}, secrets={})
        house.drop("r.json", invoice(), channel="erp/in")
        try:
            yield house, server
        finally:
            house.engine.close()


def state(house: ServedHouse) -> str:
    return house.rows("outbound")[0][0]


def message_ids(server: Scripted) -> set[bytes]:
    return {line for raw in server.mails for line in raw.splitlines() if line.startswith(b"Message-ID:")}


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("banner", "retry_wait"),
        ("EHLO", "retry_wait"),
        ("MAIL", "retry_wait"),
        ("RCPT", "retry_wait"),
        ("DATA", "retry_wait"),
        ("content", "unknown"),  # all of it was written before the server hung up
        ("final", "unknown"),
    ],
)
def test_f_e20_a_drop_at_each_step_is_sent_again_as_the_same_mail(tmp_path: Path, step: str, expected: str) -> None:
    with sending(tmp_path, replies={step: "drop"}) as (house, server):
        house.engine.run_once()
        assert state(house) == expected

        server.replies = {}
        house.clock.forward(hours=1)
        house.engine.settle()

        assert state(house) == "acknowledged"
        assert len(server.mails) == (2 if step == "final" else 1)
        assert len(message_ids(server)) == 1
        assert len(set(server.mails)) == 1
        audited(house)


@pytest.mark.parametrize(("reply", "expected"), [("drop", "retry_wait"), ("454 not now", "retry_wait"), ("502 what", "rejected")])
def test_f_e20_a_starttls_that_is_cut_or_refused_gets_no_content(tmp_path: Path, reply: str, expected: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Authority().issue().write(tmp_path / "server.pem"))
    with sending(tmp_path, tls=context, offers=("STARTTLS",), replies={"STARTTLS": reply}) as (house, server):
        house.engine.run_once()
        assert state(house) == expected, house.rows("outbound")
        assert server.mails == []
        assert not [line for line in server.spoken if line.upper().startswith(("MAIL", "AUTH"))]


@pytest.mark.parametrize("step", ["banner", "MAIL", "RCPT", "DATA", "final"])
@pytest.mark.parametrize(("code", "expected"), [("451 greylisted", "retry_wait"), ("550 no such user", "rejected")])
def test_f_e21_a_reply_at_each_step_decides_and_nobody_gets_half(tmp_path: Path, step: str, code: str, expected: str) -> None:
    with sending(tmp_path, replies={step: code}) as (house, server):
        house.engine.run_once()
        assert state(house) == expected, house.rows("outbound")
        if expected == "rejected":
            assert "550" in str(house.rows("outbound")[0][1])
            return
        server.replies = {}
        house.clock.forward(hours=1)
        house.engine.settle()

        assert state(house) == "acknowledged"
        assert len(message_ids(server)) == 1
        audited(house)


def test_f_e23_a_server_that_says_nothing_after_quit_has_the_mail(tmp_path: Path) -> None:
    with sending(tmp_path, replies={"QUIT": "drop"}) as (house, server):
        house.engine.run_once()
        house.engine.context.channels.close()

        assert state(house) == "acknowledged"
        assert len(server.mails) == 1
