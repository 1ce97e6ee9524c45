"""One mail taken apart: who sent it, what kind it is, which attachments are documents.

Rule 1: bounds come first: depth, number of parts, size; a mail beyond them is taken whole, never partly.
Rule 2: names and addresses from a mail are data. A From line proves nothing.
Rule 3: what cannot be taken apart without doubt is not guessed at.
"""

from __future__ import annotations

import binascii
import email.parser
import email.policy
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.header import decode_header
from email.message import Message
from email.utils import collapse_rfc2231_value

from edi.channels import names
from edi.limits import MIME_DEPTH_MAX, MIME_PARTS_MAX

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
_RESULT = re.compile(r"\b(spf|dkim|dmarc)=pass\b([^;]*)", re.IGNORECASE)
_DOMAIN_IN_RESULT = re.compile(r"(?:smtp\.mailfrom|header\.d|header\.from|header\.i)=\S*?@?([A-Za-z0-9.-]+)(?=[\s;)]|$)", re.IGNORECASE)


SIGNATURES = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"})
"""Parts that say something about others, and are no documents."""
_ENCRYPTED = "it is encrypted, and nothing is agreed about that; `smime` says how it is opened"
SEALED = {
    "application/ms-tnef": "its attachments are in a winmail.dat, which only Outlook opens; ask the sender to send as plain MIME",
    "application/vnd.ms-tnef": "its attachments are in a winmail.dat, which only Outlook opens; ask the sender to send as plain MIME",
    "application/pkcs7-mime": _ENCRYPTED,
    "application/x-pkcs7-mime": _ENCRYPTED,
    "application/pgp-encrypted": "it is encrypted with PGP, which is not opened here",
}
"""Parts that hide what is in them (E07)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A part that has a name, or is a document by its type."""

    name: str
    """As the sender wrote it, decoded; may hold anything."""
    content_type: str
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What we need to know of a mail."""

    message_id: str
    """Without it in the mail, the hash of the raw mail (F-E06)."""
    sender: str | None
    """The one address in the one From line; None if there is not exactly one."""
    automatic: str | None
    """Why it is nobody's message: `bounce`, `read receipt`, `automatic reply`, `list mail`; None for real mail."""
    bounced_id: str | None
    """Message-ID of the mail of ours that a bounce is about, if it says so."""
    failure: str | None
    """Why that mail never arrived, in the words of whoever says so; None if the bounce does not say that it failed for good."""
    attachments: tuple[Attachment, ...]
    trouble: str | None
    """Why it could not be taken apart; None if it could."""
    code: str | None
    """The finding that says so, e.g. `mime.limit`."""
    proven: frozenset[str]
    """Domains for which the trusted server says that SPF, DKIM or DMARC passed."""


def read_mail(raw: bytes, *, authserv_id: str | None = None, identified_by: bytes | None = None) -> Mail:
    """The mail; what is wrong with it stands in `trouble`. Without a Message-ID it is known by `identified_by`, or its own bytes."""
    try:
        message = email.parser.BytesParser(policy=email.policy.compat32).parsebytes(raw)
        parts = list(_parts(message))
        attachments = tuple(found for part in parts if (found := _attachment(part)) is not None)
        code = trouble = None
    except RecursionError:
        message, parts, attachments = email.message.Message(), [], ()
        code, trouble = "mime.limit", f"its parts are nested deeper than {MIME_DEPTH_MAX}"
    except _TroubleError as error:
        parts, attachments, code, trouble = [], (), error.code, str(error)
    automatic = _automatic(message)
    return Mail(
        message_id=_message_id(message, identified_by or raw),
        sender=_sender(message),
        automatic=automatic,
        bounced_id=_bounced(parts) if automatic == "bounce" else None,
        failure=_failure(message, parts) if automatic == "bounce" else None,
        attachments=attachments,
        trouble=trouble,
        code=code,
        proven=_proven(message, authserv_id),
    )


