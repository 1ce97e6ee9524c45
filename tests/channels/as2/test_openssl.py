"""OpenSSL as a judge that is not us: it opens what we send, and what it makes we open, over real sockets (rows of section 7)."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from asn1crypto import cms

from edi.channels.as2.agreement import STRONG_CIPHERS, Receipt, Security
from edi.channels.as2.building import Outgoing, build
from edi.channels.as2.mdn import read_mdn
from edi.channels.as2.mic import Mic
from edi.channels.as2.names import read_name
from edi.channels.as2.opening import Payload, open_message
from edi.formats.mime import Headers
from edi.slices import Slice
from edi.store import tables
from tests.channels.as2.rig import THEM, US, As2House, Heard, Peer, asynchronous, ok, pem_key, post, with_receipt
from tests.channels.as2.test_receiving import verdict, wait_for
from tests.engine.house import invoice, order
from tests.formats.cms.conftest import make_identity

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="there is no openssl command")
Make = Callable[..., As2House]


@dataclass
class OpenSsl:
    """The command, with the keys of both sides as files."""

    folder: Path
    house: As2House

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        for name, identity in (("us", self.house.us), ("them", self.house.them)):
            (self.folder / f"{name}.pem").write_bytes(identity.certificate.pem())
            (self.folder / f"{name}.key").write_bytes(pem_key(identity))

    def __call__(self, *arguments: str, data: bytes) -> bytes:
        assert OPENSSL is not None
        done = subprocess.run([OPENSSL, "cms", *arguments], input=data, capture_output=True, cwd=self.folder, check=False, timeout=60)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    # -- what the partner makes with it --------------------------------------------------------------------------------

    def signed(self, part: bytes, *, digest: str = "sha256", more: Sequence[str] = (), micalg: str | None = None) -> tuple[str, bytes]:
        der = self("-sign", "-binary", "-md", digest, "-signer", "them.pem", "-inkey", "them.key", "-outform", "DER", *more, data=part)
        head = b"Content-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        body = b"\r\n".join(
            [b"--b0undary", part, b"--b0undary", head + base64.encodebytes(der).replace(b"\n", b"\r\n") + b"--b0undary--", b""]
        )
        kind = f'multipart/signed; protocol="application/pkcs7-signature"; micalg={micalg or digest}; boundary=b0undary'
        return kind, body

    def encrypted(self, kind: str, body: bytes, *, cipher: str = "aes-256-cbc", more: Sequence[str] = ()) -> tuple[str, bytes]:
        part = f"Content-Type: {kind}\r\n\r\n".encode() + body
        der = self("-encrypt", "-binary", f"-{cipher}", "-outform", "DER", *more, "-recip", "us.pem", data=part)
        return 'application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"', der

    def compressed(self, part: bytes) -> tuple[str, bytes]:
        """By asn1crypto and zlib: Debian builds OpenSSL without compression."""
        inner = {"content_type": "data", "content": zlib.compress(part)}
        data = {"version": "v0", "compression_algorithm": {"algorithm": "zlib"}, "encap_content_info": inner}
        return "application/pkcs7-mime; smime-type=compressed-data", cms.ContentInfo(
            {"content_type": "compressed_data", "content": data}
        ).dump()

    # -- how the partner opens what we sent ----------------------------------------------------------------------------

    def opened(self, kind: str, body: bytes) -> bytes:
        """The document's part, taken out of encryption and signature."""
        if "enveloped-data" in kind or "authEnveloped-data" in kind:
            inner = self("-decrypt", "-binary", "-inform", "DER", "-inkey", "them.key", "-recip", "them.pem", data=body)
            head, _, rest = inner.partition(b"\r\n\r\n")
            return self.opened(head.decode(), rest) if b"multipart/signed" in head or b"pkcs7-mime" in head else inner
        if "multipart/signed" in kind:
            boundary = kind.partition('boundary="')[2].partition('"')[0]
            parts = body.split(b"--" + boundary.encode())
            content = parts[1][2:-2]
            (self.folder / "content").write_bytes(content)
            signature = base64.b64decode(parts[2].partition(b"\r\n\r\n")[2])
            self(
                "-verify",
                "-binary",
                "-inform",
                "DER",
                "-content",
                "content",
                "-CAfile",
                "us.pem",
                "-purpose",
                "any",
                "-certfile",
                "us.pem",
                data=signature,
            )
            return content
        return f"{kind}\r\n\r\n".encode() + body


@pytest.fixture
def ssl(house: Make, tmp_path: Path) -> OpenSsl:
    made = house(inside="accept: {signed: false, encrypted: false}")
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


