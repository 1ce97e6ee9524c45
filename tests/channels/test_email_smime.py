"""S/MIME by agreement: what leaves, what comes, and everything that only looks protected (E07, E16, EFAIL)."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from pydantic import ValidationError

from edi.channels import email as kind
from edi.channels.email.mail import read_mail
from edi.channels.email.sending import ProtectedOutbound
from edi.channels.email.smime import Protection, opened
from edi.formats.cms import Identity
from edi.formats.cms.failure import decryption_failed
from edi.testing import delivery
from edi.testing.suite import CONTENT
from tests.channels.test_email_mailbox import MailRig
from tests.formats.cms.conftest import make_identity
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import proxy
from tests.servers.smtp import scripted

pytestmark = pytest.mark.storeless

NOW = datetime.now(UTC)
YEARS = 36_500
AGREED = {"theirs": ["x"], "certificate": "x", "key": "${env:K}"}


def identity(name: str) -> Identity:
    return make_identity(name, "rsa", YEARS)


def known(us: str = "us", them: str = "acme", **keys: object) -> Protection:
    agreed = kind.Smime.model_validate(AGREED | keys)
    return Protection(agreed=agreed, ours=(identity(us),), theirs=(identity(them).certificate,))


def from_acme(**keys: object) -> bytes:
    """A mail as Acme's side of this program writes it."""
    return sender(known("acme", "us", **keys)).mail(delivery("order.edi", CONTENT, identity="1"))


def sender(protection: Protection) -> ProtectedOutbound:
    values = {"protocol": "smtp", "host": "127.0.0.1", "sender": "orders@acme.example", "to": ["edi@us.example"]}
    settings = kind.Settings.model_validate(values | {"smime": protection.agreed.model_dump()})
    return ProtectedOutbound(name="acme-mail", settings=settings, account=None, known=protection)  # type: ignore[arg-type]


def documents(raw: bytes, protection: Protection | None = None) -> list[bytes]:
    inside, refused = opened(raw, protection or known(), at=NOW)
    assert refused is None, refused
    return [one.payload for one in read_mail(inside).attachments]


def refusal(raw: bytes, protection: Protection | None = None) -> str:
    inside, refused = opened(raw, protection or known(), at=NOW)
    assert refused is not None
    assert inside == raw
    return refused


@pytest.mark.parametrize("keys", [{}, {"encrypt": False}, {"sign": False}, {"cipher": "aes256-cbc", "digest": "sha512"}])
def test_what_one_side_protects_the_other_opens(keys: dict[str, object]) -> None:
    raw = from_acme(**keys)

    assert documents(raw, known(**keys)) == [CONTENT]
    assert message_from_bytes(raw)["From"] == "orders@acme.example"
    assert (b"multipart/mixed" not in raw) == (keys.get("encrypt") is not False)


def test_prepared_once_every_attempt_sends_the_same_bytes() -> None:
    end = sender(known("acme", "us"))
    prepared = end.prepare(delivery("order.edi", CONTENT, identity="1"), NOW)

    assert end.mail(prepared) == end.mail(prepared) == prepared.payload


def test_e16_a_changed_content_is_refused() -> None:
    raw = from_acme(encrypt=False)
    changed = raw.replace(b'filename="order.edi"', b'filename="other.edi"')
    assert changed != raw

    assert "differs from what was signed" in refusal(changed, known(encrypt=False))


def test_e16_another_signer_is_refused() -> None:
    forged = sender(known("mallory", "us")).mail(delivery("order.edi", CONTENT, identity="1"))

    assert "none of those agreed" in refusal(forged)


@pytest.mark.parametrize(("keys", "text"), [({"sign": False}, "not signed"), ({"encrypt": False}, "not encrypted")])
def test_e16_less_than_agreed_is_refused(keys: dict[str, object], text: str) -> None:
    assert text in refusal(from_acme(**keys))


