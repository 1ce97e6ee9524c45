"""S/MIME by agreement (RFC 8551): what leaves is signed and encrypted, what comes must be, as a whole mail and over its own bytes.

Rule 1: a signature counts only if it covers everything that is taken: a signed part beside others, or a signature outside the
encryption, proves nothing about the rest (E16).
Rule 2: nothing is decrypted but the mail itself; an encrypted part among others is how mails are made to leak (EFAIL).
Rule 3: a signature is checked over the bytes as they came, by certificates that were agreed, never by one that came along.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from edi.channels.email import Smime
from edi.channels.email.account import Account
from edi.errors import ConfigError, FormatError, LimitError
from edi.formats import cms
from edi.formats.cms.signed import digest_of
from edi.formats.mime import Entity, parse

PKCS7 = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
SIGNATURES = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature"})
LAYERS_MAX = 3
"""Signed, encrypted, and signed again is the most that programs make."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """What was agreed, with the keys and certificates loaded."""

    agreed: Smime
    ours: tuple[cms.Identity, ...]
    theirs: tuple[cms.Certificate, ...]

    @property
    def ciphers(self) -> tuple[str, ...]:
        """Those that are opened: without a signature inside, only the ones that notice changes themselves (EFAIL)."""
        return tuple(name for name, kind in cms.CIPHERS.items() if name != "3des" and (self.agreed.sign or kind.mode == "gcm"))


def protection(account: Account) -> Protection | None:
    """None where nothing is agreed. Raises ConfigError for files that are no keys or certificates."""
    agreed = account.settings.smime
    if agreed is None:
        return None
    ours: tuple[cms.Identity, ...] = ()
    if agreed.certificate is not None and agreed.key is not None:
        passphrase = account.secrets(agreed.passphrase).encode() if agreed.passphrase else None
        ours = (cms.Identity.load(_file(account, agreed.certificate), account.secrets(agreed.key).encode(), passphrase),)
    theirs = tuple(cms.Certificate.load(_file(account, name)) for name in agreed.theirs)
    return Protection(agreed=agreed, ours=ours, theirs=theirs)


def _file(account: Account, name: str) -> bytes:
    try:
        return (account.folder / name).read_bytes()
    except OSError as error:
        raise ConfigError(f"{account.channel}: {name!r} could not be read: {error.strerror}", hint="a PEM file in the workspace") from error


# -- what comes -------------------------------------------------------------------------------------------------------


def opened(raw: bytes, known: Protection, *, at: datetime | None = None) -> tuple[bytes, str | None]:
    """The mail without its protection, and why it is refused; it is given back as it came if it is."""
    moment = at or datetime.now(UTC)
    try:
        outer = parse(raw)
        entity, signed, encrypted = _peeled(outer, known, moment)
    except (FormatError, LimitError) as error:
        return raw, f"its protection could not be opened: {error.message}"
    if known.agreed.encrypt and not encrypted:
        return raw, "the mail as a whole is not encrypted, which is agreed"
    if known.agreed.sign and not signed:
        return raw, "the mail as a whole is not signed, which is agreed"
    # Of what was protected only the fields about its content count: the mail's own were read from outside.
    others, _ = _fields(bytes(outer.raw.sub(0, len(outer.raw) - len(outer.body))))
    _, content = _fields(bytes(entity.raw.sub(0, len(entity.raw) - len(entity.body))))
    return b"\r\n".join([*others, *content, b"", bytes(entity.body)]), None


def _peeled(entity: Entity, known: Protection, at: datetime) -> tuple[Entity, bool, bool]:
    """The innermost protected entity, whether a signature covers it, and whether it was encrypted."""
    signed = encrypted = False
    for _ in range(LAYERS_MAX + 1):
        kind = entity.content_type.value
        if kind == "multipart/signed":
            entity, signed = _verified(entity, known, at), True
        elif kind in PKCS7:
            inside = parse(b"".join(cms.decrypt(entity.decoded(), known.ours, allowed=known.ciphers)))
            # Whoever signed the outside may never have seen the inside.
            entity, signed, encrypted = inside, False, True
        else:
            return entity, signed, encrypted
    raise LimitError(f"more than {LAYERS_MAX} layers of protection")


def _verified(entity: Entity, known: Protection, at: datetime) -> Entity:
    parts = entity.parts()
    if len(parts) != 2 or parts[1].content_type.value not in SIGNATURES:
        raise FormatError(f"a signed mail has content and signature; this one has {len(parts)} parts")
    signature = parts[1].content()
    cms.verify(signature, parts[0].raw.chunks(), known.theirs, at=at)
    return parts[0]


# -- what leaves ------------------------------------------------------------------------------------------------------


def protected(raw: bytes, known: Protection, *, token: str, at: datetime, random: Callable[[int], bytes]) -> bytes:
    """The mail signed and encrypted as agreed. Raises ConfigError where no certificate is valid for it."""
    head, _, body = raw.partition(b"\r\n\r\n")
    others, content = _fields(head)
    entity = b"\r\n".join([*content, b"", body])
    if known.agreed.sign:
        entity = _signed(entity, known, token, at)
    if known.agreed.encrypt:
        entity = _encrypted(entity, known, at, random)
    return b"\r\n".join([*others, entity])


def _signed(entity: bytes, known: Protection, token: str, at: datetime) -> bytes:
    if not known.ours:
        raise ConfigError("`smime` signs, and has no `certificate` and `key`")
    digest = known.agreed.digest
    signature = cms.sign(digest_of([entity], digest), known.ours[0], digest=digest, at=at)
    boundary = f"signed-{token}".encode()
    line = b"--" + boundary
    kind = b'Content-Type: multipart/signed; protocol="application/pkcs7-signature";\r\n micalg=%s; boundary="%s"'
    part = b'Content-Type: application/pkcs7-signature; name="smime.p7s"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    head = kind % (f"sha-{digest.removeprefix('sha')}".encode(), boundary)
    return b"\r\n".join([head, b"", line, entity, line, part + _base64(signature), line + b"--", b""])


def _encrypted(entity: bytes, known: Protection, at: datetime, random: Callable[[int], bytes]) -> bytes:
    valid = [one for one in known.theirs if one.is_valid(at)]
    if not valid:
        raise ConfigError("`smime` encrypts, and none of `theirs` is valid now", hint="ask the partner for the new certificate")
    cipher = known.agreed.cipher
    sealed = b"".join(cms.encrypt([entity], len(entity), valid[:1], cipher=cipher, random=random))
    smime = b"authEnveloped-data" if cipher.endswith("gcm") else b"enveloped-data"
    head = b'Content-Type: application/pkcs7-mime; smime-type=%s;\r\n name="smime.p7m"\r\n' % smime
    rest = b'Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="smime.p7m"\r\n\r\n'
    return head + rest + _base64(sealed)


def _base64(data: bytes) -> bytes:
    return base64.encodebytes(data).replace(b"\n", b"\r\n").rstrip(b"\r\n") + b"\r\n"


def _fields(head: bytes) -> tuple[list[bytes], list[bytes]]:
    """The header fields as they stand: those of the mail, and those about its content."""
    found = [line for line in re.split(rb"\r?\n(?![ \t])", head) if line.strip()]
    content = [line for line in found if line.lower().startswith(b"content-")]
    return [line for line in found if line not in content], content
