"""Receiving what OpenSSL made, over real sockets: rows of the checklist, from the side of who takes."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from edi.channels.as2.building import Outgoing, build
from edi.channels.as2.mdn import read_mdn
from edi.channels.as2.mic import Mic
from edi.channels.as2.names import read_name
from edi.channels.as2.opening import Payload, open_message
from edi.formats.cms import sign as cms_sign
from edi.formats.cms.signed import ALGORITHM_PROTECTION
from edi.formats.mime import Headers
from edi.slices import Slice
from edi.store import tables
from tests.channels.as2.openssl import OPENSSL, OpenSsl
from tests.channels.as2.rig import THEM, US, As2House, Heard, Peer, ok, pem_key, post
from tests.channels.as2.test_receiving import verdict, wait_for
from tests.engine.house import order
from tests.formats.cms.conftest import make_identity

pytestmark = pytest.mark.skipif(OPENSSL is None, reason="there is no openssl command")
Make = Callable[..., As2House]


@pytest.fixture
def ssl(house: Make, peer: Peer, tmp_path: Path) -> OpenSsl:
    made = house(inside=f"accept: {{signed: false, encrypted: false}}\nreceipt_targets: ['http://127.0.0.1:{peer.port}']")
    return OpenSsl(tmp_path / "openssl", made)


PART = b"Content-Type: application/edifact\r\nContent-Disposition: attachment; filename=order.edi\r\n\r\n" + order()


def as_message(kind: str, body: bytes, **more: str) -> Outgoing:
    fields = {
        "AS2-Version": "1.1",
        "AS2-From": '"ACME AG"',
        "AS2-To": US,
        "Message-ID": "<openssl-1@acme>",
        "Subject": "x",
        "Content-Type": kind,
        "Disposition-Notification-To": "mailto:edi@acme.example",
        "Disposition-Notification-Options": "signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, sha256",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    return Outgoing(
        message_id=fields["Message-ID"],
        headers=tuple((name, value) for name, value in fields.items() if value),
        body=body,
        mic=Mic(b"", "sha256"),
    )


def answered(ssl: OpenSsl, message: Outgoing) -> tuple[Heard, tuple[int, str, bool]]:
    with ssl.house.serving() as port:
        heard = post(port, message)
    return heard, verdict(ssl.house, heard)


def mic_of(ssl: OpenSsl, heard: Heard) -> object:
    return read_mdn(heard.headers, heard.body, (ssl.house.us.certificate,), at=ssl.house.clock.now(), digests=("sha256",)).mic


def sha256(data: bytes) -> Mic:
    return Mic(hashlib.sha256(data).digest(), "sha256")


MDNS = ("none", "unsigned", "signed", "asynchronous")
CORE = [(1 + 4 * index + MDNS.index(mdn), layers, mdn) for index, layers in enumerate(("", "s", "e", "se")) for mdn in MDNS]
"""The core matrix: row, what protects the message, which receipt."""


@pytest.mark.parametrize(("row", "layers", "mdn"), CORE, ids=[f"row-{row}" for row, *_ in CORE])
def test_rows_1_to_16_48_to_50_receiving_what_openssl_made(ssl: OpenSsl, peer: Peer, row: int, layers: str, mdn: str) -> None:
    """The MIC is what OpenSSL's side computed: headers and content of what was signed or encrypted, else the content alone."""
    kind, body, covered = "application/edifact", order(), order()
    if "s" in layers:
        covered, (kind, body) = PART, ssl.signed(PART)
    if "e" in layers:
        covered = covered if "s" in layers else b"Content-Type: application/edifact\r\n\r\n" + order()
        kind, body = ssl.encrypted(kind, body)
    options = {"none": {"Disposition_Notification_To": ""}, "unsigned": {"Disposition_Notification_Options": ""}}
    options |= {"signed": {}, "asynchronous": {"Receipt_Delivery_Option": peer.url}}
    peer.scripts.append(lambda heard: ok())
    with ssl.house.serving() as port:
        heard = post(port, as_message(kind, body, **options[mdn]))
        assert heard.status == 200
        if mdn == "asynchronous":
            heard = replace(wait_for(peer, 1)[0], line="HTTP/1.1 200 OK")

    assert ssl.house.received() == [("received", order())]
    assert verdict(ssl.house, heard)[2] is (mdn in {"signed", "asynchronous"})
    if mdn != "none":
        assert (verdict(ssl.house, heard)[1], mic_of(ssl, heard)) == ("processed", sha256(covered))


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("more", [(), ("-keyopt", "rsa_padding_mode:pss"), ("-nocerts",)], ids=["pkcs1", "pss", "without certificate"])
def test_rows_32_37_signatures(ssl: OpenSsl, digest: str, more: tuple[str, ...]) -> None:
    assert answered(ssl, as_message(*ssl.signed(PART, digest=digest, more=more)))[1][1] == "processed"


