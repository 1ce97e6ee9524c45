"""Why a protected message could not be opened, in the words an AS2 receipt uses."""

from __future__ import annotations

from enum import StrEnum

from edi.errors import FormatError


class Reason(StrEnum):
    """RFC 4130 section 7.4.3 and its successors: the disposition modifiers for what can go wrong here."""

    AUTHENTICATION = "authentication-failed"
    DECOMPRESSION = "decompression-failed"
    DECRYPTION = "decryption-failed"
    INTEGRITY = "integrity-check-failed"
    SECURITY = "insufficient-message-security"
    PROCESSING = "unexpected-processing-error"


class CmsError(FormatError):
    """The partner repairs keys, certificates or software; the receipt says `reason`."""

    def __init__(self, reason: Reason, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


class UnknownSignerError(CmsError):
    """The partner tells us its certificate first: nobody we trust signed this."""


class ExpiredSignerError(CmsError):
    """The partner renews its certificate: the one it signed with is not valid at this time."""


def decryption_failed() -> CmsError:
    """One text for every way decryption can fail: telling them apart would answer an attacker's questions (T10)."""
    return CmsError(
        Reason.DECRYPTION, "the content could not be decrypted with any of our keys", hint="encrypt for our current certificate"
    )
