"""Rows of the checklist from the side of who sends: OpenSSL opens what left the house, and a scripted partner answers it."""

from __future__ import annotations

import hashlib
import secrets
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from edi.channels.as2.agreement import MICALG_SPELLINGS
from edi.channels.as2.disposition import DEFINED, Disposition, error
from edi.channels.as2.mdn import Mdn
from edi.channels.as2.mic import Mic
from edi.channels.as2.names import read_name
from edi.channels.as2.receipt import read_request
from edi.channels.as2.sending import HINTS_BY_MODIFIER
from edi.engine.operator import Act
from edi.engine.submit import submit
from edi.formats import cms
from edi.formats.cms.signed import ALGORITHM_PROTECTION, digest_of
from edi.slices import Slice
from tests.channels.as2.openssl import OPENSSL, OpenSsl
from tests.channels.as2.rig import As2House, Heard, Peer, ok, raw, read_http, receipt, request, with_receipt
from tests.formats.cms.conftest import NOW, make_identity

pytestmark = pytest.mark.skipif(OPENSSL is None, reason="there is no openssl command")
Make = Callable[..., As2House]
CONTENT = b"UNB+UNOC:3+a+b+260301:1200+1'\r\nUNZ+0+1'\r\n"
MDNS = {"none": "receipt: false", "unsigned": "receipt: {signed: false}", "signed": "", "asynchronous": "receipt: {asynchronous: 'http://127.0.0.1:9/as2'}"}  # fmt: skip


@dataclass
class Partner:
    """The other side: OpenSSL opens, and the receipt says the MIC that hashlib computes over what came out."""

    house: As2House
    openssl: OpenSsl
    part: bytes = b""
    covered: bytes = b""

    def __call__(self, heard: Heard) -> bytes:
        mdn = self.receipt(heard)
        return ok(mdn.body, mdn.headers)

    def receipt(self, heard: Heard, **changes: Any) -> Mdn:
        self.part, self.covered = self.openssl.opened(heard.headers.get("content-type"), heard.body)
        wanted = read_request(heard.headers)
        mic = Mic(hashlib.sha256(self.covered).digest(), "sha256")
        return receipt(self.house, heard, **{"mic": mic, "disposition": Disposition(), "signed": bool(wanted and wanted.signed), **changes})


@pytest.fixture
def send(house: Make, peer: Peer, tmp_path: Path) -> Callable[..., tuple[As2House, Heard, Partner]]:
    """Hand a document over, deliver it, and see what the partner made of it."""

    def sent(outside: str = "", *, content: bytes = CONTENT, script: Any = None, rename: str = "", **more: str) -> Any:
        made = house(url=peer.url, outside=outside)
        if rename:
            channel = made.folder / "channels/acme-out.yaml"
            channel.write_text(channel.read_text().replace("us: MUSTER", f"us: {rename}"))
            made.engine.close()
            made.again()
        partner = Partner(made, OpenSsl(tmp_path / "openssl", made))
        peer.scripts.append(script(made, partner) if script else partner)
        values = {"filename": "order.edi", "content_type": "application/edifact", **more}
        submit(made.engine.context, "acme-out", payload=Slice.of(content), act=Act(who="test"), **values)
        made.engine.deliver("acme-out")
        return made, peer.heard[0], partner

    return sent


CORE = [(1 + 4 * index + number, layers, mdn) for index, layers in enumerate(("", "s", "e", "se")) for number, mdn in enumerate(MDNS)]


@pytest.mark.parametrize(("row", "layers", "mdn"), CORE, ids=[f"row-{row}" for row, *_ in CORE])
def test_rows_1_to_16_48_to_50_openssl_opens_what_we_send_and_its_mic_is_ours(send: Any, row: int, layers: str, mdn: str) -> None:
    protect = f"sign: {'sha256' if 's' in layers else 'false'}\nencrypt: {'aes256-cbc' if 'e' in layers else 'false'}\n"

    def later(made: As2House, partner: Partner) -> Any:
        return partner if mdn != "asynchronous" else lambda heard: partner(heard) and ok(status="202 Accepted")

    made, heard, partner = send(protect + MDNS[mdn], script=later)
    if mdn == "asynchronous":
        assert made.sent().state == "awaiting"
        late = partner.receipt(heard)
        with made.serving() as port:
            raw(port, request(late.headers, late.body))

    assert made.sent().state == "acknowledged"
    assert partner.part.partition(b"\r\n\r\n")[2] == CONTENT
    assert ("disposition-notification-to" in heard.headers) is (mdn != "none")


@pytest.mark.parametrize("content", [bytes(range(256)) * 8, b"a\nb", b"a\r\nb\r\n", b"a\rb", b"x", b"", b"no end"])
def test_rows_17_to_19_53_any_content_leaves_as_it_is(send: Any, content: bytes) -> None:
    made, _, partner = send(content=content)

    assert (made.sent().state, partner.part.partition(b"\r\n\r\n")[2]) == ("acknowledged", content)


