"""Which receipt the sender of a message asks for, and whether we can give it (RFC 4130 section 7.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from edi.channels.as2 import disposition
from edi.channels.as2.disposition import Disposition
from edi.formats.cms import digest_name
from edi.formats.mime import Headers


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRequest:
    """What the headers ask for."""

    signed: bool
    digests: tuple[str, ...]
    """Those of the wanted digests that we have, in the sender's order."""
    asynchronous: str | None
    """The URL it shall be sent to; None: the answer to the POST."""
    refused: Disposition | None = None
    """Why it cannot be given as asked (rows 42 and 43)."""


def read_request(headers: Headers) -> ReceiptRequest | None:
    """The request; None if no receipt is wanted (row 46). Only the presence of Disposition-Notification-To counts (row 45)."""
    if "disposition-notification-to" not in headers:
        return None
    options = _options(headers.get("disposition-notification-options"))
    protocols = options.get("signed-receipt-protocol", ())
    wanted = options.get("signed-receipt-micalg", ())
    digests = tuple(digest for name in wanted if (digest := digest_name(name)) is not None)
    signed = bool(protocols)
    refused = None
    if signed and not any(protocol.lower() in {"pkcs7-signature", "x-pkcs7-signature"} for protocol in protocols):
        refused = disposition.failure("unsupported format")
    elif wanted and not digests:
        refused = disposition.failure("unsupported MIC-algorithms")
    return ReceiptRequest(signed=signed, digests=digests, asynchronous=headers.get("receipt-delivery-option") or None, refused=refused)


def _options(field: str) -> dict[str, tuple[str, ...]]:
    """`signed-receipt-protocol=optional,pkcs7-signature; signed-receipt-micalg=optional,sha-256,sha1`: names to values without the importance.

    The parameters come in any order and with any blanks (row 44).
    """
    found = {}
    for parameter in field.split(";"):
        name, equals, text = parameter.partition("=")
        if equals:
            values = [value.strip().strip('"') for value in re.split(",", text)]
            if values and values[0].lower() in {"optional", "required"}:
                values = values[1:]
            found[name.strip().lower()] = tuple(value for value in values if value)
    return found