@pytest.mark.parametrize("sign", [False, True])
@pytest.mark.parametrize("encrypt", [False, True])
@pytest.mark.parametrize("receipt", ["none", "unsigned", "signed"])
def test_rows_1_to_16_receiving_what_openssl_made(ssl: OpenSsl, sign: bool, encrypt: bool, receipt: str) -> None:
    kind, body = ssl.signed(PART) if sign else ("application/edifact", order())
    if encrypt:
        kind, body = ssl.encrypted(kind, body)
    options = {"none": {"Disposition_Notification_To": ""}, "unsigned": {"Disposition_Notification_Options": ""}, "signed": {}}
    heard, found = answered(ssl, as_message(kind, body, **options[receipt]))

    assert found[0] == 200
    assert found[2] is (receipt == "signed")
    assert ssl.house.received() == [("received", order())]
    if receipt != "none":
        expected = PART if sign else b"Content-Type: application/edifact\r\n\r\n" + order() if encrypt else order()
        assert (found[1], mic_of(ssl, heard)) == ("processed", sha256(expected))


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


def test_row_40_base64_said_in_the_http_header(ssl: OpenSsl) -> None:
    kind, body = ssl.encrypted("application/edifact", order())

    assert answered(ssl, as_message(kind, base64.encodebytes(body), Content_Transfer_Encoding="base64"))[1][1] == "processed"


@pytest.mark.parametrize("micalg", ["sha1", "sha-256", "SHA256", "rsa-sha256", "unknown"])
def test_row_41_a24_the_name_in_micalg_decides_nothing(ssl: OpenSsl, micalg: str) -> None:
    heard, found = answered(ssl, as_message(*ssl.signed(PART, micalg=micalg)))

    assert (found[1], mic_of(ssl, heard)) == ("processed", sha256(PART))


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


@pytest.mark.parametrize("content", [bytes(range(256)) * 8, b"a\nb", b"a\r\n", b"a\r\n\r\n", b"a\rb", b"x", b""])
def test_rows_17_18_53_any_content_arrives_as_it_was(ssl: OpenSsl, content: bytes) -> None:
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


# -- sending -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", ["sha256", "sha384", "sha512", "false"])
@pytest.mark.parametrize("encrypt", ["aes256-cbc", "aes128-gcm", "false"])
def test_rows_1_to_16_32_33_openssl_opens_what_we_send(house: Make, peer: Peer, tmp_path: Path, sign: str, encrypt: str) -> None:
    made = house(url=peer.url, outside=f"sign: {sign}\nencrypt: {encrypt}")
    openssl = OpenSsl(tmp_path / "openssl", made)
    with_any = replace(made.partner(), must_sign=False, must_encrypt=False, ciphers=STRONG_CIPHERS)
    made.partner = lambda **changes: replace(with_any, **changes)  # type: ignore[method-assign]
    peer.scripts.append(with_receipt(made))
    made.drop_invoice(invoice())
    made.engine.run_once()
    heard = peer.heard[0]
    content = openssl.opened(heard.headers.get("content-type"), heard.body)

    assert made.sent().state == "acknowledged"
    with made.engine.context.store.reading() as view:
        assert content.partition(b"\r\n\r\n")[2] == view.payload(made.sent().payload_sha256)


@pytest.mark.parametrize("sign", [None, "sha256"])
@pytest.mark.parametrize("encrypt", [None, "aes256-cbc"])
@pytest.mark.parametrize(
    "receipt", [None, Receipt(signed=False), Receipt(), "asynchronous"], ids=["none", "unsigned", "signed", "asynchronous"]
)
def test_rows_1_to_16_our_own_two_sides(house: Make, peer: Peer, sign: str | None, encrypt: str | None, receipt: object) -> None:
    made = house(inside=f"accept: {{signed: false, encrypted: false}}\nreceipt_targets: ['http://127.0.0.1:{peer.port}']")
    peer.scripts.append(lambda heard: ok())
    wanted = asynchronous(peer.url) if receipt == "asynchronous" else receipt
    message = made.message(partner=made.partner(sending=Security(sign=sign, encrypt=encrypt), receipt=wanted))
    with made.serving() as port:
        heard = post(port, message)
        if receipt == "asynchronous":
            heard = replace(wait_for(peer, 1)[0], line="HTTP/1.1 200 OK")

    assert [data for _, data in made.received()] == [order()]
    if receipt is not None:
        read = read_mdn(heard.headers, heard.body, (made.us.certificate,), at=made.clock.now(), digests=("sha256",))
        assert (str(read.disposition), read.mic) == ("processed", message.mic)


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
