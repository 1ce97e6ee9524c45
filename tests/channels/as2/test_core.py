"""What we send opens on the other side, with the MIC both sides compute; receipts prove it or say why not."""

from __future__ import annotations

import itertools
import re
import secrets
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edi.channels.as2.agreement import PROFILES, STRONG_CIPHERS, Agreement, Security
from edi.channels.as2.building import Outgoing, build
from edi.channels.as2.disposition import DEFINED, PROCESSED, error, read_disposition
from edi.channels.as2.mdn import Fault, Mdn, Notice, is_mdn, judge, read_mdn, write_mdn
from edi.channels.as2.mic import Mic, read_mic
from edi.channels.as2.names import bare_id, is_message_id, read_name, write_name
from edi.channels.as2.opening import Opened, Payload, open_message
from edi.channels.as2.receipt import read_request
from edi.formats.cms import Certificate, Identity
from edi.formats.mime import Headers
from edi.formats.mime.headers import read_headers
from edi.slices import Slice
from tests.formats.cms.conftest import NOW, make_identity

pytestmark = pytest.mark.storeless

BINARY = bytes(range(256)) * 40 + b"\r\n\n\r"
ID = "<20260301-1@us>"


def pair(**changes: object) -> tuple[Agreement, Agreement]:
    """The same agreement from both sides: sender's, receiver's."""
    us, them = make_identity("us"), make_identity("them")
    sending = Agreement(us="US", them="THEM", ours=(us,), theirs=(them.certificate,), **changes)
    security = sending.sending
    receiving = Agreement(
        us="THEM",
        them="US",
        ours=(them,),
        theirs=(us.certificate,),
        must_sign=security.sign is not None,
        must_encrypt=security.encrypt is not None,
    )
    return sending, receiving


def sent(sending: Agreement, *payloads: Payload) -> Outgoing:
    documents = payloads or (Payload(content=Slice.of(BINARY), content_type="application/edifact", filename="order 1.edi"),)
    return build(documents, sending, message_id=ID, subject="ORDERS", at=NOW, random=secrets.token_bytes)


def opened(message: Outgoing, receiving: Agreement) -> Opened:
    request = read_request(Headers(message.headers))
    return open_message(Headers(message.headers), message.body, receiving, at=NOW, digests=request.digests if request else ())


SECURITIES = [
    Security(sign=sign, encrypt=encrypt, compress=compress, pss=sign == "sha384", oaep=encrypt == "aes128-gcm")
    for sign, encrypt, compress in itertools.product(
        (None, "sha256", "sha384", "sha512"), (None, "aes256-cbc", "aes128-gcm", "aes192-cbc"), (None, "before_signing", "after_signing")
    )
]


@pytest.mark.parametrize("security", SECURITIES, ids=lambda s: f"{s.sign}-{s.encrypt}-{s.compress}")
def test_every_combination_arrives_byte_for_byte_with_equal_mics(security: Security) -> None:
    sending, receiving = pair(sending=security)
    message = sent(sending)
    found = opened(message, receiving)

    assert (found.disposition, found.reason) == (PROCESSED, None)
    assert [(bytes(payload.content), payload.filename) for payload in found.payloads] == [(BINARY, "order 1.edi")]
    assert found.mic == message.mic
    assert (found.signer is not None, found.encrypted, found.compressed) == (
        security.sign is not None,
        security.encrypt is not None,
        security.compress is not None,
    )


@pytest.mark.parametrize("content", [b"", b"x", b"a\nb", b"a\r\nb\r\n", b"a\rb", b"\r\n--x\r\n", BINARY * 100])
def test_any_content_is_kept(content: bytes) -> None:
    sending, receiving = pair()
    found = opened(sent(sending, Payload(content=Slice.of(content), content_type="text/plain", filename=None)), receiving)

    assert [bytes(payload.content) for payload in found.payloads] == [content]


@pytest.mark.parametrize("count", [2, 20])
def test_row_87_several_documents_travel_in_one_message(count: int) -> None:
    sending, receiving = pair()
    documents = [
        Payload(content=Slice.of(b"document %d" % number), content_type="application/xml", filename=f"{number}.xml")
        for number in range(count)
    ]
    message = sent(sending, *documents)
    found = opened(message, receiving)

    assert [(bytes(one.content), one.filename) for one in found.payloads] == [(bytes(one.content), one.filename) for one in documents]
    assert found.mic == message.mic


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_every_quirk_profile_is_understood(profile: str) -> None:
    sending, receiving = pair(quirks=PROFILES[profile])

    assert opened(sent(sending), receiving).disposition == PROCESSED