@pytest.mark.parametrize(
    "kind",
    ["application/edifact", "application/edi-x12", "application/edi-consent", "application/xml", "application/json", "application/octet-stream", "text/plain"],
)  # fmt: skip
def test_row_20_the_content_type_travels(send: Any, kind: str) -> None:
    *_, partner = send(content_type=kind)

    assert f"Content-Type: {kind}\r\n".encode() in partner.part


def test_row_23_two_messages_on_one_connection(house: Make) -> None:
    connections, done = [], []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = house(url=f"http://127.0.0.1:{listener.getsockname()[1]}/as2")

        def serve() -> None:
            connection, _ = listener.accept()
            connections.append(connection)
            with connection:
                for _ in range(2):
                    heard = read_http(connection)
                    assert heard is not None
                    done.append(heard.headers.get("message-id"))
                    connection.sendall(with_receipt(made)(heard).replace(b"Connection: close\r\n", b""))

        thread = threading.Thread(target=serve)
        thread.start()
        for number in range(2):
            submit(made.engine.context, "acme-out", filename=f"{number}", payload=Slice.of(b"%d" % number), content_type="text/plain", act=Act(who="t"))  # fmt: skip
        made.engine.deliver("acme-out")
        thread.join(20)

    assert (len(connections), len(set(done))) == (1, 2)


LAYERS = {24: ("c", ""), 25: ("cs", "before_signing"), 26: ("sc", "after_signing"), 27: ("ce", "before_signing"), 28: ("cse", "before_signing"), 29: ("sce", "after_signing")}  # fmt: skip


GROWS = secrets.token_bytes(5000)
SENT = [*((row, CONTENT) for row in LAYERS), (24, GROWS), (28, GROWS)]


@pytest.mark.parametrize(("row", "content"), SENT, ids=[f"row-{row}{'-30' * (content is GROWS)}" for row, content in SENT])
def test_rows_24_to_30_38_compression_in_every_place_and_the_mic_the_partner_computes(send: Any, row: int, content: bytes) -> None:
    """Compressed data is the one thing that we write in BER of unknown length."""
    layers, where = LAYERS[row]
    made, heard, partner = send(
        f"sign: {'sha256' if 's' in layers else 'false'}\nencrypt: {'aes256-cbc' if 'e' in layers else 'false'}\n"
        f"compress: {where or 'before_signing'}",
        content=content,
    )

    assert made.sent().state == "acknowledged"
    assert partner.part.partition(b"\r\n\r\n")[2] == content
    assert ("compressed-data" in heard.headers.get("content-type")) is (layers in {"c", "sc"})


def test_row_31_we_always_say_the_length(send: Any) -> None:
    _, heard, _ = send()

    assert int(heard.headers.get("content-length")) == len(heard.body)
    assert "transfer-encoding" not in heard.headers


@pytest.mark.parametrize(("sign", "pss"), [("sha256", "false"), ("sha384", "false"), ("sha512", "false"), ("sha384", "true")])
def test_row_32_signatures(send: Any, sign: str, pss: str) -> None:
    made, _, partner = send(f"sign: {sign}\npss: {pss}\nencrypt: false")

    assert (made.sent().state, partner.part.partition(b"\r\n\r\n")[2]) == ("acknowledged", CONTENT)


CIPHERS = ("aes128-cbc", "aes192-cbc", "aes256-cbc", "aes128-gcm", "aes192-gcm", "aes256-gcm")


@pytest.mark.parametrize(("cipher", "oaep"), [*((cipher, "false") for cipher in CIPHERS), ("aes256-cbc", "true"), ("aes256-gcm", "true")])
def test_row_33_encryption(send: Any, cipher: str, oaep: str) -> None:
    made, _, partner = send(f"encrypt: {cipher}\noaep: {oaep}")

    assert (made.sent().state, partner.part.partition(b"\r\n\r\n")[2]) == ("acknowledged", CONTENT)


def test_row_34_triple_des_leaves_only_by_agreement_and_sha1_never(send: Any, house: Make) -> None:
    made, _, partner = send("encrypt: 3des\ni_accept_risk: {weak_cipher: their software has nothing else}")

    assert (made.sent().state, partner.part.partition(b"\r\n\r\n")[2]) == ("acknowledged", CONTENT)
    with pytest.raises(Exception, match="sign"):
        house(outside="sign: sha1")


