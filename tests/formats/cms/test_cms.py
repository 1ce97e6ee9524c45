"""What we sign, encrypt and compress opens again, here and in OpenSSL; what was changed does not."""

from __future__ import annotations

import secrets
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from edi.formats import cms
from edi.formats.cms import CmsError, Identity, Reason
from edi.formats.cms.signed import digest_of
from tests.formats.cms.conftest import NOW, make_identity

CONTENT = bytes(range(256)) * 300 + b"\r\nlast line without end"
LINES = b"".join(b"LIN+%d++40%011d:EN'\r\n" % (number, number * 7919) for number in range(60_000))
openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="the openssl command is not installed")


def pieces(data: bytes, size: int = 1000) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def key_file(folder: Path, identity: Identity) -> list[str]:
    key = identity.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(key)
    (folder / "certificate.pem").write_bytes(identity.certificate.pem())
    return [str(folder / "key.pem"), str(folder / "certificate.pem")]


def run(*arguments: str, data: bytes = b"") -> bytes:
    done = subprocess.run(["openssl", "cms", *arguments], input=data, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.mark.parametrize("cipher", sorted(cms.CIPHERS))
@pytest.mark.parametrize("transport", ["pkcs1v15", "oaep"])
def test_what_is_encrypted_opens_with_the_key(cipher: str, transport: str) -> None:
    ours = make_identity("ours")
    sealed = b"".join(
        cms.encrypt(pieces(CONTENT), len(CONTENT), [ours.certificate], cipher=cipher, random=secrets.token_bytes, transport=transport)
    )

    assert b"".join(cms.decrypt(pieces(sealed, 77), [make_identity("older"), ours], allowed=[cipher])) == CONTENT


@openssl
@pytest.mark.parametrize("cipher", sorted(cms.CIPHERS))
@pytest.mark.parametrize("transport", ["pkcs1v15", "oaep"])
def test_openssl_opens_what_we_encrypt(cipher: str, transport: str, tmp_path: Path) -> None:
    ours = make_identity("ours")
    key, certificate = key_file(tmp_path, ours)
    sealed = b"".join(
        cms.encrypt(pieces(CONTENT), len(CONTENT), [ours.certificate], cipher=cipher, random=secrets.token_bytes, transport=transport)
    )

    assert run("-decrypt", "-binary", "-inform", "DER", "-inkey", key, "-recip", certificate, data=sealed) == CONTENT


@openssl
@pytest.mark.parametrize("stream", [[], ["-stream"]])
@pytest.mark.parametrize(
    ("flag", "cipher"), [("-aes128", "aes128-cbc"), ("-aes-256-cbc", "aes256-cbc"), ("-des3", "3des"), ("-aes-256-gcm", "aes256-gcm")]
)
def test_we_open_what_openssl_encrypts(flag: str, cipher: str, stream: list[str], tmp_path: Path) -> None:
    ours = make_identity("ours")
    _, certificate = key_file(tmp_path, ours)
    sealed = run("-encrypt", "-binary", *stream, "-outform", "DER", flag, certificate, data=CONTENT)

    assert b"".join(cms.decrypt(pieces(sealed), [ours], allowed=[cipher])) == CONTENT


@pytest.mark.parametrize("digest", ["sha1", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize(("kind", "pss"), [("rsa", False), ("rsa", True), ("ec", False)])
def test_a_signature_is_good_for_its_content_and_signer(digest: str, kind: str, pss: bool) -> None:
    partner = make_identity("partner", kind)
    value = digest_of(pieces(CONTENT), digest)
    signature = cms.sign(value, partner, digest=digest, at=NOW, pss=pss)

    found = cms.verify(signature, pieces(CONTENT), [make_identity("other").certificate, partner.certificate], at=NOW, allowed=[digest])

    assert (found.signer, found.digest, found.content_digest) == (partner.certificate, digest, value)


@openssl
@pytest.mark.parametrize(("kind", "pss"), [("rsa", False), ("rsa", True), ("ec", False)])
def test_openssl_verifies_what_we_sign(kind: str, pss: bool, tmp_path: Path) -> None:
    partner = make_identity("partner", kind)
    _, certificate = key_file(tmp_path, partner)
    (tmp_path / "content").write_bytes(CONTENT)
    signature = cms.sign(digest_of(pieces(CONTENT), "sha256"), partner, digest="sha256", at=NOW, pss=pss)

    assert (
        run(
            "-verify",
            "-binary",
            "-inform",
            "DER",
            "-content",
            str(tmp_path / "content"),
            "-CAfile",
            certificate,
            "-attime",
            str(int(NOW.timestamp())),
            "-purpose",
            "any",
            data=signature,
        )
        == CONTENT
    )


@openssl
@pytest.mark.parametrize("digest", ["sha256", "sha512"])
@pytest.mark.parametrize("extra", [[], ["-nocerts"], ["-keyopt", "rsa_padding_mode:pss"]])
def test_we_verify_what_openssl_signs(digest: str, extra: list[str], tmp_path: Path) -> None:
    partner = make_identity("partner")
    key, certificate = key_file(tmp_path, partner)
    signature = run("-sign", "-binary", "-outform", "DER", "-md", digest, "-signer", certificate, "-inkey", key, *extra, data=CONTENT)

    assert cms.digest_name(digest) == digest
    assert cms.verify(signature, pieces(CONTENT), [partner.certificate], at=NOW).signer == partner.certificate


@openssl
def test_certificates_may_be_named_by_their_key(tmp_path: Path) -> None:
    partner = make_identity("partner")
    key, certificate = key_file(tmp_path, partner)
    signature = run("-sign", "-binary", "-outform", "DER", "-keyid", "-signer", certificate, "-inkey", key, data=CONTENT)
    sealed = run("-encrypt", "-binary", "-outform", "DER", "-aes256", "-keyid", "-recip", certificate, data=CONTENT)

    assert cms.verify(signature, pieces(CONTENT), [partner.certificate], at=NOW).signer == partner.certificate
    assert b"".join(cms.decrypt(pieces(sealed), [make_identity("other"), partner], allowed=["aes256-cbc"])) == CONTENT
    verify_fails(Reason.AUTHENTICATION, signature, trusted=[make_identity("other").certificate])


def verify_fails(reason: Reason, signature: bytes, content: bytes = CONTENT, **arguments: object) -> None:
    settings = {"trusted": [make_identity("partner").certificate], "at": NOW, **arguments}
    trusted = settings.pop("trusted")
    with pytest.raises(CmsError) as caught:
        cms.verify(signature, pieces(content), trusted, **settings)
    assert caught.value.reason == reason


def signed(digest: str = "sha256") -> bytes:
    return cms.sign(digest_of(pieces(CONTENT), digest), make_identity("partner"), digest=digest, at=NOW)


def test_a19_changed_content_fails_the_integrity_check() -> None:
    verify_fails(Reason.INTEGRITY, signed(), CONTENT[:-1] + b"X")


def test_a20_a21_a_signer_that_was_not_agreed_is_not_authenticated_though_the_message_brings_its_certificate() -> None:
    verify_fails(Reason.AUTHENTICATION, signed(), trusted=[make_identity("other").certificate])


@pytest.mark.parametrize("days", [-2, 400])
def test_a22_a_signer_outside_its_time_is_not_authenticated(days: int) -> None:
    verify_fails(Reason.AUTHENTICATION, signed(), at=NOW + timedelta(days=days))


def test_a23_sha1_is_too_weak_unless_agreed() -> None:
    verify_fails(Reason.SECURITY, signed("sha1"))


def test_a_changed_signature_is_not_authenticated() -> None:
    good = signed()
    verify_fails(Reason.AUTHENTICATION, good[:-5] + bytes([good[-5] ^ 1]) + good[-4:])


@pytest.mark.parametrize("garbage", [b"", b"\x30\x80", b"\x30\x03\x02\x01\x00", bytes(range(256)), b"\x30" * 5000])
def test_garbage_instead_of_a_signature_is_named(garbage: bytes) -> None:
    verify_fails(Reason.AUTHENTICATION, garbage)


@pytest.mark.parametrize("damage", [slice(None, 200), slice(None, -40), slice(100, None)])
def test_a17_a_truncated_envelope_is_named(damage: slice) -> None:
    ours = make_identity("ours")
    sealed = b"".join(cms.encrypt(pieces(CONTENT), len(CONTENT), [ours.certificate], cipher="aes256-cbc", random=secrets.token_bytes))
    with pytest.raises(CmsError) as caught:
        list(cms.decrypt([sealed[damage]], [ours], allowed=["aes256-cbc"]))
    assert caught.value.reason in {Reason.DECRYPTION, Reason.PROCESSING}


def test_a15_a18_a_wrong_key_and_a_wrong_padding_get_one_and_the_same_answer() -> None:
    ours, other = make_identity("ours"), make_identity("other")
    sealed = b"".join(cms.encrypt(pieces(CONTENT), len(CONTENT), [other.certificate], cipher="aes256-cbc", random=secrets.token_bytes))
    good = b"".join(cms.encrypt(pieces(CONTENT), len(CONTENT), [ours.certificate], cipher="aes256-cbc", random=secrets.token_bytes))
    answers = []
    for message in (sealed, good[:-16] + bytes(16)):
        with pytest.raises(CmsError) as caught:
            list(cms.decrypt([message], [ours], allowed=["aes256-cbc"]))
        answers.append((caught.value.reason, str(caught.value)))

    assert answers[0] == answers[1]


def test_a_changed_gcm_message_does_not_open() -> None:
    ours = make_identity("ours")
    sealed = bytearray(
        b"".join(cms.encrypt(pieces(CONTENT), len(CONTENT), [ours.certificate], cipher="aes256-gcm", random=secrets.token_bytes))
    )
    sealed[-1000] ^= 1
    with pytest.raises(CmsError) as caught:
        list(cms.decrypt([bytes(sealed)], [ours], allowed=["aes256-gcm"]))
    assert caught.value.reason == Reason.DECRYPTION


@pytest.mark.parametrize("level", [0, 6, 9])
@pytest.mark.parametrize("content", [b"", b"x", CONTENT, LINES])
def test_what_is_compressed_inflates_again(level: int, content: bytes) -> None:
    packed = b"".join(cms.compress(pieces(content, 65536), level=level))

    assert b"".join(cms.decompress(pieces(packed, 999), size_max=10_000_000)) == content


def test_a26_a_bomb_is_refused_before_it_goes_off() -> None:
    packed = b"".join(cms.compress([bytes(1 << 20)] * 300, level=9))
    grown: list[int] = []
    with pytest.raises(CmsError) as caught:
        grown.extend(map(len, cms.decompress([packed], size_max=1 << 40)))

    assert caught.value.reason == Reason.DECOMPRESSION
    assert sum(grown) < 100_000_000


@pytest.mark.parametrize("damage", [slice(None, -30), slice(None, 40), slice(5, None)])
def test_a26_damaged_compression_is_named(damage: slice) -> None:
    packed = b"".join(cms.compress([CONTENT]))
    with pytest.raises(CmsError) as caught:
        list(cms.decompress([packed[damage]], size_max=1 << 30))
    assert caught.value.reason in {Reason.DECOMPRESSION, Reason.PROCESSING}
