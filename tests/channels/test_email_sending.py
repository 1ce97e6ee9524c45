"""Sending mail: a real server, and one that fails at every step (F-E20 to F-E23)."""

from __future__ import annotations

import email
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from edi.channels import email as kind
from edi.channels.email.sending import EmailOutbound, compose
from edi.engine.ports import Delivery
from edi.errors import ChannelError, TemporaryChannelError, UnknownOutcomeError
from edi.slices import Slice
from edi.testing import delivery
from edi.testing.suite import CONTENT
from tests.servers.certificates import Authority
from tests.servers.smtp import Msmtpd, scripted


def settings(port: int, **keys: object) -> kind.Settings:
    values = {
        "protocol": "smtp",
        "host": "127.0.0.1",
        "port": port,
        "tls": "none",
        "sender": "edi@us.example",
        "to": ["orders@acme.example"],
    }
    return kind.Settings.model_validate(values | {"timeout": "3s"} | keys)


@contextmanager
def sending(port: int, **keys: object) -> Iterator[EmailOutbound]:
    end = kind.outbound("acme-mail", settings(port, **keys), lambda reference: "geheim", folder=Path(str(keys.pop("folder", "."))))
    try:
        yield end
    finally:
        end.close()


@pytest.mark.server
def test_a_real_server_takes_mails_whole_over_one_connection(smtp_server: Msmtpd) -> None:
    before = len(smtp_server.mails())
    with sending(smtp_server.port) as end:
        for number in range(3):
            sent = end.send(delivery(f"INVOIC_{number}.edi", CONTENT + b"%d" % number, identity=f"edi-{number}"))

    mails = [email.message_from_bytes(raw) for raw in smtp_server.mails()[before:]]
    assert sorted(mail.get_payload(1).get_payload(decode=True) for mail in mails) == [CONTENT + b"%d" % number for number in range(3)]
    assert {mail.get_payload(1).get_filename() for mail in mails} == {f"INVOIC_{number}.edi" for number in range(3)}
    assert sent.remote_name in {mail["Message-ID"] for mail in mails}


@pytest.mark.parametrize("step", ["banner", "EHLO", "MAIL", "RCPT", "DATA"])
def test_f_e20_a_connection_lost_before_the_final_dot_is_temporary(step: str) -> None:
    with scripted(replies={step: "drop"}) as server, sending(server.port) as end:
        with pytest.raises(TemporaryChannelError):
            end.send(delivery())
        assert "final" not in server.spoken


def test_f_e20_a_connection_lost_within_the_content_is_never_taken_for_sent() -> None:
    with scripted(replies={"content": "drop"}) as server, sending(server.port) as end:
        with pytest.raises((TemporaryChannelError, UnknownOutcomeError)):
            end.send(delivery(payload=CONTENT * 50))
        assert server.mails == []


def test_f_e20_a_reply_lost_after_the_final_dot_is_unknown_and_sent_again_as_the_same_mail() -> None:
    with scripted(replies={"final": "drop"}) as server, sending(server.port) as end:
        with pytest.raises(UnknownOutcomeError, match=r"did not say whether it took 'INVOIC_1.edi'"):
            end.send(delivery())
        server.replies = {}
        end.send(delivery())

    first, second = (email.message_from_bytes(raw) for raw in server.mails)
    assert first["Message-ID"] == second["Message-ID"]
    assert first.get_payload(1).get_payload(decode=True) == CONTENT


@pytest.mark.parametrize("step", ["banner", "MAIL", "RCPT", "DATA", "final"])
@pytest.mark.parametrize(("code", "error"), [("451 later", TemporaryChannelError), ("550 never", ChannelError)])
def test_f_e21_4xx_means_later_and_5xx_means_never_at_each_step(step: str, code: str, error: type[ChannelError]) -> None:
    with scripted(replies={step: code}) as server, sending(server.port) as end, pytest.raises(error) as caught:
        end.send(delivery())

    assert type(caught.value) is error
    assert code[:3] in str(caught.value)


