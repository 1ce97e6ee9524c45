"""Message disposition notifications (RFC 3798 as RFC 4130 uses them): written once, stored, never made again."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from enum import StrEnum
from typing import Final

from edi.channels.as2.agreement import MICALG_SPELLINGS, Agreement
from edi.channels.as2.disposition import Disposition, read_disposition
from edi.channels.as2.mic import Mic, read_mic
from edi.channels.as2.names import bare_id, write_name
from edi.errors import FormatError
from edi.formats import cms
from edi.formats.cms import Certificate, CmsError
from edi.formats.cms.failure import ExpiredSignerError, UnknownSignerError
from edi.formats.cms.signed import digest_of
from edi.formats.mime import Entity, Headers, parse
from edi.formats.mime.headers import read_headers

MDN_BYTES_MAX: Final = 1 << 20
"""Real ones have 2 to 6 kB."""
SOFTWARE: Final = "edi-engine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mdn:
    """A receipt ready to travel: the same bytes whenever it is asked for again (P7)."""

    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a receipt is to say."""

    us: str
    them: str
    original_id: str
    """As the sender wrote it, brackets and all (row 58)."""
    disposition: Disposition
    mic: Mic | None
    text: str
    """For people."""


def write_mdn(notice: Notice, *, message_id: str, at: datetime, sign_with: Agreement | None, digest: str = "sha256") -> Mdn:
    """The receipt. `message_id` is its own and makes its boundaries; `sign_with`: whose newest identity signs, None: unsigned."""
    spelling = sign_with.quirks.micalg if sign_with else "rfc5751"
    boundary = digest_of([message_id.encode(), notice.original_id.encode()], "sha256")[:16].hex()
    report = _report(notice, boundary, spelling)
    headers = [
        ("AS2-Version", "1.2"),
        ("AS2-From", write_name(notice.us)),
        ("AS2-To", write_name(notice.them)),
        ("Message-ID", message_id),
        ("Date", http_date(at)),
        ("Subject", "Message disposition notification"),
        ("MIME-Version", "1.0"),
    ]
    if sign_with is None or not sign_with.ours:
        content_type, _, body = report.partition(b"\r\n\r\n")
        return Mdn(headers=(*headers, ("Content-Type", content_type.decode("ascii").removeprefix("Content-Type: "))), body=body)
    signature = cms.sign(
        digest_of([report], digest),
        sign_with.ours[0],
        digest=digest,
        at=at,
        embed=True,
        protect_algorithms=sign_with.quirks.algorithm_protection,
    )
    outer = f"signed-{boundary}"
    kind = f'multipart/signed; protocol="application/pkcs7-signature"; micalg={MICALG_SPELLINGS[spelling][digest]}; boundary="{outer}"'
    before, after = around_signed(signature, outer)
    return Mdn(headers=(*headers, ("Content-Type", kind)), body=before + report + after)


def around_signed(signature: bytes, boundary: str) -> tuple[bytes, bytes]:
    """What stands before and behind the first part of a multipart/signed, which stays what it is, byte for byte."""
    encoded = base64.encodebytes(signature).replace(b"\n", b"\r\n")
    line = b"--" + boundary.encode("ascii")
    part = b'Content-Type: application/pkcs7-signature; name="smime.p7s"; smime-type=signed-data\r\nContent-Transfer-Encoding: base64\r\n'
    part += b'Content-Disposition: attachment; filename="smime.p7s"\r\n\r\n'
    return line + b"\r\n", b"".join((b"\r\n", line, b"\r\n", part, encoded, line, b"--\r\n"))


def http_date(at: datetime) -> str:
    """The time as RFC 5322 writes it."""
    return format_datetime(at)


def _report(notice: Notice, boundary: str, spelling: str) -> bytes:
    fields = [
        f"Reporting-UA: {SOFTWARE}",
        f"Original-Recipient: rfc822; {write_name(notice.us)}",
        f"Final-Recipient: rfc822; {write_name(notice.us)}",
        f"Original-Message-ID: {notice.original_id}",
        f"Disposition: automatic-action/MDN-sent-automatically; {notice.disposition}",
    ]
    if notice.mic is not None:
        fields.append(f"Received-Content-MIC: {notice.mic.write(spelling)}")
    lines = [
        f'Content-Type: multipart/report; report-type=disposition-notification; boundary="{boundary}"',
        "",
        f"--{boundary}",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        *notice.text.splitlines(),
        "",
        f"--{boundary}",
        "Content-Type: message/disposition-notification",
        "Content-Transfer-Encoding: 7bit",
        "",
        *fields,
        "",
        f"--{boundary}--",
        "",
    ]
    return "\r\n".join(lines).encode()


