"""Certificates and keys: loaded, compared, asked whether they are valid at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from edi.errors import ConfigError
from edi.formats.cms.asn1 import Value, integer, octets, value, values
from edi.formats.cms.der import EXPLICIT_0, SEQUENCE, wrap

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

    @cached_property
    def valid_from(self) -> datetime:
        return self._certificate.not_valid_before_utc

    @cached_property
    def valid_until(self) -> datetime:
        return self._certificate.not_valid_after_utc

    def is_valid(self, at: datetime) -> bool:
        """True from its first to its last second; `at` carries a zone."""
        return self.valid_from <= at <= self.valid_until

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256, in lower-case hexadecimal."""
        return self._certificate.fingerprint(hashes.SHA256()).hex()

    @cached_property
    def public_key(self) -> PublicKey:
        """RSA or elliptic curve; ConfigError for any other."""
        key = self._certificate.public_key()
        if not isinstance(key, RSAPublicKey | EllipticCurvePublicKey):
            raise ConfigError(f"the certificate of {self.subject} has a {type(key).__name__}", hint="use RSA or an elliptic curve")
        return key

    @cached_property
    def _issuer_and_serial(self) -> tuple[Value, Value]:
        """As they stand in the certificate (RFC 5280 section 4.1)."""
        fields = values(values(value(self.der).content)[0].content)
        serial, _algorithm, issuer = fields[1:4] if fields[0].tag == EXPLICIT_0 else fields[:3]
        return issuer, serial

    @cached_property
    def issuer_and_serial(self) -> bytes:
        """How CMS names it."""
        return wrap(SEQUENCE, *(one.raw for one in self._issuer_and_serial))

    @cached_property
    def _key_identifier(self) -> bytes | None:
        try:
            return self._certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
        except x509.ExtensionNotFound:
            return None

    def is_named_by(self, identifier: Value) -> bool:
        """True if a signer or recipient identifier of CMS means this certificate. Raises ValueError where it is none."""
        if identifier.tag != SEQUENCE:
            return octets(identifier) == self._key_identifier
        issuer, serial = values(identifier.content)
        ours, our_serial = self._issuer_and_serial
        # Equal bytes are equal names; other bytes may be, by the rules of RFC 5280 section 7.1.
        return integer(serial) == integer(our_serial) and (issuer.raw == ours.raw or _words(issuer) == _words(ours))

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


def named(certificates: Iterable[Certificate], identifier: Value) -> tuple[Certificate, ...]:
    """Those that the identifier means."""
    return tuple(certificate for certificate in certificates if certificate.is_named_by(identifier))


_CHARSETS = {0x0C: "utf-8", 0x1E: "utf-16-be", 0x1C: "utf-32-be"}
"""Of strings in names, by their tags; every other one is read byte by byte."""


def _words(name: Value) -> list[frozenset[tuple[bytes, str]]]:
    """A name as it is compared: blanks and letter case do not count, nor does the kind of string."""
    return [
        frozenset(
            (kind.raw, " ".join(text.content.decode(_CHARSETS.get(text.tag, "latin-1"), "replace").split()).casefold())
            for kind, text in (values(pair.content) for pair in values(part.content))
        )
        for part in values(name.content)
    ]