class _TroubleError(Exception):
    """A mail that cannot be taken apart; the text says why."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def _parts(message: Message) -> Iterator[Message]:
    """Leaves in order; mails within the mail are not opened."""
    waiting: list[tuple[Message, int]] = [(message, 1)]
    count = 0
    while waiting:
        part, depth = waiting.pop()
        count += 1
        if depth > MIME_DEPTH_MAX:
            raise _TroubleError("mime.limit", f"its parts are nested deeper than {MIME_DEPTH_MAX}")
        if count > MIME_PARTS_MAX:
            raise _TroubleError("mime.limit", f"it has more than {MIME_PARTS_MAX} parts")
        content = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(content, list):
            waiting.extend((inner, depth + 1) for inner in reversed(content) if isinstance(inner, Message))
        else:
            yield part


def _attachment(part: Message) -> Attachment | None:
    name = _filename(part)
    content_type = part.get_content_type()
    if content_type.startswith("message/") or content_type in SIGNATURES:
        return None
    if content_type in SEALED or (name or "").lower() == "winmail.dat":
        tnef = "application/ms-tnef"
        text = SEALED.get(content_type, SEALED[tnef])
        raise _TroubleError("mime.tnef" if text == SEALED[tnef] else "mime.encrypted", text)
    if name is None and (content_type.startswith(("text/plain", "text/html")) or content_type == "multipart/alternative"):
        return None
    return Attachment(name=name or "attachment", content_type=content_type, payload=_content(part, name))


def _content(part: Message, name: str | None) -> bytes:
    """The decoded bytes. The standard library hands out the text as it stands where base64 is broken, so we look ourselves."""
    encoding = str(part.get("Content-Transfer-Encoding", "7bit")).strip().lower()
    content = part.get_payload(decode=False)
    if encoding == "base64" and isinstance(content, str):
        try:
            return binascii.a2b_base64("".join(content.split()).encode("ascii", "strict"), strict_mode=True)
        except (binascii.Error, UnicodeError) as error:
            raise _TroubleError("mime.base64", f"the base64 of {name or 'a part'!r} is broken: {error}") from error
    decoded = part.get_payload(decode=True)
    if not isinstance(decoded, bytes):
        raise _TroubleError("mime.content", f"the part {name or ''!r} has no content")
    return decoded


def _filename(part: Message) -> str | None:
    """The name, whichever of RFC 2231, RFC 2047 in quotes, or plain the sender used; None if there is none."""
    try:
        found = _extended_name(part) or part.get_filename()
    except (LookupError, ValueError, TypeError):
        return "unreadable name"
    if found is None:
        return None
    try:
        pieces = [text if isinstance(text, str) else text.decode(charset or "ascii", "replace") for text, charset in decode_header(found)]
    except (LookupError, ValueError, binascii.Error):
        return found
    return "".join(pieces)


def _extended_name(part: Message) -> str | None:
    """The RFC 2231 form where both forms are given: it is the one that says its charset."""
    values = [value for key, value in part.get_params(failobj=[], header="content-disposition") if key.lower() == "filename"]
    extended = next((value for value in values if isinstance(value, tuple)), None)
    return collapse_rfc2231_value(extended) if extended is not None and len(values) > 1 else None


def _message_id(message: Message, raw: bytes) -> str:
    found = re.search(r"<([^<>\s]{1,500})>", str(message.get("Message-ID", "")))
    return names.quote(found[1].encode("utf-8", "surrogateescape")) if found else f"sha256:{hashlib.sha256(raw).hexdigest()}"


def _sender(message: Message) -> str | None:
    lines = message.get_all("From", [])
    if len(lines) != 1:
        return None
    text = str(lines[0])
    bracketed = re.fullmatch(r"[^<>]*<([^<>]*)>\s*", text)
    address = bracketed[1].strip() if bracketed else text.strip()
    return address.lower() if _ADDRESS.fullmatch(address) else None


def _automatic(message: Message) -> str | None:
    """RFC 3834: what must never be answered."""
    if message.get_content_type() == "multipart/report" and message.get_param("report-type") == "disposition-notification":
        return "read receipt"
    if message.get_content_type() == "multipart/report" or str(message.get("Return-Path", "")).strip() == "<>":
        return "bounce"
    if str(message.get("Auto-Submitted", "no")).strip().lower().partition(";")[0] not in {"no", ""} or message.get(
        "X-Auto-Response-Suppress"
    ):
        return "automatic reply"
    if str(message.get("Precedence", "")).strip().lower() in {"list", "junk", "auto_reply"} or message.get("List-Id"):
        return "list mail"
    return None


def _failure(message: Message, parts: list[Message]) -> str | None:
    """What RFC 3464 calls a failed delivery; or the word of a mailer daemon that reports in plain text, as some do."""
    for part in parts:
        if part.get_content_type() in {"message/delivery-status", "message/global-delivery-status"}:
            text = _text(part)
            if not re.search(r"(?im)^action:[ \t]*failed\b", text):
                return None
            found = re.search(r"(?im)^diagnostic-code:[ \t]*(.+(?:\r?\n[ \t].+)*)", text) or re.search(r"(?im)^status:[ \t]*(5\S*)", text)
            return _sentence(found[1] if found else "its server does not say why")
    mailer = (_sender(message) or "").startswith(("mailer-daemon@", "postmaster@"))
    return "the mail system of the recipient sent it back" if mailer and message.get_content_type() == "text/plain" else None


def _sentence(text: str) -> str:
    return "".join(character for character in " ".join(text.split()) if character.isprintable())[:300]


def _text(part: Message) -> str:
    """A part as text, bounded; what the standard library took for headers too."""
    content = part.get_payload()
    if isinstance(content, list):
        return "\n".join(one.as_string() for one in content if isinstance(one, Message))[:100_000]
    return str(content)[:100_000]


def _bounced(parts: list[Message]) -> str | None:
    """The Message-ID in the returned headers of a delivery report (RFC 3464), or in the text of an older kind of bounce."""
    returned = {"message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers"}
    for part in parts:
        if part.get_content_type() in returned or len(parts) == 1:
            found = re.search(r"(?im)^message-id:\s*<([^<>\s]{1,500})>", _text(part))
            if found:
                return found[1]
    return None


def _proven(message: Message, authserv_id: str | None) -> frozenset[str]:
    """Domains proven by the one server we trust; lines of that name in other places were written by others (RFC 8601, 5)."""
    lines = message.get_all("Authentication-Results", [])
    if authserv_id is None or not lines:
        return frozenset()
    # Servers put their own line on top and remove forged ones of their name; only the topmost is believed.
    text = " ".join(str(lines[0]).split())
    if text.split(";")[0].strip().split(" ")[0].lower() != authserv_id.lower():
        return frozenset()
    domains = {found.lower() for result in _RESULT.finditer(text) for found in _DOMAIN_IN_RESULT.findall(result[2])}
    return frozenset(domains)
