"""Cryptographic Message Syntax (RFC 5652) for AS2 and S/MIME: signed, enveloped, authenticated-enveloped and compressed data.

Rule 1: content is an iterable of byte chunks and is never held whole; only headers, keys and signatures are.
Rule 2: a signature is computed and checked over the very bytes that travel; nothing received is ever encoded again.
Rule 3: whom to trust is an argument. A certificate that comes inside a message proves nothing (T12).
Rule 4: keys, initialisation vectors and the time are arguments; what RSA and ECDSA draw for themselves stays inside `cryptography`.
"""

from edi.formats.cms.algorithms import CIPHERS, DIGESTS, digest_name
from edi.formats.cms.certificates import Certificate, Identity
from edi.formats.cms.compressed import compress, decompress
from edi.formats.cms.enveloped import decrypt, encrypt
from edi.formats.cms.failure import CmsError, Reason
from edi.formats.cms.signed import Signature, sign, verify

__all__ = [
    "CIPHERS",
    "DIGESTS",
    "Certificate",
    "CmsError",
    "Identity",
    "Reason",
    "Signature",
    "compress",
    "decompress",
    "decrypt",
    "digest_name",
    "encrypt",
    "sign",
    "verify",
]