def test_e16_a_signed_part_beside_others_proves_nothing() -> None:
    signed = from_acme(encrypt=False)
    inner = signed[signed.index(b"Content-Type: multipart/signed") :]
    outer = b'From: orders@acme.example\r\nContent-Type: multipart/mixed; boundary="o"\r\n\r\n--o\r\n' + inner
    raw = outer + b'\r\n--o\r\nContent-Disposition: attachment; filename="evil.edi"\r\n\r\nUNB evil\r\n--o--\r\n'

    assert "as a whole is not signed" in refusal(raw, known(encrypt=False))


def test_e16_a_signature_outside_the_encryption_does_not_count() -> None:
    unsigned = from_acme(sign=False)
    agreed = known("acme", "us", encrypt=False)
    from edi.channels.email.smime import protected

    raw = protected(unsigned, agreed, token="t", at=NOW, random=lambda size: b"x" * size)

    assert "not signed" in refusal(raw)


def test_efail_an_encrypted_part_between_others_is_not_opened() -> None:
    sealed = from_acme(sign=False)
    inner = sealed[sealed.index(b"Content-Type: application/pkcs7-mime") :]
    outer = b'From: x@evil.example\r\nContent-Type: multipart/mixed; boundary="o"\r\n\r\n--o\r\nContent-Type: text/html\r\n\r\n<img src="http://evil/\r\n--o\r\n'
    raw = outer + inner + b'\r\n--o\r\nContent-Type: text/html\r\n\r\n">\r\n--o--\r\n'

    assert "as a whole is not encrypted" in refusal(raw, known(sign=False))
    assert "is encrypted, and nothing is agreed" in str(read_mail(raw).trouble)


def test_efail_without_a_signature_only_ciphers_that_notice_changes_are_opened() -> None:
    with_cbc = sender(known("acme", "us", cipher="aes256-cbc")).mail(delivery("order.edi", CONTENT, identity="1"))

    assert "aes256-cbc" in refusal(with_cbc, known(sign=False))


def test_what_was_encrypted_for_somebody_else_is_refused_in_the_words_of_any_damage() -> None:
    sealed = sender(known("acme", "somebody")).mail(delivery("order.edi", CONTENT, identity="1"))

    assert decryption_failed().message in refusal(sealed)


def test_too_many_layers_are_refused() -> None:
    from edi.channels.email.smime import protected

    raw = from_acme(encrypt=False)
    for number in range(4):
        raw = protected(raw, known("acme", "us", encrypt=False), token=str(number), at=NOW, random=lambda size: b"x" * size)

    assert "layers" in refusal(raw, known(encrypt=False))


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("keys", [{}, {"encrypt": False}])
def test_a_mail_that_was_cut_off_is_refused_and_nothing_is_taken(cut: float, keys: dict[str, object]) -> None:
    raw = from_acme(**keys)

    assert refusal(raw[: int(len(raw) * cut)], known(**keys))


@pytest.mark.parametrize("name", ["winmail.dat", "WINMAIL.DAT"])
def test_e07_attachments_in_a_winmail_dat_are_refused_by_name(name: str) -> None:
    raw = f'From: a@x.example\r\nContent-Type: application/octet-stream; name="{name}"\r\n'.encode()

    assert "winmail.dat" in str(read_mail(raw + f'Content-Disposition: attachment; filename="{name}"\r\n\r\nx'.encode()).trouble)
    assert "winmail.dat" in str(read_mail(b"Content-Type: application/ms-tnef\r\n\r\nx").trouble)


def test_a_signature_is_no_document_where_nothing_is_agreed() -> None:
    assert [one.payload for one in read_mail(from_acme(encrypt=False)).attachments] == [CONTENT]