def test_p12_the_same_arguments_make_the_same_bytes() -> None:
    sending, _ = pair()
    documents = [Payload(content=Slice.of(b"x"), content_type="application/xml", filename=None)]
    first, second = (build(documents, sending, message_id=ID, subject="s", at=NOW, random=bytes) for _ in range(2))

    assert first.headers == second.headers
    assert first.mic == second.mic


def modifier(message: Outgoing, receiving: Agreement) -> tuple[str, int]:
    found = opened(message, receiving)
    return found.disposition.text, len(found.payloads)


@pytest.mark.parametrize(("sign", "encrypt"), [(None, "aes256-cbc"), ("sha256", None), (None, None)])
def test_a11_to_a13_less_security_than_agreed_is_refused(sign: str | None, encrypt: str | None) -> None:
    sending, receiving = pair(sending=Security(sign=sign, encrypt=encrypt))

    assert modifier(sent(sending), replace(receiving, must_sign=True, must_encrypt=True)) == ("insufficient-message-security", 0)


def test_a14_more_security_than_agreed_is_welcome() -> None:
    sending, receiving = pair()

    assert opened(sent(sending), replace(receiving, must_sign=False, must_encrypt=False)).disposition == PROCESSED


def test_a15_a_message_for_another_key_is_not_decrypted() -> None:
    sending, receiving = pair()

    assert modifier(sent(sending), replace(receiving, ours=(make_identity("stranger"),))) == ("decryption-failed", 0)


def test_a19_a_flipped_byte_fails_the_integrity_check() -> None:
    sending, receiving = pair(sending=Security(encrypt=None))
    message = sent(sending)
    body = bytes(message.body)
    at = body.index(BINARY) + 20
    flipped = replace(message, body=Slice.of(body[:at] + b"!" + body[at + 1 :]))

    assert modifier(flipped, receiving) == ("integrity-check-failed", 0)


def test_a20_a_signer_who_is_not_the_partner_is_not_authenticated() -> None:
    sending, receiving = pair()

    assert modifier(sent(replace(sending, ours=(make_identity("stranger"),))), receiving) == ("authentication-failed", 0)


def test_row_90_old_certificates_open_and_verify_during_a_roll_over() -> None:
    sending, receiving = pair()
    new_us, new_them = make_identity("new us"), make_identity("new them")
    rolled = replace(receiving, ours=(new_them, *receiving.ours), theirs=(new_us.certificate, *receiving.theirs))

    assert opened(sent(sending), rolled).disposition == PROCESSED
    assert (
        opened(sent(replace(sending, ours=(new_us, *sending.ours), theirs=(new_them.certificate, *sending.theirs))), rolled).disposition
        == PROCESSED
    )


@pytest.mark.parametrize("cut", [0, 10, 300, -10])
def test_a10_a17_a_truncated_body_is_answered_not_crashed_on(cut: int) -> None:
    sending, receiving = pair()
    message = sent(sending)
    text, count = modifier(replace(message, body=Slice.of(bytes(message.body)[:cut])), receiving)

    assert (text in DEFINED, count) == (True, 0)


def receipt_for(message: Outgoing, receiving: Agreement, *, signed: bool = True, **changes: object) -> Mdn:
    found = opened(message, receiving)
    values = {
        "us": "THEM",
        "them": "US",
        "original_id": ID,
        "disposition": found.disposition,
        "mic": found.mic,
        "text": "received",
        **changes,
    }
    return write_mdn(Notice(**values), message_id="<mdn-1@them>", at=NOW, sign_with=receiving if signed else None)


def verdict(mdn: Mdn, message: Outgoing, sending: Agreement, *, must_be_signed: bool = True, body: bytes | None = None) -> Fault | None:
    read = read_mdn(Headers(mdn.headers), mdn.body if body is None else body, sending.theirs, at=NOW, digests=sending.digests)
    return judge(read, message_id=message.message_id, mic=message.mic, must_be_signed=must_be_signed)


