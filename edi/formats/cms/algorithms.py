"""Which digests and ciphers there are, by the names people write and the identifiers that travel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, algorithms

from edi.formats.cms.asn1 import Value, oid, value, values
from edi.formats.cms.der import EXPLICIT_0, SEQUENCE, wrap

DIGESTS: Final[Mapping[str, type[hashes.HashAlgorithm]]] = {
    "sha1": hashes.SHA1,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
"""MD5 and SHA-224 are left out: no partner may use them, not even by agreement."""


DIGEST_BY_OID: Final[Mapping[bytes, str]] = {
    oid("1.3.14.3.2.26"): "sha1",
    oid("2.16.840.1.101.3.4.2.1"): "sha256",
    oid("2.16.840.1.101.3.4.2.2"): "sha384",
    oid("2.16.840.1.101.3.4.2.3"): "sha512",
}
NULL: Final = b"\x05\0"
DIGEST_ALGORITHMS: Final[Mapping[str, bytes]] = {name: wrap(SEQUENCE, key, NULL) for key, name in DIGEST_BY_OID.items()}
ECDSA_ALGORITHMS: Final[Mapping[str, bytes]] = {
    "sha1": wrap(SEQUENCE, oid("1.2.840.10045.4.1")),
    "sha256": wrap(SEQUENCE, oid("1.2.840.10045.4.3.2")),
    "sha384": wrap(SEQUENCE, oid("1.2.840.10045.4.3.3")),
    "sha512": wrap(SEQUENCE, oid("1.2.840.10045.4.3.4")),
}
RSA: Final = wrap(SEQUENCE, oid("1.2.840.113549.1.1.1"), NULL)
"""PKCS#1 v1.5: for keys, and for signatures (RFC 3370 section 3.2)."""
RSAES_OAEP: Final = oid("1.2.840.113549.1.1.7")
MGF1: Final = oid("1.2.840.113549.1.1.8")
RSASSA_PSS: Final = oid("1.2.840.113549.1.1.10")


def digest_name(written: str) -> str | None:
    """The digest a partner's `micalg` means: `sha-256`, `SHA256`, `rsa-sha256` are all sha256; None if we have no such digest."""
    name = written.strip().strip('"').lower().replace("_", "-").removeprefix("rsa-").replace("-", "")
    return name if name in DIGESTS else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CipherKind:
    """A content cipher; sizes in bytes."""

    name: str
    oid: str
    mode: Literal["cbc", "gcm"]
    key_size: int
    vector_size: int
    block_size: int
    """What padding fills up to; 1 where there is no padding."""

    def algorithm(self, key: bytes) -> BlockCipherAlgorithm:
        """The cipher under this key; ValueError where the key has another size."""
        if len(key) != self.key_size:
            raise ValueError(f"a key of {len(key)} bytes for {self.name}")
        return TripleDES(key) if self.name == "3des" else algorithms.AES(key)


def _aes(bits: int, mode: Literal["cbc", "gcm"], last: int) -> CipherKind:
    return CipherKind(
        name=f"aes{bits}-{mode}",
        oid=f"2.16.840.1.101.3.4.1.{last}",
        mode=mode,
        key_size=bits // 8,
        vector_size=12 if mode == "gcm" else 16,
        block_size=1 if mode == "gcm" else 16,
    )


CIPHERS: Final[Mapping[str, CipherKind]] = {
    kind.name: kind
    for kind in (
        _aes(128, "cbc", 2),
        _aes(192, "cbc", 22),
        _aes(256, "cbc", 42),
        _aes(128, "gcm", 6),
        _aes(192, "gcm", 26),
        _aes(256, "gcm", 46),
        CipherKind(name="3des", oid="1.2.840.113549.3.7", mode="cbc", key_size=24, vector_size=8, block_size=8),
    )
}

CIPHER_BY_OID: Final[Mapping[bytes, CipherKind]] = {oid(kind.oid): kind for kind in CIPHERS.values()}

GCM_TAG_SIZE: Final = 16


def hash_and_mask(digest: str) -> bytes:
    """The first two parameters of PSS and OAEP: the digest, and MGF1 with the same one (RFC 4055)."""
    algorithm = DIGEST_ALGORITHMS[digest]
    return wrap(EXPLICIT_0, algorithm) + wrap(EXPLICIT_0 + 1, wrap(SEQUENCE, MGF1, algorithm))


def read_hash_and_mask(parameters: Mapping[int, Value]) -> tuple[str | None, str | None]:
    """What those parameters, by their tags, say; SHA-1 where they say nothing, None for a digest we do not have."""
    outer, mask = parameters.get(EXPLICIT_0), parameters.get(EXPLICIT_0 + 1)
    return (
        _digest_in(value(outer.content)) if outer else "sha1",
        _digest_in(values(value(mask.content).content)[1]) if mask else "sha1",
    )


def _digest_in(algorithm: Value) -> str | None:
    return DIGEST_BY_OID.get(values(algorithm.content)[0].raw)
