"""Certificates and keys as files of the workspace: made, read in whatever form they come, written so that nobody else reads the keys."""

from __future__ import annotations

import os
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from edi.cli.files import read_file
from edi.errors import ConfigError
from edi.formats.cms import Certificate, Identity

CERTIFICATES: Final = "certificates"
SECRETS: Final = "secrets"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def make(common_name: str, at: datetime, *, days: int, bits: int) -> Identity:
    """A new key with a certificate signed by itself, as AS2 partners exchange them."""
    key = generate_private_key(65537, bits)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    usage = x509.KeyUsage(
        digital_signature=True,
        key_encipherment=True,
        content_commitment=True,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(minutes=5))
        .not_valid_after(at + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Identity(Certificate(certificate), key)


def read_any(source: Path, passphrase: bytes | None) -> tuple[Certificate, Identity | None]:
    """The certificate in a PEM, DER or PKCS#12 file, with its key if there is one. Raises ConfigError if there is none."""
    data = read_file(source)
    if b"-----BEGIN" in data:
        certificate = Certificate.load(data)
        return certificate, Identity.load(data, data, passphrase) if b"PRIVATE KEY-----" in data else None
    try:
        return Certificate.load(data), None
    except ConfigError:
        pass
    try:
        key, found, _ = pkcs12.load_key_and_certificates(data, passphrase)
    except ValueError as error:
        raise ConfigError(f"{source} could not be opened", hint="is it PEM, DER or PKCS#12? for PKCS#12 give --passphrase") from error
    if found is None:
        raise ConfigError(f"{source} holds no certificate")
    certificate = Certificate(found)
    if key is None:
        return certificate, None
    if not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey):
        raise ConfigError(f"the key is a {type(key).__name__}", hint="use RSA or an elliptic curve")
    return certificate, Identity(certificate, key)


def key_pem(identity: Identity) -> bytes:
    """The private key, unprotected: its file's mode protects it."""
    return identity.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def as_pkcs12(identity: Identity, passphrase: bytes) -> bytes:
    """Certificate and key in one file, protected by a passphrase."""
    found = x509.load_der_x509_certificate(identity.certificate.der)
    return pkcs12.serialize_key_and_certificates(b"edi", identity.key, found, None, serialization.BestAvailableEncryption(passphrase))


def write(folder: Path, name: str, certificate: Certificate, identity: Identity | None) -> tuple[str, str | None]:
    """The files' paths, relative to the workspace. Raises ConfigError rather than overwrite one."""
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{name!r} is no name of a file", hint="letters, digits, dots and hyphens")
    file, key_file = f"{CERTIFICATES}/{name}.pem", f"{SECRETS}/{name}.key"
    taken = [path for path in (file, *([key_file] if identity else [])) if (folder / path).exists()]
    if taken:
        raise ConfigError(f"{taken[0]} is there already", hint="give another name; old certificates are needed until they are retired")
    if identity is not None:
        create_file(folder / key_file, key_pem(identity), 0o600)
    create_file(folder / file, certificate.pem(), 0o644)
    return file, key_file if identity else None


def create_file(path: Path, data: bytes, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if mode == 0o600 else 0o755)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def add(path: Path, side: str, entry: dict[str, str]) -> None:
    """Add a certificate to `ours` or `theirs` of a channel's file; comments and order stay."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    content = yaml.load(path)
    content.setdefault(side, [])
    content[side].append(entry)
    beside = path.with_name(f".{path.name}.new")
    with beside.open("w") as file:
        yaml.dump(content, file)
    beside.replace(path)
