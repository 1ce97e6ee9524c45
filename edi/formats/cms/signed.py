"""Detached SignedData (RFC 5652 section 5), as multipart/signed carries it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from asn1crypto import algos, cms, core
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from edi.formats.cms.algorithms import DIGESTS
from edi.formats.cms.certificates import Certificate, Identity, named
from edi.formats.cms.der import EXPLICIT_0, OCTETS, SEQUENCE, SET, STRUCTURE_BYTES_MAX, wrap
from edi.formats.cms.failure import CmsError, ExpiredSignerError, Reason, UnknownSignerError

SIGNED_DATA: Final = bytes.fromhex("06092a864886f70d010702")
DATA: Final = bytes.fromhex("06092a864886f70d010701")
CONTENT_TYPE_ATTRIBUTE: Final = bytes.fromhex("06092a864886f70d010903")
MESSAGE_DIGEST: Final = bytes.fromhex("06092a864886f70d010904")
SIGNING_TIME: Final = bytes.fromhex("06092a864886f70d010905")
ALGORITHM_PROTECTION: Final = bytes.fromhex("06092a864886f70d010934")
VERSION_1: Final = b"\x02\x01\x01"

ASN1_DAMAGE = (ValueError, TypeError, KeyError, IndexError, AttributeError)
"""What asn1crypto raises, as a matter of course, on structures that are none."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature that was found good."""

    signer: Certificate
    """Of the certificates we trust, never of those in the message."""
    digest: str
    """sha1 | sha256 | sha384 | sha512."""
    content_digest: bytes
    """Over the signed bytes: with `digest` it is the MIC of a receipt."""
    signed_at: datetime | None
    """The signer's own word."""


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
    algorithm = _algorithm_bytes(isinstance(identity.key, EllipticCurvePrivateKey), digest, pss)
    digest_algorithm = _digest_algorithm(digest)
    attributes = [
        _attribute(CONTENT_TYPE_ATTRIBUTE, DATA),
        _attribute(MESSAGE_DIGEST, wrap(OCTETS, content_digest)),
        _attribute(SIGNING_TIME, core.UTCTime(at.replace(microsecond=0)).dump()),
    ]
    if protect_algorithms:
        # RFC 6211: the signature's algorithm under an implicit tag 1.
        attributes.append(_attribute(ALGORITHM_PROTECTION, wrap(SEQUENCE, digest_algorithm, b"\xa1" + algorithm[1:])))
    signed = wrap(SET, *sorted(attributes))
    certificate = identity.certificate
    signer = wrap(
        SEQUENCE,
        VERSION_1,
        _issuer_and_serial(certificate),
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


@lru_cache(maxsize=256)
def _issuer_and_serial(certificate: Certificate) -> bytes:
    return bytes(certificate.issuer_and_serial.dump())


@lru_cache(maxsize=16)
def _digest_algorithm(digest: str) -> bytes:
    return bytes(algos.DigestAlgorithm({"algorithm": digest}).dump())


@lru_cache(maxsize=32)
def _algorithm_bytes(elliptic: bool, digest: str, pss: bool) -> bytes:
    return bytes(_algorithm(digest, elliptic=elliptic, pss=pss).dump())


def _algorithm(digest: str, *, elliptic: bool, pss: bool) -> algos.SignedDigestAlgorithm:
    if elliptic:
        return algos.SignedDigestAlgorithm({"algorithm": f"{digest}_ecdsa"})
    if not pss:
        return algos.SignedDigestAlgorithm({"algorithm": "rsassa_pkcs1v15"})
    parameters = algos.RSASSAPSSParams(
        {
            "hash_algorithm": {"algorithm": digest},
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": digest}},
            "salt_length": DIGESTS[digest]().digest_size,
        }
    )
    return algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": parameters})


def _sign(identity: Identity, message: bytes, digest: str, *, pss: bool) -> bytes:
    algorithm = DIGESTS[digest]()
    if isinstance(identity.key, EllipticCurvePrivateKey):
        return identity.key.sign(message, ec.ECDSA(algorithm))
    if pss:
        return identity.key.sign(message, padding.PSS(padding.MGF1(algorithm), algorithm.digest_size), algorithm)
    return identity.key.sign(message, padding.PKCS1v15(), algorithm)


def signers(signature: bytes) -> tuple[cms.SignerInfo, ...]:
    """The SignerInfos of a SignedData; CmsError where it is none."""
    if len(signature) > STRUCTURE_BYTES_MAX:
        raise CmsError(Reason.PROCESSING, f"the signature has {len(signature)} bytes")
    try:
        outer = cms.ContentInfo.load(signature)
        if outer["content_type"].native != "signed_data":
            raise CmsError(Reason.AUTHENTICATION, f"the signature part holds {outer['content_type'].native}, not signed data")
        return tuple(outer["content"]["signer_infos"])
    except ASN1_DAMAGE as error:
        raise CmsError(Reason.AUTHENTICATION, "the signature part could not be read", hint="it was cut or changed on the way") from error


def digests_of(signature: bytes) -> tuple[str, ...]:
    """Which digests its signers used, for computing them while the content passes by."""
    return tuple(_digest_of_signer(signer) for signer in signers(signature))


def verify(
    signature: bytes,
    content_digests: dict[str, bytes],
    trusted: Sequence[Certificate],
    *,
    at: datetime,
    allowed: Sequence[str] = ("sha256", "sha384", "sha512"),
) -> Signature:
    """The signature of one of the trusted certificates over content with these digests (name -> value).

    Raises CmsError: `authentication-failed` for an unknown, expired or missing signer or a false signature, `integrity-check-failed`
    for content that was changed, `insufficient-message-security` for a digest not in `allowed`.
    """
    found = signers(signature)
    if len(found) != 1:
        raise CmsError(Reason.AUTHENTICATION, f"the signature has {len(found)} signers, one is expected")
    signer = found[0]
    try:
        certificate = _trusted_signer(signer, trusted, at)
        digest = _digest_of_signer(signer)
        if digest not in allowed:
            raise CmsError(Reason.SECURITY, f"the signature uses {digest}", hint=f"agreed: {', '.join(allowed)}")
        return _verified(signer, certificate, digest, content_digests)
    except ASN1_DAMAGE as error:
        raise CmsError(Reason.AUTHENTICATION, "the signature part could not be read", hint="it was cut or changed on the way") from error


def _digest_of_signer(signer: cms.SignerInfo) -> str:
    try:
        name = str(signer["digest_algorithm"]["algorithm"].native)
    except ASN1_DAMAGE as error:
        raise CmsError(Reason.AUTHENTICATION, "the signature names no digest") from error
    if name not in DIGESTS:
        raise CmsError(Reason.SECURITY, f"the signature uses {name}", hint="use sha256 or better")
    return name


def _trusted_signer(signer: cms.SignerInfo, trusted: Sequence[Certificate], at: datetime) -> Certificate:
    candidates = named(trusted, signer["sid"])
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


def _verified(signer: cms.SignerInfo, certificate: Certificate, digest: str, content_digests: dict[str, bytes]) -> Signature:
    content = content_digests[digest]
    attributes = signer["signed_attrs"]
    if not len(attributes):
        raise CmsError(Reason.AUTHENTICATION, "the signature has no signed attributes", hint="sign as RFC 5652 section 5.3 says for S/MIME")
    values = {attribute["type"].native: attribute["values"] for attribute in attributes}
    if len(values) != len(attributes) or "message_digest" not in values or "content_type" not in values:
        raise CmsError(Reason.AUTHENTICATION, "the signed attributes lack the message digest or name something twice")
    # The bytes as they came, under the tag they were signed with (RFC 5652 section 5.4); never encoded again.
    raw = attributes.dump()
    _check(signer, certificate, b"\x31" + raw[1:], digest)
    if values["message_digest"][0].native != content:
        raise CmsError(
            Reason.INTEGRITY,
            "the content differs from what was signed",
            hint="something on the way changed it: a line end, a header, an encoding",
        )
    time = values.get("signing_time")
    return Signature(certificate, digest, content, time[0].native if time is not None else None)


def _check(signer: cms.SignerInfo, certificate: Certificate, message: bytes, digest: str) -> None:
    key, signature = certificate.public_key, signer["signature"].native
    algorithm = signer["signature_algorithm"]
    try:
        if isinstance(key, EllipticCurvePublicKey):
            key.verify(signature, message, ec.ECDSA(DIGESTS[digest]()))
        elif algorithm["algorithm"].native == "rsassa_pss":
            _check_pss(key, signature, message, algorithm["parameters"])
        else:
            key.verify(signature, message, padding.PKCS1v15(), DIGESTS[digest]())
    except (InvalidSignature, UnsupportedAlgorithm) as error:
        raise CmsError(Reason.AUTHENTICATION, f"the signature is not one of {certificate.subject}") from error


def _check_pss(key: RSAPublicKey, signature: bytes, message: bytes, parameters: algos.RSASSAPSSParams) -> None:
    named_hash = parameters["hash_algorithm"]["algorithm"].native
    mask_hash = parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native
    if named_hash not in DIGESTS or mask_hash not in DIGESTS:
        raise CmsError(Reason.SECURITY, f"the signature uses {named_hash} with {mask_hash}")
    key.verify(
        signature, message, padding.PSS(padding.MGF1(DIGESTS[mask_hash]()), int(parameters["salt_length"].native)), DIGESTS[named_hash]()
    )
