"""Mails taken apart: the bad ones of the corpus (E01 to E20), each with what becomes of it."""

from __future__ import annotations

import time

import pytest

from edi.channels.email.mail import read_mail

pytestmark = pytest.mark.storeless

HEAD = b"From: orders@acme.example\r\nMessage-ID: <1@acme.example>\r\nMIME-Version: 1.0\r\n"


def multipart(*parts: bytes, head: bytes = HEAD) -> bytes:
    body = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts)
    return head + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + body + b"--b--\r\n"


def part(disposition: str, payload: bytes = b"VU5C", encoding: str = "base64", kind: str = "application/edifact") -> bytes:
    return f"Content-Type: {kind}\r\nContent-Disposition: {disposition}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode() + payload


def names_of(raw: bytes) -> list[str]:
    return [attachment.name for attachment in read_mail(raw).attachments]


def test_e01_a_mail_without_attachment_has_none() -> None:
    mail = read_mail(HEAD + b"\r\nplease order 7 pieces")

    assert mail.attachments == ()
    assert mail.trouble is None


def test_e04_a_mail_within_the_mail_is_not_opened() -> None:
    inner = multipart(part('attachment; filename="inner.edi"'))
    raw = multipart(b"Content-Type: message/rfc822\r\n\r\n" + inner.replace(b"--b", b"--c").replace(b'"b"', b'"c"'))

    assert names_of(raw) == []


@pytest.mark.parametrize("depth", [30, 1500])
def test_e05_nesting_beyond_the_bound_is_trouble_and_no_crash(depth: int) -> None:
    raw = HEAD
    for level in range(depth):
        raw += f'Content-Type: multipart/mixed; boundary="b{level}"\r\n\r\n--b{level}\r\n'.encode()

    assert read_mail(raw + b"\r\nx").trouble == "its parts are nested deeper than 20"


def test_e06_ten_thousand_parts_are_trouble_within_a_second() -> None:
    raw = multipart(*[b"\r\nx"] * 10_000)
    began = time.monotonic()

    assert read_mail(raw).trouble == "it has more than 1000 parts"
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("payload", [b"VU5CK#%&w==", b"VU5", b"VU5C=VU5C", b"V\xffU5"])
def test_e09_broken_base64_is_trouble_and_never_text(payload: bytes) -> None:
    trouble = read_mail(multipart(part('attachment; filename="a.edi"', payload))).trouble

    assert trouble is not None
    assert trouble.startswith("the base64 of 'a.edi' is broken")


def test_base64_in_lines_is_read() -> None:
    mail = read_mail(multipart(part('attachment; filename="a.edi"', b"VU5C\r\nK1VO\r\nT0M=")))

    assert [attachment.payload for attachment in mail.attachments] == [b"UNB+UNOC"]


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="=?utf-8?B?Li4vLi4vZXRjL3Bhc3N3ZA==?="', "../../etc/passwd"),
        ("attachment; filename*=utf-8''Bestell%C3%BCng.edi", "Bestellüng.edi"),
        ('attachment; filename*0="long-"; filename*1="name.edi"', "long-name.edi"),
        ("attachment; filename=\"a.edi\"; filename*=utf-8''b.edi", "b.edi"),
        ('attachment; filename="=?no-such-charset?B?YQ==?="', "=?no-such-charset?B?YQ==?="),
        ("attachment; filename*=no-such''a.edi", "a.edi"),
        ("attachment", "attachment"),
    ],
)
def test_e12_names_are_read_however_they_were_written(disposition: str, name: str) -> None:
    assert names_of(multipart(part(disposition))) == [name]


@pytest.mark.parametrize(
    "head",
    [
        b"From: a@good.example\r\nFrom: b@evil.example\r\n",
        b"From: a@good.example)b@evil.example\r\n",
        b'From: "a@good.example" <b@evil.example> <c@evil.example>\r\n',
        b"From: a@good.example, b@evil.example\r\n",
        b"From: \r\n",
        b"",
    ],
)
def test_e13_a_sender_that_is_not_exactly_one_address_is_nobody(head: bytes) -> None:
    """T20."""
    assert read_mail(head + b"\r\nx").sender is None


def test_e13_a_display_name_is_no_address() -> None:
    assert read_mail(b'From: "boss@us.example" <x@evil.example>\r\n\r\n').sender == "x@evil.example"


PASSED = b"Authentication-Results: mx.us.example; dkim=pass header.d=acme.example; spf=fail smtp.mailfrom=evil.example\r\n"


def test_e14_only_the_topmost_line_of_our_own_server_proves_a_domain() -> None:
    """T20."""
    forged = b"Authentication-Results: mx.evil.example; dkim=pass header.d=bank.example\r\n"

    assert read_mail(PASSED + HEAD, authserv_id="mx.us.example").proven == {"acme.example"}
    assert read_mail(forged + PASSED + HEAD, authserv_id="mx.us.example").proven == frozenset()
    assert read_mail(PASSED + HEAD).proven == frozenset()


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (b"Auto-Submitted: auto-replied\r\n", "automatic reply"),
        (b"Precedence: list\r\n", "list mail"),
        (b"List-Id: <x.example>\r\n", "list mail"),
        (b"Return-Path: <>\r\n", "bounce"),
        (b"Auto-Submitted: no\r\n", None),
    ],
)
def test_e17_what_must_not_be_answered_is_recognised(header: bytes, kind: str | None) -> None:
    """F-K04."""
    assert read_mail(HEAD + header + b"\r\nx").automatic == kind


def test_f_e22_a_bounce_names_the_mail_it_is_about() -> None:
    report = (
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\n\r\n"
        b"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: x\r\nMessage-ID: <ours@us.example>\r\n\r\n--b--\r\n"
    )
    mail = read_mail(HEAD + report)

    assert (mail.automatic, mail.bounced_id) == ("bounce", "ours@us.example")


def test_f18_a_message_id_is_data_like_any_name() -> None:
    raw = HEAD.replace(b"<1@acme.example>", b"<../../\x1b[2Jx>")

    assert read_mail(raw + b"\r\n").message_id == "../../\\x1b[2Jx"