@pytest.mark.parametrize("signed", [True, False])
def test_a_receipt_proves_the_delivery(signed: bool) -> None:
    sending, receiving = pair()
    message = sent(sending)
    mdn = receipt_for(message, receiving, signed=signed)

    assert verdict(mdn, message, sending, must_be_signed=signed) is None
    assert is_mdn(Headers(mdn.headers), mdn.body)
    assert not is_mdn(Headers(message.headers), bytes(message.body))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"signed": False}, Fault.UNSIGNED),
        ({"original_id": "<other@us>"}, Fault.MESSAGE_ID_MISMATCH),
        ({"mic": Mic(b"x" * 32, "sha256")}, Fault.MIC_MISMATCH),
        ({"mic": Mic(b"x" * 20, "sha1")}, Fault.MIC_ALGORITHM_MISMATCH),
        ({"mic": None}, Fault.MIC_MISSING),
        ({"disposition": error("decryption-failed")}, Fault.ERROR_MODIFIER),
        ({"disposition": replace(error("unsupported format"), status="failed", modifier="failure")}, Fault.FAILURE_MODIFIER),
    ],
)
def test_p25_a_receipt_that_proves_nothing_has_a_name(changes: dict[str, object], expected: Fault) -> None:
    sending, receiving = pair()
    message = sent(sending)

    assert verdict(receipt_for(message, receiving, **changes), message, sending) == expected


def test_d11_a_receipt_signed_by_a_stranger_is_untrusted() -> None:
    sending, receiving = pair()
    message = sent(sending)

    assert (
        verdict(receipt_for(message, receiving), message, replace(sending, theirs=(make_identity("stranger").certificate,)))
        == Fault.UNTRUSTED_SIGNER
    )


def test_d12_a_changed_receipt_has_a_broken_signature() -> None:
    sending, receiving = pair()
    message = sent(sending)
    mdn = receipt_for(message, receiving)

    assert verdict(mdn, message, sending, body=mdn.body.replace(b"received", b"reveived")) == Fault.SIGNATURE_BROKEN


@pytest.mark.parametrize("spelled", ["<20260301-1@us>", "20260301-1@us", " <20260301-1@us> "])
def test_d09_brackets_added_or_dropped_still_match(spelled: str) -> None:
    sending, receiving = pair()
    message = sent(sending)

    assert verdict(receipt_for(message, receiving, original_id=spelled), message, sending) is None


BARE = b"Reporting-UA: x\r\nOriginal-Message-ID: <20260301-1@us>\r\nFinal-Recipient: rfc822; THEM\r\nDisposition: automatic-action/MDN-sent-automatically; processed\r\n"


def test_d03_a_bare_notification_is_read() -> None:
    read = read_mdn(Headers((("Content-Type", "message/disposition-notification"),)), BARE, (), at=NOW, digests=())

    assert (read.original_id, read.disposition) == (bare_id(ID), PROCESSED)


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("", b"", Fault.NO_CONTENT_TYPE),
        ("text/html", b"<html>ok</html>", Fault.UNPARSEABLE),
        ("multipart/report", b"x", Fault.UNPARSEABLE),
        ("multipart/report; boundary=b", b"--b\r\n\r\nx\r\n--b--", Fault.UNPARSEABLE),
        ("multipart/signed; boundary=b", b"--b\r\n\r\nx\r\n--b--", Fault.UNPARSEABLE),
        ("message/disposition-notification", b"x" * (2 << 20), Fault.UNPARSEABLE),
    ],
)
def test_d01_d02_d04_d18_an_answer_that_is_no_receipt_has_a_name(kind: str, body: bytes, expected: Fault) -> None:
    headers = Headers((("Content-Type", kind),) if kind else ())

    assert read_mdn(headers, body, (), at=NOW, digests=()).fault == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("automatic-action/MDN-sent-automatically; processed", "processed"),
        ("automatic-action/MDN-sent-automatically;processed", "processed"),
        ("automatic-action/MDN-sent-automatically; processed/Error: decryption-failed", "processed/error: decryption-failed"),
        ("automatic-action/MDN-sent-automatically; failed/Failure: unsupported format", "failed/Failure: unsupported format"),
        (
            "automatic-action/MDN-sent-automatically; processed/warning: authentication-failed, processing continued",
            "processed/warning: authentication-failed, processing continued",
        ),
        ("automatic-action/MDN-sent-automatically; processed/error", "processed/error: from its own field"),
    ],
)
def test_d16_every_historic_form_of_a_disposition_is_read(written: str, expected: str) -> None:
    assert str(read_disposition(written, {"error": "from its own field"})) == expected


@pytest.mark.parametrize("written", ["YWJj, sha256", "YWJj,sha-256", "YWJj , SHA256", "YW\r\n Jj, sha-256"])
def test_d14_d15_a_mic_is_read_however_it_is_spelled(written: str) -> None:
    assert read_mic(written) == Mic(b"abc", "sha256")


