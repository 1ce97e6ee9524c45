"""What two AS2 partners agreed, as the protocol needs it: names, certificates, security, receipts, quirks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from edi.formats.cms import Certificate, Identity

STRONG_DIGESTS: Final = ("sha256", "sha384", "sha512")
STRONG_CIPHERS: Final = ("aes128-cbc", "aes192-cbc", "aes256-cbc", "aes128-gcm", "aes192-gcm", "aes256-gcm")

MICALG_SPELLINGS: Final = {
    "rfc5751": {"sha1": "sha-1", "sha256": "sha-256", "sha384": "sha-384", "sha512": "sha-512"},
    "rfc3851": {"sha1": "sha1", "sha256": "sha256", "sha384": "sha384", "sha512": "sha512"},
}
"""How a digest is spelled in `micalg` and receipts: since 2010 with a hyphen, before without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirks:
    """Deviations of a partner's software that we follow because it would not understand us otherwise; each is named in their channel's YAML."""

    micalg: Literal["rfc5751", "rfc3851"] = "rfc5751"
    quote_filename: bool = True
    """`filename="x"`; some take the quotes for part of the name."""
    algorithm_protection: bool = True
    """RFC 6211's attribute in signatures, which Sterling refuses."""
    mic_of_headers: bool = True
    """Where a message is compressed and neither signed nor encrypted, its MIC covers the document's own header fields too (RFC 5402)."""


PROFILES: Final[dict[str, Quirks]] = {
    "standard": Quirks(),
    "before-2010": Quirks(micalg="rfc3851", algorithm_protection=False),
    "sterling": Quirks(algorithm_protection=False),
    "openas2": Quirks(mic_of_headers=False),
    "plain-filename": Quirks(quote_filename=False),
}
"""Quirk profiles by name; `edi partner test` says which one made a partner's side understand us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """How we protect what we send."""

    sign: str | None = "sha256"
    """Digest; None: unsigned."""
    pss: bool = False
    encrypt: str | None = "aes256-cbc"
    """Cipher; None: unencrypted."""
    oaep: bool = False
    compress: Literal["before_signing", "after_signing"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Which receipt we ask for."""

    signed: bool = True
    asynchronous: str | None = None
    """Our URL for it; None: in the answer to the POST."""
    digests: tuple[str, ...] = ("sha256",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One pair of AS2 names and everything agreed between them."""

    us: str
    them: str
    ours: tuple[Identity, ...]
    """Newest first: signs and is told to partners; all of them still open what comes in (row 90)."""
    theirs: tuple[Certificate, ...]
    """Newest first: the first valid one is encrypted for; each of them may sign (row 90)."""
    sending: Security = Security()
    receipt: Receipt | None = Receipt()
    must_sign: bool = True
    must_encrypt: bool = True
    digests: tuple[str, ...] = STRONG_DIGESTS
    """Accepted in signatures. SHA-1 only where written here."""
    ciphers: tuple[str, ...] = STRONG_CIPHERS
    """Accepted for encryption. 3DES only where written here."""
    quirks: Quirks = field(default_factory=Quirks)
    asynchronous_targets: tuple[str, ...] = ()
    """Where an asynchronous receipt may be sent: scheme, host and port; nothing else (T09)."""