def test_f_e21_one_refused_recipient_stops_the_mail_before_its_content() -> None:
    with scripted(replies={"RCPT": "550 no such user"}) as server, sending(server.port, to=["a@acme.example", "b@acme.example"]) as end:
        with pytest.raises(ChannelError, match=r"the recipient a@acme.example"):
            end.send(delivery())
        assert server.mails == []
        server.replies = {}
        end.send(delivery())
        assert len(server.mails) == 1


def test_a_kept_connection_that_is_used_up_is_opened_again() -> None:
    with scripted() as server, sending(server.port) as end:
        end.send(delivery())
        answers = iter(["452 4.5.3 too many mails"])

        class Once(dict[str, str]):
            def get(self, step: str, usual: str = "") -> str:  # type: ignore[override]
                return next(answers, usual) if step == "MAIL" else usual

        server.replies = Once()
        end.send(delivery(identity="edi-2"))

    assert len(server.mails) == 2


def test_workers_that_send_at_the_same_time_do_not_talk_over_each_other() -> None:
    with scripted() as server, sending(server.port) as end, ThreadPoolExecutor(4) as workers:
        list(workers.map(end.send, [delivery(identity=f"edi-{number}", payload=b"%d" % number * 5000) for number in range(12)]))

    payloads = {email.message_from_bytes(raw).get_payload(1).get_payload(decode=True) for raw in server.mails}
    assert payloads == {b"%d" % number * 5000 for number in range(12)}


def test_f_e23_a_server_that_is_silent_on_quit_does_not_matter() -> None:
    with scripted(replies={"QUIT": "drop"}) as server, sending(server.port) as end:
        assert end.send(delivery()).note.endswith(": 250")


def test_f_e10_without_the_agreed_starttls_nothing_is_said() -> None:
    with scripted() as server, sending(server.port, tls="starttls", user="us", password="${env:P}") as end:
        with pytest.raises(ChannelError, match="offers no such thing"):
            end.send(delivery())
        assert not any(line.startswith(("AUTH", "MAIL")) for line in server.spoken)


def test_f_e10_a_strange_certificate_is_refused_and_a_known_one_is_not(tmp_path: Path) -> None:
    authority = Authority()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.issue().write(tmp_path / "server.pem"))
    (tmp_path / "ca.pem").write_text(authority.certificate)
    with scripted(tls=context, offers=("STARTTLS",)) as server:
        with sending(server.port, tls="starttls", host="localhost") as end, pytest.raises(ChannelError, match="certificate"):
            end.send(delivery())
        with sending(server.port, tls="starttls", host="localhost", ca=str(tmp_path / "ca.pem")) as end:
            end.send(delivery())
    assert len(server.mails) == 1


def test_e18_values_with_line_ends_cannot_add_headers() -> None:
    """T21."""
    wanted = Delivery(
        identity="edi-1",
        filename="a\r\nBcc: x.edi",
        content=Slice.of(b"UNB"),
        content_type="text/plain\r\nX: y",
        attributes={"number": "7\r\nBcc: victim@x.example"},
    )
    mail = email.message_from_bytes(compose(settings(25), wanted).as_bytes())

    assert mail["Bcc"] is None
    assert mail["Subject"] == "7 Bcc: victim@x.example"


def test_e20_lines_that_end_a_mail_early_elsewhere_are_harmless() -> None:
    """T21."""
    wanted = delivery(payload=b"UNB\n.\nMAIL FROM:<x>\r.\r\r\n.\r\n")
    with scripted() as server, sending(server.port) as end:
        end.send(wanted)

    (raw,) = server.mails
    assert email.message_from_bytes(raw).get_payload(1).get_payload(decode=True) == wanted.payload


def test_the_same_delivery_makes_the_same_mail() -> None:
    wanted = Delivery(
        identity="edi-1",
        filename="a.edi",
        content=Slice.of(b"UNB"),
        content_type="application/EDIFACT",
        attributes={"date": "Sun, 22 Nov 2026 02:00:00 GMT"},
    )

    assert compose(settings(25), wanted).as_bytes() == compose(settings(25), wanted).as_bytes()
