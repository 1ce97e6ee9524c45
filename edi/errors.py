"""Why a step of ours stopped. Each class exists because somebody else acts on it; its docstring says who.

What is wrong with somebody's *data* is a finding (`edi.findings`). A bug of ours is neither: it crashes.
"""

from __future__ import annotations


class EdiError(Exception):
    """The operator reads the message and the hint, and acts."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message + (f"\n  hint: {self.hint}" if self.hint else "")


class ConfigError(EdiError):
    """The operator edits a file of the workspace."""


class FormatError(EdiError):
    """The partner sends other bytes: these cannot be read as what they claim to be."""


class LimitError(FormatError):
    """The partner sends less: a bound of `edi.limits` was passed."""


class StoreError(EdiError):
    """The operator repairs disk or database; the daemon stops, nothing was acknowledged."""


class ChannelError(EdiError):
    """The operator or the partner repairs a connection; trying again by itself will not help."""


class TemporaryChannelError(ChannelError):
    """The engine tries again by its retry table."""


class UntrustedError(TemporaryChannelError):
    """The operator looks at once: the other side is not who it was. Nothing was sent; it is tried again, in case it is a passing fault."""


class UnknownOutcomeError(ChannelError):
    """The engine sends the same bytes under the same identity again, or looks on the other side: it may have arrived."""