@pytest.mark.parametrize("cipher", ["aes-128-cbc", "aes-192-cbc", "aes-256-cbc", "aes-128-gcm", "aes-256-gcm"])
@pytest.mark.parametrize("more", [(), ("-stream", "-indef")], ids=["DER", "BER"])
def test_rows_33_38_encryption(ssl: OpenSsl, cipher: str, more: tuple[str, ...]) -> None:
    assert answered(ssl, as_message(*ssl.encrypted("application/edifact", order(), cipher=cipher, more=more)))[1][1] == "processed"


def test_row_33_oaep(ssl: OpenSsl) -> None:
    part = b"Content-Type: application/edifact\r\n\r\n" + order()
    der = ssl("-encrypt", "-binary", "-aes256", "-outform", "DER", "-recip", "us.pem", "-keyopt", "rsa_padding_mode:oaep", data=part)

    assert answered(ssl, as_message("application/pkcs7-mime; smime-type=enveloped-data", der))[1][1] == "processed"


def test_row_34_legacy_only_where_the_agreement_says_so(ssl: OpenSsl, house: Make, tmp_path: Path) -> None:
    weak = as_message(*ssl.encrypted(*ssl.signed(PART, digest="sha1"), cipher="des3"))
    allowed = OpenSsl(tmp_path / "other", house(inside="accept: {digests: [sha1, sha256], ciphers: [3des]}"))

    assert answered(ssl, weak)[1][1] == "processed/error: insufficient-message-security"
    assert answered(allowed, weak)[1][1] == "processed"


def test_row_35_several_recipients(ssl: OpenSsl) -> None:
    kind, body = ssl.encrypted("application/edifact", order(), more=("-recip", "them.pem"))

    assert answered(ssl, as_message(kind, body))[1][1] == "processed"


@pytest.mark.parametrize(
    "kind", ["application/x-pkcs7-mime; smime-type=enveloped-data", "application/pkcs7-mime; name=smime.p7m", "application/pkcs7-mime"]
)
def test_row_39_names_of_the_protected_part(ssl: OpenSsl, kind: str) -> None:
    assert answered(ssl, as_message(kind, ssl.encrypted("application/edifact", order())[1]))[1][1] == "processed"


def test_rows_39_40_a_binary_signature_under_its_old_name(ssl: OpenSsl) -> None:
    kind, body = ssl.signed(PART)
    before, _, rest = body.partition(b"Content-Type: application/pkcs7-signature")
    der = base64.b64decode(rest.partition(b"\r\n\r\n")[2].partition(b"--b0undary")[0])
    binary = b"Content-Type: application/x-pkcs7-signature\r\nContent-Transfer-Encoding: binary\r\n\r\n" + der + b"\r\n--b0undary--\r\n"

    assert b"pkcs7-signature" in body
    assert answered(ssl, as_message(kind.replace("pkcs7-signature", "x-pkcs7-signature"), before + binary))[1][1] == "processed"


def test_row_60_folded_header_fields_are_read(ssl: OpenSsl) -> None:
    kind, body = ssl.signed(PART)
    folded = kind.replace("; ", ";\r\n\t")

    assert "\r\n\t" in folded
    assert answered(ssl, as_message(folded, body))[1][1] == "processed"