def test_row_35_two_recipients_open_the_same_envelope(house: Make, tmp_path: Path) -> None:
    """The channel writes for one; the layer below for as many as one likes."""
    made = house()
    openssl = OpenSsl(tmp_path / "openssl", made)
    both = [made.them.certificate, made.us.certificate]
    sealed = b"".join(cms.encrypt([CONTENT], len(CONTENT), both, cipher="aes256-cbc", random=secrets.token_bytes))

    for name in ("us", "them"):
        assert openssl("-decrypt", "-binary", "-inform", "DER", "-inkey", f"{name}.key", "-recip", f"{name}.pem", data=sealed) == CONTENT


@pytest.mark.parametrize(("quirks", "there"), [("standard", True), ("sterling", False)])
def test_row_36_the_attribute_that_protects_algorithms_is_a_switch(send: Any, quirks: str, there: bool) -> None:
    made, heard, _ = send(f"encrypt: false\nquirks: {quirks}")

    assert made.sent().state == "acknowledged"
    assert there is (ALGORITHM_PROTECTION in _signature(heard))


def _signature(heard: Heard) -> bytes:
    import base64

    return base64.b64decode(heard.body.partition(b'filename="smime.p7s"\r\n\r\n')[2].partition(b"--signed")[0])


@pytest.mark.parametrize("embed", [True, False])
def test_row_37_a_signature_holds_with_and_without_our_certificate_in_it(house: Make, tmp_path: Path, embed: bool) -> None:
    made = house()
    openssl = OpenSsl(tmp_path / "openssl", made)
    (openssl.folder / "content").write_bytes(CONTENT)
    signature = cms.sign(digest_of([CONTENT], "sha256"), made.us, digest="sha256", at=NOW, embed=embed)
    how = ("-binary", "-inform", "DER", "-content", "content", "-certfile", "us.pem", "-CAfile", "us.pem", "-purpose", "any")

    assert openssl("-verify", *how, "-attime", str(int(NOW.timestamp())), data=signature) == CONTENT


def test_rows_39_40_names_and_encodings_of_the_protected_parts(send: Any) -> None:
    _, heard, _ = send()
    kind, encoding = heard.headers.get("content-type"), heard.headers.get("content-transfer-encoding")

    assert (kind, encoding) == ('application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"', "binary")


@pytest.mark.parametrize(("quirks", "spelling"), [("standard", "rfc5751"), ("before-2010", "rfc3851")])
def test_rows_41_44_45_the_digest_is_spelled_as_the_partner_reads_it(send: Any, quirks: str, spelling: str) -> None:
    made, heard, _ = send(f"encrypt: false\nquirks: {quirks}")
    spelled = MICALG_SPELLINGS[spelling]["sha256"]
    wanted = read_request(heard.headers)

    assert f"micalg={spelled};" in heard.headers.get("content-type")
    assert heard.headers.get("disposition-notification-options").endswith(f"signed-receipt-micalg=optional, {spelled}")
    assert wanted is not None
    assert (wanted.signed, wanted.digests, made.sent().state) == (True, ("sha256",), "acknowledged")


@pytest.mark.parametrize(("row", "text"), [(42, "unsupported MIC-algorithms"), (43, "unsupported format")], ids=["row-42", "row-43"])
def test_rows_42_43_a_partner_who_cannot_give_the_receipt_is_a_refusal(send: Any, row: int, text: str) -> None:
    made, *_ = send(script=lambda made, _: with_receipt(made, disposition=Disposition("failed", "failure", text)))

    assert (made.sent().state, f"failure-modifier (failed/Failure: {text})" in made.sent().reason) == ("rejected", True)


@pytest.mark.parametrize("name", ["a b", 'q"uote', "back\\slash", "x" * 128], ids=["row-54", "row-55-quote", "row-55-slash", "row-57"])
def test_rows_54_to_57_our_name_travels_in_every_legal_form(send: Any, name: str) -> None:
    _, heard, _ = send(rename="'" + name + "'", script=lambda made, _: lambda heard: ok())

    assert read_name(heard.headers.get("as2-from")) == name


def test_rows_58_59_62_63_what_our_headers_say_and_what_the_receipt_may_leave_out(send: Any) -> None:
    def bare(made: As2House, partner: Partner) -> Any:
        def script(heard: Heard) -> bytes:
            mdn = partner.receipt(heard, original_id=heard.headers.get("message-id").strip("<>"))
            return ok(mdn.body, [(name, "2.0" if name == "AS2-Version" else value) for name, value in mdn.headers])

        return script

    made, heard, _ = send(script=bare)
    message_id = heard.headers.get("message-id")

    assert made.sent().state == "acknowledged"
    assert (heard.headers.get("as2-version"), heard.headers.get("ediint-features")) == ("1.2", "multiple-attachments, AS2-Reliability")
    assert (message_id[0], message_id[-1], len(message_id) < 255) == ("<", ">", True)
    assert all(character.isalnum() or character in "<>@.-" for character in message_id)