def test_openssl_opens_ours_and_we_open_openssls(tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl program")
    for name in ("us", "acme"):
        key = identity(name).key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (tmp_path / f"{name}.key").write_bytes(key)
        (tmp_path / f"{name}.pem").write_bytes(identity(name).certificate.pem())

    def run(*words: str, data: bytes) -> bytes:
        done = subprocess.run([openssl, "cms", *words], input=data, capture_output=True, cwd=tmp_path, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    signed_by_us = run("-decrypt", "-recip", "us.pem", "-inkey", "us.key", data=from_acme(cipher="aes256-cbc"))
    assert b"VU5" in run("-verify", "-CAfile", "acme.pem", "-purpose", "any", data=signed_by_us)

    entity = b'Content-Type: application/edifact; name="a.edi"\r\nContent-Disposition: attachment; filename="a.edi"\r\n\r\nUNB theirs\r\n'
    signed = run("-sign", "-signer", "acme.pem", "-inkey", "acme.key", "-md", "sha256", "-binary", "-crlfeol", data=entity)
    theirs = run("-encrypt", "-aes256", "us.pem", data=signed.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    raw = b"From: orders@acme.example\r\n" + theirs.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert [one.rstrip() for one in documents(raw)] == [b"UNB theirs"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("us", "acme"):
        (tmp_path / f"{name}.pem").write_bytes(identity(name).certificate.pem())
    return tmp_path


def key_of(name: str) -> str:
    return (
        identity(name)
        .key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        .decode()
    )


@pytest.fixture
def rig(mail_server: Dovecot) -> Iterator[MailRig]:
    with proxy(mail_server.imap) as between:
        made = MailRig(mail_server, between, "imap")
        yield made
        for end in made.made:
            end.close()


@pytest.mark.server
def test_a_mailbox_hands_out_protected_documents_and_offers_the_others_whole(rig: MailRig, folder: Path) -> None:
    from tests.servers.dovecot import PASSWORD

    smime = {"certificate": "us.pem", "key": "${env:K}", "theirs": ["acme.pem"]}
    values = {"protocol": "imap", "host": "127.0.0.1", "port": rig.between.port, "tls": "none", "user": rig.user}
    settings = kind.Settings.model_validate(values | {"password": "${env:P}", "smime": smime})
    secrets = {"${env:P}": PASSWORD, "${env:K}": key_of("us")}
    inbound = kind.inbound("acme-mail", settings, secrets.__getitem__, folder=folder)
    rig.server.drop(rig.user, from_acme())
    rig.server.drop(rig.user, from_acme(sign=False).replace(b"Message-ID: <", b"Message-ID: <x"))

    good, whole = sorted(inbound.offers(), key=lambda offer: offer.filename.endswith(".eml"))

    assert inbound.fetch(good) == CONTENT
    assert whole.filename.endswith(".eml")
    assert any("not signed, which is agreed" in reason for _, reason in inbound.notices)
    inbound.close()


def test_a_channel_sends_protected_mail(folder: Path) -> None:
    with scripted() as server:
        values = {"protocol": "smtp", "host": "127.0.0.1", "port": server.port, "tls": "none"}
        smime = {"certificate": "acme.pem", "key": "${env:K}", "theirs": ["us.pem"]}
        settings = kind.Settings.model_validate(
            values | {"sender": "orders@acme.example", "to": ["edi@us.example"], "smime": smime, "timeout": "3s"}
        )
        end = kind.outbound("acme-mail", settings, lambda reference: key_of("acme"), folder=folder)
        sent = end.send(delivery("order.edi", CONTENT, identity="1"))
        end.close()

    assert documents(server.mails[0]) == [CONTENT]
    assert sent.remote_name == message_from_bytes(server.mails[0])["Message-ID"]


def test_settings_say_what_is_wrong() -> None:
    base = {"host": "x", "user": "u", "password": "${env:P}"}
    for smime, text in (
        ({"theirs": ["a"], "sign": False, "encrypt": False}, "neither signs nor encrypts"),
        ({"theirs": ["a"], "certificate": "a"}, "belong together"),
        ({"theirs": ["a"], "sign": False, "cipher": "aes256-cbc"}, "only a cipher with gcm"),
        ({"theirs": ["a"]}, "needs our `certificate` and `key`"),
        ({"theirs": []}, "at least 1 item"),
    ):
        with pytest.raises(ValidationError, match=text):
            kind.Settings.model_validate(base | {"smime": smime})
