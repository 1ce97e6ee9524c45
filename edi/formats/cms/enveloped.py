"""EnvelopedData (RFC 5652 section 6) and AuthEnvelopedData (RFC 5083): content encrypted for recipients, as a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Literal

from asn1crypto import algos, cms, core
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import padding as block_padding
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from edi.errors import ConfigError
from edi.formats.cms import der
from edi.formats.cms.algorithms import CIPHER_BY_OID, CIPHERS, DIGESTS, GCM_TAG_SIZE, CipherKind
from edi.formats.cms.certificates import Certificate, Identity
from edi.formats.cms.der import Source
from edi.formats.cms.failure import CmsError, Reason, decryption_failed
from edi.formats.cms.signed import ASN1_DAMAGE, digest_of

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
    oid = bytes(core.ObjectIdentifier(kind.oid).dump())
    octets = der.wrap(der.OCTETS, vector)
    if kind.mode == "cbc":
        return der.wrap(der.SEQUENCE, oid, octets)
    return der.wrap(der.SEQUENCE, oid, der.wrap(der.SEQUENCE, octets, der.wrap(der.INTEGER, bytes([GCM_TAG_SIZE]))))


def _recipient_info(certificate: Certificate, key: bytes, transport: KeyTransport, digest: str) -> bytes:
    public = certificate.public_key
    if not isinstance(public, RSAPublicKey):
        raise ConfigError(f"the certificate of {certificate.subject} has no RSA key", hint="encryption needs a certificate with an RSA key")
    if transport == "oaep":
        mask = {"algorithm": "mgf1", "parameters": {"algorithm": digest}}
        parameters = algos.RSAESOAEPParams({"hash_algorithm": {"algorithm": digest}, "mask_gen_algorithm": mask})
        algorithm = {"algorithm": "rsaes_oaep", "parameters": parameters}
        wrapped = public.encrypt(key, padding.OAEP(padding.MGF1(DIGESTS[digest]()), DIGESTS[digest](), None))
    else:
        algorithm = {"algorithm": "rsaes_pkcs1v15"}
        wrapped = public.encrypt(key, padding.PKCS1v15())
    info = cms.KeyTransRecipientInfo(
        {
            "version": "v0",
            "rid": cms.RecipientIdentifier({"issuer_and_serial_number": certificate.issuer_and_serial}),
            "key_encryption_algorithm": algorithm,
            "encrypted_key": wrapped,
        }
    )
    return bytes(info.dump())


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
        parts = core.SequenceOf.load(raw, spec=core.Any)
        oid = parts[0].parse(core.ObjectIdentifier).dotted
        if oid not in CIPHER_BY_OID:
            raise CmsError(Reason.SECURITY, f"the content is encrypted with {oid}", hint=f"known: {', '.join(CIPHERS)}")
        kind = CIPHER_BY_OID[oid]
        parameters = parts[1]
        if kind.mode == "gcm":
            fields = core.SequenceOf.load(parameters.dump(), spec=core.Any)
            # The tag's length is 12 where it is not said (RFC 5084); shorter tags than ours are not accepted.
            if len(fields) < 2 or fields[1].parse(core.Integer).native != GCM_TAG_SIZE:
                raise CmsError(Reason.SECURITY, "the authentication tag is shorter than 16 bytes")
            parameters = fields[0]
        vector = bytes(parameters.parse(core.OctetString).native)
    except ASN1_DAMAGE as error:
        raise decryption_failed() from error
    if kind.mode == "cbc" and len(vector) != kind.vector_size:
        raise decryption_failed()
    return kind, vector


def _content_key(recipients: bytes, identities: Sequence[Identity], kind: CipherKind) -> bytes | None:
    """The key from the first recipient we are; None if no recipient's can be opened."""
    try:
        infos = [info.chosen for info in cms.RecipientInfos.load(recipients)]
        if len(infos) > RECIPIENTS_MAX:
            raise CmsError(Reason.PROCESSING, f"the message has {len(infos)} recipients, {RECIPIENTS_MAX} at most")
        keyed = [info for info in infos if isinstance(info, cms.KeyTransRecipientInfo)]
        ordered = [(identity, info) for info in keyed for identity in identities if identity.certificate.is_named_by(info["rid"])]
        for identity, info in ordered or [(identity, info) for info in keyed for identity in identities]:
            key = _open_key(identity, info)
            if key is not None and len(key) == kind.key_size:
                return key
    except ASN1_DAMAGE as error:
        raise decryption_failed() from error
    return None


def _open_key(identity: Identity, info: cms.KeyTransRecipientInfo) -> bytes | None:
    if not isinstance(identity.key, RSAPrivateKey):
        return None
    algorithm = info["key_encryption_algorithm"]
    scheme: padding.AsymmetricPadding = padding.PKCS1v15()
    if algorithm["algorithm"].native == "rsaes_oaep":
        parameters = algorithm["parameters"]
        outer = parameters["hash_algorithm"]["algorithm"].native
        mask = parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native
        if outer not in DIGESTS or mask not in DIGESTS:
            return None
        scheme = padding.OAEP(padding.MGF1(DIGESTS[mask]()), DIGESTS[outer](), None)
    try:
        return identity.key.decrypt(info["encrypted_key"].native, scheme)
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
