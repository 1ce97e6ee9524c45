"""Named places where a test lets the process die, as a power cut would: `EDI_FAILPOINT=name:nth`."""

from __future__ import annotations

import os
import signal

_NAME, _, _NTH = os.environ.get("EDI_FAILPOINT", "").partition(":")
_seen = 0


def failpoint(name: str) -> None:
    """Die here, without any clean-up, when this place is passed for the nth time. Costs nothing unless asked for."""
    global _seen  # noqa: PLW0603 -- counts passes of one process, in tests only
    if name != _NAME:
        return
    _seen += 1
    if _seen == int(_NTH or 1):
        os.kill(os.getpid(), signal.SIGKILL)


NAMES = (
    "receive.fetched",
    "receive.kept",
    "receive.committed",
    "receive.confirmed",
    "process.read",
    "process.recorded",
    "process.committed",
    "deliver.claimed",
    "deliver.attempted",
    "deliver.sent",
    "deliver.recorded",
    "deliver.committed",
)
"""Every place there is, in the order a document passes them."""

PUSHED = ("as2.read", "as2.kept", "as2.committed", "as2.receipt_posted")
"""Those that a message passes which is pushed to us, before it is processed."""