def test_row_36_a_signature_with_and_without_the_attribute_that_protects_algorithms(ssl: OpenSsl) -> None:
    """OpenSSL writes none; ours with one is verified by `test_row_36_...` of the sending side and by ourselves here."""
    kind, body = ssl.signed(PART)
    ours = cms_sign(hashlib.sha256(PART).digest(), ssl.house.them, digest="sha256", at=ssl.house.clock.now())
    before, _, _rest = body.partition(b"Content-Type: application/pkcs7-signature")
    with_it = before + b"Content-Type: application/pkcs7-signature\r\n\r\n" + ours + b"\r\n--b0undary--\r\n"

    assert ALGORITHM_PROTECTION in ours
    assert answered(ssl, as_message(kind, body, Message_ID="<a@acme>"))[1][1] == "processed"
    assert answered(ssl, as_message(kind, with_it, Message_ID="<b@acme>"))[1][1] == "processed"


def test_row_65_damaged_compression(ssl: OpenSsl) -> None:
    kind, body = ssl.compressed(PART)

    assert answered(ssl, as_message(kind, body[:-30] + b"x" * 30))[1][1] == "processed/error: decompression-failed"
    assert ssl.house.received() == []


@pytest.mark.parametrize(
    "options",
    [
        "signed-receipt-protocol = required , pkcs7-signature ; signed-receipt-micalg = required,md5 , SHA256",
        "signed-receipt-micalg=optional, sha256, sha1; signed-receipt-protocol=optional, x-pkcs7-signature",
        "signed-receipt-protocol=pkcs7-signature;signed-receipt-micalg=sha-256",
        'signed-receipt-protocol=optional,"pkcs7-signature"; signed-receipt-micalg=optional,,sha256;',
    ],
)
def test_rows_41_44_a_request_for_a_receipt_however_it_is_written(ssl: OpenSsl, options: str) -> None:
    heard, found = answered(ssl, as_message(*ssl.signed(PART), Disposition_Notification_Options=options))

    assert (found, mic_of(ssl, heard)) == ((200, "processed", True), sha256(PART))


@pytest.mark.parametrize("theirs", ["them", "next"])
@pytest.mark.parametrize("ours", ["us", "old"])
def test_row_90_old_and_new_certificates_of_both_sides_work_during_a_roll_over(house: Make, tmp_path: Path, theirs: str, ours: str) -> None:
    made = house()
    for name in ("old", "next"):
        (made.folder / f"{name}.pem").write_bytes(make_identity(name).certificate.pem())
        (made.folder / f"secrets/{name}.key").write_bytes(pem_key(make_identity(name)))
        (made.folder / f"secrets/{name}.key").chmod(0o600)
    channel = made.folder / "channels/acme-in.yaml"
    more = "{certificate: old.pem, key: '${file:secrets/old.key}'}, "
    channel.write_text(channel.read_text().replace("ours: [", f"ours: [{more}").replace("theirs: [", "theirs: [next.pem, "))
    made.engine.close()
    made.again()
    openssl = OpenSsl(tmp_path / "openssl", made)
    for written, name in (("them", theirs), ("us", ours)):
        identity = {"them": made.them, "us": made.us}.get(name) or make_identity(name)
        (openssl.folder / f"{written}.pem").write_bytes(identity.certificate.pem())
        (openssl.folder / f"{written}.key").write_bytes(pem_key(identity))

    assert answered(openssl, as_message(*openssl.encrypted(*openssl.signed(PART))))[1][:2] == (200, "processed")


@pytest.mark.parametrize("wanted", ["mailto:edi@acme.example", "http://acme.example/mdn", "ACME AG", "%$§"])
def test_row_45_only_the_presence_of_the_request_counts(ssl: OpenSsl, wanted: str) -> None:
    assert answered(ssl, as_message(*ssl.signed(PART), Disposition_Notification_To=wanted))[1][1:] == ("processed", True)


def test_row_40_base64_said_in_the_http_header(ssl: OpenSsl) -> None:
    kind, body = ssl.encrypted("application/edifact", order())

    assert answered(ssl, as_message(kind, base64.encodebytes(body), Content_Transfer_Encoding="base64"))[1][1] == "processed"


@pytest.mark.parametrize("micalg", ["sha1", "sha-256", "SHA256", "rsa-sha256", "unknown"])
def test_row_41_a24_the_name_in_micalg_decides_nothing(ssl: OpenSsl, micalg: str) -> None:
    heard, found = answered(ssl, as_message(*ssl.signed(PART, micalg=micalg)))

    assert (found[1], mic_of(ssl, heard)) == ("processed", sha256(PART))


