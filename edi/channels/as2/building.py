"""An AS2 message as it leaves: entity, compression, signature, encryption, headers, and the MIC its receipt must repeat.

Made once, stored, and sent again byte for byte under the same Message-ID and Date as often as it takes (P11, P12).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Final

from edi.channels.as2.agreement import MICALG_SPELLINGS, Agreement
from edi.channels.as2.mdn import around_signed, http_date
from edi.channels.as2.mic import Mic
from edi.channels.as2.names import write_name
from edi.channels.as2.opening import Payload
from edi.errors import ConfigError
from edi.formats import cms
from edi.formats.cms.enveloped import KeyTransport, Random
from edi.formats.cms.signed import digest_of
from edi.slices import Sink, Slice, in_memory

FEATURES: Final = "multiple-attachments, AS2-Reliability"
"""EDIINT-Features: what we really do (row 63)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message ready to travel."""

    message_id: str
    headers: tuple[tuple[str, str], ...]
    body: Slice
    mic: Mic
    """What the receipt must say."""


@dataclass(frozen=True, slots=True)
class _Part:
    """An entity: its header fields apart from its body, since the outermost fields become HTTP's.

    The body is in pieces, since the document in it may be large: it is put together only where it was changed.
    """

    fields: tuple[tuple[str, str], ...]
    body: tuple[Slice, ...]

    @property
    def pieces(self) -> tuple[Slice, ...]:
        """Header fields and body of the entity; together they are its bytes."""
        head = b"".join(f"{name}: {value}\r\n".encode() for name, value in self.fields) + b"\r\n"
        return Slice.of(head), *self.body


def build(
    payloads: Sequence[Payload],
    agreement: Agreement,
    *,
    message_id: str,
    subject: str,
    at: datetime,
    random: Random,
    sink: Sink = in_memory,
) -> Outgoing:
    """The message with one or several documents. Raises ConfigError where a certificate or name does not allow what was agreed."""
    security = agreement.sending
    boundary = random(16).hex()
    document = _document(payloads, agreement, boundary, sink)
    part = document
    if security.compress == "before_signing":
        part = _compressed(part, sink)
    covered = part.pieces if security.sign else document.pieces
    if not (security.sign or security.encrypt or (security.compress and agreement.quirks.mic_of_headers)):
        covered = document.body
    digest = agreement.receipt.digests[0] if agreement.receipt else security.sign or "sha256"
    digests = {name: digest_of(_chunks(covered), name) for name in {digest, security.sign or digest}}
    if security.sign:
        part = _signed(part, digests[security.sign], agreement, at, f"signed-{boundary}")
    if security.compress == "after_signing":
        part = _compressed(part, sink)
    if security.encrypt:
        part = _encrypted(part, agreement, at, random, sink)
    return Outgoing(
        message_id=message_id,
        headers=(*_headers(agreement, message_id, subject, at), *part.fields),
        body=part.body[0] if len(part.body) == 1 else sink(_chunks(part.body)),
        mic=Mic(digests[digest], digest),
    )


def _chunks(pieces: Sequence[Slice]) -> Iterator[bytes]:
    return chain.from_iterable(piece.chunks() for piece in pieces)


def _headers(agreement: Agreement, message_id: str, subject: str, at: datetime) -> tuple[tuple[str, str], ...]:
    """Never folded: proxies refuse that (row 60)."""
    fields = [
        ("AS2-Version", "1.2"),
        ("AS2-From", write_name(agreement.us)),
        ("AS2-To", write_name(agreement.them)),
        ("Message-ID", message_id),
        ("Date", http_date(at)),
        ("Subject", _ascii(subject)),
        ("MIME-Version", "1.0"),
        ("EDIINT-Features", FEATURES),
    ]
    receipt = agreement.receipt
    if receipt is not None:
        fields.append(("Disposition-Notification-To", write_name(agreement.us)))
        if receipt.signed:
            spelled = ", ".join(MICALG_SPELLINGS[agreement.quirks.micalg][digest] for digest in receipt.digests)
            options = f"signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, {spelled}"
            fields.append(("Disposition-Notification-Options", options))
        if receipt.asynchronous:
            fields.append(("Receipt-Delivery-Option", receipt.asynchronous))
    return tuple(fields)


def _ascii(text: str) -> str:
    """What a header can carry: no line ends, no characters beyond ASCII."""
    return "".join(character if " " <= character <= "~" else "?" for character in text)[:200]


def _document(payloads: Sequence[Payload], agreement: Agreement, boundary: str, sink: Sink) -> _Part:
    quoted = agreement.quirks.quote_filename
    return _single(payloads[0] if len(payloads) == 1 else bundle(payloads, boundary, quoted=quoted, sink=sink), quoted=quoted)


def bundle(payloads: Sequence[Payload], boundary: str, *, quoted: bool = True, sink: Sink = in_memory) -> Payload:
    """Several documents as one, to travel in one message under one receipt (RFC 6362)."""
    kind = payloads[0].content_type.partition(";")[0]
    content = sink(_multipart([_single(payload, quoted=quoted) for payload in payloads], b"--" + boundary.encode("ascii")))
    return Payload(content=content, content_type=f'multipart/related; boundary="{boundary}"; type="{kind}"', filename=None)


def _multipart(parts: Sequence[_Part], line: bytes) -> Iterator[bytes]:
    for part in parts:
        yield line + b"\r\n"
        yield from _chunks(part.pieces)
        yield b"\r\n"
    yield line + b"--\r\n"


def _single(payload: Payload, *, quoted: bool = True) -> _Part:
    fields = [("Content-Type", payload.content_type), ("Content-Transfer-Encoding", "binary")]
    if payload.filename and not payload.content_type.startswith("multipart/"):
        fields.append(("Content-Disposition", f"attachment; {_filename(payload.filename, quoted=quoted)}"))
    return _Part(tuple(fields), (payload.content,))


def _filename(name: str, *, quoted: bool) -> str:
    plain = _ascii(name).replace("\\", "_").replace('"', "_")
    return f'filename="{plain}"' if quoted or " " in plain or ";" in plain else f"filename={plain}"


def _compressed(part: _Part, sink: Sink) -> _Part:
    fields = (
        ("Content-Type", 'application/pkcs7-mime; smime-type=compressed-data; name="smime.p7z"'),
        ("Content-Transfer-Encoding", "binary"),
        ("Content-Disposition", 'attachment; filename="smime.p7z"'),
    )
    return _Part(fields, (sink(cms.compress(_chunks(part.pieces))),))


def _signed(part: _Part, content_digest: bytes, agreement: Agreement, at: datetime, boundary: str) -> _Part:
    if not agreement.ours:
        raise ConfigError(f"no certificate of ours to sign for {agreement.them!r}", hint="edi cert create makes one")
    security, quirks = agreement.sending, agreement.quirks
    digest = security.sign or "sha256"
    signature = cms.sign(
        content_digest,
        agreement.ours[0],
        digest=digest,
        at=at,
        pss=security.pss,
        protect_algorithms=quirks.algorithm_protection,
    )
    micalg = MICALG_SPELLINGS[quirks.micalg][digest]
    kind = f'multipart/signed; protocol="application/pkcs7-signature"; micalg={micalg}; boundary="{boundary}"'
    before, after = around_signed(signature, boundary)
    return _Part((("Content-Type", kind),), (Slice.of(before), *part.pieces, Slice.of(after)))


def _encrypted(part: _Part, agreement: Agreement, at: datetime, random: Random, sink: Sink) -> _Part:
    valid = [certificate for certificate in agreement.theirs if certificate.is_valid(at)]
    if not valid:
        until = max((certificate.valid_until for certificate in agreement.theirs), default=None)
        known = f"the last one ended on {until:%Y-%m-%d}" if until else "none is known"
        raise ConfigError(
            f"no valid certificate to encrypt for {agreement.them!r}: {known}",
            hint="ask the partner for the new one; edi cert import takes it",
        )
    security = agreement.sending
    cipher = security.encrypt or "aes256-cbc"
    size = sum(map(len, part.pieces))
    transport: KeyTransport = "oaep" if security.oaep else "pkcs1v15"
    sealed = sink(cms.encrypt(_chunks(part.pieces), size, valid[:1], cipher=cipher, random=random, transport=transport))
    smime = "authEnveloped-data" if cipher.endswith("gcm") else "enveloped-data"
    fields = (
        ("Content-Type", f'application/pkcs7-mime; smime-type={smime}; name="smime.p7m"'),
        ("Content-Transfer-Encoding", "binary"),
        ("Content-Disposition", 'attachment; filename="smime.p7m"'),
    )
    return _Part(fields, (sealed,))
