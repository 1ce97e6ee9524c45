"""Detached SignedData (RFC 5652 section 5), as multipart/signed carries it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from edi.formats.cms.algorithms import (
    DIGEST_ALGORITHMS,
    DIGEST_BY_OID,
    DIGESTS,
    ECDSA_ALGORITHMS,
    RSA,
    RSASSA_PSS,
    hash_and_mask,
    read_hash_and_mask,
)
from edi.formats.cms.asn1 import Value, dotted, integer, octets, value, values
from edi.formats.cms.certificates import Certificate, Identity, named
from edi.formats.cms.der import EXPLICIT_0, INTEGER, OCTETS, SEQUENCE, SET, STRUCTURE_BYTES_MAX, UTC_TIME, wrap
from edi.formats.cms.failure import CmsError, ExpiredSignerError, Reason, UnknownSignerError

SIGNED_DATA: Final = bytes.fromhex("06092a864886f70d010702")
DATA: Final = bytes.fromhex("06092a864886f70d010701")
CONTENT_TYPE_ATTRIBUTE: Final = bytes.fromhex("06092a864886f70d010903")
MESSAGE_DIGEST: Final = bytes.fromhex("06092a864886f70d010904")
SIGNING_TIME: Final = bytes.fromhex("06092a864886f70d010905")
ALGORITHM_PROTECTION: Final = bytes.fromhex("06092a864886f70d010934")
VERSION_1: Final = b"\x02\x01\x01"

STRUCTURE_DAMAGE: Final = (ValueError, IndexError, KeyError)
"""What reading raises, as a matter of course, on structures that are none."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature that was found good."""

    signer: Certificate
    """Of the certificates we trust, never of those in the message."""
    digest: str
    """sha1 | sha256 | sha384 | sha512."""
    content_digest: bytes
    """Over the signed bytes: with `digest` it is the MIC of a receipt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """A SignerInfo taken apart, its values as they came."""

    identifier: Value
    digest: str
    attributes: Value | None
    algorithm: Value
    signature: bytes


def digest_of(chunks: Iterable[bytes], name: str) -> bytes:
    """The digest over the chunks."""
    context = hashes.Hash(DIGESTS[name]())
    for chunk in chunks:
        context.update(chunk)
    return context.finalize()


def sign(
    content_digest: bytes,
    identity: Identity,
    *,
    digest: str,
    at: datetime,
    pss: bool = False,
    embed: bool = True,
    protect_algorithms: bool = True,
) -> bytes:
    """SignedData in DER over content whose digest is given (`digest_of`).

    `embed` puts our certificate inside; `protect_algorithms` adds RFC 6211's attribute, which some old servers refuse.
    """
    algorithm = _algorithm(isinstance(identity.key, EllipticCurvePrivateKey), digest, pss)
    digest_algorithm = DIGEST_ALGORITHMS[digest]
    attributes = [
        _attribute(CONTENT_TYPE_ATTRIBUTE, DATA),
        _attribute(MESSAGE_DIGEST, wrap(OCTETS, content_digest)),
        _attribute(SIGNING_TIME, wrap(UTC_TIME, at.astimezone(UTC).strftime("%y%m%d%H%M%SZ").encode())),
    ]
    if protect_algorithms:
        # RFC 6211: the signature's algorithm under an implicit tag 1.
        attributes.append(_attribute(ALGORITHM_PROTECTION, wrap(SEQUENCE, digest_algorithm, b"\xa1" + algorithm[1:])))
    signed = wrap(SET, *sorted(attributes))
    certificate = identity.certificate
    signer = wrap(
        SEQUENCE,
        VERSION_1,
        certificate.issuer_and_serial,
        digest_algorithm,
        b"\xa0" + signed[1:],
        algorithm,
        wrap(OCTETS, _sign(identity, signed, digest, pss=pss)),
    )
    data = wrap(
        SEQUENCE,
        VERSION_1,
        wrap(SET, digest_algorithm),
        wrap(SEQUENCE, DATA),
        *([wrap(EXPLICIT_0, certificate.der)] if embed else []),
        wrap(SET, signer),
    )
    return wrap(SEQUENCE, SIGNED_DATA, wrap(EXPLICIT_0, data))


def _attribute(kind: bytes, value: bytes) -> bytes:
    return wrap(SEQUENCE, kind, wrap(SET, value))


def _algorithm(elliptic: bool, digest: str, pss: bool) -> bytes:
    if elliptic:
        return ECDSA_ALGORITHMS[digest]
    if not pss:
        return RSA
    salt = wrap(EXPLICIT_0 + 2, wrap(INTEGER, bytes([DIGESTS[digest]().digest_size])))
    return wrap(SEQUENCE, RSASSA_PSS, wrap(SEQUENCE, hash_and_mask(digest), salt))


def _sign(identity: Identity, message: bytes, digest: str, *, pss: bool) -> bytes:
    algorithm = DIGESTS[digest]()
    if isinstance(identity.key, EllipticCurvePrivateKey):
        return identity.key.sign(message, ec.ECDSA(algorithm))
    if pss:
        return identity.key.sign(message, padding.PSS(padding.MGF1(algorithm), algorithm.digest_size), algorithm)
    return identity.key.sign(message, padding.PKCS1v15(), algorithm)


def signers(signature: bytes) -> tuple[Signer, ...]:
    """The SignerInfos of a SignedData; CmsError where it is none."""
    if len(signature) > STRUCTURE_BYTES_MAX:
        raise CmsError(Reason.PROCESSING, f"the signature has {len(signature)} bytes")
    try:
        kind, explicit = values(value(signature).content)
        if kind.raw != SIGNED_DATA:
            raise CmsError(Reason.AUTHENTICATION, "the signature part holds something else than signed data")
        # Version, digests, content, certificates and revocations, which prove nothing here, and at the end the signers.
        infos = values(value(explicit.content).content)[-1]
        if infos.tag != SET:
            raise ValueError("no set of signers")
        return tuple(_signer(info) for info in values(infos.content))
    except STRUCTURE_DAMAGE as error:
        raise CmsError(Reason.AUTHENTICATION, "the signature part could not be read", hint="it was cut or changed on the way") from error


def _signer(info: Value) -> Signer:
    _version, identifier, digest, *rest = values(info.content)
    attributes = rest.pop(0) if rest[0].tag == EXPLICIT_0 else None
    algorithm, signature = rest[:2]
    named_digest = values(digest.content)[0]
    if named_digest.raw not in DIGEST_BY_OID:
        raise CmsError(Reason.SECURITY, f"the signature uses the digest {dotted(named_digest)}", hint="use sha256 or better")
    return Signer(
        identifier=identifier,
        digest=DIGEST_BY_OID[named_digest.raw],
        attributes=attributes,
        algorithm=algorithm,
        signature=octets(signature),
    )


def verify(
    signature: bytes,
    content: Iterable[bytes],
    trusted: Sequence[Certificate],
    *,
    at: datetime,
    allowed: Sequence[str] = ("sha256", "sha384", "sha512"),
) -> Signature:
    """The signature of one of the trusted certificates over the content.

    Raises CmsError: `authentication-failed` for an unknown, expired or missing signer or a false signature, `integrity-check-failed`
    for content that was changed, `insufficient-message-security` for a digest not in `allowed`.
    """
    found = signers(signature)
    if len(found) != 1:
        raise CmsError(Reason.AUTHENTICATION, f"the signature has {len(found)} signers, one is expected")
    signer = found[0]
    try:
        certificate = _trusted_signer(signer, trusted, at)
        if signer.digest not in allowed:
            raise CmsError(Reason.SECURITY, f"the signature uses {signer.digest}", hint=f"agreed: {', '.join(allowed)}")
        return _verified(signer, certificate, digest_of(content, signer.digest))
    except STRUCTURE_DAMAGE as error:
        raise CmsError(Reason.AUTHENTICATION, "the signature part could not be read", hint="it was cut or changed on the way") from error


def _trusted_signer(signer: Signer, trusted: Sequence[Certificate], at: datetime) -> Certificate:
    candidates = named(trusted, signer.identifier)
    if not candidates:
        raise UnknownSignerError(
            Reason.AUTHENTICATION,
            "the signer's certificate is none of those agreed with the partner",
            hint="exchange certificates again; what comes inside a message is not trusted",
        )
    valid = [certificate for certificate in candidates if certificate.is_valid(at)]
    if not valid:
        certificate = candidates[0]
        raise ExpiredSignerError(
            Reason.AUTHENTICATION,
            f"the signer's certificate {certificate.subject} is valid from {certificate.valid_from:%Y-%m-%d} to {certificate.valid_until:%Y-%m-%d}",
            hint="the partner signs with a current certificate and sends it before",
        )
    return valid[0]


def _verified(signer: Signer, certificate: Certificate, content_digest: bytes) -> Signature:
    if signer.attributes is None:
        raise CmsError(Reason.AUTHENTICATION, "the signature has no signed attributes", hint="sign as RFC 5652 section 5.3 says for S/MIME")
    attributes = [values(attribute.content) for attribute in values(signer.attributes.content)]
    found = {kind.raw: held for kind, held in attributes}
    if len(found) != len(attributes) or not found.keys() >= {MESSAGE_DIGEST, CONTENT_TYPE_ATTRIBUTE}:
        raise CmsError(Reason.AUTHENTICATION, "the signed attributes lack the message digest or name something twice")
    # The bytes as they came, under the tag they were signed with (RFC 5652 section 5.4); never encoded again.
    _check(signer, certificate, bytes([SET]) + signer.attributes.raw[1:])
    if octets(value(found[MESSAGE_DIGEST].content)) != content_digest:
        raise CmsError(
            Reason.INTEGRITY,
            "the content differs from what was signed",
            hint="something on the way changed it: a line end, a header, an encoding",
        )
    return Signature(certificate, signer.digest, content_digest)


def _check(signer: Signer, certificate: Certificate, message: bytes) -> None:
    key, digest = certificate.public_key, DIGESTS[signer.digest]()
    kind, *parameters = values(signer.algorithm.content)
    try:
        if isinstance(key, EllipticCurvePublicKey):
            key.verify(signer.signature, message, ec.ECDSA(digest))
        elif kind.raw == RSASSA_PSS:
            _check_pss(key, signer.signature, message, {one.tag: one for one in values(parameters[0].content)})
        else:
            key.verify(signer.signature, message, padding.PKCS1v15(), digest)
    except (InvalidSignature, UnsupportedAlgorithm) as error:
        raise CmsError(Reason.AUTHENTICATION, f"the signature is not one of {certificate.subject}") from error


def _check_pss(key: RSAPublicKey, signature: bytes, message: bytes, parameters: Mapping[int, Value]) -> None:
    digest, mask = read_hash_and_mask(parameters)
    if digest is None or mask is None:
        raise CmsError(Reason.SECURITY, "the signature uses a digest that we do not have", hint="use sha256 or better")
    salt = parameters.get(EXPLICIT_0 + 2)
    size = integer(value(salt.content)) if salt else 20
    key.verify(signature, message, padding.PSS(padding.MGF1(DIGESTS[mask]()), size), DIGESTS[digest]())
