"""Certificates and keys: loaded, compared, asked whether they are valid at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from edi.errors import ConfigError

PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey
PublicKey = RSAPublicKey | EllipticCurvePublicKey


class Certificate:
    """An X.509 certificate; equal to another with the same bytes."""

    def __init__(self, certificate: x509.Certificate) -> None:
        self._certificate = certificate
        self.der = certificate.public_bytes(serialization.Encoding.DER)

    @classmethod
    def load(cls, data: bytes) -> Certificate:
        """From PEM (the first one in it) or DER; ConfigError where it is neither."""
        try:
            if b"-----BEGIN" in data:
                return cls(x509.load_pem_x509_certificate(data))
            return cls(x509.load_der_x509_certificate(data))
        except ValueError as error:
            raise ConfigError(
                "the bytes are no certificate in PEM or DER", hint="a PEM certificate begins with -----BEGIN CERTIFICATE-----"
            ) from error

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Certificate) and self.der == other.der

    def __hash__(self) -> int:
        return hash(self.der)

    def __repr__(self) -> str:
        return f"<certificate of {self.subject}, until {self.valid_until:%Y-%m-%d}>"

    @property
    def subject(self) -> str:
        """Distinguished name, as RFC 4514 writes it."""
        return self._certificate.subject.rfc4514_string()

    @property
    def valid_from(self) -> datetime:
        return self._certificate.not_valid_before_utc

    @property
    def valid_until(self) -> datetime:
        return self._certificate.not_valid_after_utc

    def is_valid(self, at: datetime) -> bool:
        """True from its first to its last second; `at` carries a zone."""
        return self.valid_from <= at <= self.valid_until

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256, in lower-case hexadecimal."""
        return self._certificate.fingerprint(hashes.SHA256()).hex()

    @property
    def public_key(self) -> PublicKey:
        """RSA or elliptic curve; ConfigError for any other."""
        key = self._certificate.public_key()
        if not isinstance(key, RSAPublicKey | EllipticCurvePublicKey):
            raise ConfigError(f"the certificate of {self.subject} has a {type(key).__name__}", hint="use RSA or an elliptic curve")
        return key

    @cached_property
    def asn1(self) -> asn1_x509.Certificate:
        return asn1_x509.Certificate.load(self.der)

    @cached_property
    def _serial_number(self) -> int:
        return int(self.asn1.serial_number)

    @cached_property
    def _issuer(self) -> bytes:
        return bytes(self.asn1.issuer.dump())

    @property
    def issuer_and_serial(self) -> cms.IssuerAndSerialNumber:
        return cms.IssuerAndSerialNumber({"issuer": self.asn1.issuer, "serial_number": self.asn1.serial_number})

    def is_named_by(self, identifier: cms.SignerIdentifier | cms.RecipientIdentifier) -> bool:
        """True if a signer or recipient identifier of CMS means this certificate."""
        chosen = identifier.chosen
        if isinstance(chosen, cms.IssuerAndSerialNumber):
            # Comparing names by their rules is slow; equal bytes are equal names, and other serial numbers are other certificates.
            if chosen["serial_number"].native != self._serial_number:
                return False
            return chosen["issuer"].dump() == self._issuer or bool(chosen["issuer"] == self.asn1.issuer)
        return bool(chosen.native == self.asn1.key_identifier)

    def pem(self) -> bytes:
        return self._certificate.public_bytes(serialization.Encoding.PEM)


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate of ours with its private key."""

    certificate: Certificate
    key: PrivateKey

    @classmethod
    def load(cls, certificate: bytes, key: bytes, passphrase: bytes | None = None) -> Identity:
        """From PEM or DER; ConfigError where the two do not belong together."""
        loaded = Certificate.load(certificate)
        try:
            if b"-----BEGIN" in key:
                private = serialization.load_pem_private_key(key, passphrase)
            else:
                private = serialization.load_der_private_key(key, passphrase)
        except (ValueError, TypeError) as error:
            raise ConfigError(
                "the private key could not be read", hint="check the passphrase; the key is PEM or DER, PKCS#8 or traditional"
            ) from error
        if not isinstance(private, RSAPrivateKey | EllipticCurvePrivateKey):
            raise ConfigError(f"the key is a {type(private).__name__}", hint="use RSA or an elliptic curve")
        if private.public_key() != loaded.public_key:
            raise ConfigError(f"the key does not belong to the certificate of {loaded.subject}")
        return cls(loaded, private)


def named(certificates: Iterable[Certificate], identifier: cms.SignerIdentifier | cms.RecipientIdentifier) -> tuple[Certificate, ...]:
    """Those that the identifier means."""
    return tuple(certificate for certificate in certificates if certificate.is_named_by(identifier))