class Fault(StrEnum):
    """Why a receipt does not count as delivery; each has its own name (P25)."""

    NO_CONTENT_TYPE = "no-content-type"
    UNPARSEABLE = "unparseable"
    MESSAGE_ID_MISMATCH = "message-id-mismatch"
    NOT_PROCESSED = "not-processed"
    ERROR_MODIFIER = "error-modifier"
    FAILURE_MODIFIER = "failure-modifier"
    MIC_MISMATCH = "mic-mismatch"
    MIC_ALGORITHM_MISMATCH = "mic-algorithm-mismatch"
    MIC_MISSING = "mic-missing"
    UNSIGNED = "unsigned"
    UNTRUSTED_SIGNER = "untrusted-signer"
    EXPIRED_SIGNER = "expired-signer"
    SIGNATURE_BROKEN = "signature-broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMdn:
    """What a receipt says, before it is compared with what we sent."""

    original_id: str
    """Without brackets; empty where it is not said (D07)."""
    disposition: Disposition | None
    mic: Mic | str | None
    signer: Certificate | None
    fault: Fault | None = None
    """Of its signature or its form."""
    text: str = ""


def is_mdn(headers: Headers, body: bytes) -> bool:
    """True if an HTTP message is a receipt, not a document: a report, or one that is signed."""
    kind = headers.get("content-type").lower()
    if "disposition-notification" in kind:
        return True
    return kind.startswith("multipart/signed") and b"disposition-notification" in body[:4096].lower()


def read_mdn(headers: Headers, body: bytes, trusted: Sequence[Certificate], *, at: datetime, digests: Sequence[str]) -> ReadMdn:
    """The receipt. Never raises for what it holds: form and signature faults are named in the result."""
    nothing = ReadMdn(original_id="", disposition=None, mic=None, signer=None)
    if len(body) > MDN_BYTES_MAX:
        return _faulty(nothing, Fault.UNPARSEABLE)
    if not headers.get("content-type"):
        return _faulty(nothing, Fault.NO_CONTENT_TYPE)
    signer, fault = None, None
    try:
        found = parse(body, headers=headers)
        if found.content_type.value == "multipart/signed":
            found, signer, fault = _verified(found, trusted, at, digests)
        fields, text = _fields(found)
    except FormatError:
        return _faulty(nothing, Fault.UNPARSEABLE)
    details = {name: fields.get(name) for name in ("error", "failure", "warning")}
    return ReadMdn(
        original_id=bare_id(fields.get("original-message-id")),
        disposition=read_disposition(fields.get("disposition"), details),
        mic=read_mic(fields.get("received-content-mic")),
        signer=signer,
        fault=fault or (None if fields.get("disposition") else Fault.UNPARSEABLE),
        text=text,
    )


def _faulty(mdn: ReadMdn, fault: Fault) -> ReadMdn:
    return ReadMdn(original_id=mdn.original_id, disposition=mdn.disposition, mic=mdn.mic, signer=mdn.signer, fault=fault)


def _verified(
    found: Entity, trusted: Sequence[Certificate], at: datetime, digests: Sequence[str]
) -> tuple[Entity, Certificate | None, Fault | None]:
    parts = found.parts()
    if len(parts) != 2:
        raise FormatError(f"a signed receipt of {len(parts)} parts")
    content = parts[0]
    try:
        signature = parts[1].content()
        return content, cms.verify(signature, content.raw.chunks(), trusted, at=at, allowed=digests).signer, None
    except UnknownSignerError:
        return content, None, Fault.UNTRUSTED_SIGNER
    except ExpiredSignerError:
        return content, None, Fault.EXPIRED_SIGNER
    except CmsError:
        return content, None, Fault.SIGNATURE_BROKEN


def _fields(found: Entity) -> tuple[Headers, str]:
    """The notification's fields, in a report or bare (D03), and the text for people."""
    kind = found.content_type.value
    if kind == "message/disposition-notification":
        return read_headers(found.content().strip()), ""
    if kind != "multipart/report" and not kind.startswith("multipart/"):
        raise FormatError(f"the answer is {kind}, not a receipt")
    text = ""
    for part in found.parts():
        inner = part.content_type.value
        if inner == "message/disposition-notification":
            return read_headers(part.content().strip()), text
        if inner == "text/plain" and not text:
            text = part.content().decode("utf-8", "replace").strip()
    raise FormatError("the report has no notification part")


def judge(mdn: ReadMdn, *, message_id: str, mic: Mic, must_be_signed: bool) -> Fault | None:
    """Whether the receipt proves that the partner has exactly what we sent; None if it does (P25)."""
    if mdn.fault is not None:
        return mdn.fault
    if must_be_signed and mdn.signer is None:
        return Fault.UNSIGNED
    if mdn.original_id != bare_id(message_id):
        return Fault.MESSAGE_ID_MISMATCH
    found = mdn.disposition
    if found is None:
        return Fault.NOT_PROCESSED
    if not found.is_good:
        return {"error": Fault.ERROR_MODIFIER, "failure": Fault.FAILURE_MODIFIER}.get(found.modifier, Fault.NOT_PROCESSED)
    if mdn.mic is None:
        # Only a signed receipt must say it (RFC 4130 section 7.4.3); OpenAS2 leaves it out of others.
        return Fault.MIC_MISSING if must_be_signed else None
    if isinstance(mdn.mic, str) or mdn.mic.digest != mic.digest:
        return Fault.MIC_ALGORITHM_MISMATCH
    return None if mdn.mic.value == mic.value else Fault.MIC_MISMATCH
