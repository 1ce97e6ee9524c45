"""What a receipt says about a message: the disposition, with every spelling the field has seen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

DEFINED: Final = (
    "authentication-failed",
    "decompression-failed",
    "decryption-failed",
    "duplicate-filename",
    "illegal-filename",
    "insufficient-message-security",
    "integrity-check-failed",
    "invalid-message-id",
    "unexpected-processing-error",
    "unknown-trading-relationship",
)
"""Error modifiers of the AS2 specification: rows 64 to 73."""


@dataclass(frozen=True, slots=True)
class Disposition:
    """`processed`, or what went wrong: `processed/error: decryption-failed`, `failed/failure: unsupported format`."""

    status: Literal["processed", "failed"] = "processed"
    modifier: Literal["", "error", "warning", "failure"] = ""
    text: str = ""

    @property
    def is_good(self) -> bool:
        """True if the partner has the content: processed, perhaps with a warning (row 74)."""
        return self.status == "processed" and self.modifier in {"", "warning"}

    def __str__(self) -> str:
        if not self.modifier:
            return self.status
        word = "Failure" if self.modifier == "failure" else self.modifier
        return f"{self.status}/{word}: {self.text}"


PROCESSED: Final = Disposition()


def error(text: str) -> Disposition:
    """The message came, and could not be processed."""
    return Disposition("processed", "error", text)


def failure(text: str) -> Disposition:
    """The receipt that was asked for cannot be given."""
    return Disposition("failed", "failure", text)


_FORM = re.compile(
    r"(?:[^;]*;)?\s*(processed|failed)\s*(?:/\s*(error|failure|warning)\s*(?:[:=]\s*(.*))?)?\s*\Z", re.IGNORECASE | re.DOTALL
)


def read_disposition(field: str, details: dict[str, str]) -> Disposition | None:
    """The `Disposition` field; `details` are the Error, Failure and Warning fields that old software uses. None if it says neither (D16)."""
    match = _FORM.match(field.strip())
    if match is None:
        return None
    status = "failed" if match[1].lower() == "failed" else "processed"
    modifier = (match[2] or "").lower()
    if modifier not in {"", "error", "failure", "warning"}:
        return None
    text = " ".join((match[3] or details.get(modifier, "")).split())
    return Disposition(status, modifier, text)  # type: ignore[arg-type]  # both were compared with the words above