@pytest.mark.parametrize(
    ("options", "signed", "digests", "refused"),
    [
        (
            "signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, sha-256, sha1",
            True,
            ("sha256", "sha1"),
            None,
        ),
        ("signed-receipt-micalg=required,foo,SHA512;signed-receipt-protocol=required,pkcs7-signature", True, ("sha512",), None),
        (
            "signed-receipt-protocol = optional , pkcs7-signature ; signed-receipt-micalg = optional,md5",
            True,
            (),
            "failed/Failure: unsupported MIC-algorithms",
        ),
        (
            "signed-receipt-protocol=required, pgp; signed-receipt-micalg=optional, sha-256",
            True,
            ("sha256",),
            "failed/Failure: unsupported format",
        ),
        ("", False, (), None),
    ],
)
def test_rows_41_to_44_the_request_for_a_receipt_is_read(options: str, signed: bool, digests: tuple[str, ...], refused: str | None) -> None:
    request = read_request(Headers((("Disposition-Notification-To", "anything"), ("Disposition-Notification-Options", options))))

    assert request is not None
    assert (request.signed, request.digests, str(request.refused) if request.refused else None) == (signed, digests, refused)


def test_row_46_without_the_header_no_receipt_is_wanted() -> None:
    assert read_request(Headers((("AS2-From", "x"),))) is None


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("ACME", "ACME"),
        ('"ACME Corp"', "ACME Corp"),
        ('"a\\"b\\\\c"', 'a"b\\c'),
        ("x" * 128, "x" * 128),
        ("x" * 129, None),
        ("a b", None),
        ("ä", None),
        ("", None),
        ('"a\r\nb"', None),
    ],
)
def test_a04_names_are_read_as_the_standard_writes_them(written: str, name: str | None) -> None:
    assert read_name(written) == name
    if name is not None:
        assert read_name(write_name(name)) == name


@pytest.mark.parametrize(
    ("message_id", "good"),
    [
        ("<a@b>", True),
        ("a@b", True),
        ("<" + "x" * 996 + ">", True),
        ("<" + "x" * 997 + ">", False),
        ("<a b>", False),
        ("", False),
        ("<>", False),
    ],
)
def test_a06_message_ids_must_fit_a_header(message_id: str, good: bool) -> None:
    assert is_message_id(message_id) is good


def recorded(folder: Path, name: str) -> tuple[Headers, bytes]:
    data = (folder / name).read_bytes()
    blank = re.search(rb"\r?\n\r?\n", data)
    assert blank is not None
    body = data[blank.end() :]
    # The recordings lost the carriage returns of their MIME lines; the documents inside never had any.
    mime_lines = rb"(?m)^(Content-[^\n\r]*|------=_Part[^\n\r]*|Date:[^\n\r]*|)\n(?=Content-|------=_Part|\n|UNB|\Z|[A-Za-z0-9+/=]{20})"
    return read_headers(data[: blank.start()]), body if b"\r\n" in body[:2000] else re.sub(mime_lines, rb"\1\r\n", body)


WHEN = datetime(2022, 1, 4, 14, tzinfo=UTC)


def foreign(folder: Path, **changes: object) -> Agreement:
    private = Identity.load((folder / "cert_test_public.pem").read_bytes(), (folder / "cert_test.pem").read_bytes(), b"test")
    theirs = Certificate.load((folder / "cert_mecas2_public.pem").read_bytes())
    return Agreement(us="pyas2lib", them="mecas2", ours=(private,), theirs=(theirs,), **changes)


@pytest.mark.reference
@pytest.mark.parametrize(("name", "signed", "encrypted"), [("mecas2_signed.as2", True, False), ("mecas2_encrypted.as2", False, True)])
def test_messages_recorded_from_another_product_open(reference: Path, name: str, signed: bool, encrypted: bool) -> None:
    headers, body = recorded(reference / "as2", name)
    agreement = foreign(reference / "as2", must_sign=signed, must_encrypt=encrypted, ciphers=(*STRONG_CIPHERS, "3des"))
    found = open_message(headers, body, agreement, at=WHEN)

    assert (found.disposition, found.reason) == (PROCESSED, None)
    assert (
        bytes(found.payloads[0].content).replace(b"\r", b"").strip()
        == (reference / "as2" / "payload.txt").read_bytes().replace(b"\r", b"").strip()
    )


@pytest.mark.reference
def test_a_receipt_recorded_from_another_product_is_read(reference: Path) -> None:
    headers, body = recorded(reference / "as2", "mecas2_signed.mdn")
    read = read_mdn(headers, body, foreign(reference / "as2").theirs, at=WHEN, digests=("sha1", "sha256"))

    assert (read.fault, read.disposition) == (Fault.UNTRUSTED_SIGNER, PROCESSED), "the certificate that signed it is not in the recording"
    assert isinstance(read.mic, Mic)
