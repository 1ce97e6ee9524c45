"""Mailboxes on a real Dovecot: the suite by IMAP and POP3, and faults F-E01 to F-E12."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from email.message import EmailMessage
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import ValidationError

from edi.channels import email
from edi.channels.email.mail import read_mail
from edi.channels.email.receiving import EmailInbound
from edi.errors import ChannelError, TemporaryChannelError
from edi.testing import Receiver
from edi.testing.suite import InboundSuite
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.proxy import Fault, Proxy, proxy

pytestmark = [pytest.mark.server, pytest.mark.storeless]


def mail(*attachments: tuple[str, bytes], message_id: str | None = None, **headers: str) -> bytes:
    message = EmailMessage()
    for name, value in {"From": "orders@acme.example", "To": "edi@us.example", "Subject": "Order"}.items():
        message[name] = headers.pop(name, value)
    message["Message-ID"] = f"<{message_id or uuid4().hex}@acme.example>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("see attachment")
    for name, payload in attachments:
        message.add_attachment(payload, maintype="application", subtype="edifact", filename=name)
    return message.as_bytes()


class MailRig:
    def __init__(self, server: Dovecot, between: Proxy, protocol: str) -> None:
        self.server, self.between, self.protocol = server, between, protocol
        self.user = server.new_user()
        self.made: list[EmailInbound] = []

    def inbound(self, **keys: object) -> EmailInbound:
        values = {"protocol": self.protocol, "host": "127.0.0.1", "port": self.between.port, "tls": "none", "user": self.user}
        settings = email.Settings.model_validate(values | {"password": "${env:P}", "timeout": "5s"} | keys)
        end = email.inbound("acme-mail", settings, lambda reference: PASSWORD, folder=Path())
        self.made.append(end)
        return end

    def put(self, name: str, payload: bytes) -> None:
        for part in ("new", "cur"):
            for path in (self.server.maildir(self.user) / part).glob("*"):
                if read_mail(path.read_bytes()).attachments[0].name == name:
                    path.unlink()
        self.server.drop(self.user, mail((name, payload)))

    def put_unfinished(self, name: str, payload: bytes) -> None:
        (self.server.maildir(self.user) / "tmp" / name).write_bytes(payload)

    def lies_there(self) -> Mapping[str, bytes]:
        for end in self.made:
            end.close()
        found = [read_mail(raw).attachments[0] for raw in self.server.mails(self.user)]
        return {attachment.name: attachment.payload for attachment in found}

    def cuts(self) -> Iterable[AbstractContextManager[object]]:
        for after in (0, 10, 60, 100, 140, 200):
            yield self.between.breaking(Fault("to_server", after))
        for after in (0, 100, 400, 700, 900, 5_000, 100_000):
            yield self.between.breaking(Fault("to_client", after, "end"))


@pytest.fixture
def imap_rig(mail_server: Dovecot) -> Iterator[MailRig]:
    with proxy(mail_server.imap) as between:
        rig = MailRig(mail_server, between, "imap")
        yield rig
        for end in rig.made:
            end.close()


class TestImap(InboundSuite):
    @pytest.fixture
    def rig(self, imap_rig: MailRig) -> MailRig:
        return imap_rig


class TestPop3(InboundSuite):
    @pytest.fixture
    def rig(self, mail_server: Dovecot) -> Iterator[MailRig]:
        with proxy(mail_server.pop3) as between:
            rig = MailRig(mail_server, between, "pop3")
            yield rig
            for end in rig.made:
                end.close()


def test_a_mail_is_moved_when_all_its_documents_were_confirmed(imap_rig: MailRig) -> None:
    imap_rig.server.drop(imap_rig.user, mail(("a.edi", b"UNB a"), ("b.edi", b"UNB b"), ("logo.png", b"PNG")))
    inbound = imap_rig.inbound(pattern=["*.edi"], after={"move": "done"})
    first, second = inbound.offers()
    inbound.confirm(first)
    assert len(imap_rig.server.mails(imap_rig.user)) == 1

    inbound.confirm(second)

    assert imap_rig.server.mails(imap_rig.user) == []
    assert len(imap_rig.server.mails(imap_rig.user, "done")) == 1
    assert inbound.envelope(first) is None


def test_the_raw_mail_can_be_kept_beside_its_document(imap_rig: MailRig) -> None:
    raw = mail(("a.edi", b"UNB a"))
    imap_rig.server.drop(imap_rig.user, raw)
    inbound = imap_rig.inbound()
    (offer,) = inbound.offers()

    kept = inbound.envelope(offer)

    assert kept is not None
    assert kept.replace(b"\r\n", b"\n") == raw


def test_f_e03_mail_that_somebody_read_is_taken_all_the_same(imap_rig: MailRig) -> None:
    import imaplib

    imap_rig.server.drop(imap_rig.user, mail(("a.edi", b"UNB a")))
    human = imaplib.IMAP4("127.0.0.1", imap_rig.server.imap)
    human.login(imap_rig.user, PASSWORD)
    human.select()
    human.fetch("1", "(BODY[])")
    human.logout()

    assert [offer.filename for offer in imap_rig.inbound().offers()] == ["a.edi"]


def test_f_e05_the_same_mail_delivered_twice_has_one_identity_and_goes_twice(imap_rig: MailRig) -> None:
    for _ in range(2):
        imap_rig.server.drop(imap_rig.user, mail(("a.edi", b"UNB a"), message_id="same"))
    receiver = Receiver()

    receiver.run(imap_rig.inbound())

    assert len(receiver.kept) == 1
    assert imap_rig.lies_there() == {}


def test_f_e06_without_a_message_id_the_mail_itself_is_the_identity(imap_rig: MailRig) -> None:
    raw = mail(("a.edi", b"UNB a")).replace(b"Message-ID", b"X-Was-Id")
    imap_rig.server.drop(imap_rig.user, raw)

    (offer,) = imap_rig.inbound().offers()

    assert offer.transport_id.startswith("sha256:")


def test_f_e07_new_uids_for_old_mails_make_no_second_effect(imap_rig: MailRig) -> None:
    for number in range(3):
        imap_rig.server.drop(imap_rig.user, mail((f"{number}.edi", b"UNB %d" % number)))
    receiver = Receiver()
    receiver.run(imap_rig.inbound(after="leave"))
    for path in imap_rig.server.maildir(imap_rig.user).glob("dovecot*"):
        path.unlink()

    receiver.run(imap_rig.inbound(after="leave"))

    assert len(receiver.kept) == 3


def test_f_e09_a_mail_over_the_limit_is_not_fetched(imap_rig: MailRig) -> None:
    imap_rig.server.drop(imap_rig.user, mail(("big.edi", b"x" * 20_000)))
    inbound = imap_rig.inbound(mail_bytes_max="8192")

    assert list(inbound.offers()) == []
    assert "was not fetched" in next(iter(inbound.notices))[1]


def test_f_e11_a_mailbox_that_is_not_there_is_for_people(imap_rig: MailRig) -> None:
    with pytest.raises(ChannelError, match="opening 'Nowhere'"):
        list(imap_rig.inbound(mailbox="Nowhere").offers())


def test_a_wrong_password_is_for_people_and_not_shown(imap_rig: MailRig) -> None:
    inbound = imap_rig.inbound()
    inbound.account = type(inbound.account)("acme-mail", inbound.settings, lambda reference: "hunter2", Path())

    with pytest.raises(ChannelError, match=r"refused user '\w+': .*[Aa]uthentication failed") as caught:
        list(inbound.offers())

    assert not isinstance(caught.value, TemporaryChannelError)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"Auto_Submitted": "auto-replied"}, "is a automatic reply"),
        ({"Precedence": "list"}, "is a list mail"),
        ({"Return_Path": "<>"}, "is a bounce"),
        ({"From": "evil@other.example"}, "who is not among `senders`"),
        ({"From": "orders@acme.example)x@evil.example"}, "nobody in particular"),
    ],
)
def test_f_e12_what_is_none_of_ours_is_filed_and_never_answered(imap_rig: MailRig, headers: dict[str, str], reason: str) -> None:
    raw = mail(("a.edi", b"UNB a"), **{key: value for key, value in headers.items() if key != "From"})
    raw = raw.replace(b"From: orders@acme.example", b"From: " + headers.get("From", "orders@acme.example").encode())
    imap_rig.server.drop(imap_rig.user, raw)
    inbound = imap_rig.inbound(senders=["@acme.example"], others="others")

    assert list(inbound.offers()) == []
    assert reason in next(iter(inbound.notices))[1]
    assert len(imap_rig.server.mails(imap_rig.user)) == 1
    assert list(inbound.reports()) == []
    assert len(imap_rig.server.mails(imap_rig.user, "others")) == 1


def test_mail_is_read_over_tls_and_a_strange_certificate_is_refused(mail_server: Dovecot) -> None:
    with proxy(mail_server.imaps) as between:
        rig = MailRig(mail_server, between, "imap")
        mail_server.drop(rig.user, mail(("a.edi", b"UNB a")))
        keys = {"tls": "implicit", "host": "localhost"}
        good = rig.inbound(**keys, ca=str(mail_server.ca))
        assert len(list(good.offers())) == 1
        good.close()
        with pytest.raises(ChannelError, match=r"certificate of localhost:\d+ was refused"):
            list(rig.inbound(**keys).offers())


def test_f_e10_a_server_without_starttls_gets_no_password(imap_rig: MailRig) -> None:
    from tests.servers.smtp import scripted

    with scripted(replies={"banner": "* OK [CAPABILITY IMAP4rev1] ready"}) as server:
        imap_rig.between.target = server.port
        with pytest.raises((ChannelError, TemporaryChannelError)):
            list(imap_rig.inbound(tls="starttls").offers())
        assert not any("LOGIN" in line or PASSWORD in line for line in server.spoken)


def test_settings_name_what_is_wrong() -> None:
    for keys, text in (
        ({"host": "x", "user": "u"}, "needs `user` and either"),
        ({"host": "x", "protocol": "smtp"}, "needs `sender` and `to`"),
        ({"host": "x", "protocol": "smtp", "sender": '"a b"@x.example', "to": ["b@y.example"]}, "is no mail address"),
        ({"host": "x", "protocol": "pop3", "user": "u", "password": "${env:P}", "others": "o"}, "POP3 knows no folders"),
    ):
        with pytest.raises(ValidationError, match=text):
            email.Settings.model_validate(keys)


@pytest.mark.parametrize(("result", "taken"), [("dkim=pass header.d=acme.example", 1), ("dkim=fail header.d=acme.example", 0)])
def test_e15_a_sender_the_own_mail_server_could_not_prove_is_filed(imap_rig: MailRig, result: str, taken: int) -> None:
    raw = mail(("a.edi", b"UNB a"), Authentication_Results=f"mx.us.example; {result}")
    imap_rig.server.drop(imap_rig.user, raw)

    assert len(list(imap_rig.inbound(authserv_id="mx.us.example").offers())) == taken


def test_e02_only_wanted_types_are_taken_and_the_mail_stays_whole_beside_them(imap_rig: MailRig) -> None:
    imap_rig.server.drop(imap_rig.user, mail(("a.edi", b"UNB a"), ("logo.png", b"PNG")))
    inbound = imap_rig.inbound(pattern=["*.edi"])

    (offer,) = inbound.offers()

    assert offer.filename == "a.edi"
    assert b"logo.png" in (inbound.envelope(offer) or b"")
