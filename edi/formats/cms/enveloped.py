"""EnvelopedData (RFC 5652 section 6) and AuthEnvelopedData (RFC 5083): content encrypted for recipients, as a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import padding as block_padding
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from edi.errors import ConfigError
from edi.formats.cms import der
from edi.formats.cms.algorithms import (
    CIPHER_BY_OID,
    CIPHERS,
    DIGESTS,
    GCM_TAG_SIZE,
    RSA,
    RSAES_OAEP,
    CipherKind,
    hash_and_mask,
    read_hash_and_mask,
)
from edi.formats.cms.asn1 import Value, dotted, integer, octets, oid, value, values
from edi.formats.cms.certificates import Certificate, Identity
from edi.formats.cms.der import Source
from edi.formats.cms.failure import CmsError, Reason, decryption_failed
from edi.formats.cms.signed import STRUCTURE_DAMAGE, digest_of

ENVELOPED: Final = bytes.fromhex("06092a864886f70d010703")
AUTH_ENVELOPED: Final = bytes.fromhex("060b2a864886f70d0109100117")
DATA: Final = bytes.fromhex("06092a864886f70d010701")
VERSION_0: Final = b"\x02\x01\x00"
RECIPIENTS_MAX: Final = 64

KeyTransport = Literal["pkcs1v15", "oaep"]
Random = Callable[[int], bytes]
"""So many bytes that nobody can guess; `secrets.token_bytes` in production."""


def encrypt(
    chunks: Iterable[bytes],
    size: int,
    recipients: Sequence[Certificate],
    *,
    cipher: str,
    random: Random,
    transport: KeyTransport = "pkcs1v15",
    digest: str = "sha256",
) -> Iterator[bytes]:
    """The content, `size` bytes in chunks, for every recipient, in DER. `digest` is OAEP's."""
    kind = CIPHERS[cipher]
    key, vector = random(kind.key_size), random(kind.vector_size)
    infos = der.wrap(der.SET, *(_recipient_info(certificate, key, transport, digest) for certificate in recipients))
    algorithm = _algorithm(kind, vector)
    encrypted_size = size if kind.mode == "gcm" else (size // kind.block_size + 1) * kind.block_size
    octets = bytes([der.IMPLICIT_0]) + der.length(encrypted_size)
    info_size = len(DATA) + len(algorithm) + len(octets) + encrypted_size
    info = bytes([der.SEQUENCE]) + der.length(info_size)
    tag_size = GCM_TAG_SIZE + 2 if kind.mode == "gcm" else 0
    envelope_size = len(VERSION_0) + len(infos) + len(info) + info_size + tag_size
    envelope = bytes([der.SEQUENCE]) + der.length(envelope_size)
    explicit = bytes([der.EXPLICIT_0]) + der.length(len(envelope) + envelope_size)
    oid = AUTH_ENVELOPED if kind.mode == "gcm" else ENVELOPED
    outer = bytes([der.SEQUENCE]) + der.length(len(oid) + len(explicit) + len(envelope) + envelope_size)
    yield outer + oid + explicit + envelope + VERSION_0 + infos + info + DATA + algorithm + octets
    yield from _encrypted(chunks, size, kind, key, vector)


def _encrypted(chunks: Iterable[bytes], size: int, kind: CipherKind, key: bytes, vector: bytes) -> Iterator[bytes]:
    taken = 0
    mode = modes.GCM(vector) if kind.mode == "gcm" else modes.CBC(vector)
    encryptor = Cipher(kind.algorithm(key), mode).encryptor()
    padder = None if kind.mode == "gcm" else block_padding.PKCS7(kind.block_size * 8).padder()
    for chunk in chunks:
        taken += len(chunk)
        yield encryptor.update(padder.update(chunk) if padder else chunk)
    if taken != size:
        raise AssertionError(f"{taken} bytes came where {size} were announced")
    if padder:
        yield encryptor.update(padder.finalize())
    yield encryptor.finalize()
    if kind.mode == "gcm":
        yield der.wrap(der.OCTETS, encryptor.tag)  # type: ignore[attr-defined]  # only AEAD encryptors have one


def _algorithm(kind: CipherKind, vector: bytes) -> bytes:
    parameters = der.wrap(der.OCTETS, vector)
    if kind.mode == "gcm":
        parameters = der.wrap(der.SEQUENCE, parameters, der.wrap(der.INTEGER, bytes([GCM_TAG_SIZE])))
    return der.wrap(der.SEQUENCE, oid(kind.oid), parameters)


def _recipient_info(certificate: Certificate, key: bytes, transport: KeyTransport, digest: str) -> bytes:
    public = certificate.public_key
    if not isinstance(public, RSAPublicKey):
        raise ConfigError(f"the certificate of {certificate.subject} has no RSA key", hint="encryption needs a certificate with an RSA key")
    scheme: padding.AsymmetricPadding = padding.PKCS1v15()
    algorithm = RSA
    if transport == "oaep":
        scheme = padding.OAEP(padding.MGF1(DIGESTS[digest]()), DIGESTS[digest](), None)
        algorithm = der.wrap(der.SEQUENCE, RSAES_OAEP, der.wrap(der.SEQUENCE, hash_and_mask(digest)))
    wrapped = der.wrap(der.OCTETS, public.encrypt(key, scheme))
    return der.wrap(der.SEQUENCE, VERSION_0, certificate.issuer_and_serial, algorithm, wrapped)


def decrypt(chunks: Iterable[bytes], identities: Sequence[Identity], *, allowed: Sequence[str]) -> Iterator[bytes]:
    """The content; use it only when the iterator has ended well, since a wrong end is found at the end.

    Every identity that the recipients name is tried, then every other one: old certificates keep opening during a roll-over.
    Raises CmsError `decryption-failed`, or `insufficient-message-security` for a cipher not in `allowed`.
    """
    source = Source(chunks)
    source.expect(der.SEQUENCE)
    oid = source.whole(source.expect(der.OID))
    if oid not in {ENVELOPED, AUTH_ENVELOPED}:
        raise CmsError(Reason.DECRYPTION, "the part is not enveloped data")
    source.expect(der.EXPLICIT_0)
    source.expect(der.SEQUENCE)
    source.whole(source.expect(der.INTEGER))
    header = source.header()
    if header.tag == der.EXPLICIT_0:  # originatorInfo
        source.whole(header)
        header = source.header()
    if header.tag != der.SET:
        raise der.broken("names no recipients")
    recipients = source.whole(header)
    info = source.expect(der.SEQUENCE)
    source.whole(source.expect(der.OID))
    kind, vector = _read_algorithm(source.whole(source.expect(der.SEQUENCE)))
    if kind.name not in allowed:
        raise CmsError(Reason.SECURITY, f"the content is encrypted with {kind.name}", hint=f"agreed: {', '.join(allowed)}")
    if (kind.mode == "gcm") != (oid == AUTH_ENVELOPED):
        raise CmsError(Reason.DECRYPTION, f"{kind.name} stands in the wrong kind of envelope")
    key = _content_key(recipients, identities, kind)
    # Where no key could be opened, the whole content is decrypted all the same: how long an answer takes tells nothing (T10).
    used = key or digest_of([recipients], "sha512")[: kind.key_size]
    octets = source.expect(der.IMPLICIT_0, der.EXPLICIT_0)
    if kind.mode == "cbc":
        yield from _opened_cbc(source.content(octets), kind, used, vector)
    else:
        yield from _opened_gcm(source, octets, info, kind, used, vector)
    if key is None:
        raise decryption_failed()


def _read_algorithm(raw: bytes) -> tuple[CipherKind, bytes]:
    try:
        name, parameters = values(value(raw).content)
        if name.raw not in CIPHER_BY_OID:
            raise CmsError(Reason.SECURITY, f"the content is encrypted with {dotted(name)}", hint=f"known: {', '.join(CIPHERS)}")
        kind = CIPHER_BY_OID[name.raw]
        if kind.mode == "gcm":
            fields = values(parameters.content)
            # The tag's length is 12 where it is not said (RFC 5084); shorter tags than ours are not accepted.
            if len(fields) < 2 or integer(fields[1]) != GCM_TAG_SIZE:
                raise CmsError(Reason.SECURITY, "the authentication tag is shorter than 16 bytes")
            parameters = fields[0]
        vector = octets(parameters)
    except STRUCTURE_DAMAGE as error:
        raise decryption_failed() from error
    if kind.mode == "cbc" and len(vector) != kind.vector_size:
        raise decryption_failed()
    return kind, vector


@dataclass(frozen=True, slots=True)
class _Recipient:
    """A KeyTransRecipientInfo taken apart."""

    identifier: Value
    algorithm: Value
    key: bytes


def _content_key(recipients: bytes, identities: Sequence[Identity], kind: CipherKind) -> bytes | None:
    """The key from the first recipient we are; None if no recipient's can be opened."""
    try:
        infos = values(value(recipients).content)
        if len(infos) > RECIPIENTS_MAX:
            raise CmsError(Reason.PROCESSING, f"the message has {len(infos)} recipients, {RECIPIENTS_MAX} at most")
        keyed = [_recipient(info) for info in infos if info.tag == der.SEQUENCE]  # the other kinds have tags of their own
        ordered = [(identity, one) for one in keyed for identity in identities if identity.certificate.is_named_by(one.identifier)]
        for identity, one in ordered or [(identity, one) for one in keyed for identity in identities]:
            key = _open_key(identity, one)
            if key is not None and len(key) == kind.key_size:
                return key
    except STRUCTURE_DAMAGE as error:
        raise decryption_failed() from error
    return None


def _recipient(info: Value) -> _Recipient:
    _version, identifier, algorithm, key = values(info.content)
    return _Recipient(identifier, algorithm, octets(key))


def _open_key(identity: Identity, recipient: _Recipient) -> bytes | None:
    if not isinstance(identity.key, RSAPrivateKey):
        return None
    scheme: padding.AsymmetricPadding = padding.PKCS1v15()
    kind, *parameters = values(recipient.algorithm.content)
    if kind.raw == RSAES_OAEP:
        digest, mask = read_hash_and_mask({one.tag: one for one in values(parameters[0].content)} if parameters else {})
        if digest is None or mask is None:
            return None
        scheme = padding.OAEP(padding.MGF1(DIGESTS[mask]()), DIGESTS[digest](), None)
    try:
        return identity.key.decrypt(recipient.key, scheme)
    except ValueError:
        return None


def _opened_cbc(pieces: Iterable[bytes], kind: CipherKind, key: bytes, vector: bytes) -> Iterator[bytes]:
    decryptor = Cipher(kind.algorithm(key), modes.CBC(vector)).decryptor()
    unpadder = block_padding.PKCS7(kind.block_size * 8).unpadder()
    try:
        for piece in pieces:
            yield unpadder.update(decryptor.update(piece))
        yield unpadder.update(decryptor.finalize()) + unpadder.finalize()
    except ValueError as error:
        raise decryption_failed() from error


def _opened_gcm(source: Source, octets: der.Header, info: der.Header, kind: CipherKind, key: bytes, vector: bytes) -> Iterator[bytes]:
    decryptor = Cipher(kind.algorithm(key), modes.GCM(vector)).decryptor()
    for piece in source.content(octets):
        yield decryptor.update(piece)
    source.close(info)
    header = source.header()
    if header.tag == 0xA1:
        raise CmsError(Reason.DECRYPTION, "the envelope authenticates attributes, which is not done in AS2")
    if header.tag != der.OCTETS or header.size != GCM_TAG_SIZE:
        raise decryption_failed()
    try:
        yield decryptor.finalize_with_tag(source.read(GCM_TAG_SIZE))
    except InvalidTag as error:
        raise decryption_failed() from error