@pytest.mark.parametrize("level", [0, 9])
def test_row_30_compression_that_gains_nothing_or_all_it_can(ssl: OpenSsl, level: int) -> None:
    part = b"Content-Type: application/octet-stream\r\n\r\n" + secrets.token_bytes(5000)
    kind, body = ssl.compressed(part, level)

    assert (len(body) > len(part), answered(ssl, as_message(kind, body))[1][1]) == (True, "processed")


@pytest.mark.parametrize("order_of_layers", ["c", "cs", "sc", "ce", "cse", "sce"])
def test_rows_24_to_30_compression_in_every_place_and_the_mic_it_gives(ssl: OpenSsl, order_of_layers: str) -> None:
    kind, body = "application/edifact", order()
    covered = f"Content-Type: {kind}\r\n\r\n".encode() + body
    signed = False
    for layer in order_of_layers:
        part = f"Content-Type: {kind}\r\n\r\n".encode() + body
        if layer == "s":
            covered, signed = part, True
            kind, body = ssl.signed(part)
        elif layer == "c":
            covered = covered if signed else part
            kind, body = ssl.compressed(part)
        else:
            kind, body = ssl.encrypted(kind, body)
    heard, found = answered(ssl, as_message(kind, body))

    assert (found[1], mic_of(ssl, heard)) == ("processed", sha256(covered))
    assert [data for _, data in ssl.house.received()] == [order()]


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Type: application/edifact;\r\n\tcharset=us-ascii\r\n\r\n",
        b"content-type:application/edifact\r\n\r\n",
        b"Content-Type:   application/edifact  \r\nX-Long: " + b"x" * 300 + b"\r\n\r\n",
        b"Content-Type: application/edifact\n\n",
    ],
)
def test_row_51_header_variants_inside_the_signed_part(ssl: OpenSsl, head: bytes) -> None:
    heard, found = answered(ssl, as_message(*ssl.signed(head + order())))

    assert (found[1], mic_of(ssl, heard)) == ("processed", sha256(head + order()))
    assert ssl.house.received() == [("received", order())]


MEGABYTE = bytes(range(256)) * 4096 + b"x"  # a file from here on


@pytest.mark.parametrize("content", [bytes(range(256)) * 8, b"a\nb", b"a\r\n", b"a\r\n\r\n", b"a\rb", b"x", b"", MEGABYTE])
def test_rows_17_to_19_53_any_content_arrives_as_it_was(ssl: OpenSsl, content: bytes) -> None:
    part = b"Content-Type: text/plain\r\n\r\n" + content
    heard, found = answered(ssl, as_message(*ssl.signed(part)))

    assert (found[1], mic_of(ssl, heard)) == ("processed", sha256(part))
    assert [data for _, data in ssl.house.received()] == [content]


@pytest.mark.parametrize("boundary", ["a b", "'()+_,-./:=?", "x" * 70])
def test_row_52_boundaries_preamble_and_epilogue(ssl: OpenSsl, boundary: str) -> None:
    kind, body = ssl.signed(PART)
    changed = b"a preamble\r\n" + body.replace(b"b0undary", boundary.encode()) + b"an epilogue\r\n"

    assert answered(ssl, as_message(kind.replace("boundary=b0undary", f'boundary="{boundary}"'), changed))[1][1] == "processed"


@pytest.mark.parametrize("message_id", ["no-brackets@acme", "<" + "x" * 253 + ">", "<$/:@_>", "<" + "y" * 996 + ">"])
def test_rows_58_59_the_message_id_comes_back_exactly(ssl: OpenSsl, message_id: str) -> None:
    heard, found = answered(ssl, as_message(*ssl.signed(PART), Message_ID=message_id))

    assert found[1] == "processed"
    assert f"Original-Message-ID: {message_id}\r\n".encode() in heard.body
    assert (heard.headers.get("as2-from"), heard.headers.get("as2-to")) == (US, '"ACME AG"')


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2", "1.3", "2.0", ""])
def test_rows_62_63_versions_and_features_do_not_matter(ssl: OpenSsl, version: str) -> None:
    message = as_message(*ssl.signed(PART), AS2_Version=version, EDIINT_Features="CEM, AS2-Restart, tea", AS2_Product="x")

    assert answered(ssl, message)[1][1] == "processed"