def test_row_61_unknown_long_and_doubled_fields_of_an_answer_do_no_harm(send: Any) -> None:
    def script(made: As2House, partner: Partner) -> Any:
        def answer(heard: Heard) -> bytes:
            mdn = partner.receipt(heard)
            return ok(mdn.body, [*mdn.headers, ("X-Long", "x" * 8000), ("X-Twice", "a"), ("X-Twice", "b"), ("Subject", "again")])

        return answer

    assert send(script=script)[0].sent().state == "acknowledged"


ROW_OF = dict(zip(DEFINED, range(64, 74), strict=True))


@pytest.mark.parametrize("modifier", DEFINED, ids=[f"row-{row}" for row in ROW_OF.values()])
def test_rows_64_to_73_86_89_a_partner_who_refuses_is_heard(send: Any, modifier: str) -> None:
    made, *_ = send(script=lambda made, _: with_receipt(made, disposition=error(modifier)))

    assert (made.sent().state, f"error-modifier (processed/error: {modifier})" in made.sent().reason) == ("rejected", True)
    assert ("hint: " in made.sent().reason) is (modifier in HINTS_BY_MODIFIER)


def test_row_73_who_does_not_know_us_and_so_cannot_sign_is_heard_too(send: Any) -> None:
    unknown = error("unknown-trading-relationship")
    made, *_ = send(script=lambda made, _: with_receipt(made, disposition=unknown, signed=False))

    assert "the partner could not process the message" in made.sent().reason
    assert "compare `us` and `them`" in made.sent().reason


def test_row_74_a_warning_is_delivery_and_is_told(send: Any) -> None:
    warning = Disposition("processed", "warning", "authentication-failed, processing continued")
    made, *_ = send(script=lambda made, partner: lambda heard: _answer(partner.receipt(heard, disposition=warning)))

    assert made.sent().state == "acknowledged"
    assert any(str(warning) in row.detail for row in made.rows_of_audit())


def _answer(mdn: Mdn) -> bytes:
    return ok(mdn.body, mdn.headers)


HUMAN = {
    75: b"Content-Type: text/html; charset=iso-8859-1\r\n\r\n<p>Empf\xe4ngt und gepr\xfcft</p>\r\n",
    76: b"Content-Type: text/plain\r\n\r\nreceived\r\n",
}
RETURNED = b"--m\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <other@x>\r\nDisposition: failed\r\n\r\n"


@pytest.mark.parametrize("row", HUMAN, ids=["row-75", "row-76"])
def test_rows_75_76_what_people_read_and_what_comes_back_decides_nothing(send: Any, row: int) -> None:
    def script(made: As2House, partner: Partner) -> Any:
        def answer(heard: Heard) -> bytes:
            mdn = partner.receipt(heard, signed=False)
            fields = mdn.body.partition(b"Content-Type: message/disposition-notification")[2].partition(b"\r\n\r\n")[2]
            notice = b"--m\r\nContent-Type: message/disposition-notification\r\n\r\n" + fields.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
            body = b"--m\r\n" + HUMAN[row] + notice + (RETURNED if row == 76 else b"") + b"--m--\r\n"
            headers = [(name, value) for name, value in mdn.headers if name != "Content-Type"]
            return ok(body, [*headers, ("Content-Type", "multipart/report; report-type=disposition-notification; boundary=m")])

        return answer

    made, *_ = send("receipt: {signed: false}", script=script)

    assert (made.sent().state, made.sent().reason) == ("acknowledged", None)


@pytest.mark.parametrize(("quirks", "written"), [("standard", 'filename="my order.edi"'), ("plain-filename", "filename=order.edi")])
def test_row_85_the_file_name_travels(send: Any, quirks: str, written: str) -> None:
    *_, partner = send(f"quirks: {quirks}", filename=written.partition("=")[2].strip('"'))

    assert f"Content-Disposition: attachment; {written}\r\n".encode() in partner.part


def test_row_90_the_newest_certificate_of_the_partner_is_used(house: Make, peer: Peer, tmp_path: Path) -> None:
    made = house(url=peer.url)
    old, new = make_identity("old"), made.them
    (made.folder / "old.pem").write_bytes(old.certificate.pem())
    channel = made.folder / "channels/acme-out.yaml"
    channel.write_text(channel.read_text().replace("theirs: [them.pem]", "theirs: [{certificate: old.pem, until: 2026-02-28}, them.pem]"))
    made.engine.close()
    made.again()
    peer.scripts.append(Partner(made, OpenSsl(tmp_path / "openssl", made)))
    submit(made.engine.context, "acme-out", filename="a", payload=Slice.of(CONTENT), content_type="text/plain", act=Act(who="t"))
    made.engine.deliver("acme-out")

    assert made.sent().state == "acknowledged", f"{new.certificate} opened it"
