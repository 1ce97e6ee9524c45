"""More of the corpus of mails (E02, E03, E08, E10, E11), and tokens instead of passwords."""

from __future__ import annotations

import base64
import io
import zipfile
from pathlib import Path

import pytest

from edi.channels import email as kind
from edi.channels.email.mail import read_mail
from edi.errors import ChannelError, TemporaryChannelError
from edi.testing import delivery
from tests.channels.test_email_mail import multipart, part
from tests.channels.test_email_sending import sending
from tests.servers.smtp import scripted

pytestmark = pytest.mark.storeless

OFFERS = ("SIZE 10000000", "AUTH XOAUTH2")


def test_e03_a_message_in_the_text_of_a_mail_is_no_attachment() -> None:
    mail = read_mail(b"From: a@x.example\r\nContent-Type: text/plain\r\n\r\nUNA:+.? 'UNB+UNOC:3+1+2+261124:0900+1'UNZ+0+1'\r\n")

    assert (mail.attachments, mail.trouble) == ((), None)


def bomb() -> bytes:
    with io.BytesIO() as held, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../etc/passwd", b"\0" * 20_000_000)
        for number in range(1_000):
            archive.writestr(f"{number}.edi", b"")
        archive.close()
        return held.getvalue()


def test_e08_an_archive_is_kept_as_it_is_and_never_opened() -> None:
    packed = bomb()
    raw = multipart(part('attachment; filename="orders.zip"', base64.encodebytes(packed), kind="application/zip"))

    assert [(one.name, one.payload) for one in read_mail(raw).attachments] == [("orders.zip", packed)]


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        (b"UNB=2BUNOC=\r\n:3", b"UNB+UNOC:3"),
        (b"UNB=ZZ", b"UNB=ZZ"),
        (b"UNB=", b"UNB"),
        (b"UNB=\r\n", b"UNB"),
    ],
)
def test_e10_broken_quoted_printable_is_read_as_its_letters(text: bytes, payload: bytes) -> None:
    mail = read_mail(multipart(part('attachment; filename="a.edi"', text, "quoted-printable")))

    assert [one.payload.rstrip(b"\r\n") for one in mail.attachments] == [payload]


def test_e11_an_unknown_charset_does_not_matter_to_bytes() -> None:
    raw = multipart(part('attachment; filename="a.edi"', b"VU5C", kind="text/plain; charset=no-such-charset"))

    assert [one.payload for one in read_mail(raw).attachments] == [b"UNB"]


def test_e11_an_unknown_transfer_encoding_leaves_the_bytes() -> None:
    raw = multipart(part('attachment; filename="a.edi"', b"UNB", encoding="x-nothing"))

    assert [one.payload for one in read_mail(raw).attachments] == [b"UNB"]


def test_a_read_receipt_is_no_bounce() -> None:
    raw = b'From: a@x.example\r\nContent-Type: multipart/report; report-type=disposition-notification; boundary="b"\r\n\r\n--b--\r\n'

    assert (read_mail(raw).automatic, read_mail(raw).failure) == ("read receipt", None)


def test_a_bounce_in_plain_text_names_the_mail_it_is_about() -> None:
    raw = (
        b"From: MAILER-DAEMON@mx.acme.example\r\nReturn-Path: <>\r\nContent-Type: text/plain\r\n\r\n"
        b"I am sorry.\r\n\r\n--- Below this line is a copy of the message.\r\n\r\nMessage-ID: <ours@us.example>\r\n"
    )
    mail = read_mail(raw)

    assert (mail.automatic, mail.bounced_id) == ("bounce", "ours@us.example")
    assert mail.failure == "the mail system of the recipient sent it back"


def token_program(folder: Path, body: str) -> str:
    place = folder / "token"
    place.write_text(f"#!/bin/sh\n{body}\n")
    place.chmod(0o700)
    return str(place)


def test_a_token_is_asked_for_by_a_program_and_shown_to_the_server(tmp_path: Path) -> None:
    program = token_program(tmp_path, "printf '%s\\n' ya29.tok-en")
    with scripted(offers=OFFERS, replies={"AUTH": "235 welcome"}) as server:
        with sending(server.port, user="edi@us.example", token_command=[program]) as end:
            end.send(delivery("a.edi", b"UNB", identity="1"))
        said = next(line for line in server.spoken if line.upper().startswith("AUTH XOAUTH2"))

    assert base64.b64decode(said.split()[2]) == b"user=edi@us.example\x01auth=Bearer ya29.tok-en\x01\x01"
    assert len(server.mails) == 1


@pytest.mark.parametrize("body", ["exit 3", "true", "printf 'two words'", "printf 'a\\nb'", "printf 't\\303\\266ken'"])
def test_a_program_that_gives_no_token_is_for_people_and_nothing_is_sent(tmp_path: Path, body: str) -> None:
    program = token_program(tmp_path, body)
    with (
        scripted(offers=OFFERS) as server,
        sending(server.port, user="u", token_command=[program]) as end,
        pytest.raises(ChannelError, match="gave no token") as caught,
    ):
        end.send(delivery("a.edi", b"UNB", identity="1"))

    assert not isinstance(caught.value, TemporaryChannelError)
    assert server.mails == []


def test_a_token_the_server_refuses_is_for_people_and_not_shown(tmp_path: Path) -> None:
    program = token_program(tmp_path, "printf s3cret-token")
    with (
        scripted(offers=OFFERS, replies={"AUTH": "535 expired"}) as server,
        sending(server.port, user="u", token_command=[program]) as end,
        pytest.raises(ChannelError, match="refused user 'u': 535") as caught,
    ):
        end.send(delivery("a.edi", b"UNB", identity="1"))

    assert "s3cret-token" not in str(caught.value)


def test_settings_of_a_token_need_no_password() -> None:
    assert kind.Settings.model_validate({"host": "x", "user": "u", "token_command": ["t"]}).password is None