def test_row_92_a_restart_that_is_offered_is_ignored(ssl: OpenSsl) -> None:
    assert answered(ssl, as_message(*ssl.signed(PART), ETag='"abc"', Range="bytes=0-"))[1][1] == "processed"


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="order 1.edi"', "order 1.edi"),
        ("attachment; filename=order.edi", "order.edi"),
        ("attachment; filename*=utf-8''b%C3%A4r.edi", "bär.edi"),
        ('attachment; filename="../../etc/passwd"', "../../etc/passwd"),
    ],
)
def test_row_85_the_file_name_is_kept_and_never_a_place(ssl: OpenSsl, disposition: str, name: str) -> None:
    part = f"Content-Type: application/edifact\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + order()
    before = {path for path in ssl.house.folder.rglob("*") if path.is_file() and "store" not in path.parts}
    answered(ssl, as_message(*ssl.signed(part)))
    assert [row.filename for row in ssl.house.rows(tables.transmission)] == [name]
    assert {path for path in ssl.house.folder.rglob("*") if path.is_file() and "store" not in path.parts} == before


def test_row_89_one_bad_part_refuses_the_whole_message(ssl: OpenSsl) -> None:
    good = b"--i\r\n" + PART + b"\r\n"
    bad = b"--i\r\nContent-Type: application/edifact\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nxx\r\n"
    part = b"Content-Type: multipart/related; boundary=i\r\n\r\n" + good + bad + b"--i--\r\n"

    assert answered(ssl, as_message(*ssl.signed(part)))[1][1] == "processed/error: unexpected-processing-error"
    assert ssl.house.received() == []


def test_row_64_a20_a21_a_certificate_inside_the_message_is_not_trusted(ssl: OpenSsl) -> None:
    stranger = make_identity("stranger")
    (ssl.folder / "them.pem").write_bytes(stranger.certificate.pem())
    (ssl.folder / "them.key").write_bytes(pem_key(stranger))

    assert answered(ssl, as_message(*ssl.signed(PART)))[1][1] == "processed/error: authentication-failed"


def test_row_70_a19_a_changed_document(ssl: OpenSsl) -> None:
    kind, body = ssl.signed(PART)

    assert answered(ssl, as_message(kind, body.replace(b"4711", b"4712", 1)))[1][1] == "processed/error: integrity-check-failed"


def test_t12_a_second_part_that_nobody_signed_is_not_delivered(ssl: OpenSsl) -> None:
    kind, body = ssl.signed(PART)
    wrapped = b"--w\r\nContent-Type: " + kind.encode() + b"\r\n\r\n" + body + b"\r\n--w\r\n" + PART + b"\r\n--w--\r\n"
    ssl.house.engine.close()
    (ssl.house.folder / "channels/acme-in.yaml").write_text(
        (ssl.house.folder / "channels/acme-in.yaml").read_text().replace("signed: false", "signed: true")
    )
    ssl.house.again()

    assert answered(ssl, as_message("multipart/mixed; boundary=w", wrapped))[1][1] == "processed/error: insufficient-message-security"


@pytest.mark.parametrize(
    "kind",
    [
        "application/edifact",
        "application/edi-x12",
        "application/edi-consent",
        "application/xml",
        "application/json",
        "application/octet-stream",
        "text/plain",
    ],
)
def test_row_20_the_content_type_is_kept(house: Make, kind: str) -> None:
    made = house()
    message = made.message(content_type=kind)
    found = open_message(
        Headers(message.headers),
        message.body,
        replace(made.partner(), us=US, them=THEM, ours=(made.us,), theirs=(made.them.certificate,)),
        at=made.clock.now(),
    )

    assert [payload.content_type for payload in found.payloads] == [kind]


def test_rows_54_to_57_names_of_any_legal_form(house: Make) -> None:
    made = house()
    for name in ("a b", 'q"uote', "back\\slash", "x" * 128):
        agreement = made.partner(us=name)
        document = Payload(content=Slice.of(b"x"), content_type="text/plain", filename=None)
        message = build([document], agreement, message_id="<n@x>", subject="x", at=made.clock.now(), random=lambda size: b"r" * size)
        assert read_name(Headers(message.headers).get("as2-from")) == name
